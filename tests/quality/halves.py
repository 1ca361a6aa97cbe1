"""Which half of a dev set a question belongs to. Weights are fitted on half 0 and reported on half 1."""

from __future__ import annotations

import hashlib

FITTED, REPORTED = 0, 1


def half(question_id: str) -> int:
    """By sha1 of the id; a question asked in two languages (`id@en-zh`) is in one half."""
    return hashlib.sha1(question_id.split("@", maxsplit=1)[0].encode()).digest()[0] & 1
