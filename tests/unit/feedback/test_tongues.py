"""A correction in Chinese meets an English question where encoder and glossary can say both, and the other way round."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedback.embedding import TimedEncoder
from feedback.ledger import Ledger
from feedback.retriever import TaughtCorrections
from feedback.scope import PAIR_WEIGHTS
from feedback.tongues import Tongues
from jitl.adapters.encoder import OnnxEncoder
from jitl.adapters.pairs import PairReader
from jitl.glossary import OWN, Glossary
from jitl.sql.engine import Database
from tests.classroom import SETTINGS, Classroom


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    return OnnxEncoder()


@pytest.fixture
def room(sqlite_database: Database, encoder: OnnxEncoder) -> Classroom:
    room = Classroom(sqlite_database, encoder=encoder)
    room.corrections = room.replica(PairReader(PAIR_WEIGHTS))
    return room


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
    found = room.ask(asked).answer
    assert found is not None
    assert found.correction.id == correction
    assert room.ask(near).answer is None


def test_retracting_takes_it_from_both_languages(room: Classroom) -> None:
    before = [room.ask(text) for text in ("漂移室有多少层？", "How many layers does the drift chamber have?")]
    room.ledger.retract(room.teach("漂移室有多少层？", "43").id, room.eva)
    assert [room.ask(text) for text in ("漂移室有多少层？", "How many layers does the drift chamber have?")] == before


def test_the_collaborations_own_names_are_said_too(sqlite_database: Database, encoder: OnnxEncoder, tmp_path: Path) -> None:
    (tmp_path / OWN).write_text("飞马室\tPegasus chamber\n", encoding="utf-8")
    glossary = Glossary.of(tmp_path)
    room = Classroom(sqlite_database, encoder=encoder)
    pairs = PairReader(PAIR_WEIGHTS)
    own = TaughtCorrections(room.db, encoder, room.sparse, None, pairs, glossary)
    room.ledger = Ledger(room.db, TimedEncoder(encoder, glossary), room.sparse, SETTINGS, own)
    taught = room.teach("飞马室用什么气体？", "argon").id
    query = room.query("Which gas does the Pegasus chamber use?")
    found = own.consult(query).answer
    assert found is not None
    assert found.correction.id == taught
    room.ledger.retract(taught, room.eva)
    room.ledger = Ledger(room.db, TimedEncoder(encoder), room.sparse, SETTINGS, room.replica(pairs))
    room.teach("飞马室用什么气体？", "argon")
    assert room.replica(pairs).consult(query).answer is None  # by the shipped names alone nobody knows what it is
