"""From a question over the correction it hangs on to the next: "the capital of the country where X was born" after "X was born in Y".

What the first correction answers is taken out of the question and its answer put in; what is left is asked again. No step writes
anything, and each is decided like a question of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from jitl.types import Candidate, CorrectionState, Strength

STEPS: Final = 3
"""Corrections that are followed from one that a question hangs on."""
STARTS: Final = 2
"""Corrections, likeliest first, from which a walk begins."""
SHORT: Final = 6
"""Words of an answer that is taken whole; of a longer one what the question did not say already."""
LONGEST: Final = 12
"""Words of an answer, at most, that are carried on: prose names no thing to ask about."""
_WORD: Final = re.compile(r"\w[\w.+'/()-]*\w|\w")
_STEM: Final = 5
_FUNCTION: Final = frozenset(
    re.findall(
        r"\w+",
        "a an the is are was were be do does did of in on at to for by with from what which who whom whose where when how that this it "
        "has have had its their his her",
    )
)

Ask = Callable[[str], Candidate | None]
"""What answers a text, as a question of its own."""


def walk(question: str, starts: Sequence[Candidate], ask: Ask) -> tuple[list[Candidate], tuple[str, ...]]:
    """`starts` with the corrections that follow from each behind it, every correction once; as probable as the steps to it together.

    Beside them what no correction answers of the question, for the starts that leave something.
    """
    found: dict[str, Candidate] = {}
    onward: list[str] = []
    for number, start in enumerate(starts):
        found.setdefault(start.correction.id, start)
        if number < STARTS:
            steps, left = _steps(question, start, ask)
            for step in steps:
                found.setdefault(step.correction.id, step)
            onward += [left] if left else []
    return list(found.values()), tuple(dict.fromkeys(onward))


def _steps(question: str, start: Candidate, ask: Ask) -> tuple[list[Candidate], str]:
    seen, left, at, chance = {start.correction.id}, question, start.correction, start.dependent
    steps: list[Candidate] = []
    for _ in range(STEPS):
        rest, value = _without(left, at.question), _value(at)
        if not rest or not value:
            return steps, ""
        left = f"{rest} {value}"
        step = ask(left)
        if step is None or step.correction.id in seen:
            return steps, left
        seen.add(step.correction.id)
        chance *= step.same
        steps.append(replace(step, same=0.0, dependent=chance, strength=Strength.DEPENDENT))
        at = step.correction
    return steps, ""


def _value(state: CorrectionState) -> str:
    """What the answer names."""
    said = _WORD.findall(state.answer)
    value = state.answer.strip(" .") if len(said) <= SHORT else _without(state.answer, state.question)
    return value if len(_WORD.findall(value)) <= LONGEST else ""


def _without(text: str, gone: str) -> str:
    """The words that carry something and are not, by their stems, in `gone`."""
    stems = {_stem(word) for word in _WORD.findall(gone)}
    return " ".join(word for word in _WORD.findall(text) if word.lower() not in _FUNCTION and _stem(word) not in stems)


def _stem(word: str) -> str:
    return word.lower().removesuffix("'s")[:_STEM]
