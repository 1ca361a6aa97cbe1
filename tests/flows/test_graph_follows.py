"""The graph follows the documents: it ends as if built anew, whatever came before, and falls behind without loss."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.following import LATER
from api.parts import DEGRADED, READY, Part
from feedback.overlay import Rebuild
from graph.facts import Facts, Kind, Mention, PassageFacts
from graph.local import SqlGraph
from graph.neo4j import Neo4jGraph
from graph.ports import GraphStore
from jitl.errors import Unavailable
from jitl.sql import migrate
from jitl.sql.engine import Database
from jitl.sql.outbox import Outbox
from jitl.sql.tables import chunks, outbox
from tests import servers
from tests.fakes import Outcomes
from tests.flows.crash_child import QuickEncoder
from tests.flows.test_overlay import READER, Deeds, School
from tests.graph_workshop import GraphWorkshop, prose, rows
from tests.memory_graph import MemoryGraph


def rebuilt(shop: GraphWorkshop, folder: Path) -> dict[str, list[object]]:
    with closing(Database(f"sqlite:///{folder / 'rebuilt.db'}")) as other:
        migrate.upgrade(other)
        shop.rebuild(SqlGraph(other))
        return rows(other)


def assert_as_rebuilt(shop: GraphWorkshop, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ours, fresh = rows(shop.db), rebuilt(shop, folder)
    for table, expected in fresh.items():
        assert ours[table] == expected, table
    with shop.db.read() as connection:
        shown = set(connection.scalars(sa.select(chunks.c.id)))
        assert connection.scalar(sa.select(sa.func.count()).select_from(outbox)) == 0
    assert {row["chunk_id"] for row in ours["graph_passages"]} == shown


def change_at_random(shop: GraphWorkshop, seed: int, changes: int) -> None:
    rng = random.Random(seed)
    while changes > 0:
        some = min(changes, rng.choice((1, 2, 5, 20)))
        for _ in range(some):
            shop.change(rng)
        changes -= some
        shop.ingest(force=rng.random() < 0.1)
    assert shop.settle()


@pytest.mark.parametrize("changes", [150, pytest.param(2000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])])
def test_any_sequence_of_changes_ends_as_a_rebuild(sqlite_database: Database, tmp_path: Path, changes: int) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    shop = GraphWorkshop(sqlite_database, tmp_path / "docs")
    change_at_random(shop, seed, changes)
    assert_as_rebuilt(shop, tmp_path / "fresh")
    for path in shop.folder.iterdir():
        path.unlink()
    shop.ingest()
    assert shop.settle()
    assert not any(rows(shop.db).values())


def test_any_sequence_ends_as_a_rebuild_on_postgresql(postgres_server: str, tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    with closing(Database(servers.new_database(postgres_server))) as database:
        migrate.upgrade(database)
        shop = GraphWorkshop(database, tmp_path / "docs")
        change_at_random(shop, seed, 30)
        assert_as_rebuilt(shop, tmp_path / "fresh")


def reads(store: GraphStore, place: str) -> dict[str, object]:
    """What faces and walks can learn of a collection."""
    within = [place]
    entities = store.entities("", within, 10_000)
    keys = sorted(one.key for one in entities)
    postings = store.postings(keys, within, 10_000)
    chunks = sorted({chunk for one in postings.values() for chunk, _ in one.chunks})
    return {
        "counts": dict(store.counts(place)),
        "entities": sorted((one.key, one.name, one.kind, one.passages, tuple(one.aliases)) for one in entities),
        "postings": {key: (one.passages, list(one.chunks)) for key, one in postings.items()},
        "mentions": {chunk: list(found) for chunk, found in store.mentions(chunks).items()},
        "aliases": {key: list(others) for key, others in store.aliases(keys, within).items()},
        "statements": list(store.statements(keys, within, 10_000)),
        "edges": list(store.edges(place)),
    }


@pytest.mark.parametrize(
    ("kind", "changes"), [("sql", 40), ("neo4j", 20), pytest.param("neo4j", 2000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]
)
def test_every_store_ends_as_one_that_counts_anew(request: pytest.FixtureRequest, tmp_path: Path, kind: str, changes: int) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    database: Database = request.getfixturevalue("sqlite_database")
    store: GraphStore = _neo4j(request) if kind == "neo4j" else SqlGraph(database)
    with closing(store):
        shop, plain = GraphWorkshop(database, tmp_path / "docs", graph=store), MemoryGraph()
        change_at_random(shop, seed, changes)
        shop.rebuild(plain)
        assert reads(store, shop.collection) == reads(plain, shop.collection)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("sql", 80),
        *(pytest.param(kind, 2000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)]) for kind in ("sql", "neo4j")),
    ],
)
def test_documents_and_corrections_change_in_any_order(request: pytest.FixtureRequest, tmp_path: Path, kind: str, changes: int) -> None:
    """Both end as built anew, and what is taught leaves no trace in the documents' graph."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    rng = random.Random(seed)
    database: Database = request.getfixturevalue("sqlite_database")
    store: GraphStore = _neo4j(request) if kind == "neo4j" else SqlGraph(database)
    with closing(store):
        shop, plain, room = GraphWorkshop(database, tmp_path / "docs", graph=store), MemoryGraph(), School(database)
        deeds = Deeds(room, rng)
        for _ in range(changes):
            if rng.random() < 0.5:
                deeds.do()
            else:
                shop.change(rng)
            if rng.random() < 0.1:
                shop.ingest(force=rng.random() < 0.1)
        shop.ingest()
        assert shop.settle()
        shop.rebuild(plain)
        assert reads(store, shop.collection) == reads(plain, shop.collection)
        overlay = room.rows()
        assert overlay == room.expected()
        Rebuild(room.db, READER).run()
        assert room.rows() == overlay
        assert not reads(store, room.collection)["entities"]


