"""Fitted thresholds of the scope decision: kept in SQL, announced in the corrections' sequence, so that every process has them at once.

Set and taken back by an explicit act alone; nothing that is taught or retracted moves one, so undo stays exact.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from feedback import journal
from feedback.calibrate import Calibration, Rates, calibrate
from feedback.retriever import TaughtCorrections
from feedback.scope import Scope, shipped
from feedback.trials import Examiner, Trial, chosen
from jitl.sql import audit
from jitl.sql.tables import collections, scope_fits, scope_thresholds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Connection

    from feedback.shelf import ShelfView
    from jitl.ports import Reporter
    from jitl.sql.engine import Database


@dataclass(frozen=True, slots=True)
class Fit:
    """What came of one collection. `applied`: the threshold in force was changed by it."""

    collection_id: str
    calibration: Calibration
    shipped: float
    applied: bool = False


@dataclass(frozen=True, slots=True)
class InForce:
    """A collection's own threshold, and on how many corrections it was fitted."""

    collection_id: str
    threshold: float
    corrections: int
    at: datetime


class Thresholds:
    """Safe to call from several threads."""

    def __init__(self, db: Database, taught: TaughtCorrections) -> None:
        self._db = db
        self._taught = _Taught(taught)

    @property
    def shipped(self) -> float:
        return self._taught.scope.threshold

    def fit(self, job_id: str, places: Sequence[str], principal_id: str, reporter: Reporter, *, dry_run: bool = False) -> bool:
        """Fit each collection and keep what came of it with the job; False where it was told to stop.

        What an interrupted attempt of the job has done is not done again. Raises `MissingPart`, `Unavailable`.
        """
        over = {fit.collection_id for fit in self.report(job_id)}
        work = [(place, *self._taught.chosen(place)) for place in places if place not in over]
        total, done = sum(len(slots) for _, _, slots in work), 0
        reporter.advance(done, total)
        for place, shelf, slots in work:
            trials: list[Trial] = []
            for slot in slots:
                if reporter.cancelled():
                    return False
                assert shelf is not None
                trials += self._taught.examiner.trials(shelf, slot)
                done += 1
                reporter.advance(done, total)
            in_force = {one.collection_id: one.threshold for one in self.in_force([place])}.get(place)
            found = calibrate(trials, shelf.size if shelf else 0, self.shipped, in_force)
            self._keep(job_id, Fit(place, found, self.shipped), principal_id, dry_run=dry_run)
        return True

    def reset(self, place: str, principal_id: str) -> bool:
        """Back to the shipped threshold; False where it was in force already."""
        with self._db.write(urgent=True) as connection:
            return self._set(connection, place, None, principal_id)

    def in_force(self, places: Sequence[str]) -> list[InForce]:
        """Of those collections that have one of their own, by id."""
        c = scope_thresholds.c
        wanted = sa.select(c.collection_id, c.threshold, c.corrections, c.at).where(c.collection_id.in_(places)).order_by(c.collection_id)
        with self._db.read() as connection:
            return [InForce(*row) for row in connection.execute(wanted)]

    def report(self, job_id: str) -> list[Fit]:
        """What a job has found so far."""
        c = scope_fits.c
        with self._db.read() as connection:
            found = connection.execute(sa.select(c.report).where(c.job_id == job_id).order_by(c.collection_id))
            return [_read(report) for report in found.scalars()]

    def _keep(self, job_id: str, fit: Fit, principal_id: str, *, dry_run: bool) -> None:
        with self._db.write() as connection:
            applied = False if dry_run else self._set(connection, fit.collection_id, fit.calibration, principal_id)
            report = {**asdict(fit), "applied": applied}
            connection.execute(scope_fits.insert().values(job_id=job_id, collection_id=fit.collection_id, report=report))

    def _set(self, connection: Connection, place: str, found: Calibration | None, principal_id: str) -> bool:
        """Whether the threshold in force is another now. None, or one that is the shipped one: none of its own."""
        self._db.lock_ledger(connection)
        t, k = scope_thresholds.c, collections.c
        threshold = None if found is None or found.threshold == self.shipped else found.threshold
        known = connection.scalar(sa.select(t.threshold).where(t.collection_id == place))
        living = connection.scalar(sa.select(k.id).where(k.id == place, k.deleted_at.is_(None)))
        if threshold == known or living is None:
            return False
        kind = "reset" if threshold is None else "fitted"
        detail: dict[str, object] = {"collection": place, "threshold": threshold, "before": known}
        seq = journal.append_event(self._db, connection, None, kind, principal_id, detail)
        connection.execute(sa.delete(scope_thresholds).where(t.collection_id == place))
        if threshold is not None and found is not None:
            row = {"collection_id": place, "threshold": threshold, "seq": seq, "corrections": found.corrections}
            connection.execute(scope_thresholds.insert().values(**row, principal_id=principal_id, at=datetime.now(UTC)))
        audit.record(connection, principal_id, f"corrections.{kind}", place, detail)
        return True


class _Taught(TaughtCorrections):
    """What readers are answered from, put to the test."""

    def __init__(self, taught: TaughtCorrections) -> None:
        vars(self).update(vars(taught))

    @property
    def scope(self) -> Scope:
        return self._scope or shipped()

    @property
    def examiner(self) -> Examiner:
        return Examiner(self.scope, self._reader, self._vector, self._pairs)

    def chosen(self, place: str) -> tuple[ShelfView | None, list[int]]:
        """The collection's authoritative corrections as they stand now, and which of them are tried."""
        for shelf in self._memory.refresh().shelves([place], authoritative=True):
            return shelf, chosen(shelf)
        return None, []


def _read(report: Mapping[str, Any]) -> Fit:
    said = report["calibration"]
    rates = {name: Rates(**said[name]) for name in ("before", "after")}
    return Fit(report["collection_id"], Calibration(**{**said, **rates}), report["shipped"], report["applied"])
