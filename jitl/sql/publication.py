"""The switch: one transaction shows readers the new versions of some documents, or that they are gone.

Everything long is written before (versions, chunks, the change of the document frequencies) or after it (folding, the
emptying of what was replaced). A switch that finds the documents changed under it starts again from what stands there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from jitl.errors import NotFound, Unavailable
from jitl.sql.frequencies import Frequencies, enliven, publishing, slices, unpack
from jitl.sql.outbox import APPLIED, STAGED, VERSION, WAITING, announce, move
from jitl.sql.tables import collections, documents, sources, versions

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from jitl.sql.engine import Database

WINDOW = 128
"""Documents a switch changes at most."""
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class _Standing:
    """A document as it stands: its published version and whether it is deleted."""

    version_id: str | None
    deleted: bool


class _Moved(Exception):
    """A document is no longer as it was looked at."""


class Publication:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._frequencies = Frequencies(db)

    def publish(self, collection_id: str, new: Mapping[str, str]) -> list[str]:
        """Make these versions (document id -> version id) the ones that readers see, some at a time, each document at once.

        Returns the versions that were not published since their document was deleted meanwhile. Raises `NotFound` when the
        collection is gone.
        """
        dropped: list[str] = []
        for some in slices(sorted(new), WINDOW):
            dropped += self._switch(collection_id, {id_: new[id_] for id_ in some})
        return dropped

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

    def _switch(self, collection_id: str, new: Mapping[str, str | None]) -> list[str]:
        """Returns versions that were dropped."""
        with self._db.exclusive(publishing(collection_id)):  # not to find the documents changed at every attempt
            for _ in range(ATTEMPTS):
                before = self._standing(list(new))
                here = {id_ for id_ in new if id_ in before and not before[id_].deleted}
                live = {
                    id_: version for id_, version in new.items() if id_ in here and (version is None or version != before[id_].version_id)
                }
                dropped = [version for id_, version in new.items() if version is not None and id_ not in here]
                self.abandon(dropped)
                try:
                    if live:
                        self._change(collection_id, live, {id_: before[id_].version_id for id_ in live})
                except _Moved:
                    continue
                return dropped
        raise Unavailable("The documents are being changed by others all the time.", hint="Try again later.")

    def _change(self, collection_id: str, new: Mapping[str, str | None], old: Mapping[str, str | None]) -> None:
        deltas, passages = self._difference(list(new.values()), list(old.values()))
        change = self._frequencies.stage(collection_id, deltas) if deltas else None
        try:
            self._commit(collection_id, new, old, change, passages)
        except BaseException:
            if change is not None:
                self._frequencies.discard(change)
            raise
        if change is not None:
            self._frequencies.fold(change)

    def _standing(self, document_ids: Sequence[str]) -> dict[str, _Standing]:
        d = documents.c
        with self._db.read() as connection:
            rows = connection.execute(sa.select(d.id, d.version_id, d.deleted_at).where(d.id.in_(document_ids)))
            return {row.id: _Standing(row.version_id, row.deleted_at is not None) for row in rows}

    def _difference(self, new: Sequence[str | None], old: Sequence[str | None]) -> tuple[dict[int, int], int]:
        """Change of the document frequencies, and of the number of passages."""
        v = versions.c
        sign = {id_: 1 for id_ in new if id_} | {id_: -1 for id_ in old if id_}
        total: Counter[int] = Counter()
        passages = 0
        with self._db.read() as connection:
            for row in connection.execute(sa.select(v.id, v.term_counts, v.passages).where(v.id.in_(list(sign)))):
                passages += sign[row.id] * row.passages
                counts = unpack(row.term_counts)
                (total.update if sign[row.id] > 0 else total.subtract)(counts)
        return {term: n for term, n in total.items() if n}, passages

    def _commit(
        self, collection_id: str, new: Mapping[str, str | None], old: Mapping[str, str | None], change: str | None, passages: int
    ) -> None:
        """The one transaction; raises `_Moved`, changing nothing, when a document is no longer as it was looked at."""
        k = collections.c
        shown = {id_: version for id_, version in new.items() if version is not None}
        hidden = [id_ for id_ in new if id_ not in shown]
        with self._db.write() as connection:
            if connection.scalar(sa.select(k.id).where(k.id == collection_id, k.deleted_at.is_(None)).with_for_update()) is None:
                raise NotFound("The collection was deleted meanwhile.")
            if _show(connection, shown, old) + _hide(connection, hidden, old) != len(new):
                raise _Moved
            _settle(connection, list(shown.values()), [version for version in old.values() if version])
            counted = sa.update(collections).where(k.id == collection_id)
            more = sum(old[id_] is None for id_ in shown) - sum(old[id_] is not None for id_ in hidden)
            connection.execute(counted.values(passages=k.passages + passages, documents=k.documents + more, epoch=k.epoch + 1))
            if change is not None:
                enliven(connection, change)


def _unmoved(document_ids: Sequence[str], old: Mapping[str, str | None]) -> sa.ColumnElement[bool]:
    """These documents, while they stand as they were looked at (a version belongs to one document alone)."""
    d = documents.c
    were = [version for id_ in document_ids if (version := old[id_]) is not None]
    bare = [id_ for id_ in document_ids if old[id_] is None]
    as_before = d.version_id.in_(were) | (d.version_id.is_(None) & d.id.in_(bare))
    return d.id.in_(document_ids) & d.deleted_at.is_(None) & as_before


def _show(connection: Connection, new: Mapping[str, str], old: Mapping[str, str | None]) -> int:
    """Let documents show their new version; how many do."""
    if not new:
        return 0
    d, v = documents.c, versions.c
    version = sa.select(v.id).where(v.document_id == d.id, v.id.in_(list(new.values())), v.state == "pending")
    shown = sa.update(documents).where(_unmoved(list(new), old), version.exists())
    return connection.execute(shown.values(version_id=version.scalar_subquery())).rowcount


def _hide(connection: Connection, document_ids: Sequence[str], old: Mapping[str, str | None]) -> int:
    """Hide documents and free their names; how many were. Their file must be read again if it comes back."""
    if not document_ids:
        return 0
    d, s = documents.c, sources.c
    read = sa.select(d.source_uri).where(d.id.in_(document_ids))
    within = sa.select(d.collection_id).where(d.id.in_(document_ids))
    connection.execute(sa.delete(sources).where(s.collection_id.in_(within), s.uri.in_(read)))
    gone = sa.update(documents).where(_unmoved(document_ids, old))
    return connection.execute(gone.values(version_id=None, deleted_at=datetime.now(UTC), name=d.id)).rowcount


def _settle(connection: Connection, published: Sequence[str], retired: Sequence[str]) -> None:
    """Bring the versions' states and the outbox in line with what the documents show."""
    v = versions.c
    if published:
        connection.execute(sa.update(versions).where(v.id.in_(published)).values(state="published", published_at=datetime.now(UTC)))
        move(connection, VERSION, published, from_=STAGED, to=APPLIED)
    if retired:
        connection.execute(sa.update(versions).where(v.id.in_(retired)).values(state="retired"))
        announce(connection, VERSION, retired)
