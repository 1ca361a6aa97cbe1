"""The passages that a walk chooses from, and what the question alone says of each."""

from __future__ import annotations

import bisect
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from graph.extract import titles
from graph.keys import key
from jitl.legs import DENSE

if TYPE_CHECKING:
    from graph.asked import Asked
    from jitl.types import Passage, RankedHit

Floats = NDArray[np.float64]

_STOP: Final = re.compile(r"[\n。！？；]\s*|[.!?]\s+")
OF_PASSAGE: Final = ("dense", "titled", "named", "sentence")
"""Columns of `Pool.alone`: cosine, whether the question names its title, the share of the question's names in it, and the largest share
of the question's words that a sentence of it, with its header, holds."""


class Pool:
    """`fused`: shape (n,), the score that search gave; `words`: shape (n, words), 1 where the passage holds it."""

    def __init__(self, asked: Asked, holding: Mapping[str, frozenset[str]]) -> None:
        """`holding`: key of the question -> the passages (chunk ids) that name it, as far as they were looked at."""
        self.hits: list[RankedHit] = []
        self.documents: list[str] = []
        self.titles: list[tuple[str, str]] = []
        self.fused: Floats = np.zeros(0)
        self.words: Floats = np.zeros((0, len(asked.words)))
        self.alone: Floats = np.zeros((0, len(OF_PASSAGE)))
        self.weights: Floats = np.array(list(asked.words.values()))
        self._at: dict[str, int] = {}
        self._asked = asked
        self._holding = holding

    def __len__(self) -> int:
        return len(self.hits)

    def at(self, chunk_id: str) -> int | None:
        return self._at.get(chunk_id)

    def add(self, hits: Iterable[RankedHit]) -> None:
        """Those that are passages and not in it yet."""
        new = [(hit, hit.passage) for hit in hits if hit.passage is not None and hit.passage.id not in self._at]
        if not new:
            return
        words = np.zeros((len(new), len(self._asked.words)))
        alone = np.zeros((len(new), len(OF_PASSAGE)))
        for row, (hit, passage) in enumerate(new):
            self._at[passage.id] = len(self.hits)
            self.hits.append(hit)
            self.documents.append(passage.document_id)
            self.titles.append((passage.collection_id, key(passage.title)))
            alone[row] = (max(0.0, hit.legs.get(DENSE, 0.0)), *self._called(passage), self._read(passage, words[row]))
        self.fused = np.concatenate([self.fused, [hit.score for hit, _ in new]])
        self.words = np.concatenate([self.words, words])
        self.alone = np.concatenate([self.alone, alone])

    def said_with(self, at: int, start: int) -> float:
        """The share of the question's words in the sentence that stands at this character of a passage."""
        passage = self.hits[at].passage
        if passage is None or start < 0:
            return 0.0
        ends = [0, *(match.end() for match in _STOP.finditer(passage.text)), len(passage.text)]
        after = bisect.bisect_right(ends, start, hi=len(ends) - 1)
        sentence = passage.text[ends[after - 1] : ends[after]].lower()
        return sum(weight for word, weight in self._asked.words.items() if _stands(word, sentence))

    def shares(self, text: str) -> Floats:
        """Shape (words,): 1 for those that any text holds."""
        folded = text.lower()
        return np.array([float(_stands(word, folded)) for word in self._asked.words])

    def _read(self, passage: Passage, words: Floats) -> float:
        """Marks the words that stand in it; the best sentence's share of the question, with what the header holds."""
        text, header = passage.text.lower(), passage.header.lower()
        inside: list[tuple[float, list[int]]] = []
        above = 0.0
        for column, (word, weight) in enumerate(self._asked.words.items()):
            if _stands(word, header):
                words[column] = 1.0
                above += weight
            elif places := _places(word, text):
                words[column] = 1.0
                inside.append((weight, places))
        if len(inside) < 2:
            return above + sum(weight for weight, _ in inside)
        stops = [match.end() for match in _STOP.finditer(text)]
        by_sentence: defaultdict[int, float] = defaultdict(float)
        for weight, places in inside:
            for number in {bisect.bisect_right(stops, place) for place in places}:
                by_sentence[number] += weight
        return above + max(by_sentence.values())

    def _called(self, passage: Passage) -> tuple[float, float]:
        called = {key(title) for title in titles(passage.title)}
        titled = max((1.0 if one in self._asked.named else 0.5 for one in called & self._asked.parts), default=0.0)
        return titled, sum(share for name, share in self._asked.named.items() if passage.id in self._holding.get(name, ()))


def _places(word: str, text: str) -> list[int]:
    """Where it begins in a text in lower case; a word with a blank before it only where a word begins."""
    sought = word.removeprefix(" ")
    begins = sought != word
    found = []
    at = text.find(sought)
    while at >= 0:
        if not (begins and at and text[at - 1].isalnum()):
            found.append(at)
        at = text.find(sought, at + 1)
    return found


def _stands(word: str, text: str) -> bool:
    return word.removeprefix(" ") in text and bool(_places(word, text))


def order(scores: Floats) -> NDArray[np.int64]:
    """Each one's place by descending score, from 0."""
    ranks = np.empty(len(scores), np.int64)
    ranks[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    return ranks
