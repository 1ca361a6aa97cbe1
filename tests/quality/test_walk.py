"""Two steps over corrections alone: the question hangs on one, whose answer another one speaks of. Both must come as evidence."""

from __future__ import annotations

import hashlib

import pytest

from feedback.scope import PAIR_WEIGHTS
from feedback.teaching import Line, Teaching
from jitl.adapters.encoder import OnnxEncoder
from jitl.adapters.pairs import PairReader
from jitl.sql.engine import Database
from jitl.types import Query
from tests.classroom import Classroom
from tests.quality.memory import lines

pytestmark = pytest.mark.quality
SECOND = {
    "P36": "What is the capital of {}?",
    "P37": "What is the official language of {}?",
    "P30": "On which continent is {}?",
    "P159": "Where are the headquarters of {}?",
}
MOST = 300


@pytest.fixture
def encoder() -> OnnxEncoder:
    return OnnxEncoder()


def test_both_steps_are_found(sqlite_database: Database, encoder: OnnxEncoder) -> None:
    room = Classroom(sqlite_database, encoder=encoder)
    corrections = room.replica(PairReader(PAIR_WEIGHTS))
    edits = [edit for edit in lines("edit_pararel_chain", "edits.jsonl") if edit["hop2_relation"] in SECOND]
    first = {edit["question"]: edit["target_new"] for edit in edits}
    hops = {(edit["hop2_fact_new"]["s"], edit["hop2_relation"]): edit["hop2_fact_new"]["o"] for edit in edits}
    second = {SECOND[relation].format(subject): answer for (subject, relation), answer in hops.items()}
    taught = [Line(question, Teaching(question, answer)) for question, answer in (first | second).items()]
    ids = {outcome.id: outcome.receipt.id for outcome in room.ledger.teach_many(taught, room.eva, room.collection) if outcome.receipt}
    assert len(ids) == len(taught)
    chosen = sorted(edits, key=lambda edit: hashlib.sha1(edit["id"].encode()).digest())[:MOST]
    both = one = 0
    for edit in chosen:
        asked = edit["multihop_question"]
        query = Query(asked, "en", encoder.embed_question(asked), {}, (room.collection,), 0.0)
        found = corrections.consult(query)
        evidence = {candidate.correction.id for candidate in found.evidence}
        here = ids[edit["question"]] in evidence
        one += here
        both += here and ids[SECOND[edit["hop2_relation"]].format(edit["hop2_fact_new"]["s"])] in evidence
    print(f"first step {100 * one / len(chosen):.1f}, both {100 * both / len(chosen):.1f} of {len(chosen)}, {len(taught)} corrections")
    assert both >= 0.85 * len(chosen)
