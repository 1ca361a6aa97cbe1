"""Ingest, seen from outside: what a reader finds, and what is left behind."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from jitl.errors import Conflict, NotFound, Unavailable
from jitl.sql.engine import Database
from jitl.sql.failure_tables import failures
from jitl.sql.tables import chunks, documents, frequencies, frequency_changes, frequency_deltas, outbox, sources, version_texts, versions
from jitl.sql.versions import Versions
from tests.fakes import FakeEncoder, FakeParser, FakeParsers, FakeStore, FakeTerms, Outcomes
from tests.workshop import OWNER, Workshop


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Workshop:
    return Workshop(database, tmp_path / "docs")


def rows(shop: Workshop, table: sa.Table) -> int:
    with shop.db.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def assert_clean(shop: Workshop, store: FakeStore) -> None:
    """Every store holds exactly what is published."""
    with shop.db.read() as connection:
        published = set(connection.scalars(sa.select(chunks.c.id).join(documents, documents.c.version_id == chunks.c.version_id)))
        assert set(connection.scalars(sa.select(chunks.c.id))) == published
        assert set(connection.scalars(sa.select(versions.c.state))) <= {"published"}
    assert set(store.points) == published
    assert rows(shop, outbox) == 0
    assert rows(shop, frequency_changes) == rows(shop, frequency_deltas) == 0


def test_documents_are_found_after_ingest(shop: Workshop) -> None:
    shop.write(a="muon tracker", b="trigger rates")
    counts, told = shop.ingest()
    assert (counts.added, counts.chunks, counts.failed) == (2, 2, 0)
    assert told.of("added") == ["a.txt", "b.txt"]
    assert shop.names() == ["docs/a.txt", "docs/b.txt"]
    assert shop.found("muon") == ["docs/a.txt"]
    assert shop.frequency("muon") == (1, 2)
    collection = shop.catalogue.collection("hep")
    assert collection is not None
    assert (collection.passages, collection.documents, collection.encoder) == (2, 2, "fake")
    assert_clean(shop, shop.store)


def test_unchanged_files_are_not_even_parsed(shop: Workshop) -> None:
    shop.write(a="muon tracker", b="trigger rates")
    shop.ingest()
    shop.parsers.read.clear()
    shop.write(b="trigger and rates")
    counts, _ = shop.ingest()
    assert (counts.unchanged, counts.changed) == (1, 1)
    assert shop.parsers.read == ["docs/b.txt"]


def test_changed_documents_are_replaced_and_the_old_ones_emptied(shop: Workshop) -> None:
    shop.write(a="muon tracker", b="trigger rates")
    shop.ingest()
    shop.write(a="pion tracker")
    counts, _ = shop.ingest()
    assert counts.changed == 1
    assert shop.found("muon") == []
    assert shop.found("pion") == ["docs/a.txt"]
    assert (shop.frequency("muon"), shop.frequency("tracker")) == ((0, 2), (1, 2))
    assert_clean(shop, shop.store)


def test_vanished_files_are_hidden_and_emptied(shop: Workshop) -> None:
    shop.write(a="muon tracker", b="trigger rates")
    shop.ingest()
    (shop.folder / "a.txt").unlink()
    counts, told = shop.ingest()
    assert (counts.removed, told.of("removed")) == (1, ["a.txt"])
    assert shop.names() == ["docs/b.txt"]
    assert shop.frequency("muon") == (0, 1)
    assert rows(shop, documents) == rows(shop, sources) == 1
    assert_clean(shop, shop.store)
    shop.write(a="muon tracker")
    shop.ingest()
    assert shop.found("muon") == ["docs/a.txt"]


def test_unreadable_files_cost_themselves_alone_and_keep_what_was_read(shop: Workshop) -> None:
    shop.write(a="muon tracker", b="trigger rates")
    shop.ingest()
    shop.write(a="!the disk is broken", c="magnet")
    counts, told = shop.ingest()
    assert (counts.failed, counts.added, counts.unchanged) == (1, 1, 1)
    assert ("the disk is broken" in reason for _, status, reason in told.told if status == "failed")
    assert shop.found("muon") == ["docs/a.txt"]
    assert shop.ingest()[0].failed == 1


def test_a_file_that_fails_three_times_is_set_aside_until_it_changes_or_is_forced(shop: Workshop) -> None:
    shop.write(a="!the disk is broken", b="magnet")
    assert [(counts.failed, counts.skipped) for counts in (shop.ingest()[0] for _ in range(4))] == [(1, 0), (1, 0), (1, 0), (0, 1)]
    told = shop.ingest()[1]
    [(_, _, reason)] = [one for one in told.told if one[1] == "skipped"]
    assert reason.startswith("set aside after 3 failures")
    assert "the disk is broken" in reason
    assert shop.ingest(force=True)[0].failed == 1
    shop.write(a="!another disk is broken")
    assert shop.ingest()[0].failed == 1, "other bytes are tried anew"
    shop.write(a="muon tracker")
    assert shop.ingest()[0].added == 1
    shop.parsers = FakeParsers(FakeParser(version="2"))
    shop.write(a="!the disk is broken")
    assert shop.ingest()[0].failed == 1, "another parser may know better"
    shop.catalogue.delete_collection(shop.collection, OWNER)
    assert shop.projector.drain()
    with shop.db.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(failures)) == 0


def test_a_file_of_many_documents(shop: Workshop) -> None:
    shop.write(box=json.dumps([["m1", "muon"], ["m2", "pion"], ["m2", "pion"], ["m2", "kaon"]]))
    counts, _ = shop.ingest()
    assert (counts.added, counts.skipped) == (3, 1)
    assert shop.names() == ["docs/box.txt#m1", "docs/box.txt#m2", "docs/box.txt#m2~2"]
    shop.write(box=json.dumps([["m2", "pion"], ["m3", "kaon"]]))
    counts, _ = shop.ingest()
    assert (counts.added, counts.unchanged, counts.removed) == (1, 1, 2)
    assert shop.names() == ["docs/box.txt#m2", "docs/box.txt#m3"]
    assert_clean(shop, shop.store)


def test_a_file_that_breaks_off_keeps_its_first_documents_and_removes_none(shop: Workshop) -> None:
    shop.write(box=json.dumps([["m1", "muon"], ["m2", "pion"]]))
    shop.ingest()
    shop.write(box=json.dumps([["m1", "kaon"], ["m9", "!broken"]]))
    counts, _ = shop.ingest()
    assert (counts.changed, counts.failed, counts.removed) == (1, 1, 0)
    assert shop.names() == ["docs/box.txt#m1", "docs/box.txt#m2"]


def test_empty_documents_are_skipped_and_hide_what_they_said(shop: Workshop) -> None:
    shop.write(a="muon", b="")
    counts, _ = shop.ingest()
    assert (counts.skipped, counts.failed) == (1, 0)
    shop.write(a="  \n\n ")
    counts, _ = shop.ingest()
    assert (counts.skipped, counts.removed) == (2, 1)
    assert shop.names() == []
    assert_clean(shop, shop.store)


def test_files_of_no_known_kind_are_skipped(shop: Workshop) -> None:
    (shop.folder / "plot.png").write_bytes(b"\x89PNG")
    counts, told = shop.ingest()
    assert counts.skipped == 1
    assert "no parser" in told.told[0][2]


def test_names_fall_back_to_longer_paths(shop: Workshop) -> None:
    shop.write(a="muon")
    shop.ingest()
    other = shop.folder.parent / "other" / "docs"
    other.mkdir(parents=True)
    shop.folder = other
    shop.write(a="pion")
    shop.ingest()
    assert shop.names() == ["docs/a.txt", "other/docs/a.txt"]


def test_a_changed_pipeline_reads_everything_again_and_moves_no_number(shop: Workshop) -> None:
    shop.write(**{f"d{i}": f"muon tracker number {i}" for i in range(40)})
    shop.ingest()
    before = {word: shop.frequency(word) for word in ("muon", "7", "tracker")}
    seen: list[object] = []

    class Watching(FakeStore):
        def upsert(self, points: object) -> None:
            seen.append({word: shop.frequency(word) for word in before})
            super().upsert(points)  # type: ignore[arg-type]

    watching = Watching()
    watching.points = dict(shop.store.points)
    shop.store = watching
    shop.parsers = FakeParsers(FakeParser(version="2"))
    counts, _ = shop.ingest()
    assert counts.changed == 40
    assert seen
    assert all(look == before for look in seen)
    assert {word: shop.frequency(word) for word in before} == before
    assert_clean(shop, watching)


def test_what_publish_added_is_what_retiring_takes_away(shop: Workshop) -> None:
    shop.write(a="muon tracker")
    shop.ingest()

    class Other(FakeTerms):
        def terms(self, text: str) -> dict[int, int]:
            return {number + 1: n for number, n in super().terms(text).items()}

    shop.sparse = Other("other")
    counts, _ = shop.ingest()
    assert counts.changed == 1
    assert shop.frequency("muon") == (0, 1)
    with shop.db.read() as connection:
        left = connection.execute(sa.select(frequencies.c.passages)).scalars().all()
    assert set(left) == {1}


def test_force_projects_unchanged_documents_again(shop: Workshop) -> None:
    shop.write(a="muon tracker")
    shop.ingest()
    shop.store.points.clear()
    counts, _ = shop.ingest(force=True)
    assert counts.unchanged == 1
    assert shop.found("muon") == ["docs/a.txt"]
    assert_clean(shop, shop.store)


def test_deleting_a_document_hides_it_at_once_and_empties_it(shop: Workshop) -> None:
    shop.write(a="muon tracker", b="trigger rates")
    shop.ingest()
    doomed = shop.catalogue.document(shop.collection, "docs/a.txt")
    assert doomed is not None
    shop.catalogue.delete_document(doomed.id, "owner")
    assert shop.found("muon") == []
    assert shop.frequency("muon") == (0, 1)
    with pytest.raises(NotFound):
        shop.catalogue.source(doomed.id)
    with pytest.raises(NotFound):
        shop.catalogue.delete_document(doomed.id, "owner")
    assert shop.projector.drain()
    assert rows(shop, documents) == 1
    assert_clean(shop, shop.store)
    assert shop.ingest()[0].added == 1
    assert shop.found("muon") == ["docs/a.txt"]


def test_a_document_comes_back_before_it_is_emptied(shop: Workshop) -> None:
    shop.write(a="muon tracker")
    shop.ingest()
    doomed = shop.catalogue.document(shop.collection, "docs/a.txt")
    assert doomed is not None
    shop.catalogue.delete_document(doomed.id, "owner")
    shop.ingest()
    again = shop.catalogue.document(shop.collection, "docs/a.txt")
    assert again is not None
    assert again.version_id == doomed.version_id
    assert shop.found("muon") == ["docs/a.txt"]
    assert shop.frequency("muon") == (1, 1)
    shop.projector.drain()
    assert_clean(shop, shop.store)


def test_deleting_a_collection_hides_it_at_once_frees_its_name_and_leaves_nothing(shop: Workshop) -> None:
    shop.write(a="muon tracker", b="trigger rates")
    shop.ingest()
    hits = list(shop.store.points)
    shop.catalogue.delete_collection(shop.collection, "owner")
    assert shop.catalogue.passages(hits, [shop.collection]) == {}
    assert shop.catalogue.confirm(hits, [shop.collection]) == {}
    assert shop.catalogue.collections(OWNER) == []
    assert shop.catalogue.create_collection("hep", "owner").id != shop.collection
    with pytest.raises(NotFound):
        shop.ingest()
    assert shop.projector.drain()
    assert shop.store.points == {}
    for table in (documents, versions, version_texts, chunks, frequencies, frequency_changes, frequency_deltas, sources, outbox):
        assert rows(shop, table) == 0


def test_a_store_that_fails_leaves_everything_as_it_was(shop: Workshop) -> None:
    shop.write(a="muon tracker")
    shop.ingest()
    points = dict(shop.store.points)
    shop.write(a="pion tracker", b="trigger")
    shop.store.broken = True
    with pytest.raises(Unavailable):
        shop.ingest()
    assert (shop.names(), shop.found("muon"), shop.frequency("muon")) == (["docs/a.txt"], ["docs/a.txt"], (1, 1))
    assert shop.store.points == points
    shop.store.broken = False
    shop.ingest()
    assert shop.found("pion") == ["docs/a.txt"]
    shop.projector.drain()
    assert_clean(shop, shop.store)


def test_cancellation_stops_between_documents_and_removes_nothing(shop: Workshop) -> None:
    shop.write(**{f"d{i}": "muon" for i in range(5)})
    shop.ingest()
    (shop.folder / "d4.txt").unlink()
    shop.write(**{f"e{i}": "pion" for i in range(5)})
    counts, _ = shop.ingest(outcomes=Outcomes(cancel_after=3))
    assert counts.cancelled
    assert counts.removed == 0
    assert "docs/d4.txt" in shop.names()
    shop.projector.drain()
    assert_clean(shop, shop.store)


def test_cancellation_ends_who_waits_to_hand_on(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows are staged faster than they are embedded: the thread that stages them waits for room when the stop comes."""
    monkeypatch.setattr("ingest.assembly.WINDOW", 2)
    told, standing = Outcomes(cancel_after=10**6), Versions.standing

    def slow(self: Versions, version_ids: list[str]) -> object:
        if told.cancel_after:
            time.sleep(0.5)  # until the others can go no further
            told.cancel_after = 0
        return standing(self, version_ids)

    monkeypatch.setattr(Versions, "standing", slow)
    shop.write(**{f"d{at}": f"muon {at}" for at in range(40)})
    counts, _ = shop.ingest(outcomes=told)
    assert counts.cancelled
    assert counts.added < 40


