"""The projection of passages into a vector store: dense where the encoder knows the language, terms always."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jitl.ports import Encoder, Point, SparseEncoder, VectorStore
from jitl.sql.frequencies import slices
from jitl.sql.versions import IndexedChunk, Standing, Versions

if TYPE_CHECKING:
    from jitl.sql.engine import Database
    from jitl.types import Vector

WINDOW = 256
"""Passages embedded together: the encoder forms batches of one length across documents."""
BATCH = 200
"""Points a write to the store holds: an engine keeps every thread waiting while it takes them."""


class PassageIndexer:
    """Implements `jitl.ports.Indexer`. Embeds outside every lock; writes under one, after asking SQL once more."""

    name = "passages"

    def __init__(self, db: Database, store: VectorStore, encoder: Encoder | None, sparse: SparseEncoder) -> None:
        self._db = db
        self._store = store
        self._encoder = encoder
        self._sparse = sparse
        self._versions = Versions(db)

    def project(self, version_ids: Sequence[str]) -> None:
        standing = self._versions.standing(version_ids)
        for chunks in self._versions.chunks([version.id for version in standing if version.wanted], WINDOW):
            self._write(chunks, self._points(chunks))
        for version in standing:
            if not version.wanted:
                self._remove(version)

    def forget(self, collection_id: str) -> None:
        with self._db.exclusive(self.name):
            self._store.delete_collection(collection_id)

    def flush(self) -> None:
        self._store.flush()

    def _points(self, chunks: Sequence[IndexedChunk]) -> list[Point]:
        vectors = self._vectors(chunks)
        return [Point(chunk.id, chunk.collection_id, vectors.get(chunk.id), self._sparse.passage(chunk.full)) for chunk in chunks]

    def _vectors(self, chunks: Sequence[IndexedChunk]) -> dict[str, Vector]:
        """Of those the encoder can read."""
        if self._encoder is None:
            return {}
        covered = [chunk for chunk in chunks if self._encoder.covers(chunk.text)]
        if not covered:
            return {}
        return dict(zip((chunk.id for chunk in covered), self._encoder.embed([chunk.full for chunk in covered]), strict=True))

    def _write(self, chunks: Sequence[IndexedChunk], points: Sequence[Point]) -> None:
        version_of = {chunk.id: chunk.version_id for chunk in chunks}
        for some in slices(points, BATCH):
            with self._db.exclusive(self.name):
                wanted = {version.id for version in self._versions.standing([version_of[point.id] for point in some]) if version.wanted}
                self._store.upsert([point for point in some if version_of[point.id] in wanted])

    def _remove(self, version: Standing) -> None:
        for some in slices(version.chunk_ids, BATCH):
            with self._db.exclusive(self.name):
                if any(now.wanted for now in self._versions.standing([version.id])):
                    return  # an ingest took it up again
                self._store.delete(some)
