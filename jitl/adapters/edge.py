"""Passages' index in process: one `qdrant-edge` shard with dense vectors and our terms, searched exactly.

The shard stays plain (no HNSW graph), so a passage's score depends on the passage and the question alone. Every call holds the
interpreter's lock: writes go in small batches. A write survives a kill through the shard's log; power loss only after `flush`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from jitl.errors import Busy, Unavailable

if TYPE_CHECKING:
    from qdrant_edge import EdgeConfig, EdgeShard, Filter, UpdateOperation

    from jitl.ports import Point
    from jitl.types import Vector

T = TypeVar("T")

DENSE, TERMS, COLLECTION = "dense", "terms", "collection"
BATCH = 100  # points a write: 5 ms, in which no other thread runs


class EdgeStore:
    """`path` is the shard's folder, made if it is absent; raises `Busy` while another process has it open."""

    in_process = True

    def __init__(self, path: Path, dimension: int) -> None:
        with _translated(path):
            self._shard = _open(path, dimension)
            self._present = _collections(self._shard)
        self._path = path
        self._writing = threading.Lock()

    def upsert(self, points: Sequence[Point]) -> None:
        import qdrant_edge as edge

        for batch in _batches(points):
            rows = [edge.Point(point.id, _vectors(point), {COLLECTION: point.collection_id}) for point in batch]
            with self._writing:
                self._present |= {point.collection_id for point in batch}  # before they can be found
                self._update(edge.UpdateOperation.upsert_points(rows))

    def delete(self, ids: Sequence[str]) -> None:
        import qdrant_edge as edge

        for batch in _batches(ids):
            self._update(edge.UpdateOperation.delete_points(list(batch)))

    def delete_collection(self, collection_id: str) -> None:
        import qdrant_edge as edge

        while True:
            with self._writing, _translated(self._path):
                request = edge.ScrollRequest(limit=BATCH, filter=_filter([collection_id]), with_payload=False, with_vector=False)
                found, _ = self._shard.scroll(request)
                if not found:
                    self._present -= {collection_id}
                    return
                self._shard.update(edge.UpdateOperation.delete_points([record.id for record in found]))

    def search_dense(
        self, vector: Vector, collections: Sequence[str], limit: int, *, among: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        return self._search(vector.tolist(), DENSE, collections, limit, among)

    def search_sparse(
        self, terms: Mapping[int, float], collections: Sequence[str], limit: int, *, among: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        import qdrant_edge as edge

        if not terms:
            return []
        return self._search(edge.SparseVector(list(terms), list(terms.values())), TERMS, collections, limit, among)

    def count(self, collection_id: str | None = None) -> int:
        import qdrant_edge as edge

        only = _filter([collection_id]) if collection_id is not None else None
        with _translated(self._path):
            return self._shard.count(edge.CountRequest(exact=True, filter=only))

    def flush(self) -> None:
        with _translated(self._path):
            self._shard.flush()

    def close(self) -> None:
        with _translated(self._path):
            self._shard.close()

    def _search(
        self, query: Any, using: str, collections: Sequence[str], limit: int, among: Sequence[str] | None
    ) -> list[tuple[str, float]]:
        """Without a filter where every point is asked for: a filter over most of the points takes longer than their scores."""
        if not collections or limit < 1 or (among is not None and not among):
            return []
        asked = frozenset(collections)
        if among is None and self._present <= asked:
            found = self._nearest(query, using, None, limit)
            if self._present <= asked:  # nobody brought points of another collection meanwhile
                return found
        return self._nearest(query, using, _filter(collections, among), limit)

    def _nearest(self, query: Any, using: str, only: Filter | None, limit: int) -> list[tuple[str, float]]:
        import qdrant_edge as edge

        nearest, exact = edge.Query.Nearest(query, using), edge.SearchParams(exact=True)
        with _translated(self._path):
            points = self._shard.query(edge.QueryRequest(limit=limit, query=nearest, filter=only, params=exact))
        return [(str(point.id), point.score) for point in points]

    def _update(self, operation: UpdateOperation) -> None:
        with _translated(self._path):
            self._shard.update(operation)


def _open(path: Path, dimension: int) -> EdgeShard:
    import qdrant_edge as edge

    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    config = _config(dimension)
    exists = (path / "segments").exists()
    shard = edge.EdgeShard.load(str(path), config) if exists else edge.EdgeShard.create(str(path), config)
    if COLLECTION not in shard.info().payload_schema:
        shard.update(edge.UpdateOperation.create_field_index(COLLECTION, edge.PayloadSchemaType.Keyword))
    return shard


def _config(dimension: int) -> EdgeConfig:
    import qdrant_edge as edge

    return edge.EdgeConfig(
        vectors={DENSE: edge.EdgeVectorParams(size=dimension, distance=edge.Distance.Cosine)},
        sparse_vectors={TERMS: edge.EdgeSparseVectorParams()},  # no IDF modifier: it moves with every point
        wal_enabled=True,
    )


def _vectors(point: Point) -> dict[str, Any]:
    import qdrant_edge as edge

    vectors: dict[str, Any] = {TERMS: edge.SparseVector(list(point.sparse), list(point.sparse.values()))}
    if point.dense is not None:
        vectors[DENSE] = point.dense.tolist()
    return vectors


def _collections(shard: EdgeShard) -> frozenset[str]:
    """Those that have points."""
    import qdrant_edge as edge

    hits = shard.facet(edge.FacetRequest(COLLECTION, limit=1_000_000, exact=True)).hits
    return frozenset(str(hit.value) for hit in hits)


def _filter(collections: Sequence[str], among: Sequence[str] | None = None) -> Filter:
    import qdrant_edge as edge

    within = edge.FieldCondition(COLLECTION, match=edge.MatchAny(list(collections)))
    return edge.Filter(must=[within] if among is None else [within, edge.HasIdCondition(set(among))])


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """The vendor raises bare `Exception` with a sentence."""
    try:
        yield
    except Exception as error:
        if "WouldBlock" in str(error):
            raise Busy(f"Another process holds the index in {path}.", hint="Stop it, or ask through it.") from error
        raise Unavailable(f"The index of passages in {path} does not answer: {error}", hint="Run `jitl reindex`.") from error