def _neo4j(request: pytest.FixtureRequest) -> GraphStore:
    server = request.getfixturevalue("neo4j")
    store = Neo4jGraph(server.url, server.user, server.password)
    store._bolt.look().result(60)
    return store


def test_the_comparison_notices_a_count_that_is_off(sqlite_database: Database, tmp_path: Path) -> None:
    from jitl.sql.graph_tables import graph_nodes

    shop = GraphWorkshop(sqlite_database, tmp_path / "docs")
    shop.write(a=prose(random.Random(1)))
    shop.ingest()
    assert_as_rebuilt(shop, tmp_path / "fresh")
    with shop.db.write() as connection:
        connection.execute(sa.update(graph_nodes).values(passages=graph_nodes.c.passages + 1))
    with pytest.raises(AssertionError, match="graph_nodes"):
        assert_as_rebuilt(shop, tmp_path / "again")


class Away(SqlGraph):
    """A store whose server can be gone, before or after it did what was asked."""

    gone = False
    after = False

    def write(self, facts: Sequence[PassageFacts]) -> None:
        self._do(lambda: super(Away, self).write(facts))

    def remove(self, version_ids: Sequence[str]) -> None:
        self._do(lambda: super(Away, self).remove(version_ids))

    def forget(self, collection_id: str) -> None:
        self._do(lambda: super(Away, self).forget(collection_id))

    def counts(self, collection_id: str | None = None) -> dict[str, int]:
        if self.gone:
            raise Unavailable("The graph server does not answer.")
        return dict(super().counts(collection_id))

    def _do(self, work: Callable[[], None]) -> None:
        if self.gone and not self.after:
            raise Unavailable("The graph server does not answer.")
        work()
        if self.gone:
            raise Unavailable("The graph server broke off.")


@pytest.fixture
def shop(sqlite_database: Database, tmp_path: Path) -> GraphWorkshop:
    return GraphWorkshop(sqlite_database, tmp_path / "docs", graph=Away(sqlite_database))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_passages_are_published_without_the_graph_which_catches_up(shop: GraphWorkshop, tmp_path: Path, *, after: bool) -> None:
    rng = random.Random(3)
    graph = shop.held
    assert isinstance(graph, Away)
    shop.write(stays=prose(rng), changes=prose(rng), goes=prose(rng))
    shop.ingest()
    graph.gone, graph.after = True, after
    shop.write(changes="muon " + prose(rng), comes="muon " + prose(rng))
    (shop.folder / "goes.txt").unlink()
    counts, _ = shop.ingest()
    assert (counts.added, counts.changed, counts.removed, counts.failed) == (1, 1, 1, 0)
    assert shop.found("muon") == ["docs/changes.txt", "docs/comes.txt"]
    assert shop.projector.drain(), "passages wait for nobody"
    behind = Outbox(shop.db, "graph")
    assert behind.count() > 0
    assert not shop.follower.drain()
    assert "graph server" in (behind.trouble() or "")
    graph.gone = False
    assert shop.follower.drain()
    assert behind.trouble() is None
    assert_as_rebuilt(shop, tmp_path / "fresh")


