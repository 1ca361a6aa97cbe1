"""From labelled questions to a `RouteModel`: weights, then what only questions left out can tell: temperatures, shares of earlier turns."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence

import numpy as np

from jitl.glossary import Glossary
from jitl.route import RouteModel, normal
from jitl.routefeatures import BUCKETS, WIDTH
from jitl.routewords import ROUTES
from tests.quality.routing import softmax
from tests.quality.routing.questions import ENCODER, Question, Vectors, allowed, rows
from tests.quality.routing.softmax import Rows

WEIGHT = {"written": 1.0, "practice": 0.15}
OPEN = 0.6  # a row of the open sets: they are many, and alike
CUES = 0.5  # the scale of counted signs and names beside words, and of the vector: how freely their weights grow
DENSE = 4.0
PENALTY = 0.2
STEPS = 80
_CARRIED = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5)


def fold(key: str) -> int:
    return hashlib.sha1(key.encode()).digest()[0] & 1


class Fitting:
    def __init__(self, own: Sequence[Question], opened: Sequence[Question], practice: Sequence[Question], vectors: Vectors) -> None:
        self.own, self.opened, self.practice, self.vectors = list(own), list(opened), list(practice), vectors

    def fit(self, own: Sequence[Question], without: str | None = None, *, calibrated: bool = True) -> RouteModel:
        """On our own questions given, the open sets without one source, and practice questions."""
        if not calibrated:
            return RouteModel(*self._weights(own, without), (1.0, 1.0), (1.0, 0.5, 0.0), ENCODER.id)
        inner = [self._weights([q for q in own if fold(q.family) == half], without) for half in (0, 1)]
        temperatures, carried = self._held_out(own, inner)
        words, dense = self._weights(own, without)
        return RouteModel(words, dense, temperatures, carried, ENCODER.id)

    def _weights(self, own: Sequence[Question], without: str | None) -> tuple[np.ndarray, np.ndarray]:
        used = [q for q in (*own, *self.opened, *self.practice) if not q.history and q.source != without]
        vectors = self.vectors.of([q.text for q in used])
        covered = [at for at in range(len(used)) if vectors[at].any()]
        words = _fit(used, np.zeros((len(used), 0)))
        return words, _fit([used[at] for at in covered], vectors[covered])

    def _held_out(self, own: Sequence[Question], inner: Sequence[tuple[np.ndarray, np.ndarray]]):
        """By weights of the other half of the topic families."""
        raw = [RouteModel(*pair, (1.0, 1.0), (0.0, 0.0, 0.0), ENCODER.id) for pair in inner]
        temperatures = []
        for dense in (False, True):
            vectors = self.vectors.of([q.text for q in own])
            seen = [(q, vector) for q, vector in zip(own, vectors, strict=True) if not q.history and (not dense or vector.any())]
            logs = np.stack(
                [raw[1 - fold(q.family)].evidence(q.text, v.astype(np.float32) if dense else None, _glossary()) for q, v in seen]
            )
            temperatures.append(_temperature(logs, allowed([q for q, _ in seen])))
        hot = [RouteModel(*pair, (temperatures[0], temperatures[1]), (0.0, 0.0, 0.0), ENCODER.id) for pair in inner]
        return (temperatures[0], temperatures[1]), self._carried([q for q in own if q.history], hot)

    def _carried(self, talks: Sequence[Question], hot: Sequence[RouteModel]) -> tuple[float, float, float]:
        if not talks:  # as where all of them are in the other half
            return 1.0, 0.5, 0.0
        vectors = self.vectors.of([q.text for q in talks])
        known = []
        for talk, vector in zip(talks, vectors, strict=True):
            model = hot[1 - fold(talk.family)]
            own = model.evidence(talk.text, vector.astype(np.float32) if vector.any() else None, _glossary())
            share = RouteModel(model.words, model.dense, model.temperatures, (0.0, 1.0, 2.0), model.encoder).share(talk.text)
            known.append((own, model.evidence(talk.history[-1], None, _glossary()), int(share), ROUTES.index(talk.label)))

        def loss(carried: tuple[float, ...]) -> float:
            return -sum(float(normal(own + carried[kind] * before)[label]) for own, before, kind, label in known)

        follow, short, other = min(itertools.product(_CARRIED, repeat=3), key=loss)
        return follow, short, other


def _glossary() -> Glossary:
    return Glossary.shipped()


def _fit(used: Sequence[Question], vectors: np.ndarray) -> np.ndarray:
    seen = rows([q.text for q in used], vectors)
    held = np.bincount(seen.indices, minlength=WIDTH)
    scale = np.where(np.arange(WIDTH) < BUCKETS, np.sqrt(np.log((1 + len(used)) / (1 + held))), CUES)
    scaled = Rows(seen.starts, seen.indices, seen.values * scale[seen.indices], seen.vectors * DENSE)
    right = _right(used)
    weights = np.array([WEIGHT.get(q.source, OPEN) for q in used])
    whole = right.T.astype(float) @ weights  # of each route: all weigh alike in the end
    weights *= (whole.mean() / whole)[right.argmax(axis=1)]
    found = softmax.fit(scaled, right, weights, width=WIDTH, penalty=PENALTY, steps=STEPS)
    found[:WIDTH] *= scale[:, None]
    found[WIDTH:-1] *= DENSE
    return found.astype(np.float32)


def _right(used: Sequence[Question]) -> np.ndarray:
    """Of two routes that an open set leaves open, the general one: it names nothing of the field."""
    found = allowed(used)
    several = found.sum(axis=1) > 1
    found[several] &= np.array([route.startswith("general") for route in ROUTES])
    return found


def _temperature(logs: np.ndarray, right: np.ndarray) -> float:
    def loss(temperature: float) -> float:
        chance = softmax.softmax(logs / temperature)
        return -float(np.log(np.where(right, chance, 0).sum(axis=1) + 1e-12).mean())

    return float(min(np.geomspace(0.3, 3.0, 47), key=loss))
