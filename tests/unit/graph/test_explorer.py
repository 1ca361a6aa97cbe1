"""What faces show of the graph is of published passages alone, whatever the store still holds or holds already."""

from __future__ import annotations

import io
from pathlib import Path

import networkx as nx
import pytest

from graph.explorer import Explorer
from graph.facts import Alias, Facts, Kind, Mention, PassageFacts, Statement
from graph.graphml import Sheet, graphml
from graph.occurrences import read
from graph.survey import telling
from jitl.errors import NotFound
from jitl.sql.engine import Database
from jitl.sql.staging import chunk_id
from tests.graphs import World

TEXTS = {
    "one": "Ada Berg built the Comet Counter. The Comet Counter stands in Dale Hall.",
    "two": "Ada Berg and the Comet Counter were in the news of the day.",
    "three": "Dale Hall belongs to Eva Frost, who never met anyone from there.",
}
NAMES = {"ada berg": "Ada Berg", "comet counter": "Comet Counter", "dale hall": "Dale Hall", "eva frost": "Eva Frost"}


def facts(text: str, *, statement: tuple[str, str, str] | None = None, alias: tuple[str, str] | None = None) -> Facts:
    held = [(text.find(name), key, name) for key, name in NAMES.items() if name in text]
    mentions = tuple(Mention(key, name, Kind.NAME, start=start, end=start + len(name)) for start, key, name in held)
    stated = () if statement is None else (Statement(*statement, 0, text.index(".") + 1),)
    return Facts(mentions, () if alias is None else (Alias(*alias),), stated)


class Little(World):
    """Three documents, whose names and statements are written by hand; and a passage that SQL never heard of."""

    def project(self) -> None:
        built = ("ada berg", "built", "comet counter")
        for name, text in TEXTS.items():
            self.write(name, facts(text, statement=built if name == "one" else None))
        ghost = Facts(
            (
                Mention("ada berg", "ADA BERG", Kind.PERSON),
                Mention("ghost", "Ghost", Kind.NAME),
                Mention("eva frost", "Eva Frost", Kind.NAME),
            ),
            (),
            (Statement("ada berg", "is", "ghost", 0, 5),),
        )
        self.store.write([PassageFacts(chunk_id("nowhere", 0), "nowhere", self.place, ghost)])

    def chunk(self, name: str) -> str:
        info = self.catalogue.document(self.place, f"docs/{name}.txt")
        assert info is not None
        return chunk_id(info.version_id, 0)

    def write(self, name: str, said: Facts) -> None:
        info = self.catalogue.document(self.place, f"docs/{name}.txt")
        assert info is not None
        self.store.write([PassageFacts(self.chunk(name), info.version_id, self.place, said)])


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path) -> Little:
    world = Little(sqlite_database, tmp_path / "docs")
    world.publish(TEXTS)
    return world


@pytest.fixture
def explorer(world: Little) -> Explorer:
    return Explorer(world.store, world.catalogue)


def test_names_and_numbers_are_of_published_passages(world: Little, explorer: Explorer) -> None:
    found = explorer.entities("", [world.place], 10)
    assert [(one.name, one.passages) for one in found] == [("Ada Berg", 2), ("Comet Counter", 2), ("Dale Hall", 2), ("Eva Frost", 1)]
    assert [one.name for one in explorer.entities("ber", [world.place], 10)] == ["Ada Berg"]
    assert explorer.entities("ghost", [world.place], 10) == []
    assert explorer.entities("ada", ["elsewhere"], 10) == []
    world.remove("two")
    assert [(one.name, one.passages) for one in explorer.entities("ada", [world.place], 10)] == [("Ada Berg", 1)]


def test_neighbours_are_those_of_published_passages(world: Little, explorer: Explorer) -> None:
    own, near = explorer.neighbours("ada  BERG", [world.place], 10)
    assert [(one.name, one.passages) for one in own] == [("Ada Berg", 2)]
    assert [(one.name.name, one.name.passages, one.relations) for one in near] == [("Comet Counter", 2, ["built"]), ("Dale Hall", 1, [])]
    for unknown in ("ghost", "nobody at all"):
        with pytest.raises(NotFound):
            explorer.neighbours(unknown, [world.place], 10)


