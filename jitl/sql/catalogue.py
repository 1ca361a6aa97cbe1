"""Collections and what may be read in them. A hit that `confirm` does not name is not a hit."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from jitl.errors import BadInput, Conflict, NotFound, OutOfBudget
from jitl.principals import Principal, Right, is_personal, owns, personal_id
from jitl.sql.documents import DocumentInfo, Documents, SourceText
from jitl.sql.outbox import COLLECTION, announce
from jitl.sql.prepared import Prepared
from jitl.sql.tables import chunks, collections, documents, versions
from jitl.types import Location, Passage

if TYPE_CHECKING:
    from jitl.sql.engine import Database

LONGEST_NAME = 200
OWN = "~"
"""Begins the names of personal collections."""


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """A living collection. `passages` and `documents` are those that are published."""

    id: str
    name: str
    encoder: str | None  # the model that embedded it; None before the first document
    passages: int
    documents: int
    created_at: datetime


class Catalogue:
    """Collections, their documents and passages, as SQL knows them. Every read sees published, undeleted things alone."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._documents = Documents(db)

    # --- collections ---

    def create_collection(self, name: str, by: str, *, exist_ok: bool = False) -> CollectionInfo:
        """Raises `BadInput` for a name that cannot be one, `Conflict` where it is taken (unless `exist_ok`)."""
        name = _checked(name)
        if name.startswith(OWN):
            there = self.collection(name) if exist_ok else None
            if there is None or not owns(by, there.id):
                raise BadInput(f"Names that begin with {OWN} are of personal collections.", hint="Choose another, or make a personal one.")
            return there
        return self._create(str(uuid4()), name, by, exist_ok=exist_ok)

    def create_personal(self, name: str, owner: Principal, *, most: int) -> CollectionInfo:
        """One that its owner alone sees, called `~owner:name`: a name that is taken tells nobody anything. `OutOfBudget` beyond `most`."""
        name = _checked(name)
        if ":" in name or name.startswith(OWN):
            raise BadInput(f"The name of a personal collection has no colon and does not begin with {OWN}.", hint="Choose another name.")
        if sum(is_personal(info.id) for info in self.collections(owner)) >= most:
            raise OutOfBudget(f"You may have {most} personal collections.", hint="Delete one, or ask an admin (JITL_PERSONAL_COLLECTIONS).")
        return self._create(personal_id(owner.id), _checked(f"{OWN}{owner.name}:{name}"), owner.id, exist_ok=False)

    def _create(self, id_: str, name: str, by: str, *, exist_ok: bool) -> CollectionInfo:
        made = CollectionInfo(id_, name, None, 0, 0, datetime.now(UTC))
        row = {"id": made.id, "name": name, "passages": 0, "created_at": made.created_at, "created_by": by}
        try:
            with self._db.write() as connection:
                connection.execute(sa.insert(collections), row)
        except IntegrityError as error:
            there = self.collection(name)
            if there is not None and exist_ok:
                return there
            raise Conflict(f"A collection named {name!r} exists already.", hint="Choose another name.") from error
        return made

    def collection(self, name_or_id: str) -> CollectionInfo | None:
        """The living collection of that id, or else of that name."""
        with self._db.read() as connection:
            rows = connection.execute(_COLLECTIONS.where((collections.c.id == name_or_id) | (collections.c.name == name_or_id))).all()
        found = [CollectionInfo(*row) for row in rows]
        return min(found, key=lambda c: c.id != name_or_id, default=None)

    def collections(self, principal: Principal) -> list[CollectionInfo]:
        """Those the caller may read, by name."""
        return [info for info in self.living() if principal.may(Right.READ, info.id)]

    def living(self) -> list[CollectionInfo]:
        """All of them, personal ones included: for the service's own work, which shows nobody anything."""
        with self._db.read() as connection:
            return [CollectionInfo(*row) for row in connection.execute(_COLLECTIONS.order_by(collections.c.name))]

    def readable(self, principal: Principal, names: Sequence[str] | None) -> tuple[str, ...]:
        """Ids of the named collections (names or ids; None: all that the caller may read), without repetition.

        Raises `NotFound` for one that does not exist and for one that the caller may not read: never told apart.
        """
        with self._db.read() as connection:
            rows = _LIVING.rows(connection) if names is None else _NAMED.rows(connection, names=list(names))
            found = [(row.id, row.name) for row in rows if principal.may(Right.READ, row.id)]
        if names is None:
            return tuple(id_ for id_, _ in found)
        by_name = {name: id_ for id_, name in found} | {id_: id_ for id_, _ in found}
        for name in names:
            if name not in by_name:
                raise NotFound(f"There is no collection {name!r}.", hint="`jitl collections` lists those you may read.")
        return tuple(dict.fromkeys(by_name[name] for name in names))

    def delete_collection(self, collection_id: str, by: str) -> None:
        """Hide it at once, free its name, leave its emptying to the projector. Raises `NotFound`."""
        del by  # who did it stands in the audit that the caller writes
        c = collections.c
        now = datetime.now(UTC)
        gone = sa.update(collections).where(c.id == collection_id, c.deleted_at.is_(None)).values(deleted_at=now, name=c.id)
        with self._db.write() as connection:
            if connection.execute(gone).rowcount == 0:
                raise NotFound("There is no such collection.")
            announce(connection, COLLECTION, [collection_id])

    # --- passages ---

    def epoch(self, collections: Sequence[str]) -> int:
        """Grows whenever documents of these collections are switched: what was confirmed at one value holds together."""
        with self._db.read() as connection:
            return _EPOCH.scalar(connection, within=list(collections)) or 0

    def confirm(self, chunk_ids: Iterable[str], collections: Sequence[str]) -> dict[str, tuple[str, int]]:
        """Chunk id -> (document id, ordinal) of those that are published in the collections; others are left out."""
        return {row.id: (row.document_id, row.ordinal) for row in self._published(_CONFIRM, chunk_ids, collections)}

    def passages(self, chunk_ids: Iterable[str], collections: Sequence[str]) -> dict[str, Passage]:
        """The passages themselves, under the same condition."""
        return {row.id: _passage(row) for row in self._published(_PASSAGES, chunk_ids, collections)}

    def _published(self, statement: Prepared, chunk_ids: Iterable[str], collections: Sequence[str]) -> list[Any]:
        """The condition on collections is not in the statement: SQLite would walk all their chunks instead of these."""
        within = frozenset(collections)
        ids = list(chunk_ids) if within else []
        with self._db.read() as connection:
            return [row for row in statement.rows(connection, ids=ids) if row.collection_id in within]

    # --- documents ---

    def documents(self, collection_id: str, *, after: str = "", limit: int = 1000) -> list[DocumentInfo]:
        """Published documents in order of their name, those after the name `after`."""
        return self._documents.listed(collection_id, after=after, limit=limit)

    def document(self, collection_id: str, name_or_id: str) -> DocumentInfo | None:
        return self._documents.find(collection_id, name_or_id)

    def document_by_id(self, document_id: str) -> DocumentInfo | None:
        """Whatever its collection: the caller checks that it may be read."""
        return self._documents.by_id(document_id)

    def source(self, document_id: str) -> SourceText:
        """Canonical text and what is known of it; chunk spans are slices of the text. Raises `NotFound`."""
        return self._documents.source(document_id)

    def delete_document(self, document_id: str, by: str) -> None:
        """Hide it at once; the projector empties the rest. Raises `NotFound`."""
        del by
        if not self._documents.delete([document_id]):
            raise NotFound("There is no such document.")