def test_a_collection_is_bound_to_its_encoder(shop: Workshop) -> None:
    shop.write(a="muon")
    shop.ingest()
    shop.encoder = FakeEncoder("another")
    with pytest.raises(Conflict, match="embedded by fake"):
        shop.ingest()
    assert shop.found("muon") == ["docs/a.txt"]


def test_documents_beyond_the_encoder_have_terms_alone(shop: Workshop) -> None:
    shop.write(a="muon", b="触发 muon")
    shop.ingest()
    assert sorted(point.dense is None for point in shop.store.points.values()) == [False, True]
    assert shop.found("muon") == ["docs/a.txt", "docs/b.txt"]


def test_large_documents_pass_in_small_steps(shop: Workshop) -> None:
    shop.write(big="\n\n".join(f"Sentence number {i} tells about tracker {i % 7}. " * 20 for i in range(600)))
    shop.db.longest_write = 0.0
    counts, _ = shop.ingest()
    assert counts.chunks > 300
    assert shop.store.largest <= 200
    info = shop.catalogue.document(shop.collection, "docs/big.txt")
    assert info is not None
    source = shop.catalogue.source(info.id)
    assert len(source.text) > 200_000
    found = shop.catalogue.passages(list(shop.store.points), [shop.collection])
    assert all(source.text[p.location.start : p.location.end] == p.text for p in found.values())


def test_progress_ends_at_its_total(shop: Workshop) -> None:
    shop.write(a="muon", b="pion", c="!broken")
    _, told = shop.ingest()
    assert told.progress[-1] == (3, 3)
