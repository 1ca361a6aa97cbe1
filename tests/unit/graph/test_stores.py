"""Which store keeps the graph, and how numbers stand for names and places."""

from __future__ import annotations

import random
import sys
import uuid
from contextlib import closing

import pytest

from api.following import graph_store
from graph import merging
from graph.local import SqlGraph
from graph.neo4j import Neo4jGraph
from jitl.errors import MissingPart, Unavailable
from jitl.settings import Profile, Settings


def test_the_profile_chooses_the_store_and_a_named_server_beats_it(sqlite_database, tmp_path):
    assert isinstance(graph_store(sqlite_database, Settings(data_dir=tmp_path)), SqlGraph)
    assert Settings(data_dir=tmp_path, profile=Profile.CLUSTER).graph_server == "bolt://127.0.0.1:7687"
    named = Settings(data_dir=tmp_path, graph_url="bolt://127.0.0.1:1", graph_password="secret")
    assert "secret" not in repr(named)
    with closing(graph_store(sqlite_database, named)) as store:
        assert isinstance(store, Neo4jGraph)
        with pytest.raises(Unavailable):  # nobody listens there; the service opens all the same
            store.counts()


def test_without_the_driver_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "neo4j", None)
    with pytest.raises(MissingPart, match=r"jitl\[cluster\]"):
        Neo4jGraph("bolt://127.0.0.1:1", "neo4j", "x")


def test_places_sort_titles_first_then_chunks():
    rng = random.Random(1)
    chunks = [(str(uuid.UUID(int=rng.getrandbits(128), version=4)), rng.random() < 0.3) for _ in range(300)]
    by_place = sorted(chunks, key=lambda one: merging.place(one[0], titled=one[1]))
    assert by_place == sorted(chunks, key=lambda one: (not one[1], one[0]))
    assert [merging.place(id_, titled=titled) < merging.UNTITLED for id_, titled in by_place] == [titled for _, titled in by_place]


def test_numbers_of_names_fit_the_servers_integers_and_tell_collections_apart():
    names = {(place, key) for place in ("a", "ab", "希格斯") for key in ("b", "", "muon", "a\0b")}
    numbers = {merging.number(*name) for name in names}
    assert len(numbers) == len(names)
    assert all(0 <= number < 2**63 for number in numbers)
