"""The passages that a walk chooses from, and what the question alone says of each."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from graph.extract import titles
from graph.keys import key
from jitl.legs import DENSE, SPARSE

if TYPE_CHECKING:
    from graph.asked import Asked
    from jitl.types import Passage, Query, RankedHit

Floats = NDArray[np.float64]

_STOP: Final = re.compile(r"(?<=[.!?])\s+|\n+|(?<=[。！？；])")
_SIGNS: Final = str.maketrans(dict.fromkeys('\t!"#$%&()*+,/:;<=>?@[]^_`{|}~“”«»—–·', " "))
OF_PASSAGE: Final = ("dense", "sparse", "titled", "named", "sentence", "covered")
"""Columns of `Pool.alone`: cosine, share of the question's terms, whether the question names its title, the share of the question's
names in it, and the largest share of the question's words that a sentence of it (with its header), and the whole passage, holds."""


class Pool:
    """`fused`: shape (n,), the score that search gave; `words`: shape (n, words), 1 where the passage holds it."""

    def __init__(self, query: Query, asked: Asked, holding: Mapping[str, frozenset[str]]) -> None:
        """`holding`: key of the question -> the passages (chunk ids) that name it, as far as they were looked at."""
        self.hits: list[RankedHit] = []
        self.groups: list[tuple[str, str]] = []
        self.fused: Floats = np.zeros(0)
        self.words: Floats = np.zeros((0, len(asked.words)))
        self.alone: Floats = np.zeros((0, len(OF_PASSAGE)))
        self.weights: Floats = np.array(list(asked.words.values()))
        self._at: dict[str, int] = {}
        self._asked = asked
        self._holding = holding
        self._sought = list(asked.words)
        self._most_terms = sum(query.terms.values()) or 1.0

    def __len__(self) -> int:
        return len(self.hits)

    def at(self, chunk_id: str) -> int | None:
        return self._at.get(chunk_id)

    def add(self, hits: Iterable[RankedHit]) -> None:
        """Those that are passages and not in it yet."""
        new = [(hit, hit.passage) for hit in hits if hit.passage is not None and hit.passage.id not in self._at]
        if not new:
            return
        words = np.zeros((len(new), len(self._sought)))
        alone = np.zeros((len(new), len(OF_PASSAGE)))
        for row, (hit, passage) in enumerate(new):
            self._at[passage.id] = len(self.hits)
            self.hits.append(hit)
            self.groups.append((passage.collection_id, key(passage.title) or passage.document_id))
            best = self._read(passage, words[row])
            alone[row] = (*self._scored(hit), *self._called(passage), best, words[row] @ self.weights)
        self.fused = np.concatenate([self.fused, [hit.score for hit, _ in new]])
        self.words = np.concatenate([self.words, words])
        self.alone = np.concatenate([self.alone, alone])

    def said_with(self, at: int, start: int) -> float:
        """The share of the question's words in the sentence that stands at this character of a passage."""
        passage = self.hits[at].passage
        if passage is None or start < 0:
            return 0.0
        stops = [match.end() for match in _STOP.finditer(passage.text)]
        number = bisect.bisect_right(stops, start)
        line = _folded(passage.text).split("\n")
        return sum(self._asked.words[word] for word in self._sought if word in line[number]) if number < len(line) else 0.0

    def shares(self, text: str) -> Floats:
        """Shape (words,): 1 for those that any text holds."""
        folded = _folded(text)
        return np.array([float(word in folded) for word in self._sought])

    def _read(self, passage: Passage, words: Floats) -> float:
        """Marks the words that stand in it; the best sentence's share of the question."""
        folded, header = _folded(passage.text), f" {passage.header.lower().translate(_SIGNS)}"
        inside: list[tuple[str, float]] = []
        above = 0.0
        for column, (word, weight) in enumerate(self._asked.words.items()):
            if word in header:
                words[column] = 1.0
                above += weight
            elif word in folded:
                words[column] = 1.0
                inside.append((word, weight))
        if len(inside) < 2:
            return above + sum(weight for _, weight in inside)
        return above + max(sum(weight for word, weight in inside if word in line) for line in folded.split("\n"))

    def _scored(self, hit: RankedHit) -> tuple[float, float]:
        return max(0.0, hit.legs.get(DENSE, 0.0)), hit.legs.get(SPARSE, 0.0) / self._most_terms

    def _called(self, passage: Passage) -> tuple[float, float]:
        called = {key(title) for title in titles(passage.title)}
        titled = max((1.0 if one in self._asked.named else 0.5 for one in called & self._asked.parts), default=0.0)
        return titled, sum(share for name, share in self._asked.named.items() if passage.id in self._holding.get(name, ()))


def _folded(text: str) -> str:
    """Lower case, a sentence a line, words parted by blanks, one before each line's first."""
    return " " + _STOP.sub("\n ", text).lower().translate(_SIGNS)


def order(scores: Sequence[float] | Floats) -> NDArray[np.int64]:
    """Each one's place by descending score, from 0."""
    ranks = np.empty(len(scores), np.int64)
    ranks[np.argsort(-np.asarray(scores), kind="stable")] = np.arange(len(scores))
    return ranks
