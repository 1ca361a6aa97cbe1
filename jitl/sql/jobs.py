"""The job table is the queue: what is to be done, who does it until when, and how it went.

A worker that claims a job holds it under a lease and a fencing number. Whoever claims it later gets a higher number, and from
then on nothing that the earlier worker writes about the job is taken.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jitl.errors import Conflict, NotFound
from jitl.principals import Principal, Right, personal_like
from jitl.sql.engine import Database
from jitl.sql.tables import job_items, jobs

ATTEMPTS: Final = 5
"""A job interrupted this often without getting further is set aside as failed."""

OVER: Final = ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Job:
    """A job as people see it. `progress` holds done, total, unit, rate, eta_s, note; `counts` items by status."""

    id: str
    kind: str
    state: str  # queued, running, done, failed, cancelled
    principal_id: str
    collection_id: str | None
    arguments: Mapping[str, Any]
    progress: Mapping[str, Any]
    attempts: int
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel: bool
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobItem:
    """What became of one document or file. status: added, changed, unchanged, removed, skipped, failed."""

    id: int
    uri: str
    status: str
    reason: str
    document_id: str | None
    chunks: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in one worker's hands."""

    job: Job
    fence: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What a worker learns when it reports: whether the job is still its own, and whether it should stop."""

    held: bool
    cancel: bool


class JobTable:
    """Safe to call from several threads and processes."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def create(self, kind: str, arguments: Mapping[str, Any], *, principal_id: str, collection_id: str | None = None) -> str:
        """Queue a job; on stable storage when this returns."""
        job_id = str(uuid.uuid4())
        values = {"id": job_id, "kind": kind, "arguments": dict(arguments), "state": "queued", "progress": {}}
        who = {"principal_id": principal_id, "collection_id": collection_id, "created_at": datetime.now(UTC)}
        with self._db.write() as connection:
            connection.execute(jobs.insert().values(**values, **who, attempts=0, fence=0, cancel=False))
        return job_id

    def claim(self, kinds: Collection[str], *, owner: str, lease_s: float, only: Collection[str] | None = None) -> Claim | None:
        """The oldest job that waits, or whose worker let its lease run out; None where there is nothing to do.

        `only`: of these ids.
        """
        now = datetime.now(UTC)
        oldest = sa.select(jobs).where(_waits(now), jobs.c.kind.in_(kinds)).order_by(jobs.c.created_at, jobs.c.id).limit(1)
        if only is not None:
            oldest = oldest.where(jobs.c.id.in_(only))
        with self._db.read() as connection:
            if connection.execute(oldest).first() is None:  # the usual case; takes no write lock
                return None
        with self._db.write() as connection:
            while (row := connection.execute(self._db.claim(oldest)).first()) is not None:
                if row.cancel:
                    _end(connection, row.id, "cancelled", None)
                elif row.attempts >= ATTEMPTS:
                    _end(connection, row.id, "failed", f"Interrupted {ATTEMPTS} times without getting further. Retry it to run it again.")
                else:
                    fence = row.fence + 1
                    values = {"state": "running", "owner": owner, "fence": fence, "attempts": row.attempts + 1, "error": None}
                    times = {"lease_until": now + timedelta(seconds=lease_s), "started_at": row.started_at or now}
                    connection.execute(jobs.update().where(jobs.c.id == row.id).values(**values, **times))
                    return Claim(_as_job(row, attempts=row.attempts + 1, state="running"), fence)
        return None

    def report(self, claim: Claim, *, lease_s: float, progress: Mapping[str, Any] | None = None, items: Sequence[JobItem] = ()) -> Standing:
        """Prolong the lease and store what is new, in one small transaction; ids of `items` are given here."""
        where = (jobs.c.id == claim.job.id) & (jobs.c.fence == claim.fence) & (jobs.c.state == "running")
        with self._db.write() as connection:
            row = connection.execute(sa.select(jobs.c.cancel, jobs.c.progress).where(where)).first()
            if row is None:
                return Standing(held=False, cancel=True)
            values: dict[str, Any] = {"lease_until": datetime.now(UTC) + timedelta(seconds=lease_s)}
            if progress is not None:
                values["progress"] = dict(progress)
                if progress.get("done", 0) > row.progress.get("done", 0):
                    values["attempts"] = 1  # it gets further: interruptions before this do not count against it
            connection.execute(jobs.update().where(where).values(values))
            _add_items(connection, claim.job.id, items)
        return Standing(held=True, cancel=row.cancel)

    def finish(self, claim: Claim, state: str, error: str | None = None) -> bool:
        """End the job as done, failed or cancelled; False where it is no longer this worker's."""
        where = (jobs.c.id == claim.job.id) & (jobs.c.fence == claim.fence) & (jobs.c.state == "running")
        with self._db.write() as connection:
            if connection.scalar(sa.select(jobs.c.id).where(where)) is None:
                return False
            _end(connection, claim.job.id, state, error)
        return True

    def release(self, claim: Claim) -> None:
        """Put the job back as if this worker had not taken it: the service is stopping."""
        where = (jobs.c.id == claim.job.id) & (jobs.c.fence == claim.fence) & (jobs.c.state == "running")
        with self._db.write() as connection:
            connection.execute(
                jobs.update().where(where).values(state="queued", owner=None, lease_until=None, attempts=jobs.c.attempts - 1)
            )

    def reclaim(self) -> int:
        """Queue again what a process that is gone was doing; only for who is certain to be alone (the folder's holder)."""
        with self._db.write() as connection:
            values = {"state": "queued", "owner": None, "lease_until": None}
            return int(connection.execute(jobs.update().where(jobs.c.state == "running").values(values)).rowcount)

    def cancel(self, job_id: str) -> None:
        """A waiting job ends at once, a running one at its next report. `Conflict` where it is over."""
        with self._db.write() as connection:
            row = _need(connection, job_id)
            if row.state in OVER:
                raise Conflict(f"The job is {row.state} already.")
            connection.execute(jobs.update().where(jobs.c.id == job_id).values(cancel=True))
            if row.state == "queued":
                _end(connection, job_id, "cancelled", None)

    def retry(self, job_id: str) -> None:
        """Run a failed or cancelled job again, or a finished one some of whose items failed."""
        with self._db.write() as connection:
            row = _need(connection, job_id)
            failed = (job_items.c.job_id == job_id) & (job_items.c.status == "failed")
            lost = connection.scalar(sa.select(sa.func.count()).select_from(job_items).where(failed))
            if row.state not in OVER or (row.state == "done" and not lost):
                raise Conflict(f"The job is {row.state}: there is nothing to retry.")
            connection.execute(job_items.delete().where(failed))
            values = {"state": "queued", "attempts": 0, "cancel": False, "error": None, "finished_at": None, "progress": {}}
            connection.execute(jobs.update().where(jobs.c.id == job_id).values(values))

    def get(self, job_id: str) -> Job:
        with self._db.read() as connection:
            row = _need(connection, job_id)
            counted = sa.select(job_items.c.status, sa.func.count()).where(job_items.c.job_id == job_id).group_by(job_items.c.status)
            counts = {status: int(number) for status, number in connection.execute(counted)}
        return _as_job(row, counts=counts)

    def visible(self, job_id: str, principal: Principal) -> Job:
        """`NotFound` unless the caller administers the job's collection, or started it and may read there still."""
        job = self.get(job_id)
        place = job.collection_id or ""
        own = job.principal_id == principal.id and (not place or principal.may(Right.READ, place))
        if not own and not principal.may(Right.ADMIN, place):
            raise NotFound("There is no such job.", hint="`jitl jobs list` lists yours.")
        return job

    def find(self, principal: Principal, *, state: str | None = None, limit: int = 100) -> list[Job]:
        """Newest first, those that `visible` would show; without counts."""
        statement = sa.select(jobs).order_by(jobs.c.created_at.desc(), jobs.c.id)
        if state is not None:
            statement = statement.where(jobs.c.state == state)
        place, own = jobs.c.collection_id, jobs.c.principal_id == principal.id
        mine = place.like(personal_like(principal.id))
        if principal.may(Right.ADMIN, ""):
            statement = statement.where(place.is_(None) | place.not_like(personal_like()) | mine)
        else:
            if not principal.may(Right.READ, ""):
                own &= place.is_(None) | place.in_([key for key in principal.grants if principal.may(Right.READ, key)])
            statement = statement.where(own | mine | place.in_([key for key in principal.grants if principal.may(Right.ADMIN, key)]))
        with self._db.read() as connection:
            return [_as_job(row) for row in connection.execute(statement.limit(limit))]

    def items(self, job_id: str, *, after: int = 0, status: str | None = None, limit: int = 1000) -> list[JobItem]:
        """In the order they were reported, those with an id above `after`."""
        where = (job_items.c.job_id == job_id) & (job_items.c.id > after)
        if status is not None:
            where &= job_items.c.status == status
        with self._db.read() as connection:
            rows = connection.execute(sa.select(job_items).where(where).order_by(job_items.c.id).limit(limit)).all()
        return [JobItem(row.id, row.uri, row.status, row.reason, row.document_id, row.chunks) for row in rows]

    def reported(self, job_id: str) -> dict[str, str]:
        """What earlier attempts reported: uri -> last status."""
        with self._db.read() as connection:
            statement = sa.select(job_items.c.uri, job_items.c.status).where(job_items.c.job_id == job_id).order_by(job_items.c.id)
            return {row.uri: row.status for row in connection.execute(statement)}

    def waiting(self, limit: int) -> list[Job]:
        """Those that `claim` would give out, in its order."""
        wanted = sa.select(jobs).where(_waits(datetime.now(UTC))).order_by(jobs.c.created_at, jobs.c.id).limit(limit)
        with self._db.read() as connection:
            return [_as_job(row) for row in connection.execute(wanted)]

    def unfinished(self) -> list[Job]:
        """Jobs that still need what their arguments name, oldest first; failed and cancelled ones may be retried."""
        with self._db.read() as connection:
            statement = sa.select(jobs).where(jobs.c.state.not_in(OVER)).order_by(jobs.c.created_at)
            return [_as_job(row) for row in connection.execute(statement)]


