"""The scope decision: pure, and its rules stand above its model."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from feedback.features import NAMES, Rarity, Weighed, measure
from feedback.scope import shipped
from feedback.shelf import Entry
from feedback.trees import Boosting, Trees
from feedback.wording import WordingReader
from jitl.adapters.sparse import HepTerms
from jitl.types import CorrectionState, Strength

READER = WordingReader(HepTerms())


def candidate(question: str, cosine: float | None, number: int = 1, answer: str = "a") -> Weighed:
    state = CorrectionState(
        id=f"id{number}", seq=number, collection_id="c", question=question, answer=answer, subject=None, statement=None, paraphrases=(),
        author="", author_id="", at=datetime(2026, 1, 1, tzinfo=UTC), status="approved",
    )  # fmt: skip
    return Weighed(Entry(state, (READER.read(question),)), None if cosine is None else np.array([cosine], np.float32))


def decide(question: str, *candidates: Weighed):
    return shipped().decide(question, READER.read(question), candidates, len(candidates), lambda _: 1)


def test_nothing_taught_nothing_decided() -> None:
    assert decide("Who leads?") == []


@pytest.mark.parametrize("cosine", [0.99, None])
def test_the_same_words_are_certain(cosine: float | None) -> None:
    (found,) = decide("who LEADS the group", candidate("Who leads the group?", cosine))
    assert (found.strength, found.same) == (Strength.SAME, 1.0)


@pytest.mark.parametrize(
    ("asked", "taught"),
    [
        ("What is the mass of the Zc(4020)?", "What is the mass of the Zc(3900)?"),
        ("How many J/psi events were collected in 2012?", "How many J/psi events were collected in 2009?"),
        ("Which channels are affected by the bug?", "Which channels are not affected by the bug?"),
        ("Where does Belle II keep its minutes?", "Where does BESIII keep its minutes?"),
        ("Which release suits psi(3686) data?", "Which release suits J/psi data?"),
    ],
)
@pytest.mark.parametrize("cosine", [0.99, None])
def test_another_number_name_or_sense_never_fires(asked: str, taught: str, cosine: float | None) -> None:
    (found,) = decide(asked, candidate(taught, cosine))
    assert found.same <= 0.01
    assert found.strength in (Strength.DEPENDENT, Strength.UNRELATED)


def test_of_one_question_the_later_answer_comes_first() -> None:
    both = [candidate("Who leads the drift chamber group?", 0.9, 1, "Ann"), candidate("Who leads the drift chamber group?", 0.9, 2, "Bob")]
    for order in (both, both[::-1]):
        assert [found.correction.seq for found in decide("Who is the leader of the drift chamber group?", *order)] == [2, 1]


def test_equal_answers_about_one_thing_are_no_rivals() -> None:
    question = READER.read("Who is the leader of the MDC group?")
    twins = [candidate("Who leads the MDC group?", 0.9, 1, "Ann"), candidate("Which person heads the MDC group?", 0.85, 2, "Ann")]
    rival = candidate("Who leads the EMC group?", 0.7, 3, "Bob")
    rows = measure(question, [*twins, rival], Rarity({}, 3, lambda _: 1))
    gaps = rows[:, NAMES.index("cosine_gap")]
    assert gaps == pytest.approx([0.2, 0.15, -0.2], abs=1e-6)


def test_features_do_not_depend_on_the_order_of_candidates() -> None:
    question = READER.read("What is the trigger rate at the J/psi peak in 2018?")
    known = [candidate(f"What is the trigger rate of thing {n} at the J/psi peak?", 0.5 + n / 40, n) for n in range(12)]
    rarity = Rarity({}, 12, lambda term: term % 5)
    rows = measure(question, known, rarity)
    order = np.random.default_rng(0).permutation(12)
    shuffled = measure(question, [known[at] for at in order], rarity)
    assert rows[order].tobytes() == shuffled.tobytes()
    alone = shipped().dense.probabilities(rows[3:4])
    assert alone.tobytes() == shipped().dense.probabilities(rows)[3:4].tobytes()


def test_boosting_learns_and_is_stored_without_loss() -> None:
    rng = np.random.default_rng(0)
    rows = rng.random((4000, 3))
    labels = (rows[:, 0] > 0.5) ^ (rows[:, 1] > 0.3)
    trees = Boosting(trees=30, depth=3, bins=16).fit(rows, labels, np.ones(4000))
    assert ((trees.probabilities(rows) > 0.5) == labels).mean() > 0.97
    again = Trees.load(trees.dump())
    assert np.allclose(again.probabilities(rows), trees.probabilities(rows), atol=1e-3)