def test_a_deleted_collection_is_forgotten_even_by_a_store_that_was_away(shop: GraphWorkshop) -> None:
    graph = shop.held
    assert isinstance(graph, Away)
    shop.write(a=prose(random.Random(1)))
    shop.ingest()
    graph.gone = True
    shop.catalogue.delete_collection(shop.collection, by="owner")
    assert shop.projector.drain()
    assert not shop.follower.drain()
    graph.gone = False
    assert shop.follower.drain()
    assert not any(rows(shop.db).values())


def test_one_passage_that_cannot_be_read_keeps_no_other_waiting(sqlite_database: Database, tmp_path: Path) -> None:
    class Choosy:
        id = "choosy"
        refuse = True

        def extract(self, text: str, header: str, title: str) -> Facts:
            if self.refuse and "poison" in text:
                raise ValueError(text)
            return Facts((Mention(text.split(maxsplit=1)[0], text, Kind.NAME),))

        def names(self, question: str) -> Sequence[str]:
            return [question]

    extractor = Choosy()
    shop = GraphWorkshop(sqlite_database, tmp_path / "docs", extractor=extractor)
    shop.write(a="muon", b="poison", c="pion")
    shop.ingest()
    assert not shop.follower.drain()
    assert set(shop.held.postings(["muon", "poison", "pion"], [shop.collection], 5)) == {"muon", "pion"}
    assert Outbox(shop.db, "graph").count() == 1
    extractor.refuse = False
    assert shop.follower.drain()
    assert set(shop.held.postings(["poison"], [shop.collection], 5)) == {"poison"}


def test_another_extractor_or_a_lost_store_has_all_documents_read_again(shop: GraphWorkshop, tmp_path: Path) -> None:
    rng = random.Random(5)
    shop.write(a=prose(rng), b=prose(rng))
    shop.ingest()
    indexer = shop.graph_indexer
    assert indexer.catch_up() == 2, "nobody has said yet who wrote it"
    assert shop.follower.drain()
    assert indexer.catch_up() == 0
    shop.held.forget(shop.collection)
    assert indexer.catch_up() == 2
    assert shop.follower.drain()
    assert indexer.catch_up() == 0
    assert_as_rebuilt(shop, tmp_path / "fresh")
    shop.extractor.id = "another"
    assert indexer.catch_up() == 2
    assert shop.follower.drain()
    assert indexer.catch_up() == 0


def test_what_waits_is_not_missing(shop: GraphWorkshop) -> None:
    graph = shop.held
    assert isinstance(graph, Away)
    shop.graph_indexer.catch_up()
    graph.gone = True
    shop.write(a="The Lantern Array")
    shop.ingest()
    waiting = Outbox(shop.db, "graph").count()
    with pytest.raises(Unavailable):
        graph.counts()
    assert shop.graph_indexer.catch_up() == 0
    assert Outbox(shop.db, "graph").count() == waiting


def test_the_service_says_that_the_graph_is_behind_and_makes_it_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from api import container as root
    from api import models
    from jitl.settings import Settings

    def away(self: SqlGraph, facts: Sequence[PassageFacts]) -> None:
        raise Unavailable("The graph server does not answer.")

    monkeypatch.setattr(models, "OnnxEncoder", QuickEncoder)
    records = tmp_path / "records.jsonl"
    records.write_text("".join(json.dumps({"id": f"{n}", "title": f"Note {n}", "text": prose(random.Random(n))}) + "\n" for n in range(5)))
    with closing(root.Container.build(Settings(data_dir=tmp_path / "data"))) as service:

        def part() -> Part:
            return next(part for part in service.parts() if part.name == "graph")

        collection = service.catalogue.create_collection("notes", "owner").id
        with monkeypatch.context() as patched:
            patched.setattr(SqlGraph, "write", away)
            assert service.pipeline.ingest_records(records, collection, Outcomes()).added == 5
            assert (part().state, part().todo) == (DEGRADED, LATER)
            assert "5 versions to look at: The graph server does not answer" in part().detail
        assert service.following.projector.drain()
        assert part().state == READY
        full = service.graph.counts()
        assert full["passages"] == service.catalogue.collection(collection).passages
        assert full["mentions"] > 10
        service.graph.forget(collection)
        service.reindex.run(None, Outcomes())
        assert service.graph.counts() == full
        service.graph.forget(collection)
        service.following.look()  # as every minute
        assert service.following.projector.drain()
        assert service.graph.counts() == full
    with closing(root.Container.build(Settings(data_dir=tmp_path / "data"))) as service:
        assert service.following.outbox.count() == 0, "nothing is read again without a reason"
        assert service.graph.counts() == full
