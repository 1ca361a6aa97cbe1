"""The evaluation sets as collections in memory: our passages, terms, vectors and fusion, without SQL or an index.

What the fitting scripts search, thousands of times and in collections of many sizes.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ingest.chunk import StructuredChunker
from ingest.records import Record
from jitl import text as texts
from jitl.adapters.encoder import OnnxEncoder
from jitl.adapters.sparse import HepTerms
from jitl.fusion import fuse
from jitl.types import Hit, Passage, Query, RankedHit
from tests.data import evaluation

ENCODER = OnnxEncoder()
SPARSE = HepTerms()
CANDIDATES = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a set; `half` is decided by sha1 of its id, the same for both languages of a pair."""

    id: str
    text: str
    kind: str
    answers: tuple[str, ...] = ()
    relevant: frozenset[str] = frozenset()

    @property
    def half(self) -> int:
        return hashlib.sha1(self.id.split("@")[0].encode()).digest()[0] & 1


def lines(*parts: str) -> list[dict]:
    with evaluation(*parts).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def records(name: str) -> list[Record]:
    rows = lines(name, "corpus.jsonl")
    tongues = ("en", "zh") if "text_en" in rows[0] else ("",)
    return [
        Record(row["id"] + (f"@{tongue}" if tongue else ""), row.get("title", ""), row[f"text_{tongue}" if tongue else "text"], {})
        for row in rows
        for tongue in tongues
    ]


def questions(name: str) -> list[Asked]:
    """Those of a retrieval set in their passages' own language."""
    found = []
    for row in lines(name, "queries.jsonl"):
        relevant = row.get("qrels") or dict.fromkeys(row["rel"], 1)
        for tongue in ("en", "zh") if "q_en" in row else ("",):
            at = f"@{tongue}" if tongue else ""
            answers = row.get(f"a_{tongue}" if tongue else "answer") or ()
            found.append(
                Asked(
                    row["id"] + (f"@{tongue}-{tongue}" if tongue else ""),
                    row[f"q_{tongue}" if tongue else "question"],
                    f"{tongue}-{tongue}" if tongue else "all",
                    tuple(answers) if isinstance(answers, list) else (answers,),
                    frozenset(key + at for key, value in relevant.items() if value > 0),
                )
            )
    return found


