"""What is taught about a route holds from the next question on, for near questions alone, and is undone without a trace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from feedback.lessons import Lessons
from jitl.adapters.sparse import HepTerms
from jitl.errors import BadInput, NotFound
from jitl.principals import Principal, Role
from jitl.route import TrainedRouter
from jitl.settings import Settings
from jitl.sql import migrate
from jitl.sql.engine import Database
from jitl.sql.people import OWNER, People

ASKED = "Which tag do we use for the new release?"
NEAR = ("which tag do we use for the new release", "What tag do we use for the new release?", "Which tag is used for the new releases?")
FAR = ("Who tagged the photo?", "Which tag do we use for release 7?", "How do I peel an orange?", "Write a function that sorts tags.")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/jitl.db")
    migrate.upgrade(opened)
    yield opened
    opened.close()


def person(db: Database, name: str, *roles: Role) -> Principal:
    people = People(db)
    people.set_person(name, by=OWNER.id, roles=roles or (Role.READER,), collections={})
    return people.authenticate(people.create_key(name, by=OWNER.id).secret)


def router(db: Database) -> tuple[TrainedRouter, Lessons]:
    lessons = Lessons(db, None, HepTerms())
    return TrainedRouter(Settings(), lessons), lessons


def test_near_questions_follow_and_far_ones_do_not(db: Database) -> None:
    asks, lessons = router(db)
    before = {text: asks.route(text, None) for text in (ASKED, *NEAR, *FAR)}
    taught = lessons.teach(ASKED, "hep_code", person(db, "ann", Role.EXPERT))
    for text in (ASKED, *NEAR):
        route = asks.route(text, None)
        assert (route.label, route.by, route.guess) == ("hep_code", "taught", before[text].guess or before[text].label)
    assert {text: asks.route(text, None) for text in FAR} == {text: before[text] for text in FAR}
    lessons.take_back(taught.id, person(db, "bob", Role.EXPERT))
    assert {text: asks.route(text, None) for text in before} == before


def test_an_experts_word_holds_for_everybody_anothers_for_themselves(db: Database) -> None:
    asks, lessons = router(db)
    ann, bob = person(db, "ann"), person(db, "bob")
    mine = lessons.teach(ASKED, "hep", ann)
    assert not mine.everyone
    assert asks.route(ASKED, None, (), ann.id).by == "taught"
    assert asks.route(ASKED, None, (), bob.id).by != "taught"
    lessons.teach(ASKED, "hep_code", person(db, "eve", Role.EXPERT))
    assert asks.route(ASKED, None, (), bob.id).label == "hep_code"
    assert asks.route(ASKED, None, (), ann.id).label == "hep", "one's own goes before others'"
    assert [lesson.id for lesson in lessons.listed(ann)] == [mine.id]


def test_nobody_finds_or_undoes_what_is_not_theirs(db: Database) -> None:
    _, lessons = router(db)
    ann, expert = person(db, "ann"), person(db, "eve", Role.EXPERT)
    mine, wide = lessons.teach(ASKED, "hep", ann), lessons.teach(ASKED, "hep", expert)
    for lesson, who in ((mine, expert), (wide, ann), (mine, person(db, "bob"))):
        assert lesson.id not in {one.id for one in lessons.listed(who)}
        with pytest.raises(NotFound):
            lessons.take_back(lesson.id, who)
    lessons.take_back(mine.id, ann)
    with pytest.raises(NotFound):
        lessons.take_back(mine.id, ann)


def test_every_process_knows_it_at_the_next_question(db: Database) -> None:
    here, there = Lessons(db, None, HepTerms()), Lessons(db, None, HepTerms())
    expert = person(db, "eve", Role.EXPERT)
    assert there.taught(ASKED, None, None) is None
    lesson = here.teach(ASKED, "general", expert)
    assert there.taught(ASKED, None, None) == "general"
    there.take_back(lesson.id, expert)
    assert here.taught(ASKED, None, None) is None
    with pytest.raises(BadInput):
        here.teach(ASKED, "physics", expert)
    with pytest.raises(BadInput):
        here.teach("   ", "hep", expert)
