"""Figures of a route model on questions that it has not seen."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from jitl.glossary import Glossary
from jitl.route import RouteModel, TrainedRouter
from jitl.routefeatures import features
from jitl.routewords import ROUTES
from jitl.settings import Settings
from tests.quality.halves import REPORTED
from tests.quality.routing.fitting import Fitting, fold
from tests.quality.routing.questions import Question, Vectors

ALIKE = 0.9
CHAT = 3000  # of the open set's small talk
_MEASURED = Settings(route_threshold=0.0)


def routed(model: RouteModel, asked: Sequence[Question], vectors: Vectors) -> list[tuple[str, float]]:
    router = TrainedRouter(_MEASURED, encoder=model.encoder, model=model)
    known = vectors.of([q.text for q in asked])
    return [router.decide(q.text, v.astype(np.float32) if v.any() else None, q.history) for q, v in zip(asked, known, strict=True)]


def four(model: RouteModel, asked: Sequence[Question], vectors: Vectors) -> dict[str, Any]:
    return figures(asked, routed(model, asked, vectors))


def figures(asked: Sequence[Question], found: Sequence[tuple[str, float]]) -> dict[str, Any]:
    """Macro-F1 and recall of each route, by language, in per cent; how far the confidence is from the share that is right."""
    shown: dict[str, Any] = {}
    for language in ("en", "zh"):
        pairs = [(q.label, label) for q, (label, _) in zip(asked, found, strict=True) if q.language == language]
        hits = Counter(right for right, label in pairs if right == label)
        said, true = Counter(label for _, label in pairs), Counter(right for right, _ in pairs)
        f1 = [2 * hits[route] / max(1, said[route] + true[route]) for route in ROUTES]
        recall = {route: round(100 * hits[route] / max(1, true[route]), 1) for route in ROUTES}
        shown[language] = {"f1": round(100 * float(np.mean(f1)), 1), "recall": recall, "n": len(pairs)}
    sure = np.array([confidence for _, confidence in found])
    right = np.array([q.label == label for q, (label, _) in zip(asked, found, strict=True)])
    bins = np.minimum((sure * 10).astype(int), 9)
    gaps = [abs(sure[bins == one].mean() - right[bins == one].mean()) * (bins == one).mean() for one in np.unique(bins)]
    return {**shown, "calibration_gap": round(100 * float(sum(gaps)), 1), "unsure": round(100 * float((sure < 0.4).mean()), 1)}


def halves(fitting: Fitting, by: str, opened: Sequence[Question], *, show: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """Our own questions, each by weights of the other half; questions that are like one of the fitted half are not counted."""
    asked, found = [], []
    other = Counter[str]()
    for half in (0, 1):
        fitted = [q for q in fitting.own if fold(getattr(q, by)) == half]
        rest = [q for q in fitting.own if fold(getattr(q, by)) != half]
        kept = unlike(rest, fitted, fitting.vectors)
        other["dropped"] += len(rest) - len(kept)
        model = fitting.fit(fitted)
        asked += kept
        found += routed(model, kept, fitting.vectors)
        yield f"open, fitted on {half}", on_open_sets(model, opened, fitting.vectors)
    yield "own", {**figures(asked, found), **other}
    wrong = [(q, label) for q, (label, _) in zip(asked, found, strict=True) if q.label != label]
    for q, label in random.Random(1).sample(wrong, min(show, len(wrong))):
        yield "wrong", {"text": q.text[:90], "right": q.label, "said": label}


def unlike(asked: Sequence[Question], fitted: Sequence[Question], vectors: Vectors) -> list[Question]:
    """Without those that are closer than `ALIKE` to a fitted one: by vectors, where the language has none by words and signs."""
    if not asked:
        return []
    ours, theirs = vectors.of([q.text for q in asked]), vectors.of([q.text for q in fitted])
    close = (ours @ theirs.T).max(axis=1) > ALIKE
    chinese = [at for at, vector in enumerate(ours) if not vector.any()]
    known = [_bag(q.text) for q, vector in zip(fitted, theirs, strict=True) if not vector.any()]
    for at in chinese:
        bag = _bag(asked[at].text)
        close[at] = any(len(bag & one) / (len(bag) * len(one)) ** 0.5 > ALIKE for one in known)
    return [q for q, alike in zip(asked, close, strict=True) if not alike or q.history]


def _bag(text: str) -> frozenset[int]:
    return frozenset(features(text, Glossary(())).indices.tolist())


def left_out(fitting: Fitting, opened: Sequence[Question]) -> dict[str, Any]:
    """Each open source, all of it, by weights fitted without it."""
    shown = {}
    for source in sorted({q.source for q in opened}):
        model = fitting.fit(fitting.own, without=source, calibrated=False)
        asked = _some([q for q in opened if q.source == source])
        shown[source] = _share(asked, routed(model, asked, fitting.vectors))
    return {**shown, "mean": round(float(np.mean(list(shown.values()))), 1)}


def on_open_sets(model: RouteModel, every: Sequence[Question], vectors: Vectors) -> dict[str, float]:
    """The half that is reported on, by kind; small talk: the share that no HEP or code route is given."""
    kinds = defaultdict(list)
    for q in every:
        if q.half == REPORTED:
            kinds["chat" if q.source == "clinc150" else f"{q.language}/{q.template}"].append(q)
    return {kind: _share(asked, routed(model, asked, vectors)) for kind, asked in ((k, _some(v)) for k, v in kinds.items())}


def _some(asked: list[Question]) -> list[Question]:
    return asked if len(asked) <= CHAT else random.Random(3).sample(asked, CHAT)


def _share(asked: Sequence[Question], found: Sequence[tuple[str, float]]) -> float:
    return round(100 * float(np.mean([label in q.labels for q, (label, _) in zip(asked, found, strict=True)])), 2)
