"""What a model said of passages, kept in SQL: asked for once, found again by the passage's content, gone with its document.

Claims belong to passages of one collection: what was read in another one is never looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from graph.claims import Claims, Reading, packed, unpacked
from jitl.sql.frequencies import slices
from jitl.sql.graph_tables import graph_claims
from jitl.sql.tables import collections, versions
from jitl.sql.versions import IndexedChunk, Versions

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from jitl.sql.engine import Database

MOST_IDS = 500
WINDOW = 64


@dataclass(frozen=True, slots=True)
class Tally:
    """What a job's replies came to, of passages that are still there."""

    passages: int
    names: int
    statements: int
    dropped: int


class WrittenClaims:
    """Safe to call from several threads."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, chunk_ids: Sequence[str]) -> Mapping[str, Claims]:
        """Chunk id -> its claims; passages without any are left out."""
        c = graph_claims.c
        found: dict[str, Claims] = {}
        with self._db.read() as connection:
            for some in slices(chunk_ids, MOST_IDS):
                rows = connection.execute(sa.select(c.chunk_id, c.said).where(c.chunk_id.in_(some)))
                found |= {row.chunk_id: unpacked(row.said) for row in rows}
        return found

    def read(self, collection_id: str, contents: Sequence[str], asked: str) -> Mapping[str, Reading]:
        """Content -> what this model was told to say of it in this collection; what was never asked is left out."""
        c = graph_claims.c
        wanted = sa.select(c.content, c.said, c.dropped).where(c.collection_id == collection_id, c.asked == asked)
        found: dict[str, Reading] = {}
        with self._db.read() as connection:
            for some in slices(contents, MOST_IDS):
                rows = connection.execute(wanted.where(c.content.in_(some)).order_by(c.at, c.chunk_id))
                found |= {row.content: Reading(unpacked(row.said), row.dropped) for row in rows}
        return found

    def held(self, chunk_ids: Sequence[str], asked: str) -> set[str]:
        """Those of which this model was asked already."""
        c = graph_claims.c
        found: set[str] = set()
        with self._db.read() as connection:
            for some in slices(chunk_ids, MOST_IDS):
                found.update(connection.scalars(sa.select(c.chunk_id).where(c.chunk_id.in_(some), c.asked == asked)))
        return found

    def put(self, connection: Connection, said: Sequence[tuple[IndexedChunk, Reading, bool]], asked: str, job_id: str) -> list[str]:
        """Keep them, as part of the caller's transaction, in the place of what was said before; the versions that they are of.

        The last of each three says whether it was just asked, by that job. Of passages that are not wanted any more nothing is kept.
        """
        wanted = _wanted(connection, [chunk.version_id for chunk, _, _ in said])
        rows = [
            _row(chunk, packed(reading.claims), asked, reading.dropped, job_id if fresh else None)
            for chunk, reading, fresh in said
            if chunk.version_id in wanted
        ]
        if rows:
            connection.execute(sa.delete(graph_claims).where(graph_claims.c.chunk_id.in_([row["chunk_id"] for row in rows])))
            connection.execute(sa.insert(graph_claims), rows)
        return sorted({row["version_id"] for row in rows})

    def tally(self, job_id: str) -> Tally:
        c = graph_claims.c
        with self._db.read() as connection:
            rows = connection.execute(sa.select(c.said, c.dropped).where(c.job_id == job_id)).all()
        return Tally(
            len(rows), sum(len(row.said[0]) for row in rows), sum(len(row.said[1]) for row in rows), sum(row.dropped for row in rows)
        )


class ClaimsIndex:
    """Implements `jitl.ports.Indexer`: an unchanged passage of a new version keeps what was said of it; of a gone one it goes.

    Stands before the graph among an ingest's indexers, which so finds them when it looks.
    """

    name = "claims"

    def __init__(self, db: Database) -> None:
        self._db = db
        self._versions = Versions(db)

    def project(self, version_ids: Sequence[str]) -> None:
        wanted = [version.id for version in self._versions.standing(version_ids) if version.wanted]
        if self._places(wanted):
            for chunks in self._versions.chunks(wanted, WINDOW):
                self._take_over(chunks)
        if gone := sorted(set(version_ids) - set(wanted)):
            self._drop(gone)

    def forget(self, collection_id: str) -> None:
        with self._db.write() as connection:
            connection.execute(sa.delete(graph_claims).where(graph_claims.c.collection_id == collection_id))

    def flush(self) -> None:
        """Every write was on stable storage when it returned."""

    def _places(self, version_ids: Sequence[str]) -> bool:
        """Whether a model has said anything in the collections of these versions."""
        said = sa.exists().where(graph_claims.c.collection_id == versions.c.collection_id)
        with self._db.read() as connection:
            some = (sa.select(versions.c.id).where(versions.c.id.in_(ids), said).limit(1) for ids in slices(version_ids, MOST_IDS))
            return any(connection.scalar(one) is not None for one in some)

    def _take_over(self, chunks: Sequence[IndexedChunk]) -> None:
        c = graph_claims.c
        new = {chunk.id: (chunk, content(chunk)) for chunk in chunks}
        with self._db.write() as connection:
            held = set(connection.scalars(sa.select(c.chunk_id).where(c.chunk_id.in_(list(new)))))
            wanted = _wanted(connection, [chunk.version_id for chunk in chunks])
            lacking = [one for id_, one in new.items() if id_ not in held and one[0].version_id in wanted]
            where = c.collection_id.in_({chunk.collection_id for chunk, _ in lacking}), c.content.in_({digest for _, digest in lacking})
            known = sa.select(graph_claims).where(*where).order_by(c.at, c.chunk_id)
            said = {(row.collection_id, row.content): row for row in connection.execute(known)} if lacking else {}
            pairs = [(chunk, said.get((chunk.collection_id, digest))) for chunk, digest in lacking]
            rows = [_row(chunk, old.said, old.asked, old.dropped, None) for chunk, old in pairs if old is not None]
            if rows:
                connection.execute(sa.insert(graph_claims), rows)

    def _drop(self, version_ids: Sequence[str]) -> None:
        """Of versions that are not wanted now; an ingest may have taken one up again."""
        c = graph_claims.c
        for some in slices(version_ids, MOST_IDS):
            with self._db.write() as connection:
                gone = sorted(set(some) - _wanted(connection, some))
                connection.execute(sa.delete(graph_claims).where(c.version_id.in_(gone)))


def content(chunk: IndexedChunk) -> str:
    """Digest of a passage's text: wherever it stands, the same is said of it."""
    return hashlib.sha256(chunk.text.encode()).hexdigest()


def _wanted(connection: Connection, version_ids: Sequence[str]) -> set[str]:
    """Held so until the caller's transaction ends: what retires them or deletes their collection comes after, and then looks here."""
    v, k = versions.c, collections.c
    ids = set(version_ids)
    living = sa.select(k.id).where(k.id.in_(sa.select(v.collection_id).where(v.id.in_(ids))), k.deleted_at.is_(None)).order_by(k.id)
    places = list(connection.scalars(living.with_for_update(read=True)))  # collections first, as whoever publishes does
    wanted = sa.select(v.id).where(v.id.in_(ids), v.collection_id.in_(places), v.state != "retired").order_by(v.id)
    return set(connection.scalars(wanted.with_for_update(read=True)))


def _row(chunk: IndexedChunk, said: list[Any], asked: str, dropped: int, job_id: str | None) -> dict[str, Any]:
    row = {"chunk_id": chunk.id, "version_id": chunk.version_id, "collection_id": chunk.collection_id, "content": content(chunk)}
    return row | {"asked": asked, "said": said, "dropped": dropped, "job_id": job_id, "at": datetime.now(UTC)}
