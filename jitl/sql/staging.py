"""Versions on their way: rows that nobody reads until `publication` switches to them. Every transaction is short."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa

from jitl.errors import Conflict, NotFound
from jitl.sql.frequencies import slices
from jitl.sql.outbox import STAGED, VERSION, announce
from jitl.sql.removal import Removal
from jitl.sql.tables import chunks, collections, documents, version_texts, versions
from jitl.types import Chunk

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from jitl.sql.engine import Database

T = TypeVar("T")

ROWS = 100
"""Rows a transaction writes."""
CHARACTERS = 200_000
"""Characters a transaction writes, and a piece of a text holds."""
LONGEST_URI = 2000
LONGEST_NAME = 1000


def document_id(collection_id: str, uri: str) -> str:
    """The same for the same identity in the same collection, always."""
    return str(uuid5(NAMESPACE_URL, f"{collection_id}\n{uri}"))


def version_id(document: str, digest: str, fingerprint: str) -> str:
    """The same for the same content read by the same pipeline, so that a retry rewrites the same rows and points."""
    return str(uuid5(NAMESPACE_URL, f"{document}\n{digest}\n{fingerprint}"))


def chunk_id(version: str, ordinal: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"{version}\n{ordinal}"))


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A document as it will be published. `names` are public names in order of preference; the first free one is taken."""

    id: str
    document_id: str
    uri: str
    source_uri: str
    names: tuple[str, ...]
    digest: str
    fingerprint: str
    title: str
    kind: str
    metadata: Mapping[str, Any]
    text: str
    chunks: Sequence[Chunk]
    term_counts: bytes
    likeness: bytes | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """What a document shows now."""

    version_id: str
    digest: str
    fingerprint: str