def test_a_fact_names_its_document_and_sentence(world: Little, explorer: Explorer) -> None:
    (fact,) = explorer.facts("Ada Berg", [world.place], 10)
    assert (fact.subject, fact.relation, fact.object) == ("Ada Berg", "built", "Comet Counter")
    assert (fact.passage.document, fact.sentence) == ("docs/one.txt", "Ada Berg built the Comet Counter.")
    assert explorer.facts("Eva Frost", [world.place], 10) == []
    world.remove("one")
    assert explorer.facts("Ada Berg", [world.place], 10) == []


def test_a_way_shows_what_holds_both_names_of_each_step(world: Little, explorer: Explorer) -> None:
    steps = explorer.path("Comet Counter", "Eva Frost", [world.place], 4)
    assert [(step.first, step.second) for step in steps] == [("Comet Counter", "Dale Hall"), ("Dale Hall", "Eva Frost")]
    assert [(passage.document, quote) for passage, quote in steps[0].proofs] == [("docs/one.txt", "The Comet Counter stands in Dale Hall.")]
    assert explorer.path("Comet Counter", "Eva Frost", [world.place], 1) == []
    assert explorer.path("Ada Berg", "Eva Frost", [world.place], 1) == []  # the store knows a passage that holds both: it is no more
    with pytest.raises(NotFound):
        explorer.path("Comet Counter", "Ghost", [world.place], 4)


def test_aliases_are_one_name_under_the_most_frequent(world: Little, explorer: Explorer) -> None:
    world.write("three", facts(TEXTS["three"], alias=("eva frost", "ada berg")))
    found = read(world.store, world.place, [[world.chunk(name)] for name in TEXTS])
    assert found is not None
    assert [(one.key, one.name) for one in found.names] == [
        ("ada berg", "Ada Berg"), ("comet counter", "Comet Counter"), ("dale hall", "Dale Hall"),
    ]  # fmt: skip
    assert list(found.where[0]) == [0, 1, 2]
    assert list(found.edges()) == [(0, 1, 2), (0, 2, 2), (1, 2, 1)]
    assert telling(found) == [True, True, True]
    own, _ = explorer.neighbours("Eva Frost", [world.place], 10)
    assert [(one.key, one.passages) for one in own] == [("eva frost", 1)]


def test_a_header_names_something_in_its_documents_first_passage(world: Little) -> None:
    titled = Facts((Mention("title", "Title", Kind.NAME, titled=True),))
    chunks = [chunk_id("long", ordinal) for ordinal in range(3)]
    world.store.write([PassageFacts(chunk, "long", world.place, titled) for chunk in chunks])
    every, first = (read(world.store, world.place, [chunks], headers=headers) for headers in (True, False))
    assert every is not None
    assert first is not None
    assert (list(every.where[0]), list(first.where[0])) == ([0, 1, 2], [0])


def test_reading_stops_when_it_is_told(world: Little) -> None:
    told: list[int] = []
    assert (
        read(
            world.store, world.place, [[chunk_id("long", ordinal) for ordinal in range(900)]], lambda done: told.append(done) or done < 500
        )
        is None
    )
    assert told == [400, 800]


def test_networkx_reads_the_export(world: Little) -> None:
    found = read(world.store, world.place, [[world.chunk(name)] for name in TEXTS])
    assert found is not None
    text = "".join(graphml(iter([Sheet('<&"\x01 library', found, {"ada berg": "id-1"})])))
    loaded = nx.read_graphml(io.BytesIO(text.encode()))
    nodes = {data["name"]: data for _, data in loaded.nodes(data=True)}
    assert nodes["Ada Berg"] == {
        "name": "Ada Berg", "key": "ada berg", "kind": "name", "collection": '<&" library', "passages": 2, "community": "id-1",
    }  # fmt: skip
    assert "community" not in nodes["Dale Hall"]
    names = nx.get_node_attributes(loaded, "name")
    edges = {frozenset((names[a], names[b])): data["weight"] for a, b, data in loaded.edges(data=True)}
    assert edges[frozenset(("Ada Berg", "Comet Counter"))] == 2
    assert not loaded.is_directed()
    few = "".join(graphml(iter([Sheet("library", found, {})]), least=2))
    assert len(nx.read_graphml(io.BytesIO(few.encode()))) == 3
