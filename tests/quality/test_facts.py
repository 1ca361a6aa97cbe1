"""How many extracted statements and aliases are right: samples of the papers and TWiki topics, judged one by one by reading each sentence.

`facts_judged.jsonl` holds the verdicts of one drawing (its seed in every line). A statement is right where its three parts, read as
plain English, say what the sentence says of them; one that loses a half of "A and B" where both belong together, or the restriction
that makes a definition, is wrong. The extractor was changed after earlier drawings, never after this one was judged.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.quality.sample_facts import drawn

JUDGED = [json.loads(line) for line in Path(__file__).with_name("facts_judged.jsonl").read_text(encoding="utf-8").splitlines()]
pytestmark = [pytest.mark.quality, pytest.mark.timeout(600)]


def test_precision() -> None:
    statements = [row["right"] for row in JUDGED if "triple" in row]
    aliases = [row["right"] for row in JUDGED if "alias" in row]
    print(f"statements {sum(statements)} of {len(statements)} right, aliases {sum(aliases)} of {len(aliases)}")
    assert (len(statements), len(aliases)) == (200, 100)
    assert all(row["right"] or row["why"] for row in JUDGED)
    assert sum(statements) >= 0.8 * len(statements)
    assert sum(aliases) >= 0.95 * len(aliases)


def test_what_was_judged_is_what_is_extracted() -> None:
    (seed,) = {row["seed"] for row in JUDGED}
    statements, aliases, _ = drawn(seed)
    now = {(row["sentence"], *row["triple"]) for row in statements} | {tuple(row["alias"]) for row in aliases}
    then = {(row["sentence"], *row["triple"]) if "triple" in row else tuple(row["alias"]) for row in JUDGED}
    new = sorted(now - then)
    print(f"of {len(now)} drawn with seed {seed}, {len(new)} are not judged: {new[:20]}")
    assert len(new) <= 0.05 * len(now), "judge a new drawing: python -m tests.quality.sample_facts SEED --show"
