"""Which kind of model suits a question: particle physics or not, code or not, from the question and what was asked before it.

A multinomial logistic model over the question's vector (where the encoder covers its language) and its words (`jitl/routefeatures.py`),
fitted by `tests/quality/fit_route.py` and shipped as `route.npz`. A second set of weights reads words alone. What follows up on earlier
questions takes part of its evidence from them. The confidence is calibrated; below a threshold the configured route is taken instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from jitl.errors import BadInput
from jitl.glossary import Glossary
from jitl.routecues import closes, follows
from jitl.routefeatures import WIDTH, features, opening
from jitl.routewords import ROUTES
from jitl.types import Route

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from jitl.ports import RouteLessons
    from jitl.settings import Settings
    from jitl.types import Vector

SHORT: Final = 24
"""Characters (a Chinese sign is three) up to which a question may lean on the one before without saying so."""
TURNS: Final = 4
"""Earlier questions that are read."""


@dataclass(frozen=True, slots=True)
class RouteModel:
    """`words`: shape (WIDTH + 1, routes), the bias last; `dense`: (WIDTH + dimension + 1, routes).

    `temperatures` of both. `carried`: the share of the earlier questions' evidence that a follow-up takes, a short question, any other.
    """

    words: NDArray[np.float32]
    dense: NDArray[np.float32]
    temperatures: tuple[float, float]
    carried: tuple[float, float, float]
    encoder: str  # whose vectors `dense` reads; another's mean nothing to it

    def evidence(self, question: str, vector: Vector | None, glossary: Glossary) -> NDArray[np.float32]:
        """Log probability of each route by this question alone, calibrated."""
        seen = features(question, glossary)
        if vector is None:
            scores = (seen.values @ self.words[seen.indices] + self.words[-1]) / self.temperatures[0]
        else:
            said = seen.values @ self.dense[seen.indices]
            scores = (said + vector @ self.dense[WIDTH:-1] + self.dense[-1]) / self.temperatures[1]
        return normal(scores)

    def share(self, question: str) -> float:
        """How much of what was asked before counts for this question."""
        asked = opening(question)
        length = sum(1 if sign.isascii() else 3 for sign in asked)
        if closes(asked):
            return self.carried[2]
        if length <= 2 * SHORT and follows(asked):
            return self.carried[0]
        return self.carried[1] if length <= SHORT else self.carried[2]

    def save(self, path: Path) -> None:
        np.savez_compressed(
            path,
            words=self.words.astype(np.float16),
            dense=self.dense.astype(np.float16),
            temperatures=np.array(self.temperatures),
            carried=np.array(self.carried),
            encoder=np.array(self.encoder),
        )

    @staticmethod
    def read(path: Path) -> RouteModel:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            words, dense = kept["words"].astype(np.float32), kept["dense"].astype(np.float32)
            soft, hard = (float(value) for value in kept["temperatures"])
            follow, short, other = (float(value) for value in kept["carried"])
            encoder = str(kept["encoder"])
        if len(words) != WIDTH + 1:
            raise BadInput(f"{path.name} was fitted for other features.", hint="Fit it again with tests/quality/fit_route.py.")
        return RouteModel(words, dense, (soft, hard), (follow, short, other), encoder)

    @staticmethod
    @cache
    def shipped() -> RouteModel:
        with resources.as_file(resources.files("jitl").joinpath("route.npz")) as path:
            return RouteModel.read(path)


class Decision(NamedTuple):
    label: str
    confidence: float


class TrainedRouter:
    """Implements `jitl.ports.Router`. The weights load at the first question. `lessons`: what people taught, which goes before all else."""

    def __init__(
        self,
        settings: Settings,
        lessons: RouteLessons | None = None,
        glossary: Glossary | None = None,
        *,
        encoder: str | None = None,
        model: RouteModel | None = None,
    ) -> None:
        """`encoder`: the id of the one whose vectors come with the questions."""
        self._default = settings.default_route
        self._threshold = settings.route_threshold
        self._lessons = lessons
        self._glossary = glossary or Glossary.shipped()
        self._encoder = encoder
        self._model = model

    def route(self, question: str, vector: Vector | None, history: Sequence[str] = (), principal_id: str | None = None) -> Route:
        label, confidence = self.decide(question, vector, history)
        taught = self._lessons.taught(question, vector, principal_id) if self._lessons is not None else None
        if taught is not None:
            return Route(taught, confidence, "taught", label)
        if confidence < self._threshold:
            return Route(self._default, confidence, "default", label)
        return Route(label, confidence)

    def decide(self, question: str, vector: Vector | None, history: Sequence[str] = ()) -> Decision:
        """The model's own choice, whatever was taught or configured."""
        model = self._model or RouteModel.shipped()
        known = vector if self._encoder == model.encoder else None
        before: NDArray[np.float32] | None = None
        for earlier in history[-TURNS:]:
            before = _taken_up(model, earlier, model.evidence(earlier, None, self._glossary), before)
        chances = np.exp(_taken_up(model, question, model.evidence(question, known, self._glossary), before))
        best = int(chances.argmax())
        return Decision(ROUTES[best], round(float(chances[best]), 4))


def settled(route: Route) -> Route:
    """The route of a question that the collections or a correction answered: that is no small talk, whatever it looked like."""
    if route.by in ("taught", "asked") or not route.label.startswith("general"):
        return route
    return replace(route, label=route.label.replace("general", "hep"), by="settled", guess=route.label)


def normal(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log probabilities."""
    top = scores.max()
    logs: NDArray[np.float32] = scores - top - np.log(np.exp(scores - top).sum())
    return logs


def _taken_up(model: RouteModel, question: str, own: NDArray[np.float32], before: NDArray[np.float32] | None) -> NDArray[np.float32]:
    return own if before is None else normal(own + model.share(question) * before)
