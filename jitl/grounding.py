"""Whether what was found supports an answer at all: one shipped decision for every collection and language."""

from __future__ import annotations

from collections.abc import Sequence

from jitl.ports import SparseEncoder
from jitl.types import Query, RankedHit

THRESHOLD = 0.5


class Grounding:
    """Judges from the question's terms that the best passages hold, and from their closeness."""

    def __init__(self, sparse: SparseEncoder, threshold: float | None = None) -> None:
        self._sparse = sparse
        self._threshold = THRESHOLD if threshold is None else threshold

    def supports(self, query: Query, hits: Sequence[RankedHit]) -> bool:
        return self.probability(query, hits) >= self._threshold

    def probability(self, query: Query, hits: Sequence[RankedHit]) -> float:
        """Probability that the passages hold an answer; 0 without passages."""
        asked = sum(query.terms.values())
        best = 0.0
        for hit in hits[:3]:
            if hit.passage is not None and asked > 0:
                held = self._sparse.terms(hit.passage.header + "\n" + hit.passage.text)
                best = max(best, sum(w for t, w in query.terms.items() if t in held) / asked)
        return best
