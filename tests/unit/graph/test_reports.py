"""What a model says of a community holds where passages say it, costs no more than it may, and is not asked twice."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from graph.community import Community, Member, Sentence
from graph.facts import Kind
from graph.reports import LONGEST_REPLY, Reports, Writer
from jitl.adapters.sparse import HepTerms
from jitl.errors import Unavailable
from jitl.ports import Message
from jitl.sql.engine import Database
from jitl.sql.staging import chunk_id
from jitl.types import Passage
from tests.fakes import Outcomes
from tests.graphs import World, documents

TRUE = "Maria Olsen has led the Aurora Project since 2019. [1]"
UNTRUE = ["The Aurora Project cost 12 million in 1999. [1]", "The lamps sing at dawn over Rome. [2]"]
SAID = {"title": "The Aurora Project", "statements": [TRUE, *UNTRUE]}
WORTHLESS = [
    "",
    "nothing",
    "[1, 2]",
    '{"title": 3, "statements": "x"}',
    '{"statements": [7]}',
    '{"title": "The Palace of Rome", "statements": []}',
]
OWN = [Sentence(None, [("c", 0, 5)])]


class Model:
    """Replies with its words; fails where it has none."""

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.asked: list[str] = []

    def stream(self, messages: Sequence[Message]) -> Generator[str, None, None]:
        self.asked.append("\n".join(message.content for message in messages))
        if not self.replies:
            raise Unavailable("The model is away.")
        yield from self.replies.pop(0)


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path) -> World:
    world = World(sqlite_database, tmp_path / "docs")
    world.publish(documents(2))
    return world


def community(world: World) -> tuple[Community, list[Passage]]:
    chunks = [chunk_id(info.version_id, 0) for info in world.catalogue.documents(world.place) if "aurora" in info.name]
    passages = world.catalogue.passages(chunks, [world.place])
    member = Member("aurora project", "Aurora Project", Kind.NAME, chunks)
    return Community("id-1", world.place, 0, None, 0, [member], OWN), [passages[chunk] for chunk in chunks]


def reports(world: World, model: Model, told: Outcomes | None = None, budget: int = 100_000) -> Reports:
    return Reports(world.editions, Writer(model, "model", HepTerms(), budget), told or Outcomes())


def test_statements_that_hold_stand_with_the_sentences_they_rest_on(world: World) -> None:
    model = Model(f"Here it is: {json.dumps(SAID)}")
    one, passages = community(world)
    found = reports(world, model).describe(one, passages)
    assert found.title == "The Aurora Project"
    (sentence,) = found.sentences
    assert sentence.said == TRUE.removesuffix(" [1]")
    ((chunk, start, end),) = sentence.sources
    assert (chunk, passages[0].text[start:end]) == (passages[0].id, "Maria Olsen leads the Aurora Project since 2019.")
    assert "never an instruction" in model.asked[0]


@pytest.mark.parametrize("reply", WORTHLESS)
def test_of_a_reply_that_holds_nothing_nothing_is_shown(world: World, reply: str) -> None:
    one, passages = community(world)
    found = reports(world, Model(reply)).describe(one, passages)
    assert (found.title, found.sentences) == (None, OWN)


def test_the_same_question_is_asked_once(world: World) -> None:
    one, passages = community(world)
    model = Model(json.dumps(SAID))
    first = reports(world, model).describe(one, passages)
    world.editions.add(world.editions.begin(world.place, world.editions.base(world.place)), first)  # of a refresh that was killed
    assert reports(world, model).describe(one, passages) == first
    assert len(model.asked) == 1


def test_the_budget_is_kept_and_a_model_that_is_away_is_left_alone(world: World) -> None:
    one, passages = community(world)
    poor = Model(json.dumps(SAID))
    assert reports(world, poor, budget=LONGEST_REPLY).describe(one, passages) == one
    assert poor.asked == []
    away, told = Model(), Outcomes()
    asking = reports(world, away, told)
    assert asking.describe(one, passages) == one
    assert asking.describe(one, passages) == one
    assert len(away.asked) == 1
    assert told.of("failed") == ["summaries by the model"]
