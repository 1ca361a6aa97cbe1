"""The graph follows the documents on a real server that is cut off and killed meanwhile; in the end it tells what SQL's graph tells."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api import container as root
from api import models
from api.parts import DEGRADED, READY, Part
from graph import bolt
from graph.index import GraphIndexer
from graph.local import SqlGraph
from graph.neo4j import Neo4jGraph
from graph.ports import GraphStore
from graph.walk import Walk
from jitl.errors import Unavailable
from jitl.settings import Settings
from jitl.sql import migrate
from jitl.sql.engine import Database
from jitl.sql.outbox import Outbox
from jitl.sql.tables import chunks
from tests import graph_server
from tests.fakes import Outcomes
from tests.flows.crash_child import QuickEncoder
from tests.graph_workshop import PEOPLE, THINGS, GraphWorkshop, prose
from tests.wire import Wire

PATIENT_S = 20.0  # of tests: nothing waits on a busy machine for what a question would not wait for


def told(store: GraphStore, shop: GraphWorkshop) -> dict[str, Any]:
    """All that a store says about the workshop's collection."""
    within = [shop.collection]
    entities = list(store.entities("", within, 10**6))
    keys = [entity.key for entity in entities]
    with shop.db.read() as connection:
        ids = sorted(connection.scalars(chunks.select().with_only_columns(chunks.c.id)))
    return {
        "counts": [dict(store.counts(place)) for place in (None, shop.collection)],
        "entities": [(one.key, one.name, one.kind, one.passages, list(one.aliases)) for one in entities],
        "mentions": {id_: list(found) for id_, found in store.mentions(ids).items()},
        "postings": {key: (one.passages, list(one.chunks)) for key, one in store.postings(keys, within, 10**6).items()},
        "statements": list(store.statements(keys, within, 10**6)),
        "edges": list(store.edges(shop.collection)),
        "neighbours": [[(one.entity.key, one.passages, *one.relations) for one in store.neighbours(key, within, 50)] for key in keys[:8]],
        "paths": [list(store.path(keys[0], key, within, 4)) for key in keys[-6:]],
    }


def assert_as_sql(shop: GraphWorkshop, folder: Path) -> None:
    with closing(Database(f"sqlite:///{folder / f'rebuilt{time.monotonic_ns()}.db'}")) as other:
        migrate.upgrade(other)
        fresh = SqlGraph(other)
        shop.rebuild(fresh)
        expected = told(fresh, shop)
    found = told(shop.held, shop)
    for what, value in expected.items():
        assert found[what] == value, what
    assert isinstance(shop.held, Neo4jGraph)
    assert shop.held._bolt.read("MATCH (n:Name) WHERE NOT EXISTS { (n)--() } RETURN count(n)", PATIENT_S) == [[0]]
    assert Outbox(shop.db, "graph").count() == 0


def settled(shop: GraphWorkshop, most: float = 60.0) -> None:
    until = time.monotonic() + most
    while not shop.settle():
        assert time.monotonic() < until, "it does not catch up"
        time.sleep(0.2)


def opened(address: graph_server.Address, port: int) -> Neo4jGraph:
    return Neo4jGraph(f"bolt://127.0.0.1:{port}", address.user, address.password, walk_s=PATIENT_S)


@pytest.fixture
def wire(neo4j: graph_server.Address) -> Iterator[Wire]:
    with closing(Wire(int(neo4j.url.rsplit(":", 1)[1]))) as wire:
        yield wire


@pytest.fixture
def shop(neo4j, wire, sqlite_database, tmp_path, monkeypatch) -> Iterator[GraphWorkshop]:
    monkeypatch.setattr(bolt, "REST_S", 0.3)
    with closing(opened(neo4j, wire.port)) as graph:
        yield GraphWorkshop(sqlite_database, tmp_path / "docs", graph=graph)


def change(shop: GraphWorkshop, rng: random.Random, changes: int, meanwhile: Callable[[], None]) -> None:
    while changes > 0:
        for _ in range(some := min(changes, rng.choice((1, 2, 5, 20)))):
            shop.change(rng)
        changes -= some
        meanwhile()
        shop.ingest(force=rng.random() < 0.1)


