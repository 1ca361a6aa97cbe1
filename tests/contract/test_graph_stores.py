"""What every store of the documents' graph must do. A store joins by a fixture's name in `STORES`."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import pytest

from graph.facts import Alias, Facts, Kind, Mention, PassageFacts, Statement
from graph.local import SqlGraph
from graph.neo4j import Neo4jGraph
from graph.ports import LOOKED_AT, MOST_ALIASES, GraphStore
from jitl.sql import migrate
from jitl.sql.engine import Database
from tests import servers
from tests.memory_graph import MemoryGraph

Open: TypeAlias = Callable[[], GraphStore]
STORES = ("sqlite", "postgresql", "neo4j")
A, B, C = (str(uuid.UUID(int=n, version=4)) for n in (11, 12, 13))
WITHIN: Sequence[tuple[str, ...]] = ((A,), (C, B, A), ())
KEYS = [
    "atlas",
    "atlas muon spectrometer",
    "b → s μ μ",
    "cms",
    "higgs boson",
    "j/ψ",
    "l1 trigger",
    "muon",
    'muon\'s "chamber"',
    "root 6.30",
]
KEYS += ["top%quark", "under_score", "å", "探测器", "触发 系统", "z"]
RELATIONS = ("decays to", "is part of", "is measured by", "因此")


@pytest.fixture(params=STORES)
def reopen(request, tmp_path) -> Open:
    """Each call opens the same store anew."""
    return request.getfixturevalue(f"{request.param}_store")


@pytest.fixture
def sqlite_store(sqlite_database) -> Open:
    return lambda: SqlGraph(sqlite_database)


@pytest.fixture
def postgresql_store(request) -> Iterator[Open]:
    database = Database(servers.new_database(request.getfixturevalue("postgres_server")))
    migrate.upgrade(database)
    yield lambda: SqlGraph(database)
    database.close()


@pytest.fixture
def neo4j_store(request) -> Open:
    server = request.getfixturevalue("neo4j")

    def opened() -> GraphStore:
        graph = Neo4jGraph(server.url, server.user, server.password, walk_s=20.0)
        graph._bolt.look().result(60)
        return graph

    return opened


@pytest.fixture
def store(reopen) -> Iterator[GraphStore]:
    store = reopen()
    yield store
    store.close()


def id_of(number: int) -> str:
    """UUIDs as uuid5 makes them: spread evenly."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, str(number)))


def passage(number: int, *mentions: Mention, version="v", collection=A, aliases=(), statements=()) -> PassageFacts:
    return PassageFacts(id_of(number), version, collection, Facts(mentions, tuple(aliases), tuple(statements)))


def named(*keys: str, titled: bool = False) -> tuple[Mention, ...]:
    return tuple(Mention(key, key.upper(), Kind.NAME, titled=titled) for key in keys)


