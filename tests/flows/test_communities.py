"""A refresh of the communities: whole or not at all, alike whatever led to what is published, its ids kept."""

from __future__ import annotations

import importlib.util
import random
from contextlib import closing
from pathlib import Path

import pytest

from graph.communities import installed
from graph.community import Community
from graph.neo4j import Neo4jGraph
from graph.refresh import Refresh
from graph.shelf import Shelf
from jitl.sql import migrate
from jitl.sql.engine import Database
from tests.data import need
from tests.fakes import Outcomes
from tests.graphs import World, documents, follow

SUBJECTS = {"Aurora Project": "aurora", "Delta Ring": "harbour"}


@pytest.fixture(autouse=True)
def _graphrag() -> None:
    need(installed(), "graphrag", "pip install 'jitl[graph]'")


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path) -> World:
    world = World(sqlite_database, tmp_path / "docs")
    world.publish(documents())
    return world


def refreshed(world: World) -> list[Community]:
    assert world.refresh.run(world.place, Outcomes()) is not None
    found, _ = world.editions.listed([world.place], level=0)
    return found


def groups(found: list[Community]) -> set[frozenset[str]]:
    return {frozenset(member.key for member in one.members) for one in found}


def test_two_subjects_are_two_communities_with_their_own_sentences(world: World) -> None:
    found = refreshed(world)
    assert len(found) == 2
    for one, (name, stem) in zip(sorted(found, key=lambda one: one.members[0].key), SUBJECTS.items(), strict=True):
        assert name in [member.name for member in one.members]
        shown = Shelf(world.editions, world.catalogue).one([world.place], one.id)
        assert shown.said
        for said in shown.said:
            ((passage, quote),) = said.sources
            assert said.text == quote
            assert quote in passage.text
            assert stem in passage.document


def test_a_refresh_ends_alike_whatever_came_before(world: World, tmp_path: Path) -> None:
    chance, texts = random.Random(4), documents()
    for _ in range(3):
        some = chance.sample(sorted(texts), 3)
        world.remove(*some)
        refreshed(world)
        world.publish({name: f"{texts[name]} Once more." for name in some})
        world.publish({name: texts[name] for name in some})
    database = Database(f"sqlite:///{tmp_path / 'again.db'}")
    migrate.upgrade(database)
    again = World(database, tmp_path / "again")
    again.publish(dict(reversed(texts.items())))
    first, second = refreshed(world), refreshed(again)
    assert groups(first) == groups(second)
    titles = [{one.title for one in Shelf(w.editions, w.catalogue).listed([w.place])[0]} for w in (world, again)]
    assert titles[0] == titles[1]
    database.close()


def test_ids_stay_while_communities_mostly_stay(world: World) -> None:
    before = {one.id for one in refreshed(world)}
    world.publish({"more": "The Lantern Array was painted by Sam Reed. Sam Reed works on Mount Kestrel for the Aurora Project."})
    assert world.editions.changed(world.place) > 0
    assert {one.id for one in refreshed(world)} == before
    assert world.editions.changed(world.place) == 0


def test_a_cancelled_refresh_changes_nothing(world: World) -> None:
    before = refreshed(world)
    world.publish({"more": "The Lantern Array was painted by Sam Reed."})
    assert world.refresh.run(world.place, Outcomes(cancel_after=0)) is None
    assert world.editions.listed([world.place], level=0)[0] == before


def test_one_that_was_killed_is_swept_by_the_next(world: World) -> None:
    edition = world.editions.begin(world.place, world.editions.base(world.place))
    world.editions.add(edition, Community("half", world.place, 0, None, 0, [], []))
    assert world.editions.listed([world.place], level=0)[0] == []
    refreshed(world)
    assert world.editions.current([world.place])[world.place].id != edition
    assert world.editions.reported(world.place, "") is None
    with pytest.raises(Exception, match=r"(?i)foreign|integrity"):
        world.editions.add(edition, Community("half", world.place, 0, None, 0, [], []))


def test_an_empty_collection_has_none(world: World) -> None:
    world.remove(*documents())
    assert refreshed(world) == []
    assert world.editions.changed(world.place) == 0


def test_both_stores_lead_to_the_same_communities(world: World, request: pytest.FixtureRequest) -> None:
    need(importlib.util.find_spec("neo4j"), "neo4j", "pip install 'jitl[cluster]'")
    server = request.getfixturevalue("neo4j")
    with closing(Neo4jGraph(server.url, server.user, server.password, walk_s=20.0)) as store:
        follow(world.db, store, world.place)
        first = refreshed(world)
        assert Refresh(world.editions, store, world.catalogue).run(world.place, Outcomes()) == len(first)
        assert world.editions.listed([world.place], level=0)[0] == first
        assert first
