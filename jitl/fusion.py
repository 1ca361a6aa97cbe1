"""How the legs' hits become one ranking: a weighted sum of scores that depend on the passage and the question alone.

A dense score is a cosine. A sparse score is divided by the question's own weight, which makes it the share of the question that
the passage holds; that of the rewritten question is such a share already. The rewritten question's vector and terms stand in texts
of the other language, so they add next to nothing to those in its own. Nothing in a fused score moves when other passages come or go,
as it would with ranks or with a maximum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from jitl.legs import DENSE, NAMES, REWRITTEN_DENSE, REWRITTEN_SPARSE, SPARSE
from jitl.types import Hit, Query

# Fitted on one half of the dev sets, reported on the other (`tests/quality/test_retrieval.py`). The sparse weight is flat from .35 to .55;
# those of the rewritten question are the largest that leave questions in the passages' own language as they were.
WEIGHTS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {"en": {DENSE: 1.0, SPARSE: 0.5, REWRITTEN_SPARSE: 0.8}, "zh": {SPARSE: 1.0, REWRITTEN_DENSE: 0.9, REWRITTEN_SPARSE: 0.8}}
)
OTHER = 0.2  # a leg that nobody fitted; its scores lie between 0 and 1


@dataclass(frozen=True, slots=True)
class Fused:
    """A passage with its fused score and what each leg gives it."""

    hit: Hit
    score: float
    legs: Mapping[str, float]


def fuse(query: Query, found: Mapping[str, Sequence[Hit]], weighed: Mapping[str, Mapping[str, float]]) -> list[Fused]:
    """Best first, ties by (document_id, ordinal). `weighed`: leg -> chunk id -> score, for what other legs found."""
    hits: dict[str, Hit] = {}
    scores: dict[str, dict[str, float]] = {}
    for leg, its in found.items():
        for hit in its:
            hits.setdefault(hit.chunk_id, hit)
            scores.setdefault(hit.chunk_id, {})[leg] = hit.score
    for leg, more in weighed.items():
        for key, score in more.items():
            scores[key][leg] = score
    factors = sorted(_factors(query, {*found, *weighed}).items())  # added in this order, so that sums do not depend on who found what
    fused = [Fused(hit, _score(factors, scores[key]), scores[key]) for key, hit in hits.items()]
    return sorted(fused, key=lambda each: (-each.score, each.hit.document_id, each.hit.ordinal))


def _score(factors: Sequence[tuple[str, float]], scores: Mapping[str, float]) -> float:
    return sum([factor * scores[leg] for leg, factor in factors if leg in scores])


def _factors(query: Query, legs: set[str]) -> dict[str, float]:
    """What a score of each leg is multiplied by."""
    weights = WEIGHTS.get(query.language, WEIGHTS["en"])
    factors = {leg: weights.get(leg, 0.0 if leg in NAMES else OTHER) for leg in legs}
    asked = sum(query.terms.values())
    if SPARSE in factors and asked > 0:
        factors[SPARSE] /= asked
    return factors
