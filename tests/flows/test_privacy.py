"""What a collection's documents hold when people and secrets must not be told, and what their owner is told of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from ingest.parse.pdf import PdfParser
from jitl.sql.engine import Database
from jitl.sql.intake_rules import IntakeRules
from jitl.sql.tables import chunks, documents, sources, versions
from tests.fakes import FakeParsers
from tests.pdf_writer import PageOf, pdf
from tests.workshop import Workshop


@pytest.fixture
def shop(sqlite_database: Database, tmp_path: Path) -> Workshop:
    return Workshop(sqlite_database, tmp_path / "docs")


def stored(shop: Workshop) -> str:
    """Everything that SQL holds of documents and files."""
    with shop.db.read() as connection:
        return repr([connection.execute(sa.select(table)).all() for table in (documents, versions, chunks, sources)])


LETTER = "Dear Siobhan,\n\ncall me at +41 22 767 61 11 or siobhan@lab.example.org about the muon.\n\nCheers,\nAda"


def test_a_collection_that_asks_for_it_tells_no_names(shop: Workshop) -> None:
    shop.write(box=json.dumps([["m1.ada@lab.example.org", LETTER]]))
    shop.ingest()
    assert "Siobhan" in stored(shop)
    rules = IntakeRules(shop.db)
    assert rules.pseudonyms(shop.collection) is None
    rules.set_pseudonyms(shop.collection, wanted=True)
    counts, _ = shop.ingest()
    assert (counts.added, counts.removed) == (1, 1), "what was read before is read again, under a token of its Message-ID"
    assert shop.found("muon") == [name for name in shop.names() if "message-" in name]
    shop.projector.drain()
    for gone in ("Siobhan", "siobhan", "767", "Ada", "m1.ada"):
        assert gone not in stored(shop), gone
    assert shop.ingest()[0].unchanged == 1
    rules.set_pseudonyms(shop.collection, wanted=False)
    shop.ingest()
    assert "Siobhan" in stored(shop)


def test_secrets_are_stored_nowhere(shop: Workshop) -> None:
    shop.write(a="The muon farm's password: Xy7kQ2mm, ask nobody.")
    shop.ingest()
    assert shop.found("muon") == ["docs/a.txt"]
    assert "Xy7kQ2mm" not in stored(shop)
    assert "[redacted secret]" in stored(shop)


def test_pages_that_hold_images_only_are_told_by_page(sqlite_database: Database, tmp_path: Path) -> None:
    shop = Workshop(sqlite_database, tmp_path / "docs", parsers=FakeParsers(PdfParser()))
    page = PageOf().lines(["The muon system of the detector stands here in words,", "and so does the tracker of the experiment."])
    (shop.folder / "scan.pdf").write_bytes(pdf([page, PageOf().picture()]))
    (shop.folder / "empty.pdf").write_bytes(pdf([PageOf().picture()]))
    _, told = shop.ingest()
    assert [(status, reason.partition(" Run")[0]) for _, status, reason in told.told] == [
        ("failed", "its pages hold images only"),
        ("added", "page 2 holds images only"),
    ]
