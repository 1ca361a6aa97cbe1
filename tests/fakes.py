"""Small real-enough parts for tests of what stands around them: hand-written, deterministic, with switches that make them fail."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from jitl.errors import Unavailable, Unreadable
from jitl.ports import Point, SourceFile
from jitl.types import Block, BlockKind, ParsedDocument

if TYPE_CHECKING:
    from jitl.types import Matrix, Vector

WORD = re.compile(r"\w+")


class FakeEncoder:
    """Vectors by the digest of the text; covers what is ASCII."""

    dimension = 8

    def __init__(self, name: str = "fake") -> None:
        self.id = name
        self.embedded = 0

    def covers(self, text: str) -> bool:
        return text.isascii()

    def embed(self, texts: Sequence[str]) -> Matrix:
        self.embedded += len(texts)
        return np.stack([self.embed_question(text) for text in texts])

    def embed_question(self, text: str) -> Vector:
        raw = np.frombuffer(hashlib.sha256(text.encode()).digest(), np.uint8)[:8].astype(np.float32) + 1
        return raw / np.linalg.norm(raw)

    def tokens(self, text: str) -> Sequence[tuple[int, int]]:
        return [match.span() for match in WORD.finditer(text)]


class FakeTerms:
    """Lower-case words, hashed."""

    def __init__(self, name: str = "terms") -> None:
        self.id = name

    def terms(self, text: str) -> Mapping[int, int]:
        words = [term(word) for word in WORD.findall(text)]
        return {word: words.count(word) for word in words}

    def passage(self, text: str) -> Mapping[int, float]:
        return {word: float(n) for word, n in self.terms(text).items()}

    def question(self, text: str, frequencies: Mapping[int, int], passages: int) -> Mapping[int, float]:
        return {word: 1.0 for word in self.terms(text) if frequencies.get(word) and passages}


def term(word: str) -> int:
    return crc32(word.lower().encode())


class FakeStore:
    """A vector store in memory. `broken` makes every write fail."""

    in_process = True

    def __init__(self) -> None:
        self.points: dict[str, Point] = {}
        self.flushed = 0
        self.largest = 0
        self.broken = False
        self._lock = threading.Lock()

    def upsert(self, points: Sequence[Point]) -> None:
        self._check()
        with self._lock:
            self.largest = max(self.largest, len(points))
            self.points |= {point.id: point for point in points}

    def delete(self, ids: Sequence[str]) -> None:
        self._check()
        with self._lock:
            for id_ in ids:
                self.points.pop(id_, None)

    def delete_collection(self, collection_id: str) -> None:
        self._check()
        with self._lock:
            self.points = {id_: point for id_, point in self.points.items() if point.collection_id != collection_id}

    def search_dense(self, vector: Vector, collections: Sequence[str], limit: int) -> list[tuple[str, float]]:
        scored = [(p.id, float(p.dense @ vector)) for p in self._within(collections) if p.dense is not None]
        return sorted(scored, key=lambda hit: -hit[1])[:limit]

    def search_sparse(self, terms: Mapping[int, float], collections: Sequence[str], limit: int) -> list[tuple[str, float]]:
        scored = [(p.id, sum(weight * p.sparse.get(t, 0.0) for t, weight in terms.items())) for p in self._within(collections)]
        return sorted([hit for hit in scored if hit[1] > 0], key=lambda hit: -hit[1])[:limit]

    def count(self, collection_id: str | None = None) -> int:
        return len([p for p in self.points.values() if collection_id in (None, p.collection_id)])

    def flush(self) -> None:
        self._check()
        self.flushed += 1

    def close(self) -> None:
        return

    def _within(self, collections: Sequence[str]) -> list[Point]:
        with self._lock:
            return [point for point in self.points.values() if point.collection_id in collections]

    def _check(self) -> None:
        if self.broken:
            raise Unavailable("The store is down.")


@dataclass(frozen=True)
class FakeParser:
    """A file is text, or a JSON list of `[member, text]`; `!reason` cannot be read."""

    name: str = "fake"
    version: str = "1"

    def parse(self, file: SourceFile) -> Iterable[ParsedDocument]:
        text = file.path.read_text()
        if text.startswith("!"):
            raise Unreadable(text[1:])
        if not text.startswith("["):
            yield ParsedDocument(file.path.stem, tuple(Block(part) for part in text.split("\n\n")), "text")
            return
        for member, body in json.loads(text):
            if body.startswith("!"):
                raise Unreadable(body[1:])
            yield ParsedDocument(member, (Block(body, BlockKind.PARAGRAPH, message=member),), "mail", member=member)


@dataclass
class FakeParsers:
    """Parses in this process."""

    parser: FakeParser = field(default_factory=FakeParser)
    read: list[str] = field(default_factory=list)

    def stream(self, file: SourceFile) -> Generator[ParsedDocument]:
        self.read.append(file.name)
        yield from self.parser.parse(file)

    def identify(self, file: SourceFile) -> FakeParser | None:
        return None if file.path.suffix == ".png" else self.parser


@dataclass
class Outcomes:
    """A reporter that remembers. `cancel_after` outcomes it asks for a stop."""

    told: list[tuple[str, str, str]] = field(default_factory=list)
    progress: list[tuple[int, int]] = field(default_factory=list)
    cancel_after: int | None = None

    def advance(self, done: int, total: int, note: str = "") -> None:
        self.progress.append((done, total))

    def outcome(self, uri: str, status: str, reason: str = "", document_id: str | None = None, chunks: int = 0) -> None:
        self.told.append((uri, status, reason))

    def cancelled(self) -> bool:
        return self.cancel_after is not None and len(self.told) >= self.cancel_after

    def of(self, status: str) -> list[str]:
        return sorted(uri.rpartition("/")[2] for uri, said, _ in self.told if said == status)
