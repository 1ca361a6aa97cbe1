"""Who did what to which object. Details hold ids and names of fields, never a text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy.engine import Connection

from jitl.sql.engine import Database
from jitl.sql.tables import audit

_NOTE = audit.insert()


def record(connection: Connection, principal_id: str, action: str, target: str, detail: Mapping[str, object] | None = None) -> None:
    """Part of the caller's transaction: what is not committed was not done."""
    row = {"at": datetime.now(UTC), "principal_id": principal_id, "action": action, "object": target, "detail": dict(detail or {})}
    connection.execute(_NOTE, row)


class Trail:
    """For deeds whose transaction is not at hand: noted in one of its own, right after."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def note(self, principal_id: str, action: str, target: str, detail: Mapping[str, object] | None = None) -> None:
        with self._db.write() as connection:
            record(connection, principal_id, action, target, detail)
