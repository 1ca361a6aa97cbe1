"""Does a correction answer this question? Never guessed from similarity alone: the decision is a model fitted on data.

`scope.json` holds its weights (`feedback/fit.py` writes them): one set of trees for questions with vectors, one for terms alone, one for
*dependent*, and how common terms are in questions at large.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from feedback.features import NAMES, Rarity, Weighed, measure
from feedback.trees import Trees
from feedback.wording import Wording
from jitl.types import Candidate, Strength

_VETOES: Final = tuple(
    (NAMES.index(name), limit) for name, limit in (("numbers_differ", 0.5), ("negation_differs", 0.5), ("names_differ", 0.3))
)
VETOED: Final = 0.01
"""Probability left to a correction about another number, another name, or the opposite."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The scope decision; pure, so that equal questions over equal corrections are decided equally for ever."""

    general: Mapping[int, float]
    dense: Trees
    sparse: Trees
    dependent: Trees
    threshold: float = 0.5
    dependent_threshold: float = 0.5

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Scope:
        return cls(
            general={int(term): share for term, share in stored["general"].items()},
            dense=Trees.load(stored["dense"]),
            sparse=Trees.load(stored["sparse"]),
            dependent=Trees.load(stored["dependent"]),
            threshold=stored["threshold"],
            dependent_threshold=stored["dependent_threshold"],
        )

    def decide(self, question: Wording, candidates: Sequence[Weighed], size: int, frequency: Callable[[int], int]) -> list[Candidate]:
        """Candidates best first, of equally probable ones the latest first; all of one question, weighed against each other.

        `size` and `frequency` are of the corrections asked: how many there are, and how many of them hold a term.
        """
        if not candidates:
            return []
        rows = measure(question, candidates, Rarity(self.general, size, frequency))
        return self.judge(candidates, rows, question.key)

    def judge(self, candidates: Sequence[Weighed], rows: NDArray[np.float64], key: str | None) -> list[Candidate]:
        """The decision over measured features; `key` is the question's."""
        dense = np.array([candidate.cosines is not None for candidate in candidates])
        same = np.where(dense, self.dense.probabilities(rows), self.sparse.probabilities(rows))
        vetoed = np.any([rows[:, at] > limit for at, limit in _VETOES], axis=0)
        same = np.where(vetoed, np.minimum(same, VETOED), same)
        # What asks for another number, or the opposite, does not hang on the correction either.
        dependent = self.dependent.probabilities(rows)
        dependent = np.where(vetoed, np.minimum(dependent, VETOED), dependent)
        decided = (
            self._name(candidate, key, float(chance), float(depends))
            for candidate, chance, depends in zip(candidates, same, dependent, strict=True)
        )
        return sorted(decided, key=lambda candidate: (-candidate.same, -candidate.correction.seq))

    def _name(self, candidate: Weighed, key: str | None, same: float, dependent: float) -> Candidate:
        state = candidate.entry.state
        if any(wording.key == key for wording in candidate.entry.wordings):
            return Candidate(state, 1.0, 0.0, Strength.SAME)
        if same >= self.threshold:
            return Candidate(state, same, dependent, Strength.PARAPHRASE)
        strength = Strength.DEPENDENT if dependent >= self.dependent_threshold else Strength.UNRELATED
        return Candidate(state, same, dependent, strength)


@lru_cache(maxsize=1)
def shipped() -> Scope:
    """The weights that come with the package."""
    return Scope.load(json.loads(files("feedback").joinpath("scope.json").read_text(encoding="utf-8")))
