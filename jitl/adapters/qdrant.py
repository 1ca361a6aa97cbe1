"""Passages' index in a Qdrant server, through its REST interface: one collection of the server with dense vectors and our terms.

It asks for nothing that server 1.18 does not know, and every search is exact: no HNSW graph is built, so a passage's score depends on
the passage and the question alone. A write is in the server's log, and searchable, when the call returns.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from jitl.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from qdrant_client import models

    from jitl.ports import Point
    from jitl.types import Vector

T = TypeVar("T")

DENSE, TERMS, COLLECTION = "dense", "terms", "collection"
BATCH: Final = 200  # points a write
HINT: Final = "Is the Qdrant server at JITL_VECTORS_URL up, and JITL_VECTORS_KEY its key? Everything in it can be made again: jitl reindex."


class QdrantStore:
    """`name` is the collection on the server; it is made at the first use, so a server that is away hinders nobody from starting."""

    in_process = False

    def __init__(self, url: str, dimension: int, *, key: str | None = None, name: str = "jitl-passages", timeout_s: float = 10.0) -> None:
        from qdrant_client import QdrantClient  # .9 s to import

        with _translated(url):
            # Versions are compared by asking the server at once, and 1.18 would be warned of although all that we ask it knows.
            self._client = QdrantClient(url=url, api_key=key, prefer_grpc=False, timeout=round(timeout_s), check_compatibility=False)
        self.url = url
        self._name = name
        self._dimension = dimension
        self._making = threading.Lock()
        self._made = False

    def upsert(self, points: Sequence[Point]) -> None:
        from qdrant_client import models

        for batch in _batches(points):
            rows = [models.PointStruct(id=point.id, vector=_vectors(point), payload={COLLECTION: point.collection_id}) for point in batch]
            with self._ready() as client:
                client.upsert(self._name, rows, wait=True)

    def delete(self, ids: Sequence[str]) -> None:
        from qdrant_client import models

        for batch in _batches(ids):
            with self._ready() as client:
                client.delete(self._name, models.PointIdsList(points=list(batch)), wait=True)

    def delete_collection(self, collection_id: str) -> None:
        from qdrant_client import models

        with self._ready() as client:
            client.delete(self._name, models.FilterSelector(filter=_filter([collection_id])), wait=True)

    def search_dense(
        self, vector: Vector, collections: Sequence[str], limit: int, *, among: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        return self._search(vector.tolist(), DENSE, collections, limit, among)

    def search_sparse(
        self, terms: Mapping[int, float], collections: Sequence[str], limit: int, *, among: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        from qdrant_client import models

        if not terms:
            return []
        return self._search(models.SparseVector(indices=list(terms), values=list(terms.values())), TERMS, collections, limit, among)

    def count(self, collection_id: str | None = None) -> int:
        only = _filter([collection_id]) if collection_id is not None else None
        with self._ready() as client:
            return int(client.count(self._name, count_filter=only, exact=True).count)

    def flush(self) -> None:
        """Nothing to ask for: the server writes its log to stable storage by itself, every five seconds unless it is told otherwise.

        What a power failure there takes nevertheless shows as missing points, which `api.stores` looks for, and is made again from SQL.
        """

    def version(self) -> str:
        """The server's, for people."""
        with self._ready() as client:
            return str(client.info().version)

    def close(self) -> None:
        with _translated(self.url):
            self._client.close()

    def _search(
        self, query: Any, using: str, collections: Sequence[str], limit: int, among: Sequence[str] | None
    ) -> list[tuple[str, float]]:
        from qdrant_client import models

        if not collections or limit < 1 or (among is not None and not among):
            return []
        only, exact = _filter(collections, among), models.SearchParams(exact=True)
        with self._ready() as client:
            found = client.query_points(
                self._name, query=query, using=using, query_filter=only, limit=limit, search_params=exact, with_payload=False
            )
        return [(str(point.id), point.score) for point in found.points]

    @contextmanager
    def _ready(self) -> Iterator[Any]:
        """The client, once the server has our collection. A collection that went meanwhile is made anew at the next call."""
        with _translated(self.url):
            if not self._made:
                with self._making:
                    self._make()
            try:
                yield self._client
            except Exception as error:
                self._made = self._made and getattr(error, "status_code", None) != 404
                raise

    def _make(self) -> None:
        """Harmless beside other processes that do the same."""
        from qdrant_client import models
        from qdrant_client.http.exceptions import UnexpectedResponse

        if not self._client.collection_exists(self._name):
            try:
                self._client.create_collection(
                    self._name,
                    vectors_config={DENSE: models.VectorParams(size=self._dimension, distance=models.Distance.COSINE)},
                    sparse_vectors_config={TERMS: models.SparseVectorParams()},  # no IDF modifier: it moves with every point
                    hnsw_config=models.HnswConfigDiff(m=0),
                )
            except UnexpectedResponse as error:
                if error.status_code != 409:  # another process was first
                    raise
        held = self._client.get_collection(self._name).config.params.vectors
        size = held[DENSE].size if isinstance(held, dict) and DENSE in held else None
        if size != self._dimension:
            message = f"The collection {self._name} on {self.url} holds vectors of another model ({size} numbers, not {self._dimension})."
            raise Conflict(message, hint="Name another one with JITL_VECTORS_COLLECTION.")
        self._client.create_payload_index(self._name, COLLECTION, models.PayloadSchemaType.KEYWORD, wait=True)
        self._made = True


def _vectors(point: Point) -> dict[str, Any]:
    from qdrant_client import models

    vectors: dict[str, Any] = {TERMS: models.SparseVector(indices=list(point.sparse), values=list(point.sparse.values()))}
    if point.dense is not None:
        vectors[DENSE] = point.dense.tolist()
    return vectors


def _filter(collections: Sequence[str], among: Sequence[str] | None = None) -> models.Filter:
    from qdrant_client import models

    within = models.FieldCondition(key=COLLECTION, match=models.MatchAny(any=list(collections)))
    return models.Filter(must=[within] if among is None else [within, models.HasIdCondition(has_id=list(among))])


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


@contextmanager
def _translated(url: str) -> Iterator[None]:
    """The vendor raises its own errors for answers and for their absence, and bare ones once its client is closed."""
    from qdrant_client.common.client_exceptions import QdrantException
    from qdrant_client.http.exceptions import ApiException

    try:
        yield
    except (ApiException, QdrantException, OSError, RuntimeError, ValueError) as error:
        raise Unavailable(f"The index of passages at {url} does not answer: {_said(error)}", hint=HINT) from error


def _said(error: Exception) -> str:
    """One line of it: an answer's body may be long."""
    return " ".join(str(error).split())[:300]