def test_documents_come_while_the_server_is_cut_off(shop: GraphWorkshop, wire: Wire, tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    rng = random.Random(seed)

    def cut_or_mend() -> None:
        rng.choice((wire.cut, wire.mend, wire.mend))()

    change(shop, rng, 40, cut_or_mend)
    wire.mend()
    settled(shop)
    assert_as_sql(shop, tmp_path)


def test_an_ingest_waits_for_no_server_and_nothing_is_lost_on_it(shop: GraphWorkshop, wire: Wire, tmp_path: Path) -> None:
    rng = random.Random(2)
    shop.write(stays=prose(rng), goes=prose(rng))
    shop.ingest()
    wire.cut()
    shop.write(comes="muon " + prose(rng))
    (shop.folder / "goes.txt").unlink()
    start = time.monotonic()
    counts, _ = shop.ingest()
    assert (counts.added, counts.removed, counts.failed) == (1, 1, 0)
    assert time.monotonic() - start < 10.0
    assert shop.found("muon") == ["docs/comes.txt"]
    assert not shop.follower.drain()
    assert "graph server" in (Outbox(shop.db, "graph").trouble() or "")
    wire.mend()
    settled(shop)
    assert_as_sql(shop, tmp_path)


@pytest.fixture
def service(neo4j, wire, tmp_path, monkeypatch) -> Iterator[root.Container]:
    """A service with five notes, opened and filled while the graph's server is away."""
    monkeypatch.setattr(bolt, "REST_S", 0.3)
    monkeypatch.setattr(models, "OnnxEncoder", QuickEncoder)
    records = tmp_path / "records.jsonl"
    texts = [prose(random.Random(n)) for n in range(5)]
    records.write_text("".join(json.dumps({"id": f"{n}", "title": f"Note {n}", "text": text}) + "\n" for n, text in enumerate(texts)))
    server = {"graph_url": f"bolt://127.0.0.1:{wire.port}", "graph_user": neo4j.user, "graph_password": neo4j.password}
    wire.cut()
    settings = Settings(data_dir=tmp_path / "data", graph_timeout_s=PATIENT_S, **server)
    with closing(root.Container.build(settings)) as service:
        collection = service.catalogue.create_collection("notes", "owner").id
        assert service.pipeline.ingest_records(records, collection, Outcomes()).added == 5
        yield service


def part(service: root.Container) -> Part:
    return next(part for part in service.parts() if part.name == "graph")


def asked(service: root.Container, question: str) -> tuple[list[Any], list[str]]:
    """Passages with the way that led to each, and what is missing."""
    collection = service.catalogue.collection("notes")
    found = service.searcher.search(service.searcher.prepare(question, [collection.id]), 10)
    return [(hit.passage.id, hit.path) for hit in found.hits if hit.passage], [note for note in found.notices if note.startswith("graph")]


def caught_up(service: root.Container) -> None:
    until = time.monotonic() + 60
    while not service.following.projector.drain():
        assert time.monotonic() < until, "it does not catch up"
        time.sleep(0.2)


def test_questions_go_on_without_the_graph_and_say_so(service: root.Container, wire: Wire) -> None:
    question = "Who leads the Lantern Array?"
    assert part(service).state == DEGRADED
    without, missing = asked(service, question)
    assert without
    assert missing
    wire.mend()
    caught_up(service)
    assert part(service).state == READY
    assert service.graph.counts()["passages"] == service.catalogue.collection("notes").passages
    full, missing = asked(service, question)
    assert not missing
    wire.cut()
    again, missing = asked(service, question)
    assert sorted(id_ for id_, _ in again) == sorted(id_ for id_, _ in without)
    assert missing
    wire.mend()
    caught_up(service)
    until = time.monotonic() + 60
    while asked(service, question) != (full, []):
        assert time.monotonic() < until, "it does not recover"
        time.sleep(0.1)


def test_both_stores_give_the_same_walks(service: root.Container, wire: Wire) -> None:
    wire.mend()
    caught_up(service)
    twin = SqlGraph(service.db)
    notes = service.catalogue.documents(service.catalogue.collection("notes").id)
    GraphIndexer(service.db, twin, service.following.extractor).project([note.version_id for note in notes])
    questions = [f"Who designed the {thing}, and when?" for thing in THINGS] + [f"{person} 做了什么？" for person in PEOPLE]
    asked(service, questions[0])  # the server has planned its statements
    on_server = [asked(service, question) for question in questions]
    assert any(path for found, _ in on_server for _, path in found), "nothing was walked"
    service.searcher.walker = Walk(twin, service.following.extractor, service.sparse)
    assert [asked(service, question) for question in questions] == on_server


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_2000_changes_and_a_server_that_is_killed_stopped_and_frozen(sqlite_database: Database, tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    rng = random.Random(seed)
    with graph_server.own() as server, closing(opened(server.address, server.port)) as graph:
        shop = GraphWorkshop(sqlite_database, tmp_path / "docs", graph=graph)
        troubles: list[Callable[[], None]] = [
            lambda: (server.kill(), shop.ingest(), server.start()),
            lambda: (server.stop(), shop.ingest(), server.start()),
            lambda: (server.signal(signal.SIGSTOP), shop.ingest(), server.signal(signal.SIGCONT)),
        ]
        change(shop, rng, 2000, lambda: rng.choice(troubles)() if rng.random() < 0.02 else None)
        settled(shop)
        assert_as_sql(shop, tmp_path)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_what_was_committed_survives_a_kill(sqlite_database: Database, tmp_path: Path) -> None:
    rng = random.Random(4)
    with graph_server.own() as server, closing(opened(server.address, server.port)) as graph:
        shop = GraphWorkshop(sqlite_database, tmp_path / "docs", graph=graph)
        for number in range(30):
            shop.write(**{f"note{number}": prose(rng)})
        shop.ingest()
        settled(shop)
        before = told(graph, shop)
        server.kill()
        start = time.monotonic()
        with pytest.raises(Unavailable):
            graph.postings(["muon"], [shop.collection], 5)
        with pytest.raises(Unavailable):
            graph.postings(["muon"], [shop.collection], 5)
        assert time.monotonic() - start < 2.0
        server.start()
        wrong = Neo4jGraph(server.address.url, server.address.user, "wrong")
        with closing(wrong), pytest.raises(Unavailable, match="JITL_GRAPH_PASSWORD"):
            wrong.counts()
        time.sleep(bolt.REST_S)
        graph._bolt.look().result(60)
        assert told(graph, shop) == before
