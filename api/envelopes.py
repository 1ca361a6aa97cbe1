"""Which form a failure takes at which address: problem details, unless a face's clients expect another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api import openai_errors, ragflow_errors
from api.failures import Envelope

BY_PREFIX: Final[Mapping[str, Envelope]] = {
    "/v1/chat": openai_errors.envelope,
    "/v1/models": openai_errors.envelope,
    "/v1/embeddings": openai_errors.envelope,
    "/apiv2": openai_errors.envelope,
    "/api/v1": ragflow_errors.envelope,
}
"""Whole segments of a path, refused keys and addresses that do not exist included. A face adds its own line here."""


def of(path: str) -> Envelope | None:
    """The form at this path; None: problem details."""
    found = [prefix for prefix in BY_PREFIX if path == prefix or path.startswith(f"{prefix}/")]
    return BY_PREFIX[max(found, key=len)] if found else None
