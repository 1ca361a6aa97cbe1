"""Communities are switched at once, and show nothing of what was deleted since."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from graph.community import Community, Member, Sentence
from graph.facts import Kind
from graph.shelf import Shelf
from jitl.errors import NotFound
from jitl.sql.community_tables import community_editions
from jitl.sql.engine import Database
from jitl.sql.staging import chunk_id
from tests.graphs import World, documents


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    world = World(database, tmp_path / "docs")
    world.publish(documents(2))
    return world


def chunk(world: World, document: str) -> str:
    info = world.catalogue.document(world.place, f"docs/{document}.txt")
    assert info is not None
    return chunk_id(info.version_id, 0)


def written(world: World, title: str | None = None) -> str:
    """An edition with one community that rests on both of the aurora's documents; its id."""
    first, second = chunk(world, "aurora0"), chunk(world, "aurora1")
    members = [
        Member("aurora project", "Aurora Project", Kind.NAME, [first, second]),
        Member("lantern array", "Lantern Array", Kind.NAME, [first]),
    ]
    both = Sentence("Both say so.", [(first, 0, 82), (second, 0, 82)])
    sentences = [Sentence(None, [(first, 0, 82)]), both, Sentence(None, [(second, 83, 131)])]
    edition = world.editions.begin(world.place, world.editions.base(world.place))
    world.editions.add(edition, Community("id-1", world.place, 0, None, 0, members, sentences, title))
    world.editions.switch(world.place, edition)
    world.editions.sweep(world.place)
    return edition


def shelf(world: World) -> Shelf:
    return Shelf(world.editions, world.catalogue)


def test_a_community_is_shown_with_its_words_and_their_sources(world: World) -> None:
    written(world)
    (shown,), following = shelf(world).listed([world.place])
    assert (shown.title, shown.level, following) == ("Aurora Project, Lantern Array", 0, None)
    assert [said.text for said in shown.said][1:] == ["Both say so.", "Maria Olsen leads the Aurora Project since 2019."]
    assert [said.worded for said in shown.said] == [False, True, False]
    assert {passage.document for passage, _ in shown.said[1].sources} == {"docs/aurora0.txt", "docs/aurora1.txt"}
    assert shelf(world).listed(["elsewhere"]) == ([], None)
    assert shelf(world).one([world.place], "id-1") == shown
    with pytest.raises(NotFound):
        shelf(world).one(["elsewhere"], "id-1")


def test_what_was_deleted_is_gone_from_it_at_once(world: World) -> None:
    written(world, title="A model's title")
    assert shelf(world).one([world.place], "id-1").title == "A model's title"
    world.remove("aurora0")
    shown = shelf(world).one([world.place], "id-1")
    assert [one.name for one in shown.names] == ["Aurora Project"]
    assert [said.text for said in shown.said] == ["Maria Olsen leads the Aurora Project since 2019."]
    assert shown.title == "Aurora Project"
    assert 0 < world.editions.changed(world.place) < 1
    assert shelf(world).lost(world.place) == 0.5
    world.remove("aurora1")
    assert shelf(world).listed([world.place]) == ([], None)


def test_an_edition_is_read_from_its_switch_on_and_the_old_one_is_swept(world: World) -> None:
    written(world)
    edition = world.editions.begin(world.place, world.editions.base(world.place))
    member = Member("delta ring", "Delta Ring", Kind.NAME, [chunk(world, "harbour0")])
    world.editions.add(edition, Community("id-2", world.place, 0, None, 0, [member], []))
    assert [one.id for one in shelf(world).listed([world.place])[0]] == ["id-1"]
    assert world.editions.memberships(world.place) == {"id-1": (0, ["aurora project", "lantern array"])}
    world.editions.switch(world.place, edition)
    assert [one.id for one in shelf(world).listed([world.place])[0]] == ["id-2"]
    world.editions.sweep(world.place)
    assert list(world.editions.current([world.place])) == [world.place]
    with world.db.read() as connection:
        assert list(connection.scalars(sa.select(community_editions.c.id))) == [edition]
    world.editions.sweep(world.place, everything=True)
    assert shelf(world).computed([world.place]) == {}
    assert world.editions.changed(world.place) == 1.0


def test_whoever_reads_while_it_switches_sees_one_edition_whole(world: World) -> None:
    written(world)
    member = Member("aurora project", "Aurora Project", Kind.NAME, [chunk(world, "aurora0")])
    seen: list[tuple[str, ...]] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            seen.append(tuple(sorted(one.id for one in world.editions.listed([world.place], level=0)[0])))

    reader = threading.Thread(target=look)
    reader.start()
    for turn in range(6):
        edition = world.editions.begin(world.place, world.editions.base(world.place))
        for rank in range(3):
            world.editions.add(edition, Community(f"{turn}-{rank}", world.place, 0, None, rank, [member], []))
        world.editions.switch(world.place, edition)
        world.editions.sweep(world.place)
    stop.set()
    reader.join()
    whole = {("id-1",), *(tuple(f"{turn}-{rank}" for rank in range(3)) for turn in range(6))}
    assert set(seen) <= whole


def test_a_deleted_collection_takes_no_edition(world: World) -> None:
    edition = world.editions.begin(world.place, world.editions.base(world.place))
    world.catalogue.delete_collection(world.place, "owner")
    with pytest.raises(NotFound):
        world.editions.switch(world.place, edition)
    assert shelf(world).computed([world.place]) == {}


def test_pages_hold_all_of_a_rank(world: World) -> None:
    other = world.catalogue.create_collection("other", "owner").id
    for place in (world.place, other):
        edition = world.editions.begin(place, world.editions.base(place))
        for rank in range(3):
            member = Member("aurora project", "Aurora Project", Kind.NAME, [chunk(world, "aurora0")])
            world.editions.add(edition, Community(f"{place[:8]}-{rank}", place, 0, None, rank, [member], []))
        world.editions.switch(place, edition)
    places, seen, after = [world.place, other], [], -1
    while after is not None:
        found, following = shelf(world).listed(places, after=after, limit=1)
        seen += [(one.rank, one.collection_id) for one in found]
        after = following
    assert sorted(seen) == sorted((rank, place) for rank in range(3) for place in places)
