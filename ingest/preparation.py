"""Parsed documents made ready to be stored: what is new is chunked and its terms are counted, the rest is known already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.arrivals import Arrival
from ingest.fingerprint import digest_of
from ingest.tally import ADDED, CHANGED, SKIPPED, UNCHANGED
from jitl.likeness import signature
from jitl.ports import Chunker, SparseEncoder
from jitl.sql.frequencies import pack
from jitl.sql.staging import NewVersion, Published, Staging, document_id, version_id
from jitl.sql.versions import indexed
from jitl.types import Chunk

if TYPE_CHECKING:
    from jitl.sql.engine import Database

EMPTY = "it holds no text"


@dataclass(frozen=True, slots=True)
class Prepared:
    """`version` is None where nothing is to be stored: unchanged, or empty (`status` skipped)."""

    arrival: Arrival
    document_id: str
    version_id: str
    status: str
    version: NewVersion | None = None


class Preparation:
    def __init__(self, db: Database, chunker: Chunker, sparse: SparseEncoder) -> None:
        self._staging = Staging(db)
        self._chunker = chunker
        self._sparse = sparse

    def prepare(self, collection_id: str, arrivals: Sequence[Arrival]) -> Iterator[Prepared]:
        """In the order given; lazily, since the chunks of many documents are large."""
        ids = [document_id(collection_id, arrival.uri) for arrival in arrivals]
        published = self._staging.published(ids)
        for arrival, id_ in zip(arrivals, ids, strict=True):
            yield self._prepare(arrival, id_, published.get(id_))

    def _prepare(self, arrival: Arrival, id_: str, published: Published | None) -> Prepared:
        digest = digest_of(arrival.document)
        version = version_id(id_, digest, arrival.fingerprint)
        if published is not None and published.version_id == version:
            return Prepared(arrival, id_, version, UNCHANGED)
        text, chunks = self._chunker.chunk(arrival.document)
        if not chunks:
            return Prepared(arrival, id_, version, SKIPPED)
        new = NewVersion(
            id=version,
            document_id=id_,
            uri=arrival.uri,
            source_uri=arrival.source_uri,
            names=arrival.names,
            digest=digest,
            fingerprint=arrival.fingerprint,
            title=arrival.document.title,
            kind=arrival.document.kind,
            metadata=arrival.document.metadata,
            text=text,
            chunks=chunks,
            term_counts=pack(self._counts(chunks)),
            likeness=signature(text),
        )
        return Prepared(arrival, id_, version, ADDED if published is None else CHANGED, new)

    def _counts(self, chunks: Sequence[Chunk]) -> Counter[int]:
        """In how many of the passages each term stands, as the index counts it: header and text."""
        counts: Counter[int] = Counter()
        for chunk in chunks:
            counts.update(self._sparse.terms(indexed(chunk.header, chunk.text)).keys())
        return counts