def _waits(now: datetime) -> sa.ColumnElement[bool]:
    """Nobody does it, or who did let the lease run out."""
    return (jobs.c.state == "queued") | ((jobs.c.state == "running") & (jobs.c.lease_until < now))


def _need(connection: Connection, job_id: str) -> sa.Row[Any]:
    row = connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).first()
    if row is None:
        raise NotFound("There is no such job.", hint="`jitl jobs list` lists yours.")
    return row


def _end(connection: Connection, job_id: str, state: str, error: str | None) -> None:
    values = {"state": state, "error": error, "finished_at": datetime.now(UTC), "owner": None, "lease_until": None}
    connection.execute(jobs.update().where(jobs.c.id == job_id).values(values))


def _add_items(connection: Connection, job_id: str, items: Sequence[JobItem]) -> None:
    rows = [
        {
            "job_id": job_id,
            "uri": item.uri[:2000],
            "status": item.status,
            "reason": item.reason,
            "document_id": item.document_id,
            "chunks": item.chunks,
        }
        for item in items
    ]
    if rows:
        connection.execute(job_items.insert(), rows)


def _as_job(row: sa.Row[Any], *, attempts: int | None = None, state: str | None = None, counts: Mapping[str, int] | None = None) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        state=state or row.state,
        principal_id=row.principal_id,
        collection_id=row.collection_id,
        arguments=row.arguments,
        progress=row.progress,
        attempts=row.attempts if attempts is None else attempts,
        error=row.error,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        cancel=row.cancel,
        counts=counts or {},
    )
