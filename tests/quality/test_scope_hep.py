"""The scope decision on questions of the field, which it was not fitted on: paraphrases reach their correction, traps none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feedback.teaching import Line, Teaching
from jitl.adapters.encoder import OnnxEncoder
from jitl.sql.engine import Database
from tests.classroom import Classroom

CASES = [json.loads(line) for line in Path(__file__).with_name("hep_corrections.jsonl").read_text(encoding="utf-8").splitlines()]
UNRELATED = (
    "How is the weather in Beijing tomorrow?",
    "Write a poem about the sea.",
    "What is a Python decorator?",
    "Who won the match last night?",
    "How do I reset my password?",
    "今天食堂有什么菜？",
    "如何申请签证？",
)
pytestmark = pytest.mark.quality


@pytest.fixture
def room(sqlite_database: Database) -> Classroom:
    room = Classroom(sqlite_database, encoder=OnnxEncoder())
    lines = [Line(case["question"], Teaching(case["question"], case["answer"])) for case in CASES]
    assert all(outcome.receipt for outcome in room.ledger.teach_many(lines, room.eva, room.collection))
    return room


def test_questions_of_the_field(room: Classroom) -> None:
    missed = [(q, case["question"]) for case in CASES for q in case["covered"] if room.answer(q) != case["answer"]]
    covered = sum(len(case["covered"]) for case in CASES)
    fired = [(q, room.answer(q)) for case in CASES for q in case["traps"] if room.answer(q) is not None]
    traps = sum(len(case["traps"]) for case in CASES)
    print(f"covered {100 - 100 * len(missed) / covered:.1f} traps {100 - 100 * len(fired) / traps:.1f}", *missed, *fired, sep="\n")
    assert [q for q in UNRELATED if room.answer(q) is not None] == []
    assert all(room.answer(case["question"].upper()) == case["answer"] for case in CASES)
    assert len(missed) <= 0.4 * covered
    assert len(fired) <= 0.4 * traps
