"""The job table and the threads that work it off."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from api.jobs import JobReporter, Runner
from jitl.errors import Conflict, NotFound, Unreadable
from jitl.principals import Principal, Right, Role
from jitl.sql.engine import Database
from jitl.sql.jobs import ATTEMPTS, JobItem, JobTable
from jitl.sql.people import OWNER

ME = "11111111-1111-4111-8111-111111111111"


def reader(who: str = ME, **grants: Right) -> Principal:
    return Principal(who, "me", frozenset({Role.READER}), grants)


def wait_for(true: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


@pytest.fixture
def table(database: Database) -> JobTable:
    return JobTable(database)


@pytest.fixture
def start(table):
    runners = []

    def begin(aside=None, **kinds) -> Runner:
        runner = Runner(table, kinds, aside=aside, units=dict.fromkeys(aside or (), "questions"))
        runners.append(runner)
        runner.start()
        return runner

    yield begin
    for runner in runners:
        runner.close()


def test_jobs_are_claimed_once_oldest_first(table: JobTable) -> None:
    first, second = (table.create("ingest", {"n": n}, principal_id=ME) for n in (1, 2))
    table.create("other", {}, principal_id=ME)
    claims = [table.claim(["ingest"], owner="w", lease_s=30) for _ in range(3)]
    assert [claim and claim.job.id for claim in claims] == [first, second, None]
    assert table.get(first).state == "running"


def test_a_worker_that_lost_its_lease_changes_nothing_any_more(table: JobTable) -> None:
    job = table.create("ingest", {}, principal_id=ME)
    slow = table.claim(["ingest"], owner="slow", lease_s=-1)
    quick = table.claim(["ingest"], owner="quick", lease_s=30)
    assert slow
    assert quick
    assert quick.fence > slow.fence
    assert not table.report(slow, lease_s=30, progress={"done": 9}, items=[JobItem(0, "u", "added", "", None, 1)]).held
    assert not table.finish(slow, "failed", "late")
    table.release(slow)
    assert table.get(job).state == "running"
    assert table.items(job) == []
    assert table.finish(quick, "done")
    assert table.get(job).state == "done"


def test_a_job_that_kills_its_worker_is_set_aside(table: JobTable) -> None:
    job = table.create("ingest", {}, principal_id=ME)
    for _ in range(ATTEMPTS):
        assert table.claim(["ingest"], owner="w", lease_s=30)
        assert table.reclaim() == 1
    assert table.claim(["ingest"], owner="w", lease_s=30) is None
    assert table.get(job).state == "failed"
    table.retry(job)
    assert table.claim(["ingest"], owner="w", lease_s=30)


def test_a_job_that_gets_further_may_be_interrupted_for_ever(table: JobTable) -> None:
    job = table.create("ingest", {}, principal_id=ME)
    for done in range(1, 3 * ATTEMPTS):
        claim = table.claim(["ingest"], owner="w", lease_s=30)
        assert claim
        table.report(claim, lease_s=30, progress={"done": done})
        table.reclaim()
    assert table.get(job).state == "queued"


def test_nobody_waits_behind_what_runs_aside(table: JobTable, start) -> None:
    go = threading.Event()
    runner = start(aside={"replay": lambda _, __: go.wait(30) and None}, ingest=lambda _, __: None)
    long = runner.submit("replay", {}, principal_id=ME)
    wait_for(lambda: table.get(long).state == "running")
    short = runner.submit("ingest", {}, principal_id=ME)
    wait_for(lambda: table.get(short).state == "done")
    assert table.get(long).state == "running"
    go.set()
    wait_for(lambda: table.get(long).state == "done")
    assert (table.get(long).progress["unit"], table.get(short).progress["unit"]) == ("questions", "files")


def test_cancelling(table: JobTable) -> None:
    waiting, running = (table.create("ingest", {}, principal_id=ME) for _ in range(2))
    table.cancel(waiting)
    assert table.get(waiting).state == "cancelled"
    claim = table.claim(["ingest"], owner="w", lease_s=30)
    assert claim
    assert claim.job.id == running
    table.cancel(running)
    assert table.report(claim, lease_s=30).cancel
    table.reclaim()
    assert table.claim(["ingest"], owner="w", lease_s=30) is None
    assert table.get(running).state == "cancelled"
    with pytest.raises(Conflict):
        table.cancel(running)
    table.retry(running)
    assert table.get(running).state == "queued"
    with pytest.raises(Conflict):
        table.retry(running)


def test_items_are_counted_and_paged(table: JobTable) -> None:
    job = table.create("ingest", {}, principal_id=ME)
    claim = table.claim(["ingest"], owner="w", lease_s=30)
    assert claim
    statuses = ["added", "failed", "added", "skipped"]
    table.report(claim, lease_s=30, items=[JobItem(0, f"u{n}", s, "why", None, n) for n, s in enumerate(statuses)])
    assert table.get(job).counts == {"added": 2, "failed": 1, "skipped": 1}
    first = table.items(job, limit=3)
    assert [item.uri for item in first] == ["u0", "u1", "u2"]
    assert [item.uri for item in table.items(job, after=first[-1].id)] == ["u3"]
    assert [item.uri for item in table.items(job, status="failed")] == ["u1"]
    table.finish(claim, "done")
    table.retry(job)
    assert table.get(job).counts == {"added": 2, "skipped": 1}


def test_jobs_are_seen_by_who_started_them_and_by_admins_of_the_collection(table: JobTable) -> None:
    job = table.create("ingest", {}, principal_id=ME, collection_id="c1")
    sees = [reader(c1=Right.READ), reader("other", c1=Right.ADMIN), reader("other", **{"*": Right.ADMIN}), OWNER]
    blind = [reader("other", c1=Right.TEACH), reader("other", c2=Right.ADMIN), reader(), reader(c2=Right.ADMIN)]
    for who in sees:
        assert table.visible(job, who).id == job
        assert [found.id for found in table.find(who)] == [job]
    for who in blind:
        assert table.find(who) == []
        with pytest.raises(NotFound):
            table.visible(job, who)


def test_a_runner_does_the_work_and_tells_how_it_went(table: JobTable, start) -> None:
    ended = []

    def work(job, reporter) -> None:
        if job.arguments["fail"] == "owner":
            raise Unreadable("It is a picture.")
        if job.arguments["fail"] == "bug":
            raise ZeroDivisionError
        reporter.outcome("u", "added", chunks=3)
        reporter.advance(1, 1)
        ended.append(job.id)

    runner = start(ingest=work)
    ids = [runner.submit("ingest", {"fail": how}, principal_id=ME) for how in ("owner", "bug", "")]
    wait_for(lambda: all(table.get(job).state in ("done", "failed") for job in ids))
    owner, bug, good = (table.get(job) for job in ids)
    assert owner.error == "It is a picture."
    assert bug.state == "failed"
    assert "ZeroDivision" not in (bug.error or "")
    assert (good.state, good.progress["done"], good.counts) == ("done", 1, {"added": 1})
    assert ended == [good.id]


def test_cancel_reaches_running_work_at_once(table: JobTable, start) -> None:
    begun = threading.Event()

    def work(job, reporter) -> None:
        begun.set()
        wait_for(reporter.cancelled)

    runner = start(ingest=work)
    job = runner.submit("ingest", {}, principal_id=ME)
    assert begun.wait(5)
    runner.cancel(job)
    wait_for(lambda: table.get(job).state == "cancelled")


def test_closing_puts_the_work_back_and_the_next_process_ends_it(table: JobTable, start) -> None:
    begun = threading.Event()

    def endless(job, reporter) -> None:
        reporter.outcome("u1", "added")
        begun.set()
        wait_for(reporter.cancelled)

    def quick(job, reporter) -> None:
        reporter.outcome("u1", "unchanged")
        reporter.outcome("u2", "added")

    first = start(ingest=endless)
    job = first.submit("ingest", {}, principal_id=ME)
    assert begun.wait(5)
    first.close()
    assert table.get(job).state == "queued"
    second = start(ingest=quick)
    other = second.submit("ingest", {}, principal_id=ME)
    wait_for(lambda: not second.busy)
    assert (table.get(other).state, table.get(job).state) == ("done", "queued"), "a process does what it is asked for"
    second.resume()
    wait_for(lambda: table.get(job).state == "done")
    assert [(item.uri, item.status) for item in table.items(job)] == [("u1", "added"), ("u2", "added")]


def test_a_reporter_measures_the_rate_and_the_time_left() -> None:
    reporter = JobReporter({})
    time.sleep(0.05)
    reporter.advance(5, 10, "now")
    progress, _ = reporter.take()
    assert 5 < progress["rate"] <= 100
    assert progress["eta_s"] == pytest.approx(5 / progress["rate"], abs=0.1)
    assert (progress["done"], progress["total"], progress["note"]) == (5, 10, "now")
