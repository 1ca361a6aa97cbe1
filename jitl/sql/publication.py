"""The switch: one transaction shows readers the new versions of some documents, or that they are gone.

Everything long is written before (versions, chunks, the change of the document frequencies) or after it (folding, the
emptying of what was replaced). A switch that finds the documents changed under it starts again from what stands there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from jitl.errors import NotFound, Unavailable
from jitl.sql.frequencies import Frequencies, enliven, slices, unpack
from jitl.sql.outbox import APPLIED, STAGED, VERSION, WAITING, announce, move
from jitl.sql.tables import collections, documents, sources, versions

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from jitl.sql.engine import Database

WINDOW = 256
"""Documents a switch changes at most."""
ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Switch:
    """What a transaction changed. `dropped` are new versions whose document was deleted while they were being written."""

    published: tuple[str, ...]
    retired: tuple[str, ...]
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Standing:
    """A document as it stands: its published version and whether it is deleted."""

    version_id: str | None
    deleted: bool


class Publication:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._frequencies = Frequencies(db)

    def publish(self, collection_id: str, new: Mapping[str, str]) -> Switch:
        """Make these versions (document id -> version id) the ones that readers see; all of a window's, or none.

        Raises `NotFound` when the collection is gone; nothing is changed then.
        """
        return self._switch(collection_id, dict(new))

    def withdraw(self, collection_id: str, document_ids: Sequence[str]) -> list[str]:
        """Hide these documents; their names are free at once. Returns those that were not deleted before."""
        gone: list[str] = []
        for some in slices(sorted(document_ids), WINDOW):
            before = self._standing(some)
            self._switch(collection_id, dict.fromkeys(some))
            gone += [id_ for id_ in some if id_ in before and not before[id_].deleted]
        return gone

    def abandon(self, version_ids: Sequence[str]) -> None:
        """Leave versions that will not be published to the projector, which removes them."""
        for some in slices(sorted(version_ids), WINDOW):
            with self._db.write() as connection:
                v = versions.c
                connection.execute(sa.update(versions).where(v.id.in_(some), v.state == "pending").values(state="retired"))
                move(connection, VERSION, some, from_=STAGED, to=WAITING)

    def _switch(self, collection_id: str, new: Mapping[str, str | None]) -> Switch:
        for _ in range(ATTEMPTS):
            before = self._standing(list(new))
            here = {id_ for id_ in new if id_ in before and not before[id_].deleted}
            live = {id_: version for id_, version in new.items() if id_ in here and (version is None or version != before[id_].version_id)}
            dropped = tuple(version for id_, version in new.items() if version is not None and id_ not in here)
            old = {id_: before[id_].version_id for id_ in live}
            deltas, passages = self._difference(list(live.values()), list(old.values()))
            change = self._frequencies.stage(collection_id, deltas) if deltas else None
            try:
                done = self._commit(collection_id, live, old, change, passages)
            except BaseException:
                if change is not None:
                    self._frequencies.discard(change)
                raise
            if done:
                if change is not None:
                    self._frequencies.fold(change)
                self.abandon(dropped)
                return Switch(tuple(v for v in live.values() if v), tuple(v for v in old.values() if v), dropped)
            if change is not None:
                self._frequencies.discard(change)
        raise Unavailable("The documents are being changed by others all the time.", hint="Try again later.")

    def _standing(self, document_ids: Sequence[str], connection: Connection | None = None) -> dict[str, _Standing]:
        """With a connection: locked until its transaction ends."""
        if connection is None:
            with self._db.read() as reading:
                return _look(reading, document_ids, lock=False)
        return _look(connection, document_ids, lock=True)

    def _difference(self, new: Sequence[str | None], old: Sequence[str | None]) -> tuple[dict[int, int], int]:
        """Change of the document frequencies, and of the number of passages."""
        v = versions.c
        signs = [(id_, 1) for id_ in new if id_] + [(id_, -1) for id_ in old if id_]
        total: dict[int, int] = {}
        passages = 0
        with self._db.read() as connection:
            for some in slices(signs, WINDOW):
                sign = dict(some)
                for row in connection.execute(sa.select(v.id, v.term_counts, v.passages).where(v.id.in_(list(sign)))):
                    passages += sign[row.id] * row.passages
                    for term, n in unpack(row.term_counts).items():
                        total[term] = total.get(term, 0) + sign[row.id] * n
        return {term: n for term, n in total.items() if n}, passages

    def _commit(
        self, collection_id: str, new: Mapping[str, str | None], old: Mapping[str, str | None], change: str | None, passages: int
    ) -> bool:
        """The one transaction; False when a document is no longer as it was looked at."""
        k = collections.c
        with self._db.write() as connection:
            if connection.scalar(sa.select(k.id).where(k.id == collection_id, k.deleted_at.is_(None)).with_for_update()) is None:
                raise NotFound("The collection was deleted meanwhile.")
            if self._standing(list(new), connection) != {id_: _Standing(version, deleted=False) for id_, version in old.items()}:
                return False
            _point(connection, new)
            retired = [version for version in old.values() if version]
            _settle(connection, [version for version in new.values() if version], retired)
            if passages:
                connection.execute(sa.update(collections).where(k.id == collection_id).values(passages=k.passages + passages))
            if change is not None:
                enliven(connection, change)
            return True


def _look(connection: Connection, document_ids: Sequence[str], *, lock: bool) -> dict[str, _Standing]:
    d = documents.c
    found: dict[str, _Standing] = {}
    for some in slices(sorted(document_ids), WINDOW):
        wanted = sa.select(d.id, d.version_id, d.deleted_at).where(d.id.in_(some)).order_by(d.id)
        rows = connection.execute(wanted.with_for_update() if lock else wanted)
        found |= {row.id: _Standing(row.version_id, row.deleted_at is not None) for row in rows}
    return found


def _point(connection: Connection, new: Mapping[str, str | None]) -> None:
    """Let documents show their new version, or hide them and free their names."""
    d = documents.c
    shown = [{"document": id_, "version": version} for id_, version in new.items() if version is not None]
    hidden = [id_ for id_, version in new.items() if version is None]
    if shown:
        one = sa.update(documents).where(d.id == sa.bindparam("document")).values(version_id=sa.bindparam("version"))
        connection.execute(one, shown)
    if hidden:
        read = sa.select(d.source_uri).where(d.id.in_(hidden))  # their file must be read again if it comes back
        within = sa.select(d.collection_id).where(d.id.in_(hidden))
        connection.execute(sa.delete(sources).where(sources.c.collection_id.in_(within), sources.c.uri.in_(read)))
        gone = sa.update(documents).where(d.id.in_(hidden), d.deleted_at.is_(None))
        connection.execute(gone.values(version_id=None, deleted_at=datetime.now(UTC), name=d.id))


def _settle(connection: Connection, published: Sequence[str], retired: Sequence[str]) -> None:
    """Bring the versions' states and the outbox in line with what the documents show."""
    v = versions.c
    if published:
        connection.execute(sa.update(versions).where(v.id.in_(published)).values(state="published", published_at=datetime.now(UTC)))
        move(connection, VERSION, published, from_=STAGED, to=APPLIED)
    if retired:
        connection.execute(sa.update(versions).where(v.id.in_(retired)).values(state="retired"))
        announce(connection, VERSION, retired)
