"""Stretches of passages that could hold an answer, what they look like beside the question, and how likely they do.

The probability is logistic in piecewise linear features, weights per language, fitted by `tests/quality/fit_spans.py`
and shipped as `spans.json`.
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
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from jitl import cues
from jitl import text as texts
from jitl.ports import SparseEncoder
from jitl.types import Passage, Query

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Features = NDArray[np.float64]  # shape (spans, FEATURES)

_CLAUSE = re.compile(r"[,;:]\s+|\s[–-]\s|[—–]|\s(?=\()|[，；：]|——")
_WORD = re.compile(r"[A-Za-z][\w’'-]*")
_SHORTEST = {"en": 30, "zh": 8}  # no clause is shorter
_LONG = {"en": 110, "zh": 30}  # sentences up to this length stay whole
_USUAL = {"en": (130.0, 60.0), "zh": (45.0, 15.0)}  # length of a sentence, of a clause

PLAIN = (
    *("cov", "fresh", "rel", "only_here", "before", "after", "best", "second", "opens", "place", "length", "follows_best"),
    *("passage2", "passage3", "lexical", "passage_cov"),
    *("own", "rest", "far", "next_to", "behind", "own_length", "new", "nothing_new", "ends", "starts", "parts", "left", "right", "whole"),
    *(f"{kind}_{level}" for level in ("sentence", "span") for kind in cues.KINDS),
    *("passage2*lexical", "passage3*lexical", "lexical*fresh", "rel*fresh"),
)
"""Names of the features, in order."""


@dataclass(frozen=True, slots=True)
class Span:
    """Span of a passage's text; `sentence` counts sentences within the passage."""

    passage: int
    sentence: int
    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


def cut(at: int, text: str) -> list[Span]:
    """A passage's spans in order: its sentences, long ones cut where clauses end."""
    language = texts.language(text)
    spans = []
    for number, (start, end) in enumerate(texts.sentences(text)):
        for a, b in _clauses(text, start, end, language):
            spans.append(Span(at, number, a, b))
    return spans


def _clauses(text: str, start: int, end: int, language: str) -> list[tuple[int, int]]:
    if end - start <= _LONG[language]:
        return [(start, end)]
    shortest = _SHORTEST[language]
    edges = [start]
    for found in _CLAUSE.finditer(text, start, end):
        if found.end() - edges[-1] >= shortest and end - found.end() >= shortest * 0.6:
            edges.append(found.end())
    edges.append(end)
    return [(a, a + len(text[a:b].rstrip())) for a, b in pairwise(edges)]


def describe(query: Query, passages: Sequence[Passage], spans: Sequence[Span], sparse: SparseEncoder) -> Features:
    """The features of every span beside the question, one row each."""
    weights = query.terms
    asked = cues.kind(query.text)
    known = frozenset(word.lower() for word in _WORD.findall(query.text))
    rows: list[list[float]] = []
    views = []
    for at, passage in enumerate(passages):
        mine = [span for span in spans if span.passage == at]
        views.append(_View(passage, mine, weights, sparse))
    top = max((view.lexical for view in views), default=0.0) or 1.0
    for at, view in enumerate(views):
        rows.extend(view.rows(at, view.lexical / top, asked, known))
    return np.array(rows, dtype=np.float64).reshape(-1, len(PLAIN))


class _View:
    """One passage seen from the question."""

    def __init__(self, passage: Passage, spans: Sequence[Span], weights: Mapping[int, float], sparse: SparseEncoder) -> None:
        self.text = passage.text
        self.spans = spans
        self.weights = weights
        self.total = sum(weights.values()) or 1.0
        self.language = texts.language(passage.text)
        header = sparse.terms(passage.header)
        self.terms = [sparse.terms(passage.text[span.start : span.end]) for span in spans]
        self.sentences: dict[int, list[int]] = {}
        for at, span in enumerate(spans):
            self.sentences.setdefault(span.sentence, []).append(at)
        counts: Counter[int] = Counter(header)
        for terms in self.terms:
            counts.update({term: n for term, n in terms.items() if term in weights})
        length = sum(map(len, self.terms))
        self.lexical = sum(w * n / (n + 0.4 + 0.6 * length / 150) for t, w in weights.items() if (n := counts.get(t, 0)))
        self.covered = self._share({term for term in weights if counts.get(term)})
        self.fresh = {term: weight for term, weight in weights.items() if term not in header}
        self.fresh_total = sum(self.fresh.values()) or 1.0

    def _share(self, terms: Mapping[int, int] | set[int]) -> float:
        return sum(weight for term, weight in self.weights.items() if term in terms) / self.total

    def rows(self, at: int, lexical: float, asked: str, known: frozenset[str]) -> list[list[float]]:
        own = [self._share(terms) for terms in self.terms]
        groups = list(self.sentences.values())
        held = [{term for i in group for term in self.terms[i] if term in self.weights} for group in groups]
        cover = [self._share(terms) for terms in held]
        order = sorted(range(len(groups)), key=lambda n: -cover[n])
        best = max(cover, default=0.0) or 1.0
        in_sentences = Counter(term for terms in held for term in terms)
        passage = [float(at == 1), float(at >= 2), lexical, self.covered]
        rows = []
        for n, group in enumerate(groups):
            start, end = self.spans[group[0]].start, self.spans[group[-1]].end
            fresh = sum(w for t, w in self.fresh.items() if t in held[n]) / self.fresh_total
            only = sum(self.weights[t] / in_sentences[t] for t in held[n]) / self.total
            sentence = [
                cover[n],
                fresh,
                cover[n] / best,
                only,
                cover[n - 1] if n else 0.0,
                cover[n + 1] if n + 1 < len(groups) else 0.0,
                float(order[0] == n),
                float(len(order) > 1 and order[1] == n),
                float(n == 0),
                n / len(groups),
                math.log((end - start) / _USUAL[self.language][0]),
                float(n > 0 and cover[n - 1] == best),
            ]
            cue = _cue(asked, self.text[start:end], known)
            products = [passage[0] * lexical, passage[1] * lexical, lexical * fresh, sentence[2] * fresh]
            for i in range(len(group)):
                span = self.spans[group[i]]
                whole = len(group) == 1
                mine = cue if whole else _cue(asked, self.text[span.start : span.end], known)
                rows.append([*sentence, *passage, *self._span(group, i, own, cover[n]), *cue, *mine, *products])
        return rows

    def _span(self, group: Sequence[int], i: int, own: Sequence[float], cover: float) -> list[float]:
        at = group[i]
        mine = [own[j] for j in group]
        best = max(range(len(group)), key=lambda j: mine[j])
        new = sum(term not in self.weights for term in self.terms[at])
        return [
            own[at],
            cover - own[at],
            float(min(4, abs(i - best))),
            float(abs(i - best) == 1),
            float(i - best == 1),
            math.log(max(1, len(self.spans[at])) / _USUAL[self.language][1]),
            math.log1p(new),
            float(new == 0),
            float(i == len(group) - 1),
            float(i == 0),
            math.log(len(group)),
            mine[i - 1] if i else 0.0,
            mine[i + 1] if i + 1 < len(group) else 0.0,
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
