"""What a collection asks of the documents that are read into it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import sqlalchemy as sa

from jitl.sql.origin_tables import intake_rules
from jitl.sql.tables import meta

if TYPE_CHECKING:
    from jitl.sql.engine import Database

_KEY = "pseudonym_key"


class IntakeRules:
    def __init__(self, db: Database) -> None:
        self._db = db

    def pseudonyms(self, collection_id: str) -> bytes | None:
        """The key of the tokens that people get in this collection; None where they keep their names."""
        with self._db.read() as connection:
            asked = connection.scalar(sa.select(intake_rules.c.pseudonyms).where(intake_rules.c.collection_id == collection_id))
        return f"{self._key()}\n{collection_id}".encode() if asked else None

    def set_pseudonyms(self, collection_id: str, wanted: bool) -> None:
        """What is read from now on follows it; documents read before change when they are read again."""
        insert = self._db.insert(intake_rules).values(collection_id=collection_id, pseudonyms=wanted)
        with self._db.write() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=["collection_id"], set_={"pseudonyms": wanted}))

    def _key(self) -> str:
        """The service's own, made when it is first needed."""
        made = self._db.insert(meta).values(key=_KEY, value=secrets.token_hex(32)).on_conflict_do_nothing(index_elements=["key"])
        with self._db.read() as connection:
            found = connection.scalar(sa.select(meta.c.value).where(meta.c.key == _KEY))
        if found is None:
            with self._db.write() as connection:
                connection.execute(made)
                found = connection.scalar(sa.select(meta.c.value).where(meta.c.key == _KEY))
        return str(found)
