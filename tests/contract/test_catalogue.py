"""What SQL lets anyone see, on every database."""

from __future__ import annotations

from pathlib import Path

import pytest

from jitl.errors import BadInput, Conflict, NotFound
from jitl.principals import ALL_COLLECTIONS, Principal, Right, Role
from jitl.sql.catalogue import Catalogue
from jitl.sql.engine import Database
from tests.fakes import term
from tests.workshop import Workshop


def reader(*collections: str) -> Principal:
    return Principal("p", "p", frozenset({Role.READER}), dict.fromkeys(collections, Right.READ))


@pytest.fixture
def catalogue(database: Database) -> Catalogue:
    return Catalogue(database)


def test_names_are_taken_once_and_free_after_deletion(catalogue: Catalogue) -> None:
    first = catalogue.create_collection(" hep ", "me")
    assert first.name == "hep"
    with pytest.raises(Conflict):
        catalogue.create_collection("hep", "me")
    assert catalogue.create_collection("hep", "me", exist_ok=True).id == first.id
    assert catalogue.collection("hep") == catalogue.collection(first.id) == first
    catalogue.delete_collection(first.id, "me")
    assert catalogue.collection("hep") is None
    assert catalogue.collection(first.id) is None
    assert catalogue.create_collection("hep", "me").id != first.id
    with pytest.raises(NotFound):
        catalogue.delete_collection(first.id, "me")


@pytest.mark.parametrize("name", ["", "  ", "*", "a\nb", "a\x00b", "x" * 201, "\ud800"])
def test_names_that_cannot_be(catalogue: Catalogue, name: str) -> None:
    with pytest.raises(BadInput):
        catalogue.create_collection(name, "me")


def test_an_id_beats_a_name(catalogue: Catalogue) -> None:
    first = catalogue.create_collection("first", "me")
    catalogue.create_collection(first.id, "mallory")
    found = catalogue.collection(first.id)
    assert found is not None
    assert found.id == first.id
    assert catalogue.readable(reader(ALL_COLLECTIONS), [first.id]) == (first.id,)


def test_unknown_and_unreadable_are_not_told_apart(catalogue: Catalogue) -> None:
    mine, other = catalogue.create_collection("mine", "me"), catalogue.create_collection("other", "me")
    someone = reader(mine.id)
    assert catalogue.readable(someone, None) == (mine.id,)
    assert catalogue.readable(someone, ["mine", mine.id]) == (mine.id,)
    assert catalogue.readable(someone, []) == ()
    assert set(catalogue.readable(reader(ALL_COLLECTIONS), None)) == {mine.id, other.id}
    messages = set()
    for name in ("other", "nothing"):
        with pytest.raises(NotFound) as caught:
            catalogue.readable(someone, ["mine", name])
        messages.add(str(caught.value).replace(name, "…"))
    assert len(messages) == 1
    assert [c.name for c in catalogue.collections(someone)] == ["mine"]


def test_hits_are_confirmed_where_they_are_published_and_asked_for(database: Database, tmp_path: Path) -> None:
    shop = Workshop(database, tmp_path / "docs")
    shop.write(a="muon tracker\n\nSecond paragraph")
    shop.ingest()
    other = shop.catalogue.create_collection("other", "me").id
    ((hit, _),) = shop.store.search_sparse({term("muon"): 1.0}, [shop.collection], 5)
    info = shop.catalogue.document(shop.collection, "docs/a.txt")
    assert info is not None
    assert shop.catalogue.confirm([hit, "no such id"], [shop.collection, other]) == {hit: (info.id, 0)}
    assert shop.catalogue.confirm([hit], [other]) == {}
    assert shop.catalogue.confirm([hit], []) == {}
    assert shop.catalogue.confirm([], [shop.collection]) == {}
    passage = shop.catalogue.passages([hit], [shop.collection])[hit]
    assert (passage.text, passage.header, passage.title, passage.document) == ("muon tracker\n\nSecond paragraph", "a", "a", "docs/a.txt")
    assert (passage.document_id, passage.collection_id, passage.ordinal) == (info.id, shop.collection, 0)
    shop.write(a="pion tracker")
    shop.ingest()
    assert shop.catalogue.confirm([hit], [shop.collection]) == {}


def test_documents_are_listed_found_and_shown(database: Database, tmp_path: Path) -> None:
    shop = Workshop(database, tmp_path / "docs")
    shop.write(a="muon", b="pion", c="kaon")
    shop.ingest()
    listed = shop.catalogue.documents(shop.collection, limit=2)
    assert [info.name for info in listed] == ["docs/a.txt", "docs/b.txt"]
    assert [info.name for info in shop.catalogue.documents(shop.collection, after="docs/b.txt")] == ["docs/c.txt"]
    info = listed[0]
    assert shop.catalogue.document(shop.collection, info.id) == shop.catalogue.document(shop.collection, "docs/a.txt") == info
    assert shop.catalogue.document_by_id(info.id) == info
    assert (info.title, info.kind, info.passages, info.published_at is not None) == ("a", "text", 1, True)
    assert shop.catalogue.source(info.id).text == "muon"
    assert shop.catalogue.document(shop.collection, "nothing") is None
    with pytest.raises(NotFound):
        shop.catalogue.source("nothing")


def test_very_many_ids_are_confirmed(database: Database) -> None:
    catalogue = Catalogue(database)
    collection = catalogue.create_collection("hep", "me")
    assert catalogue.confirm([f"id{i}" for i in range(12_000)], [collection.id]) == {}
