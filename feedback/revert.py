"""Taking back at once: everything of an author or of a batch, or the very texts of one correction.

Both go in small transactions and can be repeated: what is done stays done, and a second call does the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from feedback import access, overlay, rows
from jitl.errors import BadInput, NotAllowed
from jitl.principals import Principal, Right
from jitl.sql import audit
from jitl.sql.engine import Database
from jitl.sql.tables import (
    answers,
    collections,
    correction_events,
    correction_sources,
    correction_texts,
    correction_versions,
    corrections,
    replay_outcomes,
    supersessions,
    votes,
)

TOGETHER: Final = 100
"""Corrections taken back in one transaction, which stays short."""


@dataclass(frozen=True, slots=True)
class Reverted:
    """`left`: those of the author or batch that the caller may read but not take back."""

    retracted: int
    left: int = 0


class Reverts:
    """Safe to call from several threads."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def revert(self, principal: Principal, *, author: str | None = None, batch: str | None = None) -> Reverted:
        """Retract all of an author (name or id) or of a batch, wherever the caller may: its experts, its admins, the author.

        Answers are again what they would be had these never been taught. Raises `NotAllowed` where there are some and none may go.
        """
        if (author is None) == (batch is None):
            raise BadInput("Name an author or a batch.", hint='Send {"author": ...} or {"batch": ...}.')
        c = corrections.c
        whose = c.batch == batch if batch is not None else (c.author == author) | (c.author_id == author)
        ids, left = self._found(principal, whose)
        if left and not ids:
            raise NotAllowed("Only an expert of the collection may take these corrections back.", hint="Ask one of its experts.")
        if not ids:
            return Reverted(0)
        done = 0
        for start in range(0, len(ids), TOGETHER):
            with self._db.write() as connection:
                done += self._retract(connection, ids[start : start + TOGETHER], principal, {"revert": "author" if author else "batch"})
        with self._db.write() as connection:
            what = {"by": "author" if author else "batch", "corrections": done, "left": left}
            audit.record(connection, principal.id, "corrections.revert", str(author or batch)[:200], what)
        return Reverted(done, left)

    def erase(self, correction_id: str, principal: Principal) -> None:
        """Retract it and take its texts away for ever, with those of its versions, its marks and the kept answers that show it.

        Ids, times, who did what and salted digests stay. By an admin of the collection; erasing again changes nothing.
        """
        with self._db.read() as connection:
            row = access.readable(connection, correction_id, principal)
            if not principal.may(Right.ADMIN, row.collection_id):
                raise NotAllowed("Only an admin of the collection may erase a correction.", hint="Retract it, or ask an admin.")
            showing = sa.select(answers.c.id).where(sa.cast(answers.c.answer, sa.Text).contains(correction_id, autoescape=True))
            shown = list(connection.scalars(showing))
        with self._db.write(urgent=True) as connection:
            self._erase(connection, correction_id, principal)
        for page in rows.pages(shown):
            with self._db.write() as connection:
                connection.execute(votes.delete().where(votes.c.answer_id.in_(page)))
                connection.execute(answers.delete().where(answers.c.id.in_(page)))

    def _found(self, principal: Principal, whose: sa.ColumnElement[bool]) -> tuple[list[str], int]:
        """Ids that may be taken back, oldest first, and how many others the caller sees."""
        c = corrections.c
        wanted = sa.select(c.id, c.collection_id, c.author_id).join(collections, collections.c.id == c.collection_id)
        wanted = wanted.where(whose, c.status != "retracted", collections.c.deleted_at.is_(None)).order_by(c.seq)
        with self._db.read() as connection:
            found = [row for row in connection.execute(wanted) if principal.may(Right.READ, row.collection_id)]
        ids = [row.id for row in found if row.author_id == principal.id or _may(principal, row.collection_id)]
        return ids, len(found) - len(ids)

    def _retract(self, connection: Connection, ids: Sequence[str], principal: Principal, why: Mapping[str, object]) -> int:
        self._db.lock_ledger(connection)
        c = corrections.c
        still = set(connection.scalars(sa.select(c.id).where(c.id.in_(ids), c.status != "retracted")))
        now, seq = datetime.now(UTC), rows.newest(connection)
        event = {"kind": "retracted", "at": now, "principal_id": principal.id, "digest": "", "metadata": {"status": "retracted", **why}}
        events: list[dict[str, Any]] = [
            {"seq": seq + n, "correction_id": id_, **event} for n, id_ in enumerate((id_ for id_ in ids if id_ in still), 1)
        ]
        if events:
            connection.execute(correction_events.insert(), events)
            changes = [{"which": one["correction_id"], "last_seq": one["seq"]} for one in events]
            retracted = corrections.update().where(c.id == sa.bindparam("which"))
            connection.execute(retracted.values(status="retracted", last_seq=sa.bindparam("last_seq")), changes)
            overlay.remove(connection, [one["correction_id"] for one in events])
        return len(events)

    def _erase(self, connection: Connection, correction_id: str, principal: Principal) -> None:
        self._db.lock_ledger(connection)
        gone = connection.execute(correction_texts.delete().where(correction_texts.c.correction_id == correction_id)).rowcount
        if not gone:
            return
        for table in (correction_versions, correction_sources, supersessions, replay_outcomes):  # the last holds digests of wordings
            connection.execute(table.delete().where(table.c.correction_id == correction_id))
        overlay.remove(connection, [correction_id])
        seq = rows.newest(connection) + 1
        event = {"seq": seq, "correction_id": correction_id, "kind": "erased", "at": datetime.now(UTC), "principal_id": principal.id}
        connection.execute(correction_events.insert().values(**event, digest="", metadata={"status": "retracted"}))
        empty = {"status": "retracted", "last_seq": seq, "question_key": None, "vectors": None, "encoder": None}
        connection.execute(corrections.update().where(corrections.c.id == correction_id).values(**empty))
        audit.record(connection, principal.id, "corrections.erased", correction_id)


def _may(principal: Principal, collection_id: str) -> bool:
    return principal.speaks_for(collection_id) or principal.may(Right.ADMIN, collection_id)
