"""What projections still have to look at: each row names an id, never an operation.

`staged` rows belong to a running ingest, which projects what it publishes itself; `waiting` ones are the projector's;
`applied` ones are in the stores but perhaps not on stable storage. A row goes when it is done.

A projection that may fall behind (its server may be away for days) has rows of its own, of kinds with its name before them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from jitl.sql.frequencies import slices
from jitl.sql.tables import outbox, versions

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from jitl.sql.engine import Database

VERSION = "version"
COLLECTION = "collection"
PAGE = 500
STAGED, WAITING, APPLIED = "staged", "waiting", "applied"


@dataclass(frozen=True, slots=True)
class Errand:
    """A row of the outbox."""

    id: int
    kind: str
    ref: str
    state: str
    attempts: int


def announce(connection: Connection, kind: str, refs: Sequence[str], state: str = WAITING) -> None:
    """Put ids into the outbox, as part of the caller's transaction."""
    now = datetime.now(UTC)
    rows = [{"kind": kind, "ref": ref, "state": state, "attempts": 0, "created_at": now} for ref in refs]
    if rows:
        connection.execute(sa.insert(outbox), rows)


def move(connection: Connection, kind: str, refs: Sequence[str], *, from_: str, to: str) -> None:
    """Change the state of the rows that name these ids, as part of the caller's transaction."""
    o = outbox.c
    connection.execute(sa.update(outbox).where(o.kind == kind, o.ref.in_(refs), o.state == from_).values(state=to))


class Outbox:
    """The rows as a projector works them off, oldest first: those of everyone, or those of the projection that is named."""

    def __init__(self, db: Database, owner: str = "") -> None:
        self._db = db
        self._kinds = {f"{owner} {kind}".strip(): kind for kind in (VERSION, COLLECTION)}
        self._kind_of = {kind: ours for ours, kind in self._kinds.items()}
        self._ours = outbox.c.kind.in_(list(self._kinds))

    def add(self, kind: str, refs: Sequence[str]) -> None:
        """Have these looked at."""
        for some in slices(refs, PAGE):
            with self._db.write() as connection:
                announce(connection, self._kind_of[kind], some)

    def errands(self, states: Collection[str], limit: int, *, after: int = 0) -> list[Errand]:
        o = outbox.c
        wanted = sa.select(o.id, o.kind, o.ref, o.state, o.attempts).where(self._ours, o.state.in_(states), o.id > after)
        with self._db.read() as connection:
            rows = connection.execute(wanted.order_by(o.id).limit(limit))
            return [Errand(row.id, self._kinds[row.kind], row.ref, row.state, row.attempts) for row in rows]

    def applied(self, errands: Sequence[Errand]) -> None:
        """The stores have it; `done` follows their flush."""
        self._set(errands, {"state": APPLIED, "error": None})

    def failed(self, errands: Sequence[Errand], reason: str) -> None:
        """Leave the rows waiting, and say why."""
        self._set(errands, {"state": WAITING, "attempts": outbox.c.attempts + 1, "error": reason[:1000]})

    def done(self, errands: Sequence[Errand]) -> None:
        with self._db.write() as connection:
            connection.execute(sa.delete(outbox).where(outbox.c.id.in_([errand.id for errand in errands])))

    def recover(self, *, alone: bool = True) -> None:
        """After a crash: what is staged for nobody is the projector's, and, `alone`, what was applied may have been lost with the power."""
        v, o = versions.c, outbox.c
        being_written = sa.exists().where(v.id == o.ref, v.state == "pending")
        lost = (o.state == STAGED) & ~being_written
        if alone:
            lost |= o.state == APPLIED
        with self._db.write() as connection:
            connection.execute(sa.update(outbox).where(self._ours, lost).values(state=WAITING))

    def revisit(self) -> int:
        """Have every published version looked at again, as after the loss of a store; how many did not wait for it already."""
        seen, last = 0, ""
        v, o, kind = versions.c, outbox.c, self._kind_of[VERSION]
        waits = sa.exists().where(o.kind == kind, o.ref == v.id, o.state == WAITING)
        while True:
            page = sa.select(v.id).where(v.state == "published", ~waits, v.id > last).order_by(v.id).limit(PAGE)
            with self._db.write() as connection:
                ids = list(connection.scalars(page))
                announce(connection, kind, ids)
            if not ids:
                return seen
            seen, last = seen + len(ids), ids[-1]

    def reclaim(self) -> int:
        """Announce retired versions that no row names, so that nothing of them stays for ever; how many there were."""
        v, o = versions.c, outbox.c
        named = sa.exists().where(o.kind == VERSION, o.ref == v.id)
        orphans = sa.select(v.id).where(v.state == "retired", ~named).order_by(v.id).limit(PAGE)
        with self._db.read() as connection:
            if connection.scalar(orphans.limit(1)) is None:
                return 0
        with self._db.write() as connection:
            ids = list(connection.scalars(orphans))
            announce(connection, VERSION, ids)
        return len(ids)

    def count(self) -> int:
        with self._db.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(outbox).where(self._ours)) or 0

    def trouble(self) -> str | None:
        """Why the oldest row that failed did."""
        o = outbox.c
        with self._db.read() as connection:
            return connection.scalar(sa.select(o.error).where(self._ours, o.error.is_not(None)).order_by(o.id).limit(1))

    def _set(self, errands: Sequence[Errand], values: dict[str, object]) -> None:
        with self._db.write() as connection:
            connection.execute(sa.update(outbox).where(outbox.c.id.in_([errand.id for errand in errands])).values(values))
