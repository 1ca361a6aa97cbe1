"""In how many published passages of a collection each term stands: exact at every instant, written in small steps.

A publish's changes are staged beforehand (`frequency_changes`, `frequency_deltas`), become visible by one flag in the
publish transaction, and are folded into `frequencies` afterwards, slice by slice. What a reader sees is always
`frequencies` plus the live deltas that are not folded yet; each fold step moves a slice in one transaction.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

import numpy as np
import sqlalchemy as sa

from jitl.sql.prepared import Among, Prepared
from jitl.sql.tables import collections, frequencies, frequency_changes, frequency_deltas

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from jitl.sql.engine import Database

T = TypeVar("T")

SLICE = 500
"""Rows a write transaction moves; keeps it under 20 ms."""
PASSAGES = -1
"""Stands for the number of passages among the terms of a lookup's answer; terms are never negative."""


class Frequencies:
    """Document frequencies of collections."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def lookup(self, terms: Iterable[int], collections: Sequence[str]) -> tuple[dict[int, int], int]:
        """Published passages of the collections that hold each term (terms in none are left out), and all of their number."""
        with self._db.read() as connection:
            # One statement, so that a fold between two could neither hide a slice nor show it twice.
            rows = _LOOKUP.rows(connection, terms=sorted(set(terms)), collections=list(collections))
        found = {int(row.term): int(row.n) for row in rows if row.n > 0}
        passages = found.pop(PASSAGES, 0)
        return found, passages

    def stage(self, collection_id: str, deltas: Mapping[int, int]) -> str:
        """Write a change that nobody sees yet; its id goes to `enliven`. Small transactions."""
        change = str(uuid4())
        rows = [{"change_id": change, "term": term, "delta": delta} for term, delta in sorted(deltas.items()) if delta]
        with self._db.write() as connection:
            row = {"id": change, "collection_id": collection_id, "live": False, "created_at": datetime.now(UTC)}
            connection.execute(sa.insert(frequency_changes), row)
        for some in slices(rows, SLICE):
            with self._db.write() as connection:
                connection.execute(sa.insert(frequency_deltas), list(some))
        return change

    def discard(self, change_id: str) -> None:
        """Forget a staged change that will not be published."""
        while self._remove_slice(change_id):
            pass

    def fold(self, change_id: str | None = None) -> None:
        """Move live changes (or one of them) into `frequencies`; readers see the same numbers throughout."""
        for change in [change_id] if change_id is not None else self._changes(frequency_changes.c.live):
            while self._fold_slice(change):
                pass

    def recover(self) -> None:
        """After a crash: fold what was published, forget what was not. Waits for who publishes, so harmless while others ingest."""
        c = frequency_changes.c
        with self._db.read() as connection:
            places = list(connection.scalars(sa.select(c.collection_id).distinct()))
        for place in places:
            with self._db.exclusive(publishing(place)):
                for change in self._changes((c.collection_id == place) & ~c.live):
                    self.discard(change)
                for change in self._changes((c.collection_id == place) & c.live):
                    self.fold(change)

    def _changes(self, condition: sa.ColumnElement[bool]) -> list[str]:
        wanted = sa.select(frequency_changes.c.id).where(condition).order_by(frequency_changes.c.created_at)
        with self._db.read() as connection:
            return list(connection.scalars(wanted))

    def _fold_slice(self, change_id: str) -> bool:
        """Move one slice; False when the change is gone."""
        d, f, c = frequency_deltas.c, frequencies.c, frequency_changes.c
        with self._db.write() as connection:
            held = sa.select(c.collection_id).where(c.id == change_id, c.live).with_for_update()
            collection_id = connection.scalar(held)
            if collection_id is None:
                return False
            ours = d.change_id == change_id
            upto = connection.scalar(sa.select(d.term).where(ours).order_by(d.term).limit(1).offset(SLICE - 1))
            moved = ours if upto is None else ours & (d.term <= upto)
            rows = sa.select(sa.literal(collection_id), d.term, d.delta).where(moved).order_by(d.term)
            insert = self._db.insert(frequencies).from_select(["collection_id", "term", "passages"], rows)
            added = {"passages": f.passages + insert.excluded.passages}
            connection.execute(insert.on_conflict_do_update(index_elements=[f.collection_id, f.term], set_=added))
            fallen = sa.select(d.term).where(moved, d.delta < 0)
            connection.execute(
                sa.delete(frequencies).where(f.collection_id == collection_id, f.passages <= 0, f.term.in_(fallen)),
            )
            connection.execute(sa.delete(frequency_deltas).where(moved))
            if upto is None:
                connection.execute(sa.delete(frequency_changes).where(c.id == change_id))
            return upto is not None

    def _remove_slice(self, change_id: str) -> bool:
        d, c = frequency_deltas.c, frequency_changes.c
        with self._db.write() as connection:
            ours = d.change_id == change_id
            upto = connection.scalar(sa.select(d.term).where(ours).order_by(d.term).limit(1).offset(SLICE - 1))
            connection.execute(sa.delete(frequency_deltas).where(ours if upto is None else ours & (d.term <= upto)))
            if upto is None:
                connection.execute(sa.delete(frequency_changes).where(c.id == change_id))
            return upto is not None


def publishing(collection_id: str) -> str:
    """The lock under which a collection's changes are staged, published and folded."""
    return f"publish {collection_id}"


def enliven(connection: Connection, change_id: str) -> None:
    """Make a staged change visible, as part of the caller's transaction."""
    connection.execute(sa.update(frequency_changes).where(frequency_changes.c.id == change_id).values(live=True))


def pack(counts: Mapping[int, int]) -> bytes:
    """Term -> passages as deflated little-endian (u32, u32) pairs, by term."""
    pairs = np.array(sorted(counts.items()), dtype="<u4").reshape(-1, 2)
    return zlib.compress(pairs.tobytes(), level=1)


def unpack(packed: bytes) -> dict[int, int]:
    """What `pack` packed."""
    pairs = np.frombuffer(zlib.decompress(packed), dtype="<u4").reshape(-1, 2)
    return {int(term): int(n) for term, n in pairs.tolist()}


def slices(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The rows in runs of at most `size`, in order."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _statement(among: Among) -> sa.Select[tuple[int, int]]:
    f, d, c, k = frequencies.c, frequency_deltas.c, frequency_changes.c, collections.c
    held = among(f.collection_id, "collections") & among(f.term, "terms")
    folded = sa.select(f.term.label("term"), f.passages.label("n")).where(held)
    joined = frequency_deltas.join(frequency_changes, c.id == d.change_id)
    live = sa.select(d.term, d.delta).select_from(joined).where(c.live, among(c.collection_id, "collections"), among(d.term, "terms"))
    total = sa.select(sa.literal_column(str(PASSAGES)), k.passages).where(among(k.id, "collections"))
    every = sa.union_all(folded, live, total).subquery()
    return sa.select(every.c.term, sa.func.sum(every.c.n).label("n")).group_by(every.c.term)


_LOOKUP = Prepared(_statement)
