"""Whether what was found supports an answer at all: one shipped decision for collections of every size and language.

A logistic model of how much of the question the best passages hold, its rare and its unknown words above all, and of how
close the closest passage is. Fitted by `tests/quality/fit_grounding.py`, shipped as `grounding.json`: weights for
questions that were compared by vectors (`en`), for English ones that were not (`terms`), and for Chinese ones (`zh`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from jitl.reading import Reading
from jitl.types import Query, RankedHit

THRESHOLD = 0.5
DENSE = "dense"  # the leg whose scores are cosines
LARGEST = 20_000
"""Collections beyond this size are judged as if they had it: larger ones were not measured."""

FEATURES = ("first", "sentence", "missing", "rare", "mass", "cosine", "size")
"""Names of the features, in order."""


@dataclass(frozen=True, slots=True)
class GroundingModel:
    """`weights` by kind of question, bias first."""

    weights: Mapping[str, Sequence[float]]

    def probability(self, kind: str, features: Sequence[float]) -> float:
        bias, *slopes = self.weights[kind]
        score = bias + sum(slope * feature for slope, feature in zip(slopes, features, strict=True))
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, score))))

    @staticmethod
    @cache
    def shipped() -> GroundingModel:
        read = json.loads(resources.files("jitl").joinpath("grounding.json").read_text("utf-8"))
        if read["features"] != list(FEATURES):
            raise ValueError("grounding.json was fitted for other features: fit it again")
        return GroundingModel(read["weights"])


class Grounding:
    """Deterministic for the same question, passages and document frequencies. Questions are given by their `content`."""

    def __init__(self, threshold: float | None = None, model: GroundingModel | None = None) -> None:
        self._threshold = THRESHOLD if threshold is None else threshold
        self._model = model or GroundingModel.shipped()

    def supports(self, query: Query, readings: Sequence[Reading], hits: Sequence[RankedHit]) -> bool:
        return self.probability(query, readings, hits) >= self._threshold

    def probability(self, query: Query, readings: Sequence[Reading], hits: Sequence[RankedHit]) -> float:
        """Probability that the passages hold an answer; 0 where nothing of the question was found."""
        if not readings or not query.terms:
            return 0.0
        cosine = max((hit.legs[DENSE] for hit in hits if DENSE in hit.legs), default=None)
        kind = "zh" if query.language == "zh" else "terms" if cosine is None else "en"
        return self._model.probability(kind, describe(query, readings, cosine if kind == "en" else None))


def describe(query: Query, readings: Sequence[Reading], cosine: float | None) -> list[float]:
    """The features of a question beside its best passages (at least one); a weight's measure is that of a word nobody used."""
    unknown = math.log1p(2 * query.passages + 1)  # the IDF of a term without passages
    absent = sum(term not in query.terms for term in query.frequencies) * unknown
    present = sum(query.terms.values())
    known = present / (present + absent)
    best = max(readings, key=lambda reading: (reading.covered, -reading.at))
    held = set(best.header).union(*best.held)
    weights = [query.terms[term] for term in sorted(held)]
    missing = [weight for term, weight in query.terms.items() if term not in held] + [unknown] * (absent > 0)
    top = max(*query.terms.values(), unknown if absent else 0.0)
    rare = [term in held for term, weight in query.terms.items() if weight >= 0.8 * top] + [False] * (absent > 0)
    return [
        readings[0].covered * known,
        max((cover for reading in readings for cover in reading.cover), default=0.0) * known,
        min(1.0, max(missing, default=0.0) / unknown),
        sum(rare) / max(1, len(rare)),
        math.log1p(sum(weights) / unknown),
        cosine or 0.0,
        math.log(min(max(query.passages, 1), LARGEST)),
    ]