def chats(limit: int = 500) -> list[Asked]:
    """Errands and small talk that no collection answers, spread over their intents."""
    rows = lines("route_clinc150", "queries.jsonl")
    return [Asked(f"clinc{at}", row["text"], "chat") for at, row in enumerate(rows[:: max(1, len(rows) // limit)][:limit])]


def tasks() -> list[Asked]:
    """Programming tasks, which no encyclopedia and no abstract answers."""
    rows = lines("route_general_code_science", "queries.jsonl")
    return [Asked(row["id"], row["text"], "task") for row in rows if row["src"] in ("mbpp", "humaneval")]


class Vectors:
    """Vectors by text, kept on disk between runs."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, np.ndarray] = {}
        if file.exists():
            with np.load(file) as kept:
                self._known = dict(zip(kept["keys"].tolist(), kept["rows"], strict=True))

    def of(self, wanted: Sequence[str]) -> np.ndarray:
        """Rows in the order given; zero where the encoder does not cover the text."""
        missing = [text for text in dict.fromkeys(wanted) if _key(text) not in self._known and ENCODER.covers(text)]
        for start in range(0, len(missing), 512):
            some = missing[start : start + 512]
            self._known |= dict(zip(map(_key, some), ENCODER.embed(some), strict=True))
        if missing:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(self._file, keys=np.array(list(self._known)), rows=np.stack(list(self._known.values())))
        nothing = np.zeros(ENCODER.dimension, np.float32)
        return np.stack([self._known.get(_key(text), nothing) for text in wanted])


def _key(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


def passages(name: str, *, titles: bool = True) -> list[Passage]:
    chunker = StructuredChunker(ENCODER)
    return [
        Passage(
            f"{record.id}#{chunk.ordinal}",
            chunk.ordinal,
            chunk.text,
            chunk.header,
            chunk.location,
            record.id,
            record.id,
            record.title,
            name,
        )
        for record in (one if titles else replace(one, title="") for one in records(name))
        for chunk in chunker.chunk(record.document)[1]
    ]


class Shelf:
    """A collection. `vectors` has a row for each passage, zero where it has none."""

    def __init__(self, held: Sequence[Passage], vectors: np.ndarray) -> None:
        self.passages = held
        self.vectors = vectors
        self._covered = vectors.any(axis=1)
        self._by_id = {passage.id: passage for passage in held}
        self._at = {passage.id: at for at, passage in enumerate(held)}
        rows: dict[int, list[tuple[int, float]]] = {}
        for at, passage in enumerate(held):
            for term, weight in SPARSE.passage(f"{passage.header}\n{passage.text}").items():
                rows.setdefault(term, []).append((at, weight))
        self._postings = {term: (np.array([at for at, _ in found]), np.array([w for _, w in found])) for term, found in rows.items()}

    def only(self, documents: Iterable[str]) -> Shelf:
        """The same collection with these documents alone; its frequencies are its own."""
        wanted = set(documents)
        keep = [at for at, passage in enumerate(self.passages) if passage.document in wanted]
        return Shelf([self.passages[at] for at in keep], self.vectors[keep])

    def search(self, question: str, vector: np.ndarray | None, k: int) -> tuple[Query, list[RankedHit]]:
        query = self.query(question, vector)
        scores = self._scores(query)
        return query, self._fused(query, scores, {leg: self._hits(its, leg) for leg, its in scores.items()})[:k]

    def query(self, question: str, vector: np.ndarray | None) -> Query:
        frequencies = {term: len(self._postings[term][0]) if term in self._postings else 0 for term in SPARSE.terms(question)}
        terms = SPARSE.question(question, frequencies, len(self.passages))
        vector = vector if vector is not None and vector.any() else None
        return Query(
            question, texts.language(question), vector, terms, ("c",), math.inf, frequencies=frequencies, passages=len(self.passages)
        )

    def look(self, query: Query, chunk_ids: Sequence[str]) -> list[RankedHit]:
        """These passages, scored as `search` scores what it finds."""
        scores, at = self._scores(query), [self._at[key] for key in chunk_ids]
        return self._fused(query, scores, {leg: self._in_order(its, at, leg) for leg, its in scores.items()})

    def _scores(self, query: Query) -> dict[str, np.ndarray]:
        scores = {"sparse": self._by_terms(query)}
        if query.vector is not None:
            scores["dense"] = np.where(self._covered, self.vectors @ query.vector, -1.0)
        return scores

    def _fused(self, query: Query, scores: dict[str, np.ndarray], found: dict[str, list[Hit]]) -> list[RankedHit]:
        every = {hit.chunk_id for hits in found.values() for hit in hits}
        weighed = {leg: {key: float(its[self._at[key]]) for key in every if its[self._at[key]] > -1.0} for leg, its in scores.items()}
        return [RankedHit("passage", each.score, self._by_id[each.hit.chunk_id], legs=each.legs) for each in fuse(query, found, weighed)]

    def _by_terms(self, query: Query) -> np.ndarray:
        scores = np.full(len(self.passages), -1.0)
        for term, weight in query.terms.items():
            at, held = self._postings[term]
            scores[at] = np.maximum(scores[at], 0) + weight * held
        return scores

    def _hits(self, scores: np.ndarray, leg: str) -> list[Hit]:
        return self._in_order(scores, np.argsort(-scores, kind="stable")[:CANDIDATES], leg)

    def _in_order(self, scores: np.ndarray, order: Iterable[int], leg: str) -> list[Hit]:
        return [
            Hit(self.passages[at].id, self.passages[at].document_id, self.passages[at].ordinal, float(scores[at]), leg)
            for at in order
            if scores[at] > -1.0
        ]


def shelf(name: str, vectors: Vectors, *, titles: bool = True) -> Shelf:
    held = passages(name, titles=titles)
    return Shelf(held, vectors.of([f"{passage.header}\n{passage.text}" for passage in held]))
