"""The list of places that a collection is read from again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import sqlalchemy as sa

from jitl.errors import NotFound
from jitl.sql.origin_tables import origins

if TYPE_CHECKING:
    from jitl.sql.engine import Database


@dataclass(frozen=True, slots=True)
class Origin:
    """`revision` and `setup` are those of the last time that it was read whole; None before."""

    id: str
    collection_id: str
    address: str
    added_by: str
    added_at: datetime
    revision: str | None = None
    setup: str | None = None
    synced_at: datetime | None = None


class Origins:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, collection_id: str, address: str, by: str) -> Origin:
        """The place in the collection's list; the one that stands there where it is listed already."""
        made = Origin(str(uuid4()), collection_id, address, by, datetime.now(UTC))
        row = {"id": made.id, "collection_id": collection_id, "address": address, "added_by": by, "added_at": made.added_at}
        with self._db.write() as connection:
            connection.execute(self._db.insert(origins).values(row).on_conflict_do_nothing(index_elements=["collection_id", "address"]))
        return next(origin for origin in self.listed(collection_id) if origin.address == address)

    def listed(self, collection_id: str) -> list[Origin]:
        """In the order in which they were added."""
        return self._found(origins.c.collection_id == collection_id)

    def chosen(self, collection_id: str, ids: Sequence[str]) -> list[Origin]:
        """Those of the collection with these ids. Raises `NotFound` for one that it does not have."""
        found = self._found((origins.c.collection_id == collection_id) & origins.c.id.in_(ids))
        if len(found) != len(set(ids)):
            raise NotFound("There is no such source.", hint="`jitl sync --list` (GET /v1/collections/{c}/sources) lists them.")
        return found

    def remove(self, collection_id: str, id_: str) -> None:
        """Take it off the list; what was read from it stays. Raises `NotFound`."""
        gone = sa.delete(origins).where(origins.c.collection_id == collection_id, origins.c.id == id_)
        with self._db.write() as connection:
            if connection.execute(gone).rowcount == 0:
                raise NotFound("There is no such source.", hint="`jitl sync --list` (GET /v1/collections/{c}/sources) lists them.")

    def synced(self, id_: str, revision: str | None, setup: str) -> None:
        """It was read whole just now."""
        news = {"revision": revision, "setup": setup, "synced_at": datetime.now(UTC)}
        with self._db.write() as connection:
            connection.execute(sa.update(origins).where(origins.c.id == id_).values(news))

    def _found(self, condition: sa.ColumnElement[bool]) -> list[Origin]:
        with self._db.read() as connection:
            rows = connection.execute(sa.select(origins).where(condition).order_by(origins.c.added_at, origins.c.id)).all()
        return [Origin(**row._mapping) for row in rows]  # noqa: SLF001  # SQLAlchemy's documented name
