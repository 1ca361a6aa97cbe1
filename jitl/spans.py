"""How likely a span of a passage holds the answer: logistic in what it looks like beside the question.

Piecewise linear features, weights per language, fitted by `tests/quality/fit_spans.py` and shipped as `spans.json`.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from jitl import cues
from jitl.reading import Reading, share
from jitl.types import Query

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Features = NDArray[np.float64]  # shape (spans, features)

_WORD = re.compile(r"[A-Za-z][\w’'-]*")
_USUAL = {"en": (130.0, 60.0), "zh": (45.0, 15.0)}  # length of a sentence, of a clause

PLAIN = (
    *("cov", "fresh", "rel", "only_here", "before", "after", "best", "second", "opens", "place", "length", "follows_best"),
    *("passage2", "passage3", "lexical", "passage_cov"),
    *("own", "rest", "far", "next_to", "behind", "own_length", "new", "nothing_new", "ends", "starts", "parts", "left", "right", "whole"),
    *(f"{kind}_{level}" for level in ("sentence", "span") for kind in cues.KINDS),
    *("passage2*lexical", "passage3*lexical", "lexical*fresh", "rel*fresh"),
)
"""Names of the features, in order."""


def describe(query: Query, readings: Sequence[Reading]) -> Features:
    """The features of every span beside the question, one row each, passage after passage."""
    asked = cues.kind(query.text)
    known = frozenset(word.lower() for word in _WORD.findall(query.text))
    top = max((reading.lexical for reading in readings), default=0.0) or 1.0
    rows = [row for reading in readings for row in _rows(query, reading, reading.lexical / top, asked, known)]
    return np.array(rows, dtype=np.float64).reshape(-1, len(PLAIN))


def _rows(query: Query, reading: Reading, lexical: float, asked: str, known: frozenset[str]) -> list[list[float]]:
    own = [share(query, held) for held in reading.held]
    passage = [float(reading.at == 1), float(reading.at >= 2), lexical, reading.covered]
    rows = []
    for group, sentence in zip(reading.sentences, _sentences(query, reading), strict=True):
        text = reading.passage.text[reading.spans[group.start].start : reading.spans[group.stop - 1].end]
        cue = _cue(asked, text, known)
        fresh, rel = sentence[1], sentence[2]
        products = [passage[0] * lexical, passage[1] * lexical, lexical * fresh, rel * fresh]
        for at in group:
            span = reading.spans[at]
            mine = cue if len(group) == 1 else _cue(asked, reading.passage.text[span.start : span.end], known)
            rows.append([*sentence, *passage, *_span(reading, group, at, own, sentence[0]), *cue, *mine, *products])
    return rows


def _sentences(query: Query, reading: Reading) -> list[list[float]]:
    cover = reading.cover
    held = [set().union(*reading.held[group.start : group.stop]) for group in reading.sentences]
    spread = Counter(term for terms in held for term in terms)
    fresh_total = sum(weight for term, weight in query.terms.items() if term not in reading.header) or 1.0
    total = sum(query.terms.values()) or 1.0
    order = sorted(range(len(cover)), key=lambda n: -cover[n])
    best = max(cover, default=0.0) or 1.0
    rows = []
    for n, group in enumerate(reading.sentences):
        terms = sorted(held[n])
        rows.append(
            [
                cover[n],
                sum(query.terms[term] for term in terms if term not in reading.header) / fresh_total,
                cover[n] / best,
                sum(query.terms[term] / spread[term] for term in terms) / total,
                cover[n - 1] if n else 0.0,
                cover[n + 1] if n + 1 < len(cover) else 0.0,
                float(order[0] == n),
                float(len(order) > 1 and order[1] == n),
                float(n == 0),
                n / len(cover),
                math.log((reading.spans[group.stop - 1].end - reading.spans[group.start].start) / _USUAL[reading.language][0]),
                float(n > 0 and cover[n - 1] == best),
            ]
        )
    return rows


def _span(reading: Reading, group: range, at: int, own: Sequence[float], cover: float) -> list[float]:
    best = max(group, key=lambda j: own[j])
    return [
        own[at],
        cover - own[at],
        float(min(4, abs(at - best))),
        float(abs(at - best) == 1),
        float(at - best == 1),
        math.log(max(1, len(reading.spans[at])) / _USUAL[reading.language][1]),
        math.log1p(reading.new[at]),
        float(reading.new[at] == 0),
        float(at == group.stop - 1),
        float(at == group.start),
        math.log(len(group)),
        own[at - 1] if at > group.start else 0.0,
        own[at + 1] if at + 1 < group.stop else 0.0,
        float(len(group) == 1),
    ]


def _cue(asked: str, text: str, known: frozenset[str]) -> list[float]:
    found = math.log1p(cues.signs(asked, text, known)) if asked in cues.KINDS else 0.0
    return [found if kind == asked else 0.0 for kind in cues.KINDS]


@dataclass(frozen=True, slots=True)
class SpanModel:
    """Logistic in the features and their hinges `max(0, x - knot)`; `weights` per language, bias first."""

    knots: tuple[tuple[int, float], ...]  # (feature, knot)
    weights: Mapping[str, NDArray[np.float64]]

    def probabilities(self, features: Features, language: str) -> list[float]:
        scores = self.expand(features) @ self.weights[language][1:] + self.weights[language][0]
        return [float(p) for p in 1 / (1 + np.exp(-scores))]

    def expand(self, features: Features) -> NDArray[np.float64]:
        """The features and their hinges, one row a span."""
        columns = [at for at, _ in self.knots]
        return np.hstack([features, np.maximum(features[:, columns] - [knot for _, knot in self.knots], 0.0)])

    @staticmethod
    @cache
    def shipped() -> SpanModel:
        return SpanModel.parse(resources.files("jitl").joinpath("spans.json").read_text("utf-8"))

    @staticmethod
    def parse(text: str) -> SpanModel:
        """Raises ValueError where the weights were fitted for other features."""
        read = json.loads(text)
        if read["features"] != list(PLAIN):
            raise ValueError("spans.json was fitted for other features: fit it again")
        knots = tuple((PLAIN.index(name), float(knot)) for name, knot in read["knots"])
        return SpanModel(knots, {language: np.array(row) for language, row in read["weights"].items()})
