"""A place read again: new, changed, moved and vanished documents, and what an unchanged one costs."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ingest.sources.files import LocalFiles
from ingest.sources.port import opened
from ingest.tally import Counts
from jitl.settings import Settings
from jitl.sql.engine import Database
from tests.fakes import Outcomes
from tests.workshop import Workshop

LONG_AGO = time.time() - 1000


@pytest.fixture
def shop(sqlite_database: Database, tmp_path: Path) -> Workshop:
    return Workshop(sqlite_database, tmp_path / "docs")


def age(path: Path, modified: float = LONG_AGO) -> None:
    os.utime(path, (modified, modified))


def sync(shop: Workshop) -> tuple[Counts, Outcomes]:
    settings = Settings(data_dir=shop.folder.parent / "data")
    source = LocalFiles(shop.folder, settings)
    pipeline, told = shop.pipeline, Outcomes()
    remembered = pipeline.remembered(shop.collection, source.root)
    with opened(source, settings, remembered) as found:
        return pipeline.ingest(found, shop.collection, told, root=source.root, remembered=remembered), told


def test_new_changed_moved_and_vanished_files(shop: Workshop) -> None:
    shop.write(a="muon tracker", b="trigger rates", c="magnet", d="gas system")
    sync(shop)
    shop.write(b="trigger and rates", e="beam pipe")
    (shop.folder / "c.txt").rename(shop.folder / "moved.txt")
    (shop.folder / "d.txt").unlink()
    counts, told = sync(shop)
    assert (counts.added, counts.changed, counts.removed, counts.unchanged, counts.failed) == (2, 1, 2, 1, 0)
    assert told.of("removed") == ["c.txt", "d.txt"]
    assert shop.names() == ["docs/a.txt", "docs/b.txt", "docs/e.txt", "docs/moved.txt"]
    assert shop.found("magnet") == ["docs/moved.txt"]


def test_an_unchanged_file_is_not_opened(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write(a="muon tracker", b="trigger rates")
    for path in shop.folder.iterdir():
        age(path)
    assert sync(shop)[0].added == 2
    opened_files: list[str] = []
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda self, *given, **named: (opened_files.append(self.name), real(self, *given, **named))[1])
    assert sync(shop)[0].unchanged == 2
    assert opened_files == []


def test_the_same_size_and_time_hide_no_change(shop: Workshop) -> None:
    shop.write(a="muon tracker")
    age(shop.folder / "a.txt")
    sync(shop)
    time.sleep(0.05)  # the inode's clock ticks every few milliseconds
    shop.write(a="pion tracker")
    age(shop.folder / "a.txt")
    assert sync(shop)[0].changed == 1
    assert shop.found("pion") == ["docs/a.txt"]


def test_a_file_read_as_soon_as_it_was_written_is_read_again(shop: Workshop) -> None:
    shop.write(a="muon tracker")
    modified = (shop.folder / "a.txt").stat().st_mtime
    sync(shop)
    known = shop.pipeline.remembered(shop.collection, shop.folder.as_uri()).known((shop.folder / "a.txt").as_uri())
    assert known is not None
    assert known.modified is None, "another change within the clock's grain would bear the same time"
    age(shop.folder / "a.txt", modified)
    assert sync(shop)[0].unchanged == 1


def test_another_way_of_reading_opens_every_file_once(shop: Workshop) -> None:
    shop.write(a="muon tracker")
    age(shop.folder / "a.txt")
    sync(shop)
    remembered = shop.pipeline.remembered(shop.collection, shop.folder.as_uri())
    status = (shop.folder / "a.txt").stat()
    uri = (shop.folder / "a.txt").as_uri()
    assert remembered.unchanged(uri, status)
    remembered.setup = "other parsers"
    assert not remembered.unchanged(uri, status)
