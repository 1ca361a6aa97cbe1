"""Readers, deleters and other ingests beside an ingest."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from ingest.projector import Projector
from jitl.errors import NotFound
from jitl.sql.engine import LONGEST_LOG, Database
from jitl.sql.tables import chunks, documents, outbox
from tests.fakes import FakeParser, FakeParsers, FakeStore, term
from tests.workshop import Workshop


def beside(work: Callable[[], object], *others: Callable[[], object]) -> None:
    """Run the work while the others are repeated; raises what any of them raises."""
    done = threading.Event()

    def repeat(other: Callable[[], object]) -> None:
        while not done.is_set():
            other()

    with ThreadPoolExecutor(len(others)) as threads:
        running = [threads.submit(repeat, other) for other in others]
        try:
            work()
        finally:
            done.set()
        for one in running:
            one.result()


def ranking(shop: Workshop, word: str) -> list[tuple[str, int, float]]:
    """What a reader sees of one term, documents and scores: made again where documents were switched meanwhile."""
    while True:
        epoch = shop.catalogue.epoch([shop.collection])
        hits = dict(shop.store.search_sparse({term(word): 1.0}, [shop.collection], 10_000))
        confirmed = shop.catalogue.confirm(hits, [shop.collection])
        if shop.catalogue.epoch([shop.collection]) == epoch:
            return sorted((*confirmed[id_], hits[id_]) for id_ in confirmed)


def assert_clean(shop: Workshop, store: FakeStore) -> None:
    with shop.db.read() as connection:
        published = set(connection.scalars(sa.select(chunks.c.id).join(documents, documents.c.version_id == chunks.c.version_id)))
        assert set(connection.scalars(sa.select(chunks.c.id))) == published == set(store.points)
        assert connection.scalar(sa.select(sa.func.count()).select_from(outbox)) == 0


def test_readers_see_no_difference_while_everything_is_read_again(database: Database, tmp_path: Path) -> None:
    shop = Workshop(database, tmp_path / "docs")
    shop.write(**{f"d{i}": f"muon tracker number {i % 5}. " * (i % 3 + 1) for i in range(60)})
    shop.ingest()
    before = ranking(shop, "muon"), shop.frequency("muon"), shop.frequency("4")
    looks = 0

    def look() -> None:
        nonlocal looks
        assert (ranking(shop, "muon"), shop.frequency("muon"), shop.frequency("4")) == before
        looks += 1

    def again() -> None:
        for version in ("2", "3", "4"):
            shop.parsers = FakeParsers(FakeParser(version=version))
            assert shop.ingest()[0].changed == 60

    beside(again, look, look)
    assert looks > 3
    assert_clean(shop, shop.store)


def test_deletions_beside_an_ingest_stay_deleted_and_clean(database: Database, tmp_path: Path) -> None:
    shop = Workshop(database, tmp_path / "docs")
    dice = random.Random(1)
    shop.write(**{f"d{i}": f"muon {i}" for i in range(30)})
    shop.ingest()

    def delete() -> None:
        for info in dice.sample(shop.catalogue.documents(shop.collection), k=1) if shop.names() else []:
            with suppress(NotFound):
                shop.catalogue.delete_document(info.id, "owner")

    def project() -> None:
        shop.projector.drain()
        time.sleep(0.01)

    def again() -> None:
        for version in ("2", "3", "4"):
            shop.parsers = FakeParsers(FakeParser(version=version))
            shop.ingest()

    beside(again, delete, project)
    shop.projector.drain()
    assert shop.frequency("muon") == (len(shop.names()), len(shop.names()))
    assert shop.found("muon") == shop.names()
    assert_clean(shop, shop.store)


def test_two_ingests_of_the_same_files_leave_one_of_each(database: Database, tmp_path: Path) -> None:
    shop = Workshop(database, tmp_path / "docs")
    shop.write(**{f"d{i}": f"muon {i}" for i in range(40)})
    with ThreadPoolExecutor(2) as threads:
        runs = [threads.submit(shop.ingest) for _ in range(2)]
        counts = [run.result()[0] for run in runs]
    assert all(one.added + one.unchanged + one.failed == 40 for one in counts)
    assert sum(one.added for one in counts) == 40
    shop.projector.drain()
    shop.ingest()
    assert (len(shop.names()), shop.frequency("muon")) == (40, (40, 40))
    assert_clean(shop, shop.store)


def test_a_collection_deleted_beside_its_ingest_is_emptied(database: Database, tmp_path: Path) -> None:
    shop = Workshop(database, tmp_path / "docs")
    shop.write(**{f"d{i}": f"muon {i}" for i in range(30)})
    with ThreadPoolExecutor(1) as threads:
        run = threads.submit(shop.ingest)
        while not shop.store.points and not run.done():
            time.sleep(0.001)
        shop.catalogue.delete_collection(shop.collection, "owner")
        with suppress(NotFound):
            run.result()
    shop.projector.drain()
    assert shop.store.points == {}
    with shop.db.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(documents)) == 0
        assert connection.scalar(sa.select(sa.func.count()).select_from(outbox)) == 0


def test_the_projector_thread_works_when_woken_and_ends_when_closed(sqlite_database: Database, tmp_path: Path) -> None:
    shop = Workshop(sqlite_database, tmp_path / "docs")
    shop.write(a="muon")
    shop.ingest()
    projector = Projector(shop.db, [shop.indexer])
    projector.start()
    info = shop.catalogue.document(shop.collection, "docs/a.txt")
    assert info is not None
    shop.catalogue.delete_document(info.id, "owner")
    projector.wake()
    until = time.monotonic() + 10
    while shop.store.points and time.monotonic() < until:
        time.sleep(0.01)
    projector.close()
    assert shop.store.points == {}


def test_the_log_of_writes_stays_small_under_readers(sqlite_database: Database, tmp_path: Path) -> None:
    """Checkpoints by the one writer get through although somebody always reads."""
    shop = Workshop(sqlite_database, tmp_path / "docs")
    shop.write(**{f"d{i}": f"muon {i} " + "tracker alignment " * 400 for i in range(600)})
    wal = tmp_path / "jitl.db-wal"
    largest = 0

    def look() -> None:
        nonlocal largest
        with shop.db.read() as connection:
            connection.execute(sa.select(chunks.c.text).limit(200)).all()
            time.sleep(0.002)
        largest = max(largest, wal.stat().st_size)

    beside(shop.ingest, look, look, look)
    assert (tmp_path / "jitl.db").stat().st_size > 8 * 2**20
    assert largest < LONGEST_LOG + 8 * 2**20


def test_long_reads_do_not_hold_up_writes(sqlite_database: Database, tmp_path: Path) -> None:
    shop = Workshop(sqlite_database, tmp_path / "docs")
    shop.write(a="muon")
    with sqlite_database.read() as connection:
        connection.execute(sa.select(documents.c.id)).all()
        counts, _ = shop.ingest()
        assert connection.execute(sa.select(documents.c.id)).all() == [], "one look, whatever commits meanwhile"
    assert counts.added == 1


@pytest.mark.parametrize("rounds", [3])
def test_urgent_writes_go_before_those_that_wait(sqlite_database: Database, rounds: int) -> None:
    order: list[str] = []
    started = threading.Barrier(2)

    def write(name: str, *, urgent: bool) -> None:
        with sqlite_database.write(urgent=urgent):
            order.append(name)

    def hold() -> None:
        with sqlite_database.write():
            started.wait()
            time.sleep(0.3)

    with ThreadPoolExecutor(8) as threads:
        threads.submit(hold)
        started.wait()
        for number in range(rounds):
            threads.submit(write, f"ordinary {number}", urgent=False)
            time.sleep(0.02)
        threads.submit(write, "urgent", urgent=True)
    assert order[0] == "urgent"
    assert order[1:] == [f"ordinary {number}" for number in range(rounds)]
