"""Why a question that a correction covers was answered otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from feedback.standing import Standing
from feedback.wording import Wording, question_key
from jitl.text import fold
from jitl.types import Candidate, Consultation, CorrectionState

WHY: Final[Mapping[str, str]] = {
    "status": "its status was changed past the ledger",
    "text_lost": "its texts are gone or are not those that were taught",
    "moved": "where or when it holds, or what it marks, was changed past the ledger",
    "ended": "its validity was made to end",
    "vector_missing": "its vector is gone",
    "vector_foreign": "its vector is of another encoder",
    "vector_false": "its vector is not that of its text",
    "other": "another correction fired",
    "vetoed": "a number, a name or a negation is taken to differ",
    "below": "its probability lies below the threshold",
    "unseen": "it was not among the corrections that were weighed",
    "unmarked": "a passage with a sentence that it supersedes is not marked",
    "superseded_above": "a passage that it supersedes is shown above it",
    "mark_gone": "no passage that was found holds the sentence that it supersedes",
    "vector_late": "it has no vector of this encoder yet",
    "no_vector": "the encoder made no vector of the question: it was asked by its terms alone",
}
"""The reasons of findings; the last three are those of notes."""

_EVER: Final = datetime.min.replace(tzinfo=UTC)

VETOED: Final = 0.02
"""Probabilities this low beside another number, name or negation are a veto's."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`why` is None where the answer was right. `came`: the correction that answered instead."""

    why: str | None = None
    came: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def judge(state: CorrectionState, question: str, found: Consultation, read: Callable[[str], Wording]) -> Verdict:
    """Right is its own answer, another correction's in the same words, or that of a later one about exactly this question.

    Later: taught later, or holding from a later time on.
    """
    fired = found.answer.correction if found.answer else None
    if fired is not None and _right(state, question, fired):
        return Verdict()
    own = next((candidate for candidate in found.candidates if candidate.correction.id == state.id), None)
    detail = {} if own is None else {"probability": round(own.same, 6)}
    if fired is not None and found.answer is not None:
        return Verdict("other", fired.id, {**detail, "other_probability": round(found.answer.same, 6)})
    if own is None:
        return Verdict("unseen")
    return Verdict("vetoed" if _vetoed(own, question, read) else "below", None, detail)


def damaged(stood: Standing, damage: str, found: Consultation, *, holds: bool) -> Verdict:
    """What came where a correction was changed past the ledger."""
    came = found.answer.correction.id if found.answer else None
    why = "ended" if damage == "moved" and not holds else damage
    return Verdict(why, None if came == stood.id and stood.expected else came)


def _right(state: CorrectionState, question: str, fired: CorrectionState) -> bool:
    if fired.id == state.id or fold(fired.answer) == fold(state.answer):
        return True
    later = fired.seq > state.seq or (fired.valid_from or _EVER) > (state.valid_from or _EVER)
    return later and bool(_keys(fired) & (_keys(state) | {question_key(question)}))


def _keys(state: CorrectionState) -> set[str]:
    return {question_key(text) for text in (state.question, *state.paraphrases)}


def _vetoed(own: Candidate, question: str, read: Callable[[str], Wording]) -> bool:
    if own.same > VETOED:
        return False
    asked = read(question)
    told = [read(text) for text in (own.correction.question, *own.correction.paraphrases)]
    return all(_differ(asked, wording) for wording in told)


def _differ(one: Wording, other: Wording) -> bool:
    numbers = one.numbers - other.numbers and other.numbers - one.numbers
    names = set(one.names) - set(other.terms) and set(other.names) - set(one.terms)
    return bool(numbers or names) or one.negated != other.negated
