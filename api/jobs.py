"""Runs jobs in threads of this process. A job's work is a function that is defined once; a runner only decides where it runs."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from typing import Any, Final

from jitl.errors import JitlError
from jitl.ports import Reporter
from jitl.sql.jobholders import JobHolders
from jitl.sql.jobs import Claim, Job, JobItem, JobTable, Standing

log = logging.getLogger(__name__)

LEASE_S: Final = 30.0
TICK_S: Final = 1.0  # a job's standing is written at most this often
POLL_S: Final = 5.0
STOP_S: Final = 30.0
WINDOW: Final = 30  # ticks over which the rate is measured
UNIT: Final = "files"  # what most jobs count

Work = Callable[[Job, Reporter], None]
"""Does a job. Runs at least once: whatever it did before an interruption it must bear to do again. Returns early once
`reporter.cancelled()` says so; raises a `JitlError` whose message is for the job's owner."""


def here(arguments: Mapping[str, Any]) -> bool:
    """Whether the job reads files of this very machine."""
    return bool(arguments.get("paths"))


class JobReporter:
    """A job's `Reporter`: takes notes in memory, which the runner writes down now and then."""

    def __init__(self, reported: Mapping[str, str], unit: str = UNIT) -> None:
        self._lock = threading.Lock()
        self._reported = dict(reported)
        self._items: list[JobItem] = []
        self._done, self._total, self._note, self._unit = 0, 0, "", unit
        self._samples: deque[tuple[float, int]] = deque([(time.monotonic(), 0)], maxlen=WINDOW)
        self._stop = threading.Event()
        self.heeded = False  # the work was told to stop
        self.news = False
        self.written = time.monotonic()

    def advance(self, done: int, total: int, note: str = "") -> None:
        with self._lock:
            self.news = self.news or (done, total, note) != (self._done, self._total, self._note)
            self._done, self._total, self._note = done, total, note

    def outcome(self, uri: str, status: str, reason: str = "", document_id: str | None = None, chunks: int = 0) -> None:
        with self._lock:
            before = self._reported.get(uri)
            # An interrupted attempt said "added"; this one finds the document unchanged. The first word stands.
            if before != status and not (before is not None and status == "unchanged"):
                self.news = True
                self._reported[uri] = status
                self._items.append(JobItem(0, uri, status, reason, document_id, chunks))

    def complete(self) -> None:
        """Nothing is left, whatever was expected."""
        with self._lock:
            self._total = self._done

    def cancelled(self) -> bool:
        self.heeded = self.heeded or self._stop.is_set()
        return self.heeded

    def stop(self) -> None:
        self._stop.set()

    def take(self) -> tuple[dict[str, Any], list[JobItem]]:
        """Where the work is, and the items that nobody took yet."""
        with self._lock:
            items, self._items = self._items, []
            self.news = False
            now, (start, first) = time.monotonic(), self._samples[0]
            self._samples.append((now, self._done))
            rate = (self._done - first) / (now - start) if now > start else 0.0
            eta = round((self._total - self._done) / rate, 1) if rate > 0 else None
            progress = {"done": self._done, "total": self._total, "unit": self._unit, "rate": round(rate, 3), "eta_s": eta}
            return {**progress, "note": self._note}, items

    def give_back(self, items: list[JobItem]) -> None:
        """Items that could not be written are taken again."""
        with self._lock:
            self._items[:0] = items
            self.news = True


