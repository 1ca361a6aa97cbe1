"""The scope decision on questions of the field: paraphrases reach their correction, traps and strangers none.

The shipped weights were fitted on these corrections too. For figures of what they were not fitted on, give weights of one half
(`JITL_PAIR_WEIGHTS`, `JITL_SCOPE_WEIGHTS`, as the fitting scripts leave them) and `JITL_TEST_HALF`, the other one.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from feedback.samples import half
from feedback.scope import PAIR_WEIGHTS, read_weights, shipped
from feedback.teaching import Line, Teaching
from jitl.adapters.encoder import OnnxEncoder
from jitl.adapters.pairs import PairReader
from jitl.settings import Settings
from jitl.sql.engine import Database
from tests.classroom import Classroom

CASES = [json.loads(line) for line in Path(__file__).with_name("hep_corrections.jsonl").read_text(encoding="utf-8").splitlines()]
HALF = os.environ.get("JITL_TEST_HALF")
ASKED = [case for case in CASES if HALF is None or half(case["question"]) == int(HALF)]
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
    settings = Settings(data_dir=Path("nowhere"))
    scope = read_weights(settings.scope_weights) if settings.scope_weights else shipped()
    room.corrections = room.replica(PairReader(settings.pair_weights or PAIR_WEIGHTS), scope)
    lines = [Line(case["question"], Teaching(case["question"], case["answer"])) for case in CASES]
    assert all(outcome.receipt for outcome in room.ledger.teach_many(lines, room.eva, room.collection))
    return room


def test_questions_of_the_field(room: Classroom) -> None:
    missed = [(q, case["question"], room.answer(q)) for case in ASKED for q in case["covered"] if room.answer(q) != case["answer"]]
    covered = sum(len(case["covered"]) for case in ASKED)
    fired = [(q, room.answer(q)) for case in ASKED for q in case["traps"] if room.answer(q) is not None]
    traps = sum(len(case["traps"]) for case in ASKED)
    print(f"covered {100 - 100 * len(missed) / covered:.1f} of {covered}, traps {100 - 100 * len(fired) / traps:.1f} of {traps}")
    print(*missed, *fired, sep="\n")
    assert [q for q in UNRELATED if room.answer(q) is not None] == []
    assert all(room.answer(case["question"].upper()) == case["answer"] for case in ASKED)
    assert len(missed) <= 0.2 * covered  # the aim: 0.03
    assert len(fired) <= 0.15 * traps  # the aim: 0.02
