"""Questions of known kind over taught corrections: what the scope model is fitted and reported on.

A set is a folder as the scoring script prepares it: `teach.jsonl` (id, question, answer), `questions.jsonl` (id, question) and
`gold.jsonl` (id, kind, edit, twins). Kinds: `reliability` and `generalisation` are covered by `edit` (or a twin), `portability`
depends on it, `locality` and `unrelated` on nothing taught.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Question:
    """`about` is the correction's id, or the question's own where it is about none."""

    text: str
    kind: str
    about: str
    wanted: frozenset[str] = frozenset()

    @property
    def half(self) -> int:
        """Questions about one correction are of one half."""
        return half(self.about)

    @property
    def set_aside(self) -> bool:
        return set_aside(self.about)


@dataclass(frozen=True, slots=True)
class Set:
    """One prepared folder."""

    name: str
    teach: tuple[Mapping[str, Any], ...]
    questions: tuple[Question, ...]

    @classmethod
    def read(cls, folder: Path, most: int | None = None) -> Set:
        """`most` questions of a kind, half and standing, chosen by their digests: the whole of a large set tells little more."""
        texts = {row["id"]: row["question"] for row in _lines(folder / "questions.jsonl")}
        questions = (
            Question(texts[row["id"]], row["kind"], row.get("edit", row["id"]), frozenset({row.get("edit", ""), *row.get("twins", ())}))
            for row in _lines(folder / "gold.jsonl")
        )
        return cls(folder.name, tuple(_lines(folder / "teach.jsonl")), tuple(_thinned(questions, most)))

    def lowered(self) -> Set:
        """The same in lower case, as many people type: names can no longer be told by their capitals."""
        teach = tuple({**row, "question": row["question"].lower()} for row in self.teach)
        return Set(f"{self.name}-lower", teach, tuple(replace(question, text=question.text.lower()) for question in self.questions))

    @property
    def texts(self) -> set[str]:
        return {question.text for question in self.questions} | {row["question"] for row in self.teach}


def half(name: str) -> int:
    return int(hashlib.sha1(f"half {name}".encode(), usedforsecurity=False).hexdigest(), 16) % 2


def set_aside(name: str) -> bool:
    """A fifth of the corrections, which the pair reader is not trained on: for fitting what weighs its word."""
    return int(hashlib.sha1(f"fifth {name}".encode(), usedforsecurity=False).hexdigest(), 16) % 5 == 0


def _thinned(questions: Iterable[Question], most: int | None) -> Iterator[Question]:
    seen: Counter[tuple[str, int, bool]] = Counter()
    for question in sorted(questions, key=lambda question: hashlib.sha256(question.text.encode()).digest()):
        seen[question.kind, question.half, question.set_aside] += 1
        if most is None or seen[question.kind, question.half, question.set_aside] <= most:
            yield question


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
