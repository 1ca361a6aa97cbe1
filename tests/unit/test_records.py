from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.records import record_of
from jitl.errors import BadInput, Unreadable
from jitl.sql.engine import Database
from tests.fakes import Outcomes
from tests.workshop import Workshop


@pytest.fixture
def shop(sqlite_database: Database, tmp_path: Path) -> Workshop:
    return Workshop(sqlite_database, tmp_path / "docs")


def ingest(shop: Workshop, *lines: object) -> Outcomes:
    path = shop.folder / "records.jsonl"
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
    told = Outcomes()
    shop.pipeline.ingest_records(path, shop.collection, told)
    return told


def test_a_record_keeps_its_id_title_text_and_metadata(shop: Workshop) -> None:
    ingest(
        shop,
        {"id": "r1", "title": "Muons", "text": "A muon.\n\nAnother.", "metadata": {"year": 2020}, "lang": "en"},
        {"id": 7, "text": "pion"},
    )
    info = shop.catalogue.document(shop.collection, "r1")
    assert info is not None
    assert (info.name, info.uri, info.title, info.kind, dict(info.metadata)) == (
        "r1",
        "record:r1",
        "Muons",
        "record",
        {"year": 2020, "lang": "en"},
    )
    assert shop.catalogue.source(info.id).text == "A muon.\n\nAnother."
    assert shop.names() == ["7", "r1"]
    assert shop.found("muon") == ["r1"]


def test_bad_lines_are_reported_by_number_and_the_others_go_on(shop: Workshop) -> None:
    bad = (b"{broken", b"", [1], {"text": "x"}, {"id": "b"}, {"id": "n", "text": "a\x00b"})
    told = ingest(shop, {"id": "a", "text": "muon"}, *bad, {"id": "z", "text": "pion"})
    failed = [uri for uri, status, _ in told.told if status == "failed"]
    assert failed == [f"records.jsonl:{n}" for n in (2, 4, 5, 6, 7)]
    assert shop.names() == ["a", "z"]
    assert told.progress[-1] == (7, 7)


def test_the_last_of_several_lines_with_one_id_counts(shop: Workshop) -> None:
    told = ingest(shop, {"id": "a", "text": "muon"}, {"id": "a", "text": "pion"}, {"id": "a", "text": 5})
    assert ("records.jsonl:1", "skipped", "id 'a' stands on line 2 again, which counts") in told.told
    assert shop.found("pion") == ["a"]
    assert shop.found("muon") == []


def test_empty_records_are_skipped_and_hide_what_they_said(shop: Workshop) -> None:
    ingest(shop, {"id": "a", "text": "muon"})
    told = ingest(shop, {"id": "a", "text": "  "})
    assert sorted(status for _, status, _ in told.told) == ["removed", "skipped"]
    assert shop.names() == []


def test_records_of_another_file_stay(shop: Workshop) -> None:
    ingest(shop, {"id": "a", "text": "muon"})
    told = ingest(shop, {"id": "b", "text": "pion"})
    assert shop.names() == ["a", "b"]
    assert told.of("added") == ["record:b"]
    assert ingest(shop, {"id": "b", "text": "pion"}).of("unchanged") == ["record:b"]


def test_a_missing_file_says_so(shop: Workshop) -> None:
    with pytest.raises(Unreadable, match="cannot be opened"):
        shop.pipeline.ingest_records(shop.folder / "nothing", shop.collection, Outcomes())


NOT_RECORDS = [b"[" * 100_000, b"\xff\xfe", b'{"id": "", "text": "x"}', b'{"id": true, "text": "x"}', b'{"id": "\\ud800", "text": "x"}']


@pytest.mark.parametrize("line", NOT_RECORDS)
def test_lines_that_are_no_record(line: bytes) -> None:
    with pytest.raises(BadInput):
        record_of(line)
