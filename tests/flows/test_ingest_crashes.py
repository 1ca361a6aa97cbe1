"""The process dies at every single write of an ingest, before or after it: nothing half is ever seen, and a retry completes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ingest.projector import Projector
from jitl.sql import migrate
from jitl.sql.engine import Database
from jitl.sql.outbox import VERSION, announce
from jitl.sql.tables import chunks, documents, frequency_changes, outbox, versions
from tests import servers
from tests.fakes import FakeEncoder, FakeStore, FakeTerms
from tests.workshop import Workshop


class Crash(BaseException):
    """The process is gone."""


class MortalDatabase(Database):
    """Dies at its n-th write, before or after that is committed; a dead one does nothing any more."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.writes_left: int | None = None
        self.after = False
        self.dead = False

    @contextmanager
    def write(self, *, urgent: bool = False) -> Iterator[Connection]:
        last = self._count()
        if self.dead or (last and not self.after):
            self.dead = True
            raise Crash
        with super().write(urgent=urgent) as connection:
            yield connection
        if last:
            self.dead = True
            raise Crash

    def _count(self) -> bool:
        if self.writes_left is None:
            return False
        self.writes_left -= 1
        return self.writes_left == 0


def old_and_new(shop: Workshop) -> None:
    """A collection in which one document changes, one goes, one comes and one stays."""
    shop.write(changes="muon tracker", goes="muon trigger", stays="magnet yoke")
    shop.ingest()
    shop.write(changes="pion tracker\n\n" + "calorimeter " * 300, comes="pion cluster")
    (shop.folder / "goes.txt").unlink()


def assert_consistent(shop: Workshop) -> None:
    """What a reader sees is whole documents, their frequencies, and hits that SQL confirms."""
    with shop.db.read() as connection:
        joined = chunks.join(documents, (documents.c.version_id == chunks.c.version_id) & documents.c.deleted_at.is_(None))
        shown = connection.execute(sa.select(chunks.c.header, chunks.c.text, chunks.c.version_id).select_from(joined)).all()
        expected = {row.id: row.passages for row in connection.execute(sa.select(versions.c.id, versions.c.passages))}
    sizes = Counter(row.version_id for row in shown)
    assert all(expected[version] == n for version, n in sizes.items())
    terms = FakeTerms()
    truth: Counter[int] = Counter()
    for row in shown:
        truth.update(terms.terms(f"{row.header}\n{row.text}").keys())
    known = {*truth, *terms.terms("muon pion tracker trigger cluster calorimeter magnet yoke changes goes comes stays")}
    assert shop.frequencies.lookup(known, [shop.collection]) == (dict(truth), len(shown))
    collection = shop.catalogue.collection(shop.collection)
    assert collection is not None
    assert (collection.passages, collection.documents) == (len(shown), len(sizes))
    for word in ("muon", "pion", "magnet"):
        visible = {info.name for info in shop.catalogue.documents(shop.collection)}
        assert set(shop.found(word)) <= visible
    about = {info.name: shop.catalogue.source(info.id).text for info in shop.catalogue.documents(shop.collection)}
    assert about.get("docs/stays.txt") == "magnet yoke"
    assert about["docs/changes.txt"] == "muon tracker" or about["docs/changes.txt"].startswith("pion tracker\n\ncalorimeter")


def crash_and_recover(url: str, folder: Path, at: int, *, after: bool) -> bool:
    """False when the ingest has fewer writes than that."""
    mortal = MortalDatabase(url)
    migrate.upgrade(mortal)
    shop = Workshop(mortal, folder)
    old_and_new(shop)
    mortal.writes_left, mortal.after = at, after
    try:
        shop.ingest()
    except Crash:
        pass
    else:
        mortal.close()
        return False
    assert_consistent(shop)
    store = shop.store
    mortal.close()

    db = Database(url)
    shop.db = db
    again = Workshop.__new__(Workshop)
    again.__dict__.update(shop.__dict__)
    again.catalogue = type(shop.catalogue)(db)
    again.frequencies = type(shop.frequencies)(db)
    projector = Projector(db, [again.indexer])
    projector.recover()
    assert_consistent(again)
    assert projector.drain()
    assert_consistent(again)
    counts, _ = again.ingest()
    assert counts.failed == 0
    assert again.names() == ["docs/changes.txt", "docs/comes.txt", "docs/stays.txt"]
    assert again.found("muon") == []
    assert again.found("pion") == ["docs/changes.txt", "docs/comes.txt"]
    assert_consistent(again)
    with db.read() as connection:
        assert set(connection.scalars(sa.select(chunks.c.id))) == set(store.points)
        assert connection.scalar(sa.select(sa.func.count()).select_from(outbox)) == 0
        assert connection.scalar(sa.select(sa.func.count()).select_from(frequency_changes)) == 0
        assert connection.scalar(sa.select(sa.func.count()).select_from(documents)) == 3
    db.close()
    return True


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_dying_at_any_write(tmp_path: Path, *, after: bool) -> None:
    at = 1
    while crash_and_recover(f"sqlite:///{tmp_path / f'{at}.db'}", tmp_path / f"{at}" / "docs", at, after=after):
        at += 1
    assert at > 16, "an ingest has that many writes at least"


@pytest.mark.parametrize("at", [3, 7, 10, 13, 16])
def test_dying_on_postgresql(tmp_path: Path, postgres_server: str, at: int) -> None:
    assert crash_and_recover(servers.new_database(postgres_server), tmp_path / "docs", at, after=True)


def test_what_was_applied_is_projected_again_after_a_start(sqlite_database: Database, tmp_path: Path) -> None:
    """A store may lose with the power what it had not flushed."""

    class Unflushed(FakeStore):
        def flush(self) -> None:
            raise Crash

    shop = Workshop(sqlite_database, tmp_path / "docs", store=Unflushed())
    shop.write(a="muon")
    with pytest.raises(Crash):
        shop.ingest()
    assert shop.names() == ["docs/a.txt"]
    shop.store = FakeStore()  # the power came back
    shop.projector.recover()
    assert shop.projector.drain()
    assert shop.found("muon") == ["docs/a.txt"]


def test_a_projection_that_fails_is_tried_again_and_keeps_no_other_waiting(sqlite_database: Database, tmp_path: Path) -> None:
    class Choosy(FakeEncoder):
        refuse = False

        def covers(self, text: str) -> bool:
            if self.refuse and "poison" in text:
                raise ValueError(text)
            return super().covers(text)

    encoder = Choosy()
    shop = Workshop(sqlite_database, tmp_path / "docs", encoder=encoder)
    shop.write(a="muon", b="poison", c="pion")
    shop.ingest()
    with shop.db.write() as connection:
        names = connection.execute(sa.select(documents.c.version_id)).scalars().all()
        announce(connection, VERSION, [name for name in names if name])
    shop.store.points.clear()
    encoder.refuse = True
    assert not shop.projector.drain()
    assert (shop.found("muon"), shop.found("pion"), shop.found("poison")) == (["docs/a.txt"], ["docs/c.txt"], [])
    encoder.refuse = False
    assert shop.projector.drain()
    assert shop.found("poison") == ["docs/b.txt"]
