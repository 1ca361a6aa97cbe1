"""A correction in Chinese meets an English question where encoder and glossary can say both, and the other way round."""

from __future__ import annotations

import time

import pytest

from feedback.scope import PAIR_WEIGHTS
from feedback.tongues import Tongues
from jitl import text as texts
from jitl.adapters.encoder import OnnxEncoder
from jitl.adapters.pairs import PairReader
from jitl.glossary import rewrite
from jitl.sql.engine import Database
from jitl.types import Consultation, Query
from tests.classroom import Classroom


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    return OnnxEncoder()


@pytest.fixture
def room(sqlite_database: Database, encoder: OnnxEncoder) -> Classroom:
    room = Classroom(sqlite_database, encoder=encoder)
    room.corrections = room.replica(PairReader(PAIR_WEIGHTS))
    return room


def consult(room: Classroom, question: str) -> Consultation:
    encoder = room.encoder
    assert encoder is not None
    known = encoder.covers(question)
    said = rewrite(question)
    vector = encoder.embed_question(question) if known else None
    other = encoder.embed_question(said) if said and not known else None
    query = Query(
        question, texts.language(question), vector, {}, (room.collection,), time.monotonic() + 60, rewritten=said, rewritten_vector=other
    )
    return room.corrections.consult(query)


def test_what_is_known_needs_no_gloss(encoder: OnnxEncoder) -> None:
    tongues = Tongues(encoder)
    assert tongues.gloss("How many layers does the drift chamber have?") is None
    said = tongues.gloss("漂移室有多少层？")
    assert said is not None
    assert "drift chamber" in said
    assert tongues.gloss("喵") is None


@pytest.mark.parametrize(
    ("taught", "asked", "near"),
    [
        ("漂移室有多少层？", "How many layers does the drift chamber have?", "Which gas does the drift chamber use?"),
        ("How many layers does the drift chamber have?", "漂移室有多少层？", "漂移室用什么气体？"),
    ],
)
def test_a_question_reaches_a_correction_in_the_other_language(room: Classroom, taught: str, asked: str, near: str) -> None:
    correction = room.teach(taught, "43").id
    found = consult(room, asked).answer
    assert found is not None
    assert found.correction.id == correction
    assert consult(room, near).answer is None


def test_retracting_takes_it_from_both_languages(room: Classroom) -> None:
    before = [consult(room, text) for text in ("漂移室有多少层？", "How many layers does the drift chamber have?")]
    room.ledger.retract(room.teach("漂移室有多少层？", "43").id, room.eva)
    assert [consult(room, text) for text in ("漂移室有多少层？", "How many layers does the drift chamber have?")] == before
