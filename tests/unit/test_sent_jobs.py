"""Jobs that are done elsewhere: who is told of them, who does them, and what becomes of those whose worker is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api import stores
from api.chores import Chore
from api.folder import meeting_place, shared
from api.jobs import Runner
from jitl.errors import BadInput
from jitl.settings import Settings
from jitl.sql.engine import Database
from jitl.sql.jobholders import JobHolders
from jitl.sql.jobs import JobTable
from tests.terminal import eventually

ME = "11111111-1111-4111-8111-111111111111"
FILES = {"files": [{"name": "a", "blob": "0" * 64}]}


@pytest.fixture
def table(database: Database) -> JobTable:
    return JobTable(database)


class Elsewhere:
    """A runner that sends its jobs away; `begun` ones wait until they are let go or told to stop."""

    def __init__(self, database: Database, table: JobTable) -> None:
        self.sent: list[str] = []
        self.begun: list[str] = []
        self.go = threading.Event()
        self.go.set()
        self.runner = Runner(table, {"ingest": self._work}, send=self.sent.append, holders=JobHolders(database))
        self.runner.start()
        self.runner.resume()

    def _work(self, job: object, reporter: object) -> None:
        self.begun.append(job.id)
        while not self.go.wait(0.01) and not reporter.cancelled():
            pass


@pytest.fixture
def process(database: Database, table: JobTable) -> Iterator[Callable[[], Elsewhere]]:
    made: list[Elsewhere] = []

    def begin() -> Elsewhere:
        made.append(Elsewhere(database, table))
        return made[-1]

    yield begin
    for one in made:
        one.runner.close()


def test_a_job_is_sent_and_done_by_who_is_told_once(process: Callable[[], Elsewhere], table: JobTable) -> None:
    api, worker = process(), process()
    job = api.runner.submit("ingest", FILES, principal_id=ME)
    assert api.sent == [job]
    assert table.get(job).state == "queued"
    assert worker.runner.do(job)
    assert table.get(job).state == "done"
    assert not worker.runner.do(job), "the word came twice"
    assert not api.runner.do("unknown")
    assert worker.begun == [job]


def test_what_names_files_of_this_machine_is_done_here(process: Callable[[], Elsewhere], table: JobTable, tmp_path: Path) -> None:
    here, elsewhere = process(), process()
    here.go.clear()
    job = here.runner.submit("ingest", {"paths": [str(tmp_path / "gone")]}, principal_id=ME)
    eventually(lambda: here.begun == [job])
    here.go.set()
    eventually(lambda: table.get(job).state == "done")
    assert here.sent == elsewhere.begun == []


def test_an_idle_worker_sends_again_what_waits_but_no_files_that_it_cannot_see(
    process: Callable[[], Elsewhere], table: JobTable, tmp_path: Path
) -> None:
    waiting = [table.create("ingest", FILES, principal_id=ME) for _ in range(3)]
    table.create("ingest", {"paths": [str(tmp_path / "gone")]}, principal_id=ME)
    seen = table.create("ingest", {"paths": [str(tmp_path)]}, principal_id=ME)
    worker = process()
    worker.runner.send_again(2)
    assert worker.sent == waiting[:2]
    worker.sent.clear()
    worker.runner.send_again(10)
    assert worker.sent == [*waiting, seen]
    worker.sent.clear()
    worker.go.clear()
    busy = threading.Thread(target=worker.runner.do, args=(waiting[0],))
    busy.start()
    eventually(lambda: worker.begun)
    worker.runner.send_again(10)
    assert worker.sent == []
    worker.go.set()
    busy.join()


def test_a_worker_that_ends_hands_its_job_on(process: Callable[[], Elsewhere], table: JobTable) -> None:
    first, second = process(), process()
    first.go.clear()
    job = second.runner.submit("ingest", FILES, principal_id=ME)
    busy = threading.Thread(target=first.runner.do, args=(job,))
    busy.start()
    eventually(lambda: first.begun)
    first.runner.stop()
    busy.join()
    assert first.sent == [job]
    assert (table.get(job).state, table.get(job).attempts) == ("queued", 0)
    assert not first.runner.do(job), "it is about to end"
    assert second.runner.do(job)
    assert table.get(job).state == "done"


def test_jobs_of_who_is_gone_are_put_back_before_their_lease_ends(database: Database, table: JobTable) -> None:
    holders = JobHolders(database)
    job = table.create("ingest", {}, principal_id=ME)
    claim = table.claim(["ingest"], owner="w", lease_s=20)
    assert claim
    assert holders.put_back(20) == 0, "it was taken this moment"
    with holders.hold(claim):
        assert holders.put_back(30) == 0
    assert holders.put_back(30) == 1
    assert table.get(job).state == "queued"
    assert not table.report(claim, lease_s=30).held
    again = table.claim(["ingest"], owner="v", lease_s=20)
    assert again
    assert again.fence > claim.fence
    assert holders.put_back(30) == 1, "the first one's name tells nothing of the second"


def test_chores_of_several_processes_take_turns(database: Database) -> None:
    inside, most = 0, []

    def do() -> None:
        nonlocal inside
        inside += 1
        most.append(inside)
        threading.Event().wait(0.02)
        inside -= 1

    settings = Settings(data_dir=Path("nowhere"), profile="cluster")
    [first], [second] = (stores.taking_turns(database, settings, [Chore("one", 1.0, do)]) for _ in range(2))
    threads = [threading.Thread(target=chore.do) for chore in (first, second, first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


def test_a_cluster_on_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="PostgreSQL"):
        stores.database(Settings(data_dir=tmp_path, profile="cluster"))


def test_processes_of_a_cluster_meet_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JITL_PROFILE", raising=False)
    with meeting_place(tmp_path) as one:
        assert one == tmp_path
    (tmp_path / "jitl.env").write_text("# JITL_PROFILE=embedded\nJITL_PROFILE='cluster'\n")
    assert shared(tmp_path)
    with meeting_place(tmp_path) as one, meeting_place(tmp_path) as other:
        assert len({tmp_path, one, other}) == 3
    assert not one.exists()
    monkeypatch.setenv("JITL_PROFILE", "embedded")  # as with other settings the environment is stronger
    assert not shared(tmp_path)
