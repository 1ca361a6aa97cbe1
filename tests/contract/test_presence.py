"""Who works on a database is known to all who share it; what somebody left half done who is gone hinders nobody."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from ingest.projector import Projector
from jitl.sql import migrate
from jitl.sql.engine import Database
from jitl.sql.tables import frequency_changes, outbox, versions
from jitl.sql.versions import Versions
from tests import servers
from tests.data import ROOT
from tests.flows.test_ingest_crashes import Crash, MortalDatabase
from tests.workshop import Workshop

WORKER = """
import sys
from jitl.sql.engine import Database
with Database(sys.argv[1]).presence("worker"):
    print("here", flush=True)
    sys.stdin.read()
"""


def test_a_name_is_known_as_long_as_its_block_lasts(database: Database) -> None:
    assert not database.present("one")
    with database.presence("one"):
        assert database.present("one")
        assert database.present("one"), "asking changes nothing"
        assert not database.present("another")
    assert not database.present("one")


def test_a_name_goes_with_its_process_however_that_ends(postgres_server: str) -> None:
    url = servers.new_database(postgres_server)
    with (
        closing(Database(url)) as db,
        subprocess.Popen([sys.executable, "-c", WORKER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as worker,
    ):
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"here\n"
        assert db.present("worker")
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        with db.exclusive("present worker"):  # granted as soon as the server has noticed
            pass
        assert not db.present("worker")


def meanwhile(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Do something each time when an ingest looks at what it is about to project."""
    standing = Versions.standing

    def interrupted(self: Versions, version_ids: list[str]) -> object:
        do()
        return standing(self, version_ids)

    monkeypatch.setattr(Versions, "standing", interrupted)


def left(db: Database) -> list[int]:
    """Rows of versions that nobody reads, of errands, and of changes of frequencies."""
    with db.read() as connection:
        counts = (
            sa.select(sa.func.count()).select_from(versions).where(versions.c.state != "published"),
            sa.select(sa.func.count()).select_from(outbox),
            sa.select(sa.func.count()).select_from(frequency_changes),
        )
        return [int(connection.scalar(count) or 0) for count in counts]


def test_a_process_that_starts_leaves_alone_what_others_are_writing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Workshop(database, tmp_path / "docs")
    shop.write(**{f"d{at}": f"muon {at}" for at in range(20)})
    starts = 0

    def start() -> None:
        nonlocal starts
        starts += 1
        Projector(database, [shop.indexer]).recover()

    meanwhile(monkeypatch, start)
    counts, _ = shop.ingest()
    monkeypatch.undo()
    assert starts
    assert (counts.added, counts.failed) == (20, 0)
    assert len(shop.found("muon")) == 20
    assert shop.frequency("muon") == (20, 20)
    assert shop.projector.drain()
    assert left(database) == [0, 0, 0]


@pytest.mark.parametrize("at", [2, 4, 6, 8])
def test_documents_of_who_is_gone_are_read_by_the_next_without_any_start(tmp_path: Path, postgres_server: str, at: int) -> None:
    url = servers.new_database(postgres_server)
    with closing(Database(url)) as db, closing(MortalDatabase(url)) as mortal:
        migrate.upgrade(db)
        shop = Workshop(db, tmp_path / "docs")
        shop.write(a="muon tracker", b="pion tracker")
        doomed = Workshop(mortal, tmp_path / "docs", store=shop.store)
        mortal.writes_left = at
        with pytest.raises(Crash):
            doomed.ingest()
        counts, outcomes = shop.ingest()
        assert counts.failed == 0, outcomes
        assert shop.names() == ["docs/a.txt", "docs/b.txt"]
        assert shop.frequency("tracker") == (2, 2)
        shop.projector.recover()
        assert shop.projector.drain()
        assert left(db) == [0, 0, 0]
