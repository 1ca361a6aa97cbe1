"""What is measured between a question and a correction's wording; the inputs of the scope model, in the order of `NAMES`.

Everything is a function of the two texts, of the other candidates, and of how common terms are among the corrections asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from feedback.shelf import Entry
from feedback.wording import Wording
from jitl.text import fold

if TYPE_CHECKING:
    from jitl.types import Vector

NAMES: Final = (
    "cosine",
    "cosine_gap",  # to the next candidate that says something else
    "question_covered",
    "wording_covered",
    "overlap",
    "overlap_gap",
    "question_names_missing",
    "wording_names_missing",
    "rarest_question_missing",
    "rarest_wording_missing",
    "rarest_shared",
    "rarest_name_shared",
    "names_differ",  # each has a name that the other lacks
    "named",
    "numbers_differ",
    "number_extra",
    "negation_differs",
    "asks_differ",
    "asks_open",
    "question_rest_covered",  # of what is neither a name here nor there: what is asked about it
    "wording_rest_covered",
    "rest",
    "length",
)
READ_NAMES: Final = (*NAMES, "odds", "odds_dependent", "odds_gap", "odds_dependent_gap")
"""What is known of a candidate once the pair reader has seen it; the gaps are to the next one read that says something else."""
_NO_RIVAL: Final = -12.0
_WIDEST: Final = 8.0
BACKGROUND: Final = 1000.0
"""Weight of general language against a collection's own corrections, in corrections."""


@dataclass(frozen=True, slots=True)
class Rarity:
    """How much a term tells: BM25's IDF over `size` corrections and, as if there were `BACKGROUND` more, general language.

    `general` gives the share of ordinary questions that hold a term.
    """

    general: Mapping[int, float]
    size: int
    frequency: Callable[[int], int]

    def __call__(self, term: int) -> float:
        held = BACKGROUND * self.general.get(term, 0.0) + self.frequency(term)
        return math.log((BACKGROUND + self.size + 1) / (held + 0.5))

    @property
    def highest(self) -> float:
        return math.log((BACKGROUND + self.size + 1) / 0.5)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A candidate beside a question. `cosines` has one value a wording; None where either has no vector."""

    entry: Entry
    cosines: Vector | None

    @property
    def asked(self) -> str:
        """Its wording that comes nearest, by cosine where there is one: what the pair reader is shown."""
        return self.entry.asked[0 if self.cosines is None else int(np.argmax(self.cosines))]


def measure(question: Wording, candidates: Sequence[Weighed], rarity: Rarity) -> NDArray[np.float64]:
    """Shape (candidates, NAMES)."""
    remembered: dict[int, float] = {}

    def weight(term: int) -> float:
        if term not in remembered:
            remembered[term] = rarity(term)
        return remembered[term]

    rows = np.array([_best(question, candidate, weight, rarity.highest) for candidate in candidates])
    rivals = _rivals(candidates)
    for gap, value in (("cosine_gap", "cosine"), ("overlap_gap", "overlap")):
        column = rows[:, NAMES.index(value)]
        for at, others in enumerate(rivals):
            rows[at, NAMES.index(gap)] = column[at] - max((column[other] for other in others), default=0.0)
    return rows


def with_odds(candidates: Sequence[Weighed], rows: NDArray[np.float64], odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """`rows` of `measure` and the pair reader's `odds` of the same candidates, all of them read, as `READ_NAMES`."""
    rivals = _rivals(candidates)
    best = np.array([[max((column[other] for other in others), default=_NO_RIVAL) for column in odds.T] for others in rivals])
    return np.hstack([rows, odds, np.clip(odds - best, -_WIDEST, _WIDEST)])


def _best(question: Wording, candidate: Weighed, weight: Callable[[int], float], highest: float) -> list[float]:
    """Of the wording that comes nearest: by cosine, else by overlap."""
    wordings = candidate.entry.wordings
    if candidate.cosines is not None:
        at = int(np.argmax(candidate.cosines))
        return _pair(question, wordings[at], float(candidate.cosines[at]), weight, highest)
    return max((_pair(question, wording, 0.0, weight, highest) for wording in wordings), key=lambda row: row[NAMES.index("overlap")])


def _pair(question: Wording, wording: Wording, cosine: float, weight: Callable[[int], float], highest: float) -> list[float]:
    asked, told = set(question.terms), set(wording.terms)
    shared = asked & told
    common = _sum(shared, weight)
    of_question, of_wording = common / (_sum(asked, weight) or 1), common / (_sum(told, weight) or 1)
    here, there = question.numbers - wording.numbers, wording.numbers - question.numbers
    named = set(question.names) | set(wording.names)
    rest = _sum(shared - named, weight)
    of_asked, of_told = _sum(asked - named, weight), _sum(told - named, weight)
    return [
        cosine,
        0.0,
        of_question,
        of_wording,
        2 * of_question * of_wording / (of_question + of_wording or 1),
        0.0,
        _missing(question.names, told, weight),
        _missing(wording.names, asked, weight),
        _rarest(asked - told, weight) / highest,
        _rarest(told - asked, weight) / highest,
        _rarest(shared, weight) / highest,
        _rarest(set(question.names) & set(wording.names), weight) / highest,
        min(_rarest(set(question.names) - told, weight), _rarest(set(wording.names) - asked, weight)) / highest,
        float(bool(question.names)) + float(bool(wording.names)),
        float(bool(here and there)),
        float(bool(here) != bool(there)),
        float(question.negated != wording.negated),
        float(question.asks != wording.asks and bool(question.asks and wording.asks)),
        float(question.asks != wording.asks and not (question.asks and wording.asks)),
        rest / of_asked if of_asked else 1.0,
        rest / of_told if of_told else 1.0,
        min(of_asked, of_told) / highest,
        math.log((len(asked) + 1) / (len(told) + 1)),
    ]


def _sum(terms: Iterable[int], weight: Callable[[int], float]) -> float:
    return math.fsum(weight(term) for term in terms)  # exact: the order of a set must not show in the last bit


def _rarest(terms: Iterable[int], weight: Callable[[int], float]) -> float:
    return max((weight(term) for term in terms), default=0.0)


def _missing(names: Sequence[int], held: set[int], weight: Callable[[int], float]) -> float:
    return _sum((name for name in names if name not in held), weight) / (_sum(names, weight) or 1)


def _rivals(candidates: Sequence[Weighed]) -> list[list[int]]:
    """For each candidate those that say something else: not the same question, nor the same answer about the same names."""
    keys = [{wording.key for wording in candidate.entry.wordings} for candidate in candidates]
    said = [(fold(candidate.entry.state.answer), candidate.entry.wordings[0].names) for candidate in candidates]
    everyone = range(len(candidates))
    return [[other for other in everyone if not (keys[at] & keys[other] or said[at] == said[other])] for at in everyone]
