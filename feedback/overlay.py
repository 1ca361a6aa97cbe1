"""The overlay: what corrections state of names, kept in SQL in the transactions that change the corrections themselves.

Each row is a function of its correction's texts as they stand, so that any sequence of changes ends equal to a rebuild. What cannot
be read states nothing: no correction waits for the overlay or fails by it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from feedback import rows
from jitl.overlay import NamedStatement
from jitl.sql.overlay_tables import correction_statements
from jitl.sql.tables import correction_texts, corrections, meta

if TYPE_CHECKING:
    from feedback.teaching import Teaching
    from jitl.overlay import StatementReader
    from jitl.sql.engine import Database
    from jitl.types import CorrectionState

INSERT: Final = correction_statements.insert()
TOGETHER: Final = 100
"""Corrections written in one transaction of a rebuild, which stays short."""
_READER: Final = "overlay reader"

_log = logging.getLogger(__name__)
_S = correction_statements.c


def stated(reader: StatementReader | None, said: Teaching | CorrectionState) -> tuple[NamedStatement, ...]:
    """What it states of names; nothing without a reader, or where the reader fails."""
    if reader is None:
        return ()
    try:
        return tuple(reader.read(said.question, said.answer, said.subject, said.statement))
    except Exception:  # noqa: BLE001  # isolation: what a correction states is worth less than the correction
        _log.exception("What a correction states could not be read.")
        return ()


def rows_of(correction_id: str, seq: int, collection_id: str, version: int, said: Iterable[NamedStatement]) -> list[dict[str, Any]]:
    own = {"correction_id": correction_id, "seq": seq, "collection_id": collection_id, "version": version}
    return [
        own
        | {"ordinal": ordinal, "subject": one.subject, "relation": one.relation, "object": one.object}
        | {"subject_name": one.subject_name, "object_name": one.object_name}
        for ordinal, one in enumerate(said)
    ]


def remove(connection: Connection, correction_ids: Sequence[str]) -> None:
    """In the transaction that takes the corrections back, or their texts away."""
    theirs = sa.select(corrections.c.seq).where(corrections.c.id.in_(correction_ids))
    connection.execute(correction_statements.delete().where(_S.seq.in_(theirs)))


def replace(connection: Connection, state: CorrectionState, version: int, said: Sequence[NamedStatement]) -> None:
    """In the transaction that makes this version of the correction."""
    remove(connection, [state.id])
    if found := rows_of(state.id, state.seq, state.collection_id, version, said):
        connection.execute(INSERT, found)


class Rebuild:
    """The overlay made anew from what the corrections say now."""

    def __init__(self, db: Database, reader: StatementReader) -> None:
        self._db = db
        self._reader = reader

    def look(self) -> bool:
        """Make it anew if another reader, or none, wrote it; whether it was."""
        with self._db.read() as connection:
            if connection.scalar(sa.select(meta.c.value).where(meta.c.key == _READER)) == self._reader.id:
                return False
        self.run()
        return True

    def run(self, go_on: Callable[[], bool] = lambda: True) -> None:
        """In small transactions, beside teaching; harmless to repeat. Ends early once `go_on` says no."""
        after = 0
        while go_on():
            with self._db.read() as connection:
                page = connection.execute(rows.TAUGHT.where(corrections.c.seq > after).order_by(corrections.c.seq).limit(TOGETHER)).all()
            if not page:
                self._sweep()
                return
            after = page[-1].seq
            states = [rows.state_of(row) for row in page]
            said = {state.id: (state, stated(self._reader, state)) for state in states}
            with self._db.write() as connection:
                self._write(connection, said)

    def _write(self, connection: Connection, said: Mapping[str, tuple[CorrectionState, tuple[NamedStatement, ...]]]) -> None:
        """Those that nobody changed meanwhile: whoever did has written theirs."""
        self._db.lock_ledger(connection)
        c = corrections.c
        living = sa.select(c.id, c.version).join(correction_texts).where(c.id.in_(said), c.status != "retracted")
        now = {row.id: row.version for row in connection.execute(living)}
        same = [id_ for id_, (state, _) in said.items() if now.get(id_, state.version) == state.version]
        remove(connection, same)
        found = []
        for state, stated_now in (said[id_] for id_ in same if id_ in now):
            found += rows_of(state.id, state.seq, state.collection_id, state.version, stated_now)
        if found:
            connection.execute(INSERT, found)

    def _sweep(self) -> None:
        """What belongs to no correction that stands, then who made it."""
        c = corrections.c
        standing = sa.select(c.id).join(correction_texts).where(c.status != "retracted")
        insert = self._db.insert(meta).values(key=_READER, value=self._reader.id)
        with self._db.write() as connection:
            self._db.lock_ledger(connection)
            connection.execute(correction_statements.delete().where(_S.correction_id.not_in(standing)))
            connection.execute(insert.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": self._reader.id}))
