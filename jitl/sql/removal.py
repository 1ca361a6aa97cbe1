"""What is hidden is emptied: rows of retired versions and of deleted collections, in small steps, each harmless to repeat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from jitl.sql.failure_tables import failures
from jitl.sql.frequencies import slices
from jitl.sql.origin_tables import intake_rules, origins
from jitl.sql.outbox import STAGED, VERSION, WAITING, move
from jitl.sql.tables import (
    chunks,
    collections,
    documents,
    frequencies,
    frequency_changes,
    frequency_deltas,
    outbox,
    sources,
    version_texts,
    versions,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from jitl.sql.engine import Database

STEP = 200
"""Rows a transaction removes; keeps it under 20 ms."""


class Removal:
    def __init__(self, db: Database) -> None:
        self._db = db

    def remove_version(self, version_id: str) -> None:
        """Remove a retired version with its texts, chunks and errands, and its document's row when nothing else is left of it.

        A version in any other state is left alone.
        """
        v = versions.c
        for table, key in ((chunks, chunks.c.id), (version_texts, version_texts.c.ordinal)):
            while self._step(version_id, table, key):
                pass
        with self._db.write() as connection:
            within = sa.select(v.collection_id).where(v.id == version_id).scalar_subquery()
            connection.execute(sa.select(collections.c.id).where(collections.c.id == within).with_for_update())  # as staging does
            document_id = connection.scalar(sa.select(v.document_id).where(v.id == version_id, v.state == "retired"))
            if document_id is None:
                return
            connection.execute(sa.delete(outbox).where(outbox.c.kind == "version", outbox.c.ref == version_id))
            connection.execute(sa.delete(versions).where(v.id == version_id))
            bare = sa.delete(documents).where(documents.c.id == document_id, documents.c.version_id.is_(None))
            connection.execute(bare.where(~sa.exists().where(v.document_id == document_id)))

    def empty_collection(self, collection_id: str) -> None:
        """Remove everything of a deleted collection but its own row; a living one is left alone."""
        if not self._deleted(collection_id):
            return
        v, c = versions.c, frequency_changes.c
        self.retire(v.collection_id == collection_id)
        while version_ids := self._some(v.id, v.collection_id == collection_id):
            for version_id in version_ids:
                self.remove_version(version_id)
        while change_ids := self._some(c.id, c.collection_id == collection_id):
            for change_id in change_ids:
                self._remove(frequency_deltas.c.term, frequency_deltas.c.change_id == change_id)
                self._remove(c.id, c.id == change_id)
        for key in (frequencies.c.term, sources.c.uri, failures.c.uri, documents.c.id, origins.c.id, intake_rules.c.collection_id):
            self._remove(key, key.table.c.collection_id == collection_id)
        with self._db.write() as connection:
            connection.execute(sa.update(collections).where(collections.c.id == collection_id).values(passages=0, documents=0))

    def retire(self, condition: sa.ColumnElement[bool]) -> None:
        """Mark versions that meet the condition as no longer wanted; their documents are not changed."""
        while version_ids := self._some(versions.c.id, condition & (versions.c.state != "retired")):
            with self._db.write() as connection:
                connection.execute(sa.update(versions).where(versions.c.id.in_(version_ids)).values(state="retired"))

    def recover(self) -> None:
        """What was being written by who is gone is not wanted any more. Harmless while others ingest."""
        self._bury(versions.c.state == "pending")

    def bury(self, document_ids: Sequence[str]) -> None:
        """The same for the versions of these documents, but for those whose writer has no name."""
        v = versions.c
        for some in slices(document_ids, 1000):
            self._bury((v.state == "pending") & v.document_id.in_(some) & v.writer.is_not(None))

    def _bury(self, condition: sa.ColumnElement[bool]) -> None:
        v = versions.c
        with self._db.read() as connection:
            writers = list(connection.scalars(sa.select(v.writer).where(condition).distinct()))
        for writer in writers:
            if writer is None or not self._db.present(writer):
                theirs = v.writer.is_(None) if writer is None else v.writer == writer
                while self._give_up(condition & theirs):
                    pass

    def _give_up(self, condition: sa.ColumnElement[bool]) -> bool:
        """Leave some versions to the projector; False where there are no more."""
        v = versions.c
        with self._db.write() as connection:
            some = list(connection.scalars(sa.select(v.id).where(condition).order_by(v.id).limit(STEP)))
            connection.execute(sa.update(versions).where(v.id.in_(some), v.state == "pending").values(state="retired"))
            move(connection, VERSION, some, from_=STAGED, to=WAITING)
        return bool(some)

    def _deleted(self, collection_id: str) -> bool:
        k = collections.c
        with self._db.read() as connection:
            return connection.scalar(sa.select(k.id).where(k.id == collection_id, k.deleted_at.is_not(None))) is not None

    def _some(self, key: sa.Column[str], condition: sa.ColumnElement[bool]) -> list[str]:
        with self._db.read() as connection:
            return list(connection.scalars(sa.select(key).where(condition).limit(STEP)))

    def _step(self, version_id: str, table: sa.Table, key: sa.Column[Any]) -> bool:
        """One slice of a version's rows; False when none is left, or none may be touched."""
        v = versions.c
        with self._db.write() as connection:
            ours = sa.select(v.id).where(v.id == version_id, v.state == "retired").with_for_update()
            if connection.scalar(ours) is None:
                return False
            return _delete_some(connection, key, table.c.version_id == version_id) == STEP

    def _remove(self, key: sa.Column[Any], condition: sa.ColumnElement[bool]) -> None:
        """All rows that meet the condition; `key` tells those apart that do."""
        while True:
            with self._db.write() as connection:
                if _delete_some(connection, key, condition) < STEP:
                    return


def _delete_some(connection: Connection, key: sa.Column[Any], condition: sa.ColumnElement[bool]) -> int:
    some = sa.select(key).where(condition).limit(STEP).correlate(None)
    return connection.execute(sa.delete(key.table).where(condition, key.in_(some))).rowcount