class Staging:
    def __init__(self, db: Database, writer: str | None = None) -> None:
        """`writer`: the ingest's name, under which `Database.present` knows it as long as it lives. Without one it cannot be told dead."""
        self._db = db
        self._writer = writer
        self._removal = Removal(db)

    def published(self, document_ids: Sequence[str]) -> dict[str, Published]:
        """Document id -> what it shows; hidden, deleted and unknown ones are left out."""
        d, v = documents.c, versions.c
        found: dict[str, Published] = {}
        joined = documents.join(versions, v.id == d.version_id)
        wanted = sa.select(d.id, v.id, v.digest, v.fingerprint).select_from(joined).where(d.deleted_at.is_(None))
        with self._db.read() as connection:
            for some in slices(document_ids, 1000):
                found |= {row[0]: Published(*row[1:]) for row in connection.execute(wanted.where(d.id.in_(some)))}
        return found

    def write(
        self, collection_id: str, new: Sequence[NewVersion], encoder: str | None, begun: Callable[[Sequence[str]], None]
    ) -> list[NewVersion]:
        """Write these versions, unpublished; returns those written. Documents that another ingest got ahead with are left out.

        `begun` is told the ids that are ours from now on, to be published or abandoned, whatever is raised later.
        What is left of a retired version with the same id is replaced. Raises `NotFound` when the collection is gone,
        `Conflict` when another model embedded it.
        """
        self._removal.bury([version.document_id for version in new])
        self._clear([version.id for version in new])
        ours: list[NewVersion] = []
        for some in _packed(((len(version.term_counts) + 2000, version) for version in new), rows=ROWS // 4):
            with self._db.write() as connection:
                _bind(connection, collection_id, encoder)
                busy = _busy(connection, some)
                free = [version for version in some if version.document_id not in busy]
                if free:
                    _identify(connection, collection_id, free)
                    _announce(connection, collection_id, free, self._writer)
            begun([version.id for version in free])
            ours += free
        self._write_bodies(collection_id, ours)
        return ours

    def _write_bodies(self, collection_id: str, new: Sequence[NewVersion]) -> None:
        for rows in _packed(_bodies(collection_id, new), rows=ROWS):
            with self._db.write() as connection:
                for table in (version_texts, chunks):
                    of_table = [row for kind, row in rows if kind is table]
                    if of_table:
                        connection.execute(sa.insert(table), of_table)

    def _clear(self, version_ids: Sequence[str]) -> None:
        """Remove rows of the same ids: a version that was replaced or given up and now comes back."""
        for some in slices(version_ids, 1000):
            with self._db.read() as connection:
                leftovers = list(
                    connection.scalars(sa.select(versions.c.id).where(versions.c.id.in_(some), versions.c.state != "published"))
                )
            for leftover in leftovers:
                self._removal.remove_version(leftover)


def _bind(connection: Connection, collection_id: str, encoder: str | None) -> None:
    """Hold the collection and bind it to the model of its first document."""
    k = collections.c
    row = connection.execute(sa.select(k.encoder, k.deleted_at).where(k.id == collection_id).with_for_update()).one_or_none()
    if row is None or row.deleted_at is not None:
        raise NotFound("The collection was deleted meanwhile.")
    if encoder is None or row.encoder == encoder:
        return
    if row.encoder is not None:
        raise Conflict(
            f"The collection was embedded by {row.encoder}, not by {encoder}.", hint="Run `jitl reindex`, or use another collection."
        )
    connection.execute(sa.update(collections).where(k.id == collection_id).values(encoder=encoder))


def _busy(connection: Connection, new: Sequence[NewVersion]) -> set[str]:
    """Documents that another ingest got ahead of us with: it is writing some version, or has just published the same.

    What is pending is a running ingest's, since those whose writer is gone were buried before.
    """
    v = versions.c
    pending = v.document_id.in_([version.document_id for version in new]) & (v.state == "pending")
    same = v.id.in_([version.id for version in new])
    return set(connection.scalars(sa.select(v.document_id).where(pending | same)))


def _identify(connection: Connection, collection_id: str, new: Sequence[NewVersion]) -> None:
    """Give every version its document row: a new one, one that stands, or one that returns from the dead under a free name."""
    d = documents.c
    ids = [version.document_id for version in new]
    known = {row.id: row.deleted_at for row in connection.execute(sa.select(d.id, d.deleted_at).where(d.id.in_(ids)))}
    nameless = [version for version in new if known.get(version.document_id, True) is not None]
    taken = _taken(connection, collection_id, {name for version in nameless for name in _names(version)})
    fresh: list[dict[str, Any]] = []
    for version in nameless:
        name = next(name for name in _names(version) if name not in taken)
        taken.add(name)
        if version.document_id in known:
            revived = sa.update(documents).where(d.id == version.document_id)
            connection.execute(revived.values(deleted_at=None, version_id=None, name=name, source_uri=version.source_uri))
            continue
        row = {"id": version.document_id, "collection_id": collection_id, "uri": version.uri, "source_uri": version.source_uri}
        fresh.append(row | {"name": name, "created_at": datetime.now(UTC)})
    if fresh:
        connection.execute(sa.insert(documents), fresh)


def _names(version: NewVersion) -> Iterator[str]:
    """Preferred names, shortened from the left where they are too long; the id is free in any case."""
    for name in version.names:
        yield name if len(name) <= LONGEST_NAME else f"…{name[1 - LONGEST_NAME :]}"
    yield version.document_id


def _taken(connection: Connection, collection_id: str, names: Iterable[str]) -> set[str]:
    d = documents.c
    wanted = sa.select(d.name).where(d.collection_id == collection_id, d.name.in_(sorted(names)))
    return set(connection.scalars(wanted))


def _announce(connection: Connection, collection_id: str, new: Sequence[NewVersion], writer: str | None) -> None:
    now = datetime.now(UTC)
    rows = [
        {
            "id": version.id,
            "document_id": version.document_id,
            "collection_id": collection_id,
            "digest": version.digest,
            "fingerprint": version.fingerprint,
            "state": "pending",
            "writer": writer,
            "title": version.title,
            "kind": version.kind,
            "metadata": dict(version.metadata),
            "term_counts": version.term_counts,
            "likeness": version.likeness,
            "passages": len(version.chunks),
            "created_at": now,
        }
        for version in new
    ]
    connection.execute(sa.insert(versions), rows)
    announce(connection, VERSION, [version.id for version in new], STAGED)


def _bodies(collection_id: str, new: Iterable[NewVersion]) -> Iterator[tuple[int, tuple[sa.Table, dict[str, Any]]]]:
    """Rows of texts and chunks with their size in characters."""
    for version in new:
        for ordinal, piece in enumerate(slices(version.text, CHARACTERS)):
            yield len(piece), (version_texts, {"version_id": version.id, "ordinal": ordinal, "text": piece})
        for chunk in version.chunks:
            yield len(chunk.text) + len(chunk.header), (chunks, _row(collection_id, version, chunk))


def _row(collection_id: str, version: NewVersion, chunk: Chunk) -> dict[str, Any]:
    at = chunk.location
    return {
        "id": chunk_id(version.id, chunk.ordinal),
        "version_id": version.id,
        "document_id": version.document_id,
        "collection_id": collection_id,
        "ordinal": chunk.ordinal,
        "text": chunk.text,
        "header": chunk.header,
        "kind": chunk.kind.value,
        "section": list(at.section),
        "page": at.page,
        "slide": at.slide,
        "message": at.message,
        "start": at.start,
        "end": at.end,
    }


def _packed(sized: Iterable[tuple[int, T]], *, rows: int) -> Iterator[list[T]]:
    """Runs of items that one short transaction can write."""
    run: list[T] = []
    size = 0
    for cost, item in sized:
        if run and (len(run) >= rows or size + cost > CHARACTERS):
            yield run
            run, size = [], 0
        run.append(item)
        size += cost
    if run:
        yield run