def anything(rng: random.Random, number: int) -> PassageFacts:
    """A passage of one of many versions, with any facts that the values allow."""
    keys = rng.sample(KEYS, rng.randint(0, 5))
    mentions = [
        Mention(key, rng.choice([key, key.upper(), key.title()]), rng.choice(list(Kind)), rng.randint(1, 3), rng.random() < 0.2, 3, 9)
        for key in keys
    ]
    aliases = {Alias(*rng.sample([*KEYS, "ams", "a.m.s."], 2)) for _ in range(rng.randint(0, 1))}
    said = {
        Statement(rng.choice(keys), rng.choice(RELATIONS), rng.choice(keys), start := rng.randint(0, 60), start + 9)
        for _ in range(rng.randint(0, 2) if keys else 0)
    }
    version = f"version {number // 3}"
    return passage(number, *mentions, version=version, collection=(A, B, C)[number // 3 % 3], aliases=aliases, statements=said)


def same(store: GraphStore, truth: MemoryGraph) -> None:
    """Every read gives what counting anew gives."""
    ids = [id_of(number) for number in range(70)]
    assert {id_: list(found) for id_, found in store.mentions(ids).items()} == truth.mentions(ids)
    for collection in (None, A, B, C):
        assert dict(store.counts(collection)) == truth.counts(collection)
    for collection in (A, B, C):
        assert list(store.edges(collection)) == list(truth.edges(collection))
    for within in WITHIN:
        for most in (2, 100):
            for crowded in (True, False):
                found = store.postings([*KEYS, "unknown"], within, most, crowded=crowded)
                assert {key: (one.passages, list(one.chunks)) for key, one in found.items()} == {
                    key: (one.passages, list(one.chunks)) for key, one in truth.postings(KEYS, within, most, crowded=crowded).items()
                }
            assert list(store.statements(KEYS[:4], within, most)) == truth.statements(KEYS[:4], within, most)
        for most, prefix in (
            (2, ""),
            (100, ""),
            (100, "a"),
            (2, "mu"),
            (2, "muon"),
            (3, "atlas mu"),
            (3, "探"),
            (3, "系统"),
            (3, "top%"),
            (3, "_"),
        ):
            plain = [(one.key, one.name, one.kind, one.collection_id, one.passages) for one in store.entities(prefix, within, most)]
            expected = truth.entities(prefix, within, most)
            assert plain == [(one.key, one.name, one.kind, one.collection_id, one.passages) for one in expected], prefix
        aliases = store.aliases(["unknown", *KEYS], within)
        assert {key: list(others) for key, others in aliases.items()} == {
            key: list(others) for key, others in truth.aliases(KEYS, within).items()
        }
        for key in (*KEYS[:5], "unknown"):
            found = [(one.entity, one.passages, tuple(one.relations)) for one in store.neighbours(key, within, 4)]
            assert [(one.key, one.collection_id, n, said) for one, n, said in found] == [
                (one.entity.key, one.entity.collection_id, one.passages, tuple(one.relations)) for one in truth.neighbours(key, within, 4)
            ]


def test_whatever_is_written_and_removed_reads_as_if_counted_anew(store):
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    rng, truth = random.Random(seed), MemoryGraph()
    rounds = 2 if isinstance(store, Neo4jGraph) else 4  # a thousand trips to a server each
    for round_ in range(rounds):
        for graph in (store, truth):
            again = random.Random(f"{seed} {round_}")
            graph.write([anything(again, again.randrange(60)) for _ in range(40)])
            graph.remove([f"version {again.randrange(20)}" for _ in range(3)])
            if round_ == rounds // 2:
                graph.forget(again.choice([A, B, C]))
        same(store, truth)
    several = [anything(rng, number) for number in range(30)]
    for graph in (store, truth):
        graph.write(several)
    same(store, truth)


def test_an_empty_store_answers(store):
    same(store, MemoryGraph())
    assert store.path("a", "b", [A], 4) == []
    store.remove(["unknown"])
    store.forget("unknown")
    store.flush()


def test_writing_again_changes_nothing_and_writing_anew_replaces(store):
    first = passage(1, *named("muon", "cms", titled=True), aliases=[Alias("cms", "compact muon")], version="old")
    for _ in range(3):
        store.write([first, first])
    assert dict(store.counts()) == {"passages": 1, "mentions": 2, "aliases": 1, "statements": 0}
    store.write([passage(1, *named("muon"), statements=[Statement("muon", "is", "muon", 0, 4)], version="new")])
    assert dict(store.counts(A)) == {"passages": 1, "mentions": 1, "aliases": 0, "statements": 1}
    assert store.postings(["cms"], [A], 5) == {}
    assert list(store.postings(["muon"], [A], 5)["muon"].chunks) == [(id_of(1), False)]
    assert dict(store.aliases(["cms", "compact muon"], [A])) == {}
    store.remove(["old"])
    assert store.counts()["passages"] == 1
    store.remove(["new"])
    assert dict(store.counts()) == dict.fromkeys(("passages", "mentions", "aliases", "statements"), 0)
    assert list(store.entities("", [A], 5)) == []


def test_a_name_has_its_most_frequent_spelling_and_a_telling_kind(store):
    spellings = [("CMS", Kind.TERM), ("Cms", Kind.NAME), ("Cms", Kind.NAME), ("CMS", Kind.EXPERIMENT), ("cms", Kind.DETECTOR)]
    store.write([passage(n, Mention("cms", name, kind, count=9 - n)) for n, (name, kind) in enumerate(spellings)])
    [found] = store.entities("c", [A], 5)
    assert (found.name, found.kind, found.passages) == ("CMS", Kind.DETECTOR, 5)  # ties by the alphabet


def test_what_is_not_asked_for_is_not_there(store):
    store.write([passage(1, *named("muon", "cms"), statements=[Statement("muon", "hits", "cms", 0, 9)], aliases=[Alias("cms", "c.m.s.")])])
    store.write([passage(2, *named("cms", "secret"), collection=B, version="w", aliases=[Alias("c.m.s.", "secret")])])
    assert [one.entity.key for one in store.neighbours("cms", [A], 9)] == ["muon"]
    assert store.postings(["cms"], [A], 9)["cms"].passages == 1
    assert "secret" not in store.postings(["secret"], [A], 9)
    assert list(store.aliases(["cms"], [A])["cms"]) == ["c.m.s."]
    assert list(store.aliases(["cms"], [B, A])["cms"]) == ["c.m.s.", "secret"]
    assert [one.key for one in store.entities("", [A], 9)] == ["cms", "muon"]
    assert list(store.entities("m", [A], 9)[0].aliases) == []
    assert store.path("muon", "secret", [A], 4) == []
    assert list(store.path("muon", "secret", [A, B], 4)) == ["muon", "cms", "secret"]
    assert list(store.statements(["cms"], [B], 9)) == []
    store.forget(A)
    assert dict(store.counts()) == {"passages": 1, "mentions": 2, "aliases": 1, "statements": 0}


def test_titles_come_first_then_chunks_in_order_however_many(store):
    titled = {number for number in range(LOOKED_AT + 60) if number % 7 == 0}
    store.write([passage(n, *named("hub", titled=n in titled), *named(f"own {n % 40}")) for n in range(LOOKED_AT + 60)])
    ordered = sorted((id_of(n) for n in range(LOOKED_AT + 60)), key=lambda id_: (id_ not in {id_of(n) for n in titled}, id_))
    for most in (1, 5, 50, 300, 1000):
        found = store.postings(["hub"], [A], most)["hub"]
        assert found.passages == LOOKED_AT + 60
        assert [chunk for chunk, _ in found.chunks] == ordered[:most]
        assert [yes for _, yes in found.chunks] == [chunk in {id_of(n) for n in titled} for chunk in ordered[:most]]
    assert sum(one.passages for one in store.neighbours("hub", [A], 100)) == LOOKED_AT
    assert len(store.neighbours("hub", [A], 3)) == 3


def test_chunk_ids_need_not_be_spread_evenly(store):
    ids = [str(uuid.UUID(int=n << 100, version=4)) for n in range(1, 120)]
    store.write([PassageFacts(id_, "v", A, Facts(named("hub", titled=n % 50 == 0))) for n, id_ in enumerate(ids)])
    found = store.postings(["hub"], [A], 10)["hub"]
    assert [chunk for chunk, _ in found.chunks] == sorted(ids[::50]) + sorted(set(ids) - set(ids[::50]))[:7]


def test_paths_are_shortest_and_the_first_by_the_alphabet(store):
    pairs = [("a", "c"), ("a", "b"), ("b", "z"), ("c", "z"), ("z", "y"), ("y", "x"), ("a", "w"), ("w", "x")]
    store.write([passage(n, *named(*pair)) for n, pair in enumerate(pairs)])
    assert list(store.path("a", "z", [A], 4)) == ["a", "b", "z"]
    assert list(store.path("z", "a", [A], 4)) == ["z", "b", "a"]
    assert list(store.path("a", "y", [A], 4)) == ["a", "b", "z", "y"]
    assert store.path("a", "y", [A], 2) == []
    assert list(store.path("a", "a", [A], 4)) == ["a"]
    assert store.path("nothing", "nothing", [A], 4) == []


def test_random_paths_are_those_of_the_plain_search(store):
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    rng, truth = random.Random(seed), MemoryGraph()
    letters = "abcdefghijkl"
    facts = [passage(n, *named(*rng.sample(letters, 2)), collection=rng.choice((A, B))) for n in range(16)]
    for graph in (store, truth):
        graph.write(facts)
    for _ in range(12):
        first, second = rng.sample(letters, 2)
        for within in ((A,), (A, B)):
            assert list(store.path(first, second, within, 4)) == list(truth.path(first, second, within, 4))


def test_a_class_that_runs_away_leaves_direct_partners(store):
    long = [passage(n, aliases=[Alias(f"m{n:02}", f"m{n + 1:02}")]) for n in range(MOST_ALIASES)]
    store.write(long)
    assert len(store.aliases(["m03"], [A])["m03"]) == MOST_ALIASES
    store.write([passage(99, aliases=[Alias("m00", "one more")])])
    assert list(store.aliases(["m03"], [A])["m03"]) == ["m02", "m04"]
    assert list(store.aliases(["one more"], [A])["one more"]) == ["m00"]
    store.write([passage(100 + n, aliases=[Alias("cp", f"meaning {n:02}")]) for n in range(MOST_ALIASES + 5)])
    store.write([passage(200 + n, aliases=[Alias("cp", f"meaning {n:02}")]) for n in range(10, MOST_ALIASES + 5)])
    often = [f"meaning {n:02}" for n in range(10, MOST_ALIASES + 5)]
    assert list(store.aliases(["cp"], [A])["cp"]) == sorted(often + [f"meaning {n:02}" for n in range(MOST_ALIASES - len(often))])
    assert list(store.aliases(["meaning 03"], [A])["meaning 03"]) == ["cp"]


def test_the_order_of_writing_is_not_told(reopen, store):
    facts = [anything(random.Random(n), n) for n in range(60)]
    random.shuffle(facts)
    truth = MemoryGraph()
    for one in facts:
        store.write([one])
    truth.write(facts)
    same(store, truth)


def test_what_was_written_is_there_when_opened_again(reopen, store):
    facts = [anything(random.Random(n), n) for n in range(60)]
    store.write(facts)
    store.flush()
    store.close()
    truth = MemoryGraph()
    truth.write(facts)
    another = reopen()
    same(another, truth)
    another.close()


def test_writers_and_readers_at_once(store):
    """Four write and remove passages of their own that share names; readers see whole passages; in the end the counts are right."""
    rounds, stop, broken = 6, threading.Event(), []
    whole = {f"{letter} {n}" for letter in "abc" for n in range(3)}

    def write(writer: int) -> None:
        for round_ in range(rounds):
            store.write([passage(100 * writer + n, *named(*whole), version=f"{writer}") for n in range(4)])
            if round_ < rounds - 1:
                store.remove([f"{writer}"])

    def read() -> None:
        while not stop.is_set():
            held = store.mentions([id_of(100 * writer + n) for writer in range(4) for n in range(4)])
            broken.extend(mentions for mentions in held.values() if {m.key for m in mentions} != whole)
            places = store.postings(["a 0"], [A], 100).get("a 0")
            if places is not None and places.passages != len(places.chunks):
                broken.append(places)

    with ThreadPoolExecutor(5) as threads:
        reader = threads.submit(read)
        try:
            for _ in threads.map(write, range(4)):
                pass
        finally:
            stop.set()
        reader.result()
    assert not broken
    assert dict(store.counts()) == {"passages": 16, "mentions": 16 * 9, "aliases": 0, "statements": 0}
    assert {one.passages for one in store.postings(sorted(whole), [A], 5).values()} == {16}
    assert all(n == 16 for _, _, n in store.edges(A))