class Runner:
    """Claims jobs of the kinds it knows and runs them, one a worker thread."""

    def __init__(
        self,
        table: JobTable,
        kinds: Mapping[str, Work],
        *,
        aside: Mapping[str, Work] | None = None,
        units: Mapping[str, str] | None = None,
        over: Callable[[Job], None] | None = None,
        send: Callable[[str], None] | None = None,
        holders: JobHolders | None = None,
    ) -> None:
        """`aside`: kinds with a thread of their own, so that nobody waits behind them. `units`: kind -> what it counts, if not files.

        `over` is called after a job has ended, in the worker's thread. `send` tells processes elsewhere of a job (its id), which will
        `do` it; then none is done here unasked but those that name files of this machine. `holders`: where they are known to each other.
        """
        self._send = send
        self._holders = holders
        self._table = table
        self._kinds = {**kinds, **(aside or {})}
        self._units = dict(units or {})
        self._over = over
        self._owner = f"{socket.gethostname()[:30]} {os.getpid()} {uuid.uuid4().hex[:12]}"
        self._news = threading.Condition()
        self._closing = threading.Event()
        self._asked: set[str] = set()  # jobs asked for in this process's time that are not over
        self._resumed = False
        self._running: dict[str, tuple[Claim, JobReporter]] = {}
        lanes = [tuple(kinds)] * bool(kinds) + [(kind,) for kind in aside or ()]
        self._threads = [
            threading.Thread(target=self._serve, args=(lane,), name=f"jitl-job-{at}", daemon=True) for at, lane in enumerate(lanes)
        ]
        self._threads.append(threading.Thread(target=self._tick, name="jitl-job-tick", daemon=True))

    def start(self) -> None:
        """Do what is asked for from now on."""
        for thread in self._threads:
            thread.start()

    def resume(self) -> None:
        """Do also what earlier processes left undone."""
        self._resumed = self._send is None
        self.wake()

    @property
    def busy(self) -> bool:
        """Whether something that was asked for in this process's time is not over."""
        return bool(self._asked or self._running)

    def submit(self, kind: str, arguments: Mapping[str, Any], *, principal_id: str, collection_id: str | None = None) -> str:
        """Queue a job; it is done even if this process ends first."""
        job_id = self._table.create(kind, arguments, principal_id=principal_id, collection_id=collection_id)
        self._ask(job_id, arguments)
        return job_id

    def retry(self, job_id: str) -> None:
        self._table.retry(job_id)
        self._ask(job_id, self._table.get(job_id).arguments)

    def cancel(self, job_id: str) -> None:
        self._table.cancel(job_id)
        held = self._running.get(job_id)
        if held is not None:
            held[1].stop()
        else:
            self._asked.discard(job_id)

    def _ask(self, job_id: str, arguments: Mapping[str, Any]) -> None:
        if self._send is not None and not here(arguments):
            self._send(job_id)
            return
        self._asked.add(job_id)
        self.wake()

    def wake(self) -> None:
        """Look for work now."""
        with self._news:
            self._news.notify_all()

    def do(self, job_id: str) -> bool:
        """Do this one now, in the caller's thread; False where it is over, in other hands, or this process is about to end."""
        claim = None if self._closing.is_set() else self._table.claim(self._kinds, owner=self._owner, lease_s=LEASE_S, only=[job_id])
        if claim is not None:
            self._run(claim)
        return claim is not None

    def send_again(self, most: int) -> None:
        """Tell once more of jobs that wait, the oldest first: who was told may be gone, or the word lost. Those on other machines' files,
        and all while this process has work, are left out.
        """
        if self._send is not None and not self._running:
            if self._holders is not None:
                self._holders.put_back(LEASE_S)
            for job in self._table.waiting(most):
                if all(os.path.lexists(path) for path in job.arguments.get("paths", ())):
                    self._send(job.id)

    def stop(self) -> None:
        """Running work is asked to stop, and none is begun; a stopped job goes on with the next process."""
        self._closing.set()
        for _, reporter in list(self._running.values()):
            reporter.stop()
        self.wake()

    def close(self) -> None:
        """`stop`, and wait until it has."""
        self.stop()
        deadline = time.monotonic() + STOP_S
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))

    def _serve(self, kinds: Collection[str]) -> None:
        while not self._closing.is_set():
            claim = None
            try:
                only = None if self._resumed else tuple(self._asked)
                claim = self._table.claim(kinds, owner=self._owner, lease_s=LEASE_S, only=only) if only != () else None
                if claim is not None:
                    self._run(claim)
            except Exception:  # isolation: a worker outlives whatever a job or the database does
                log.exception("job %s: the worker goes on with the next", claim.job.id if claim else "(none)")
                self._closing.wait(TICK_S)
            if claim is None:
                with self._news:
                    if not self._closing.is_set():
                        self._news.wait(POLL_S)

    def _run(self, claim: Claim) -> None:
        job = claim.job
        reporter = JobReporter(self._table.reported(job.id), self._units.get(job.kind, UNIT))
        self._running[job.id] = (claim, reporter)
        if self._closing.is_set():
            reporter.stop()
        state, reason = "done", None
        try:
            with nullcontext() if self._holders is None else self._holders.hold(claim):
                self._kinds[job.kind](job, reporter)
        except JitlError as error:
            state, reason = "failed", str(error)
        except Exception:  # isolation: one job's bug is that job's end
            log.exception("job %s (%s) failed", job.id, job.kind)
            state, reason = "failed", "Something unexpected happened; the service's log tells more under the job's id."
        try:
            self._end(claim, reporter, state, reason)
        finally:
            del self._running[job.id]
            self._asked.discard(job.id)

    def _end(self, claim: Claim, reporter: JobReporter, state: str, reason: str | None) -> None:
        if state == "done" and not reporter.heeded:
            reporter.complete()
        standing = self._write(claim, reporter)
        interrupted = (state == "done" and reporter.heeded) or (state == "failed" and self._closing.is_set())
        if interrupted and not standing.cancel:
            self._table.release(claim)
            if self._send is not None:
                self._send(claim.job.id)
            return
        if self._table.finish(claim, "cancelled" if interrupted else state, reason) and self._over is not None:
            self._over(claim.job)

    def _write(self, claim: Claim, reporter: JobReporter) -> Standing:
        progress, items = reporter.take()
        try:
            standing = self._table.report(claim, lease_s=LEASE_S, progress=progress, items=items)
        except Exception:
            reporter.give_back(items)
            raise
        reporter.written = time.monotonic()
        if standing.cancel or not standing.held:
            reporter.stop()
        return standing

    def _tick(self) -> None:
        while not self._closing.wait(TICK_S):
            for claim, reporter in list(self._running.values()):
                if not reporter.news and time.monotonic() - reporter.written < LEASE_S / 3:
                    continue
                try:
                    self._write(claim, reporter)
                except Exception:  # isolation: a tick that cannot write is made up for by the next
                    log.exception("job %s: its standing could not be written", claim.job.id)
