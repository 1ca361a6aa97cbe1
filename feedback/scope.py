"""Does a correction answer this question? Never guessed from similarity alone: the decision is a model fitted on data.

In two steps. Measured features decide which candidates could be meant at all: mostly none, and nothing more is spent. The pair reader
reads those few beside the question, and a second set of trees weighs its word, the features and the other candidates. Without a reader,
or in a language that it does not know, the first step's own verdict stands.

`scope.json` holds the trees (`feedback/fit.py` writes them) and how common terms are in questions at large.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from feedback.features import NAMES, Rarity, Weighed, measure, with_odds
from feedback.trees import Trees
from feedback.wording import Wording
from jitl.errors import BadInput
from jitl.ports import PairReader
from jitl.types import Candidate, Strength

PAIR_WEIGHTS: Final = Path(__file__).with_name("pairs.safetensors")
"""Of the pair reader that comes with the package."""
TREES: Final = ("dense", "sparse", "depends", "read", "read_depends")
VETOED: Final = 0.01
"""Probability left to a correction that cannot be meant."""
READ: Final = 4
"""Candidates that are read for one question, at most."""
WORTH_READING: Final = 0.004
"""Of the first step's probability; 1 in 1,000 of the right ones lies below, and 9 in 10 of the questions that nothing covers."""

Chances = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Of each candidate, that it answers and that it is needed."""
_VETOES: Final = ((NAMES.index("numbers_differ"), 0.5),)
_VETOES_UNREAD: Final = (*_VETOES, (NAMES.index("negation_differs"), 0.5), (NAMES.index("names_differ"), 0.2))


@dataclass(frozen=True, slots=True)
class Scope:
    """The scope decision; pure, so that equal questions over equal corrections are decided equally for ever.

    `dense` and `depends` judge by features with vectors, `sparse` without; `read` and `read_depends` once a pair was read.
    """

    general: Mapping[int, float]
    dense: Trees
    sparse: Trees
    depends: Trees
    read: Trees
    read_depends: Trees
    threshold: float = 0.5
    dependent_threshold: float = 0.5

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Scope:
        trees = {name: Trees.load(stored[name]) for name in TREES}
        general = {int(term): share for term, share in stored["general"].items()}
        return cls(general, **trees, threshold=stored["threshold"], dependent_threshold=stored["dependent_threshold"])

    def decide(
        self,
        text: str,
        question: Wording,
        candidates: Sequence[Weighed],
        size: int,
        frequency: Callable[[int], int],
        reader: PairReader | None = None,
        thresholds: Mapping[str, float] = MappingProxyType({}),
    ) -> list[Candidate]:
        """Candidates best first, of equally probable ones the latest first; all of one question, weighed against each other.

        `question` is what `text` says. `size` and `frequency` are of the corrections asked: how many there are, and how many of them
        hold a term. `thresholds`: of collections that have one of their own.
        """
        if not candidates:
            return []
        rows = measure(question, candidates, Rarity(self.general, size, frequency))
        first, odds = self._first(candidates, rows), None
        if reader is not None and reader.covers(text) and not any(_identical(one, question.key) for one in candidates):
            odds = _read(text, candidates, first, reader)
        return self._judge(candidates, rows, first, odds, question.key, thresholds)

    def odds(self, text: str, candidates: Sequence[Weighed], rows: NDArray[np.float64], reader: PairReader) -> NDArray[np.float64]:
        """Shape (candidates, 2), the pair reader's word; not a number for those that are not worth reading."""
        return _read(text, candidates, self._first(candidates, rows), reader)

    def judge(
        self,
        candidates: Sequence[Weighed],
        rows: NDArray[np.float64],
        odds: NDArray[np.float64] | None,
        key: str | None,
        thresholds: Mapping[str, float] = MappingProxyType({}),
    ) -> list[Candidate]:
        """The decision over measured features; `odds` None: nothing could be read. `key` is the question's."""
        return self._judge(candidates, rows, self._first(candidates, rows), odds, key, thresholds)

    def _judge(
        self,
        candidates: Sequence[Weighed],
        rows: NDArray[np.float64],
        first: Chances,
        odds: NDArray[np.float64] | None,
        key: str | None,
        thresholds: Mapping[str, float],
    ) -> list[Candidate]:
        same, dependent = first
        vetoed = _any(rows, _VETOES_UNREAD if odds is None else _VETOES)
        if odds is not None:
            same, dependent = self._second(candidates, rows, first, odds)
        same = np.where(vetoed, np.minimum(same, VETOED), same)
        # What asks for another number, or the opposite, does not hang on the correction either.
        dependent = np.where(vetoed, np.minimum(dependent, VETOED), dependent)
        decided = (
            self._name(candidate, key, float(chance), float(depends), thresholds)
            for candidate, chance, depends in zip(candidates, same, dependent, strict=True)
        )
        return sorted(decided, key=lambda candidate: (-candidate.same, -candidate.correction.seq))

    def _first(self, candidates: Sequence[Weighed], rows: NDArray[np.float64]) -> Chances:
        dense = np.array([candidate.cosines is not None for candidate in candidates])
        return np.where(dense, self.dense.probabilities(rows), self.sparse.probabilities(rows)), self.depends.probabilities(rows)

    def _second(self, candidates: Sequence[Weighed], rows: NDArray[np.float64], first: Chances, odds: NDArray[np.float64]) -> Chances:
        """Of those that were read; the others were not worth it, whatever the first step would make of them."""
        same, dependent = (np.minimum(chance, VETOED) for chance in first)
        read = np.flatnonzero(~np.isnan(odds[:, 0])).tolist()
        if read:
            known = with_odds([candidates[at] for at in read], rows[read], odds[read])
            same[read], dependent[read] = self.read.probabilities(known), self.read_depends.probabilities(known)
        return same, dependent

    def _name(self, candidate: Weighed, key: str | None, same: float, dependent: float, thresholds: Mapping[str, float]) -> Candidate:
        state = candidate.entry.state
        if _identical(candidate, key):
            return Candidate(state, 1.0, 0.0, Strength.SAME)
        if same >= thresholds.get(state.collection_id, self.threshold):
            return Candidate(state, same, dependent, Strength.PARAPHRASE)
        strength = Strength.DEPENDENT if dependent >= self.dependent_threshold else Strength.UNRELATED
        return Candidate(state, same, dependent, strength)


def _read(text: str, candidates: Sequence[Weighed], first: Chances, reader: PairReader) -> NDArray[np.float64]:
    found = np.full((len(candidates), 2), np.nan)
    same, dependent = first
    chance = np.maximum(same, dependent / 2)
    known = np.array([reader.covers(candidate.asked) for candidate in candidates])
    worth = [at for at in np.argsort(-chance, kind="stable")[:READ].tolist() if chance[at] >= WORTH_READING and known[at]]
    if worth:
        found[worth] = reader.read(text, [candidates[at].asked for at in worth])
    return found


def _identical(candidate: Weighed, key: str | None) -> bool:
    return any(wording.key == key for wording in candidate.entry.wordings)


def _any(rows: NDArray[np.float64], vetoes: Sequence[tuple[int, float]]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.any([rows[:, at] > limit for at, limit in vetoes], axis=0)
    return found


@lru_cache(maxsize=1)
def shipped() -> Scope:
    """The weights that come with the package."""
    return read_weights(Path(__file__).with_name("scope.json"))


def read_weights(path: Path) -> Scope:
    """Raises `BadInput` for a file that is none of ours."""
    try:
        return Scope.load(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path.name} holds no scope weights.", hint="Check JITL_SCOPE_WEIGHTS.") from error
