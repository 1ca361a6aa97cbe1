"""Walking from correction to correction; each step is a question of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from feedback.walk import walk
from jitl.types import Candidate, CorrectionState, Strength


def candidate(name: str, question: str, answer: str, **more: float) -> Candidate:
    state = CorrectionState(
        id=name, seq=1, collection_id="c", question=question, answer=answer, subject=None, statement=None, paraphrases=(), author="",
        author_id="", at=datetime(2026, 1, 1, tzinfo=UTC), status="approved",
    )  # fmt: skip
    return Candidate(state, more.get("same", 0.0), more.get("dependent", 0.0), Strength.DEPENDENT)


CONVENER = candidate("1", "Who is the convener of the tracking group?", "The convener of the tracking group is Ana Ruiz.", dependent=0.9)
INSTITUTE = candidate("2", "Which institute does Ana Ruiz belong to?", "LIP", same=0.8)
CITY = candidate("3", "In which city is LIP?", "Lisbon", same=0.7)


def test_what_is_left_is_asked_about_the_answer() -> None:
    asked: list[str] = []

    def ask(text: str) -> Candidate | None:
        asked.append(text)
        return {"city institute Ana Ruiz": INSTITUTE, "city LIP": CITY}.get(text)

    found, onward = walk("In which city is the institute of the convener of the tracking group?", [CONVENER], ask)
    assert [step.correction.id for step in found] == ["1", "2", "3"]
    assert [round(step.dependent, 3) for step in found] == [0.9, 0.72, 0.504]
    assert {step.strength for step in found} == {Strength.DEPENDENT}
    assert asked == ["city institute Ana Ruiz", "city LIP"]
    assert onward == ()


def test_what_no_correction_answers_is_left_for_the_passages() -> None:
    ask = {"city institute Ana Ruiz": INSTITUTE}.get
    found, onward = walk("In which city is the institute of the convener of the tracking group?", [CONVENER], ask)
    assert [step.correction.id for step in found] == ["1", "2"]
    assert onward == ("city LIP",)


def test_a_walk_ends_where_nothing_is_left_to_ask_and_never_goes_round() -> None:
    assert walk("Who is the convener of the tracking group?", [CONVENER], lambda _: INSTITUTE)[0] == [CONVENER]
    again = replace(CONVENER, same=1.0)
    assert walk("Which city is the convener of the tracking group from?", [CONVENER], lambda _: again)[0] == [CONVENER]


def test_prose_is_not_carried_on() -> None:
    prose = candidate("4", "Why was run 5 stopped?", "Because " + " ".join(f"word{n}" for n in range(40)), dependent=0.9)
    assert walk("Who decided why run 5 was stopped?", [prose], lambda _: INSTITUTE) == ([prose], ())
