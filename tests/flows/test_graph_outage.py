"""The graph's server goes away in the middle of things, hangs, refuses us, and comes back."""

from __future__ import annotations

import random
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from graph import bolt
from graph.facts import Alias, Facts, Kind, Mention, PassageFacts, Statement
from graph.neo4j import Neo4jGraph
from jitl.errors import Unavailable
from tests.wire import Wire

COLLECTION = "papers"
NAMES = ["atlas", "cms", "higgs boson", "muon chamber", "root", "geant4", "trigger", "lhcb"]


@pytest.fixture
def wire(neo4j):
    wire = Wire(int(neo4j.url.rsplit(":", 1)[1]))
    yield wire
    wire.close()


@pytest.fixture(autouse=True)
def _a_short_rest(monkeypatch):
    monkeypatch.setattr(bolt, "REST_S", 0.5)


@pytest.fixture
def graph(neo4j, wire):
    graph = Neo4jGraph(f"bolt://127.0.0.1:{wire.port}", neo4j.user, neo4j.password)
    graph._bolt.look().result(60)
    yield graph
    graph.close()


def passage(rng: random.Random, version: str = "v1", collection: str = COLLECTION, names=NAMES) -> PassageFacts:
    keys = rng.sample(names, 4)
    mentions = tuple(Mention(key, rng.choice([key, key.upper()]), Kind.NAME) for key in keys)
    facts = Facts(mentions, (Alias(keys[0], f"{keys[0]} too"),), (Statement(keys[1], "measures", keys[2], 0, 20),))
    return PassageFacts(str(uuid.UUID(int=rng.getrandbits(128), version=4)), version, collection, facts)


def seconds(work) -> float:
    start = time.monotonic()
    with pytest.raises(Unavailable):
        work()
    return time.monotonic() - start


def ask(graph: Neo4jGraph):
    return graph.postings(["atlas"], [COLLECTION], 10)


def until_it_answers(graph: Neo4jGraph, most: float = 30.0):
    end = time.monotonic() + most
    while True:
        try:
            return ask(graph)
        except Unavailable:
            assert time.monotonic() < end, "it does not recover"
            time.sleep(0.1)


def dump(graph: Neo4jGraph):
    return (
        dict(graph.counts(COLLECTION)),
        list(graph.edges(COLLECTION)),
        graph.entities("", [COLLECTION], 1000),
        graph.aliases(NAMES, [COLLECTION]),
        graph.statements(NAMES, [COLLECTION], 1000),
        graph.postings(NAMES, [COLLECTION], 1000),
    )


@pytest.mark.parametrize("trouble", ["cut", "block"])
def test_a_question_loses_little_and_the_next_ones_nothing(graph, wire, trouble):
    rng = random.Random(1)
    graph.write([passage(rng) for _ in range(20)])
    before = dump(graph)
    getattr(wire, trouble)()
    assert seconds(lambda: ask(graph)) < 2.0  # .8 on a machine with nothing else to do
    assert sum(seconds(lambda: ask(graph)) for _ in range(20)) < 0.5
    wire.mend()
    until_it_answers(graph)
    assert dump(graph) == before


def test_a_server_that_stays_away_is_not_asked_by_questions(graph, wire):
    graph.write([passage(random.Random(2))])
    wire.cut()
    seconds(lambda: ask(graph))
    time.sleep(bolt.REST_S + 0.1)
    assert max(seconds(lambda: ask(graph)) for _ in range(10)) < 0.2


def test_a_restart_between_two_questions_is_not_noticed(graph, wire):
    graph.write([passage(random.Random(3))])
    ask(graph)
    wire.cut()
    wire.mend()
    ask(graph)


def test_what_was_written_in_vain_changes_nothing_and_is_written_again(graph, wire):
    rng = random.Random(4)
    first, second = [passage(rng) for _ in range(10)], [passage(rng, "v2") for _ in range(10)]
    graph.write(first)
    wire.cut()
    assert seconds(lambda: graph.write(second)) < 2.0  # an ingest waits no longer
    assert seconds(lambda: graph.remove(["v1"])) + seconds(lambda: graph.forget(COLLECTION)) < 1.0
    wire.mend()
    until_it_answers(graph)
    assert graph.counts(COLLECTION)["passages"] == 10
    graph.write(second)
    graph.remove(["v1"])
    after = dump(graph)
    graph.forget(COLLECTION)
    graph.write(second)
    assert dump(graph) == after


def test_a_wrong_password_is_told_and_what_to_set(neo4j):
    graph = Neo4jGraph(neo4j.url, "somebody", "wrong")
    try:
        with pytest.raises(Unavailable, match="JITL_GRAPH_PASSWORD"):
            graph.counts()
        with pytest.raises(Unavailable):
            graph.write([passage(random.Random(5))])
    finally:
        graph.close()


def test_a_server_that_nobody_knows_is_told():
    graph = Neo4jGraph("bolt://no.such.host.invalid:7687", "neo4j", "x")
    try:
        with pytest.raises(Unavailable):
            graph.counts()
    finally:
        graph.close()


def test_writers_at_once_lose_no_count_and_leave_no_orphan(graph, neo4j):
    other = Neo4jGraph(neo4j.url, neo4j.user, neo4j.password)
    rng = random.Random(6)
    kept = [passage(rng, "kept") for _ in range(30)]
    batches = [[passage(rng, f"v{n}") for _ in range(3)] for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        works = [pool.submit((graph, other)[n % 2].write, batch) for n, batch in enumerate(batches)]
        works += [pool.submit(graph.write, kept[:15]), pool.submit(other.write, kept[15:])]
        for work in works:
            work.result()
        works = [pool.submit((other, graph)[n % 2].remove, [f"v{n}"]) for n in range(8)]
        works.append(pool.submit(graph.write, kept))
        for work in works:
            work.result()
    after = dump(graph)
    graph.forget(COLLECTION)
    assert graph._bolt.read("MATCH (n) RETURN count(n)", 5.0) == [[0]]
    graph.write(kept)
    assert dump(graph) == after
    other.close()


def test_a_passage_is_seen_whole_while_it_is_written_anew(graph):
    rng = random.Random(7)
    one = passage(rng)
    two = PassageFacts(one.chunk_id, one.version_id, one.collection_id, passage(rng).facts)
    whole = [tuple(sorted(each.facts.mentions, key=lambda m: m.key)) for each in (one, two)]
    graph.write([one])
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(lambda: [graph.write([each]) for _ in range(4) for each in (two, one)])
        while not writing.done():
            assert tuple(graph.mentions([one.chunk_id])[one.chunk_id]) in whole
        writing.result()


def test_a_projection_repeated_costs_no_write(graph):
    rng = random.Random(8)
    some = [passage(rng) for _ in range(5)]
    graph.write(some)
    [[before]] = graph._bolt.read("MATCH (:Passage)-[m:NAMES]->() RETURN sum(id(m))", 5.0)
    graph.write(some)
    assert graph._bolt.read("MATCH (:Passage)-[m:NAMES]->() RETURN sum(id(m))", 5.0) == [[before]]