def _checked(name: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise BadInput(f"A collection's name has 1 to {LONGEST_NAME} characters.")
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in name) or name == "*":
        raise BadInput("A collection's name holds no control characters and is not '*'.")
    return name


def _passage(row: Any) -> Passage:
    section: Sequence[str] = row.section
    metadata: Mapping[str, Any] = row.metadata
    location = Location(tuple(section), row.page, row.slide, row.message, row.start, row.end)
    return Passage(
        id=row.id,
        ordinal=row.ordinal,
        text=row.text,
        header=row.header,
        location=location,
        document_id=row.document_id,
        document=row.name,
        title=row.title,
        collection_id=row.collection_id,
        metadata=metadata,
    )


def _published(*columns: sa.ColumnElement[Any], titled: bool = False) -> Prepared:
    """Chunks of `ids` whose version is their document's published one, in collections that live."""
    c, d, k = chunks.c, documents.c, collections.c
    current = (d.id == c.document_id) & (d.version_id == c.version_id) & d.deleted_at.is_(None)
    living = (k.id == c.collection_id) & k.deleted_at.is_(None)
    joined = chunks.join(documents, current).join(collections, living)
    if titled:
        joined = joined.join(versions, versions.c.id == c.version_id)
    return Prepared(lambda among: sa.select(*columns, c.collection_id).select_from(joined).where(among(c.id, "ids")))


def _living() -> sa.Select[tuple[str, str]]:
    return sa.select(collections.c.id, collections.c.name).where(collections.c.deleted_at.is_(None)).order_by(collections.c.name)


_LIVING = Prepared(lambda _: _living())
_NAMED = Prepared(lambda among: _living().where(among(collections.c.name, "names") | among(collections.c.id, "names")))
_EPOCH = Prepared(lambda among: sa.select(sa.func.sum(collections.c.epoch)).where(among(collections.c.id, "within")))
_CONFIRM = _published(chunks.c.id, chunks.c.document_id, chunks.c.ordinal)
_SHOWN = ("id", "ordinal", "text", "header", "section", "page", "slide", "message", "start", "end", "document_id")
_PASSAGES = _published(*(chunks.c[name] for name in _SHOWN), documents.c.name, versions.c.title, versions.c.metadata, titled=True)
_COLLECTIONS = sa.select(
    *(collections.c[name] for name in ("id", "name", "encoder", "passages", "documents", "created_at")),
).where(collections.c.deleted_at.is_(None))
