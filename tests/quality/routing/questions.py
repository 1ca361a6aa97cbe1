"""The labelled questions: our own, the traps, and the open sets under the evaluation data."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jitl.adapters.encoder import OnnxEncoder
from jitl.glossary import Glossary
from jitl.routefeatures import features
from jitl.routewords import ROUTES
from tests.data import ROOT, evaluation
from tests.quality.halves import FITTED, half
from tests.quality.routing.softmax import Rows

OWN = ROOT / "tests" / "quality" / "route_questions.jsonl"
TRAPS = ROOT / "tests" / "quality" / "route_traps.jsonl"
ENCODER = OnnxEncoder()
CHAT_FITTED = 1200  # of the open set of small talk: more would only drown what we wrote
_OPEN = {"general": ("general",), "code": ("hep_code", "general_code"), "science": ("hep", "general")}


@dataclass(frozen=True, slots=True)
class Question:
    """`labels`: those that are right. `history`: what was asked before, oldest first."""

    id: str
    text: str
    labels: frozenset[str]
    language: str
    family: str
    template: str
    source: str
    history: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The one label of a question that has one."""
        (only,) = self.labels
        return only

    @property
    def half(self) -> int:
        return half(self.id)


def own(path: Path = OWN) -> list[Question]:
    return [
        Question(
            row["id"],
            row["text"],
            frozenset({row["label"]}),
            row["language"],
            row["family"],
            row["template"],
            row["source"],
            tuple(row.get("history", ())),
        )
        for row in _lines(path)
    ]


def open_sets() -> list[Question]:
    """General questions, code and science by their sources, and small talk."""
    found = []
    for row in _lines(evaluation("route_general_code_science", "queries.jsonl")):
        source = row["src"].split(":")[0]
        labels = frozenset(_OPEN[row["label"]])
        found.append(Question(row["id"], row["text"], labels, row["lang"], row["src"], row["label"], source))
    for row in _lines(evaluation("route_clinc150", "queries.jsonl")):
        key = f"clinc150/{row['text']}"
        found.append(Question(key, row["text"], frozenset({"general"}), "en", row["label"], "chat", "clinc150"))
    return found


def fitted(questions: Sequence[Question]) -> list[Question]:
    """The open sets' half to fit on, small talk thinned."""
    kept = [question for question in questions if question.half == FITTED]
    chat = [question for question in kept if question.source == "clinc150"]
    return [question for question in kept if question.source != "clinc150"] + random.Random(1).sample(chat, CHAT_FITTED)


class Vectors:
    """MiniLM vectors by text, kept in a file between runs; nought where the encoder does not cover the text."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, np.ndarray] = {}
        if path.exists():
            with np.load(path) as kept:
                self._known = dict(zip(map(str, kept["keys"]), kept["vectors"], strict=True))

    def of(self, asked: Sequence[str]) -> np.ndarray:
        """Shape (texts, dimension)."""
        missing = sorted({text for text in asked if _key(text) not in self._known and ENCODER.covers(text)})
        if missing:
            self._known |= dict(zip(map(_key, missing), ENCODER.embed(missing).astype(np.float16), strict=True))
            keys, vectors = zip(*self._known.items(), strict=True)
            np.savez(self._path, keys=np.array(keys), vectors=np.stack(vectors))
        nothing = np.zeros(ENCODER.dimension, np.float16)
        return np.stack([self._known.get(_key(text), nothing) for text in asked]).astype(np.float64)


def rows(asked: Sequence[str], vectors: np.ndarray) -> Rows:
    """What the router would see of the texts."""
    seen = [features(text, Glossary.shipped()) for text in asked]
    starts = np.cumsum([0, *(len(each.indices) for each in seen[:-1])])
    indices = np.concatenate([each.indices for each in seen])
    return Rows(starts, indices, np.concatenate([each.values for each in seen]).astype(np.float64), vectors)


def allowed(questions: Iterable[Question]) -> np.ndarray:
    return np.array([[label in question.labels for label in ROUTES] for question in questions])


def _key(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


def _lines(path: Path) -> list[dict]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]
