"""Whoever does a job is known as long as its process lives, so that nobody waits for the lease of one that was killed."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from jitl.sql.tables import jobs

if TYPE_CHECKING:
    from jitl.sql.engine import Database
    from jitl.sql.jobs import Claim

SETTLED_S: Final = 2.0
"""A claim is left alone for as long: who just took the job is about to make itself known."""


class JobHolders:
    def __init__(self, db: Database) -> None:
        self._db = db

    def hold(self, claim: Claim) -> AbstractContextManager[None]:
        """Be known as the one who does this job, for the block."""
        return self._db.presence(_name(claim.job.id, claim.fence))

    def put_back(self, lease_s: float) -> int:
        """Queue again what those did who are gone, without waiting for their leases (of `lease_s`); how many jobs.

        One who is gone by mistake, having lost its connection alone, finds at its next report that the job is not its own any more.
        """
        j = jobs.c
        quiet = datetime.now(UTC) + timedelta(seconds=lease_s - SETTLED_S)
        running = sa.select(j.id, j.fence).where(j.state == "running", j.lease_until < quiet)
        with self._db.read() as connection:
            found = connection.execute(running).all()
        put_back = 0
        for row in found:
            if not self._db.present(_name(row.id, row.fence)):
                theirs = jobs.update().where(j.id == row.id, j.fence == row.fence, j.state == "running")
                with self._db.write() as connection:
                    put_back += connection.execute(theirs.values(state="queued", owner=None, lease_until=None)).rowcount
        return put_back


def _name(job_id: str, fence: int) -> str:
    return f"job {job_id} {fence}"
