"""Texts that are nearly the same are found, and shown once."""

from __future__ import annotations

import random

import pytest

from jitl.likeness import groups, resemblance, shingles, signature
from jitl.once import once
from jitl.types import Location, Passage, RankedHit

WORDS = [f"word{number}" for number in range(400)]


def text(seed: int, words: int = 200) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def edited(said: str, changes: int, seed: int = 0) -> str:
    words = said.split()
    for at in random.Random(seed).sample(range(len(words)), changes):
        words[at] = "other"
    return " ".join(words)


def passage(document: str, said: str, **metadata: str) -> RankedHit:
    shown = Passage(f"{document}-{hash(said)}", 0, said, "", Location(), document, f"{document}.md", document, "c", metadata)
    return RankedHit("passage", 1.0, shown)


def shown(hits: list[RankedHit]) -> list[str]:
    return [hit.passage.document for hit in hits if hit.passage]


def test_the_estimate_is_near_the_truth() -> None:
    for changes in (0, 2, 10, 40):
        first, second = text(1, 600), edited(text(1, 600), changes)
        true = resemblance(shingles(first), shingles(second))
        one, other = (signature(said) or b"" for said in (first, second))
        same = sum(one[at : at + 4] == other[at : at + 4] for at in range(0, len(one), 4)) / 128
        assert same == pytest.approx(true, abs=0.13), "three standard deviations of 128 draws"


def test_documents_that_are_alike_are_found_among_many() -> None:
    signatures = {f"d{seed}": signature(text(seed)) or b"" for seed in range(300)}
    signatures["mirror"] = signature(text(7)) or b""
    signatures["edition"] = signature(edited(text(7), 2)) or b""
    signatures["twin"] = signature(edited(text(50), 1)) or b""
    assert groups(signatures) == [["d7", "mirror", "edition"], ["d50", "twin"]]


def test_short_texts_are_like_nothing() -> None:
    assert signature("The field is 1 T.") is None
    assert signature("磁场强度为一特斯拉。" * 10) is not None
    assert resemblance(shingles("a b"), shingles("a b")) == 0


def test_the_latest_edition_stands_in_the_place_of_the_best() -> None:
    old = text(1)
    hits = [
        passage("2019", old, date="2019-05-01"),
        passage("other", text(2)),
        passage("2024", edited(old, 2), date="2024-05-01"),
        passage("2021", edited(old, 1), date="2021-05-01"),
    ]
    found = once(hits, 10)
    assert shown(found) == ["2024.md", "other.md"]
    assert found[0].also == ("2019.md", "2021.md")
    assert found[0].score == hits[0].score


def test_without_dates_the_best_stays_and_the_next_move_up() -> None:
    hits = [passage("a", text(1)), passage("mirror", text(1)), passage("b", text(2)), passage("c", text(3))]
    assert shown(once(hits, 2)) == ["a.md", "b.md"]


def test_passages_that_differ_stay() -> None:
    hits = [passage("a", text(1)), passage("a", edited(text(1), 1)), passage("b", edited(text(1), 30)), passage("c", "The field is 1 T.")]
    assert once([*hits, passage("d", "The field is 1 T.")], 10) == [*hits, passage("d", "The field is 1 T.")]
