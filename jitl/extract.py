"""Verbatim quotes that answer a question: the best sentences of the best passages.

A quote is a slice of its passage's text. Quotes come best passage first, in reading order within a passage, and stay
within a budget of characters, so that an answer can be read at a glance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jitl import text as texts
from jitl.ports import SparseEncoder
from jitl.types import Passage, Query

BUDGET = {"en": 400, "zh": 160}
"""Characters that the quotes of one answer may fill, by the language of the passage."""


@dataclass(frozen=True, slots=True)
class Quote:
    """`passage` is the index among the passages given; `text` is the slice `start:end` of its text."""

    passage: int
    start: int
    end: int
    text: str
    score: float


class Extractor:
    """Chooses quotes; deterministic for the same question and passages."""

    def __init__(self, sparse: SparseEncoder) -> None:
        self._sparse = sparse

    def quotes(self, query: Query, passages: Sequence[Passage]) -> list[Quote]:
        """Best quotes for the question out of `passages` (best first)."""
        found = [
            Quote(at, start, end, passage.text[start:end], self._score(query, passage.text[start:end]) / (1 + 0.2 * at))
            for at, passage in enumerate(passages[:3])
            for start, end in texts.sentences(passage.text)
        ]
        chosen: list[Quote] = []
        left = BUDGET[texts.language(passages[0].text)] if passages else 0
        for quote in sorted(found, key=lambda q: (-q.score, q.passage, q.start)):
            if not chosen or len(quote.text) + 1 <= left:
                chosen.append(quote)
                left -= len(quote.text) + 1
        return sorted(chosen, key=lambda q: (q.passage, q.start))

    def _score(self, query: Query, sentence: str) -> float:
        held = self._sparse.terms(sentence)
        return sum(weight for term, weight in query.terms.items() if term in held)

    def opening(self, text: str) -> str:
        """The first sentence of a passage that was found but not quoted."""
        spans = texts.sentences(text)
        return text[spans[0][0] : spans[0][1]] if spans else ""
