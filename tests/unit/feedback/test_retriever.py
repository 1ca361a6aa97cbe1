"""What the question path gets to see of what was taught: at once, for whom, and not a bit more after it is taken back."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from feedback.teaching import Line, Teaching, WrongQuote
from jitl.sql.engine import Database
from jitl.types import Consultation, Location, Passage, Strength
from tests.classroom import Classroom

Q, A = "What is the trigger rate at the J/psi peak?", "4 kHz"


@pytest.fixture
def room(database: Database) -> Classroom:
    return Classroom(database)


@pytest.fixture
def fast(sqlite_database: Database) -> Classroom:
    return Classroom(sqlite_database)


def passage(collection: str, text: str) -> Passage:
    return Passage("chunk", 0, text, "", Location(), "d", "doc", "title", collection)


def test_taught_found_retracted_gone(room: Classroom) -> None:
    assert room.ask(Q) == Consultation()
    receipt = room.teach(Q, A)
    found = room.ask("  WHAT is the trigger rate at the J/psi peak")
    assert found.answer is not None
    assert (found.answer.correction.id, found.answer.strength, found.answer.same) == (receipt.id, Strength.SAME, 1.0)
    room.ledger.retract(receipt.id, room.eva)
    assert room.ask(Q) == Consultation()


def test_a_given_paraphrase_is_the_same_question(room: Classroom) -> None:
    room.teach(Q, A, paraphrases=("How often does the detector fire on resonance?",))
    assert room.answer("how often does the detector fire on resonance") == A


def test_collections_are_kept_apart(room: Classroom) -> None:
    room.teach(Q, A)
    assert room.ask(Q, collections=[room.other]) == Consultation()
    assert room.ask(Q, collections=[]) == Consultation()
    assert room.ask(Q, collections=[room.other, room.collection]).answer is not None


def test_what_is_proposed_stands_beside_and_moves_nothing(room: Classroom) -> None:
    room.teach(Q, A)
    before = room.ask("At the J/psi peak, what is the trigger rate?")
    proposed = room.teach(Q, "9 kHz", by=room.pat)
    after = room.ask("At the J/psi peak, what is the trigger rate?")
    assert after.answer == before.answer
    assert after.answer is not None
    assert {c.correction.id for c in after.evidence} <= {proposed.id}
    same = room.ask(Q)
    assert same.answer is not None
    assert same.answer.correction.answer == A
    assert [c.correction.id for c in same.evidence] == [proposed.id]
    room.ledger.review(proposed.id, room.ron, "approve")
    assert room.answer(Q) == "9 kHz", "the later one by equal authority"
    room.ledger.review(proposed.id, room.ron, "dispute")
    assert room.answer(Q) == A


def test_unreviewed_corrections_change_no_answer(fast: Classroom) -> None:
    questions = [f"What is the {what} of the {thing}?" for what in ("voltage", "gas", "size") for thing in ("chamber", "magnet", "trigger")]
    for number, question in enumerate(questions[:6]):
        fast.teach(question, f"approved {number}")
    probes = [fast.query(f"{start}{question}") for question in questions for start in ("", "Tell me: ", "please say ")]
    before = [fast.corrections.consult(probe).answer for probe in probes]
    for number in range(60):
        fast.teach(f"{'Tell me: ' if number % 2 else ''}{questions[number % 9]}", f"proposed {number}", by=fast.pat)
    assert [fast.corrections.consult(probe).answer for probe in probes] == before
    assert all(fast.corrections.consult(probe).evidence for probe in probes[:2])


def test_without_a_vector_terms_decide(room: Classroom) -> None:
    room.encoder.broken = True
    room.teach(Q, A)
    assert room.answer("what is the trigger rate at the J/psi peak") == A
    assert room.answer("At the J/psi peak, what is the trigger rate?") == A
    assert room.answer("Who signs the travel forms of students?") is None


def test_chinese_needs_no_vector(room: Classroom) -> None:
    question = "BESIII的漂移室有多少层？"
    room.teach(question, "43")
    assert room.answer(question.rstrip("？")) == "43"
    assert room.answer("今天食堂吃什么？") is None


def test_it_works_without_any_encoder(sqlite_database: Database) -> None:
    room = Classroom(sqlite_database, encoder=None)
    room.teach(Q, A)
    assert room.answer(Q.lower()) == A
    assert room.ledger.fill_vectors() == 0


def test_validity(room: Classroom) -> None:
    old = {"valid_from": datetime(2019, 1, 1, tzinfo=UTC), "valid_to": datetime(2020, 12, 31, tzinfo=UTC)}
    room.teach(Q, "3 kHz", **old)
    assert room.answer(Q) is None, "it held once"
    room.teach(Q, "4 kHz", valid_from=datetime(2021, 1, 1, tzinfo=UTC))
    assert room.answer(Q) == "4 kHz"
    assert room.answer(Q, as_of=datetime(2020, 5, 1, tzinfo=UTC)) == "3 kHz"
    assert room.answer(Q, as_of=datetime(2018, 5, 1, tzinfo=UTC)) is None
    other = "Which alignment constants are used?"
    room.teach(other, "set A", release="7.0.5", runs="9947-10878, 11000")
    room.teach(other, "set B", release="7.1.2", runs="11001-12000")
    assert room.answer(other, release="7.0.5") == "set A"
    assert room.answer(other, release="7.1.2") == "set B"
    assert room.answer(other, run=11000) == "set A"
    assert room.answer(other, run=11500) == "set B"
    assert room.answer(other, run=13000) is None


def test_marks_come_and_go_with_their_correction(room: Classroom) -> None:
    wrong = "The trigger rate at the J/psi peak is 2 kHz."
    receipt = room.teach(Q, A, supersedes=(WrongQuote(wrong, "doc"),))
    room.teach(Q, A, by=room.pat, supersedes=(WrongQuote("Ten sub-detectors are read out here."),))
    query = room.query(Q)
    here = passage(room.collection, f"As is known, {wrong.lower()} Ten sub-detectors are read out here.")
    assert room.corrections.marks(query, [here]) == {"chunk": receipt.id}
    assert room.corrections.marks(query, [passage(room.other, wrong)]) == {}
    assert room.corrections.marks(query, [passage(room.collection, "Ten sub-detectors are read out here.")]) == {}, "it has no authority"
    assert room.ledger.supersedes(receipt.id, room.pat) == (WrongQuote(wrong, "doc"),)
    room.ledger.retract(receipt.id, room.eva)
    assert room.corrections.marks(query, [here]) == {}


def test_late_vectors_reach_every_replica(fast: Classroom) -> None:
    replica = fast.replica()
    fast.encoder.broken = True
    fast.teach(Q, A)
    assert replica.consult(fast.query(Q)).answer is not None
    fast.encoder.broken = False
    assert fast.ledger.fill_vectors() == 1
    weighed = replica.consult(fast.query("trigger rate J/psi peak value"))
    assert weighed.candidates == fast.replica().consult(fast.query("trigger rate J/psi peak value")).candidates


def test_a_memory_brought_up_step_by_step_equals_one_read_at_once(fast: Classroom) -> None:
    rng = random.Random(5)
    receipts = []
    for number in range(120):
        subject = rng.choice(["drift chamber", "trigger", "BOSS release", "muon counter"])
        receipts.append(fast.teach(f"What is the number {number % 40} of the {subject}?", str(number), by=rng.choice([fast.eva, fast.pat])))
        fast.ask("What is the number 7 of the trigger?")
        if rng.random() < 0.3:
            fast.ledger.retract(receipts[rng.randrange(len(receipts))].id, fast.eva)
    for subject in ("drift chamber", "trigger", "BOSS release", "muon counter"):
        query = fast.query(f"Tell me number 7 of the {subject}")
        assert fast.corrections.consult(query) == fast.replica().consult(query)


def test_undo_is_exact(fast: Classroom) -> None:
    """A thousand corrections taught and taken back, out of order: not a bit is different."""
    rng = random.Random(7)
    things = [
        "drift chamber",
        "time of flight counter",
        "muon identifier",
        "BEPCII",
        "BOSS release",
        "CsI(Tl) calorimeter",
        "trigger",
        "magnet",
    ]
    values = ["gas", "voltage", "number of layers", "current", "energy resolution", "size", "rate", "owner", "version"]

    def question() -> str:
        return f"What {rng.choice(['is', 'was'])} the {rng.choice(values)} of the {rng.choice(things)} in run {rng.randrange(300)}?"

    kept = [Line(f"k{n}", Teaching(question(), f"kept {n}", paraphrases=(question(),) * (n % 2))) for n in range(300)]
    list(fast.ledger.teach_many(kept, fast.eva, fast.collection))
    probes = [fast.query(question()) for _ in range(150)] + [fast.query(line.teaching.question) for line in kept[:50]]
    before = [fast.corrections.consult(probe) for probe in probes]
    assert any(consultation.answer for consultation in before)
    taught = list(fast.ledger.teach_many((Line(None, Teaching(question(), f"new {n}")) for n in range(1000)), fast.eva, fast.collection))
    during = [fast.corrections.consult(probe) for probe in probes]
    assert during != before
    rng.shuffle(taught)
    for at, outcome in enumerate(taught):
        fast.ledger.retract(outcome.receipt.id, fast.eva)
        if at % 100 == 0:
            fast.corrections.consult(probes[0])
    assert [fast.corrections.consult(probe) for probe in probes] == before
    fresh = fast.replica()
    assert [fresh.consult(probe) for probe in probes] == before
