"""Scores are a function of the question and one row: whatever stands beside it, not a bit moves."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from feedback.shelf import Entry, Shelf
from feedback.wording import Wording
from jitl.types import CorrectionState

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DIMENSION = 384


def entry(number: int, rng: np.random.Generator, variants: int = 1) -> tuple[Entry, np.ndarray]:
    vectors = rng.normal(size=(variants, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    terms = tuple(sorted({number % 7, 10 + number % 11, 1000 + number}))
    wording = Wording(f"question {number}", terms, (), frozenset(), negated=False, asks="")
    state = CorrectionState(
        id=f"id{number:06}", seq=number, collection_id="c", question="", answer="", subject=None, statement=None, paraphrases=(),
        author="", author_id="", at=NOW, status="approved",
    )  # fmt: skip
    return Entry(state, (wording,) * variants), vectors


def scores(shelf: Shelf, question: np.ndarray) -> dict[str, tuple[float, float]]:
    view = shelf.view()
    cosines, overlaps = view.cosines(question), view.overlaps({3: 0.1, 12: 0.7, 1005: 5.3})
    return {view.entries[at].state.id: (float(cosines[at]), float(overlaps[at])) for at in np.flatnonzero(view.alive).tolist()}


@pytest.mark.parametrize("variants", [1, 3])
def test_scores_do_not_depend_on_the_others(variants: int) -> None:
    rng = np.random.default_rng(0)
    entries = [entry(number, rng, 1 + number % variants) for number in range(1203)]
    question = entries[5][1][0] + 0.2 * entries[9][1][0]
    whole = Shelf(DIMENSION)
    for each in entries:
        whole.put(*each)
    expected = scores(whole, question)
    for size in (1, 2, 3, 5, 8, 13, 31, 64, 65, 129, 1000):
        part = Shelf(DIMENSION)
        for at in rng.permutation(1203)[:size].tolist():
            part.put(*entries[at])
        for name, score in scores(part, question).items():
            assert score == expected[name]


def test_a_view_stays_as_it_was_taken() -> None:
    rng = np.random.default_rng(1)
    shelf = Shelf(DIMENSION)
    for number in range(70):
        shelf.put(*entry(number, rng))
    question = entry(999, rng)[1][0]
    view = shelf.view()
    before = view.cosines(question), view.overlaps({3: 1.0, 12: 2.0}), view.same("question 9"), view.frequency(3)
    for number in range(70, 400):
        shelf.put(*entry(number, rng))
    for number in range(60):
        shelf.discard(f"id{number:06}")
    view._frequencies.clear()
    after = view.cosines(question), view.overlaps({3: 1.0, 12: 2.0}), view.same("question 9"), view.frequency(3)
    assert before[0].tobytes() == after[0].tobytes()
    assert before[1].tobytes() == after[1].tobytes()
    assert before[2:] == after[2:]


def test_what_is_discarded_is_gone_and_room_is_taken_back() -> None:
    rng = np.random.default_rng(2)
    shelf = Shelf(DIMENSION)
    for number in range(500):
        shelf.put(*entry(number, rng))
    for number in range(499):
        shelf.discard(f"id{number:06}")
    shelf.discard("never there")
    view = shelf.view()
    assert view.size == 1
    assert len(view.entries) < 200
    assert view.same("question 499")
    assert not view.same("question 3")
    assert view.frequency(1003) == 0
    assert view.holding(77).size == 0


def test_replacing_keeps_one() -> None:
    rng = np.random.default_rng(3)
    shelf = Shelf(DIMENSION)
    first, second = entry(1, rng), entry(1, rng)
    shelf.put(*first)
    shelf.put(*second)
    view = shelf.view()
    assert view.size == view.frequency(1001) == 1
    assert view.cosines(second[1][0]).max() == pytest.approx(1)
