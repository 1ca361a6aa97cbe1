"""Published documents, for those who list, read or delete them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from jitl.errors import NotFound
from jitl.sql.publication import Publication
from jitl.sql.tables import collections, documents, version_texts, versions

if TYPE_CHECKING:
    from jitl.sql.engine import Database


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A published document as it stands now."""

    id: str
    name: str  # what faces call `document`
    uri: str
    collection_id: str
    version_id: str
    title: str
    kind: str
    passages: int
    metadata: Mapping[str, Any]
    created_at: datetime
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class SourceText:
    """A document with its canonical text; chunk spans count its characters."""

    document: DocumentInfo
    text: str


class Documents:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._publication = Publication(db)

    def listed(self, collection_id: str, *, after: str, limit: int) -> list[DocumentInfo]:
        d = documents.c
        wanted = _DOCUMENTS.where(d.collection_id == collection_id, d.name > after).order_by(d.name).limit(limit)
        return self._read(wanted)

    def find(self, collection_id: str, name_or_id: str) -> DocumentInfo | None:
        d = documents.c
        found = self._read(_DOCUMENTS.where(d.collection_id == collection_id, (d.name == name_or_id) | (d.id == name_or_id)))
        return min(found, key=lambda info: info.id != name_or_id, default=None)

    def by_id(self, document_id: str) -> DocumentInfo | None:
        return next(iter(self._read(_DOCUMENTS.where(documents.c.id == document_id))), None)

    def source(self, document_id: str) -> SourceText:
        t = version_texts.c
        with self._db.read() as connection:
            row = connection.execute(_DOCUMENTS.where(documents.c.id == document_id)).one_or_none()
            if row is None:
                raise NotFound("There is no such document.")
            info = DocumentInfo(*row)
            pieces = sa.select(t.text).where(t.version_id == info.version_id).order_by(t.ordinal)
            return SourceText(info, "".join(connection.scalars(pieces)))

    def delete(self, document_ids: Sequence[str]) -> list[str]:
        """Hide these documents at once; the ids of those that were there."""
        d = documents.c
        gone: list[str] = []
        with self._db.read() as connection:
            found = connection.execute(sa.select(d.id, d.collection_id).where(d.id.in_(document_ids), d.deleted_at.is_(None))).all()
        for collection_id in dict.fromkeys(row.collection_id for row in found):
            gone += self._publication.withdraw(collection_id, [row.id for row in found if row.collection_id == collection_id])
        return gone

    def _read(self, wanted: sa.Select[Any]) -> list[DocumentInfo]:
        with self._db.read() as connection:
            return [DocumentInfo(*row) for row in connection.execute(wanted)]


def _documents() -> sa.Select[Any]:
    d, v, k = documents.c, versions.c, collections.c
    joined = documents.join(versions, v.id == d.version_id).join(collections, k.id == d.collection_id)
    columns = (d.id, d.name, d.uri, d.collection_id, v.id, v.title, v.kind, v.passages, v.metadata, d.created_at, v.published_at)
    return sa.select(*columns).select_from(joined).where(d.deleted_at.is_(None), k.deleted_at.is_(None))


_DOCUMENTS = _documents()
