"""What becomes of corrections: amended, reverted, erased, looked at again; every step may fail and leaves nothing half done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from feedback.amend import Amendments
from feedback.pace import Pace
from feedback.revert import TOGETHER, Reverts
from feedback.teaching import Line, Teaching, WrongQuote
from feedback.vanished import Vanished
from jitl.errors import BadInput, Conflict, NotAllowed, NotFound, OutOfBudget, Unavailable
from jitl.principals import Right, Role
from jitl.settings import Settings
from jitl.sql.answers import Answers
from jitl.sql.engine import Database
from jitl.sql.tables import answers, audit, correction_events, correction_texts, correction_versions, corrections, supersessions
from jitl.types import Location, Passage
from tests.classroom import SETTINGS, Classroom, person
from tests.flows.test_ledger import broken_at, contents

Q, A = "What is the trigger rate of the Aurora detector?", "4 kHz"


@pytest.fixture
def room(database: Database) -> Classroom:
    return Classroom(database)


def amendments(room: Classroom) -> Amendments:
    return Amendments(room.db, room.encoder, SETTINGS)


def count(db: Database, table: sa.Table) -> int:
    with db.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table))


def marked(room: Classroom, text: str) -> str | None:
    passage = Passage("p", 0, text, "", Location(), "d", "d.md", "D", room.collection)
    return room.corrections.marks(room.query("x"), [passage]).get("p")


# --- amending


def test_an_amendment_is_the_next_answer_and_what_was_said_stays_in_the_history(room: Classroom) -> None:
    wrong = WrongQuote("The trigger rate of Aurora is 40 kHz.", "a.md")
    taught = room.teach(Q, A, supersedes=(wrong,))
    receipt = amendments(room).amend(taught.id, room.ron, {"answer": "4.5 kHz", "paraphrases": ["How fast does Aurora trigger?"]})
    assert room.answer(Q) == "4.5 kHz"
    assert room.answer("How fast does Aurora trigger?") == "4.5 kHz"
    assert marked(room, wrong.quote) == taught.id, "what was not named stays"
    state = room.ledger.show(taught.id, room.eva)
    assert (state.version, state.author, state.status, state.seq) == (2, "ron", "approved", taught.seq)
    assert receipt.seq == taught.seq + 1
    first, second = amendments(room).history(taught.id, room.pat)
    assert (first.kind, first.said) == ("taught", None)
    assert (second.kind, second.version, set(second.fields)) == ("amended", 2, {"answer", "paraphrases"})
    assert second.said is not None
    assert (second.said["answer"], second.said["supersedes"]) == (A, [{"document": "a.md", "quote": wrong.quote}])
    amendments(room).amend(taught.id, room.ron, {"supersedes": []})
    assert marked(room, wrong.quote) is None
    room.ledger.retract(taught.id, room.eva)
    assert room.answer(Q) is None


def test_the_same_again_is_no_version(room: Classroom) -> None:
    taught = room.teach(Q, A)
    assert amendments(room).amend(taught.id, room.eva, {"answer": A}).seq == taught.seq
    assert room.ledger.show(taught.id, room.eva).version == 1


def test_who_may_amend_and_with_what_standing(room: Classroom) -> None:
    writer = person("wim", set(), {room.collection: Right.TEACH})
    own = room.teach(Q, A, writer)
    assert own.status == "proposed"
    assert amendments(room).amend(own.id, writer, {"answer": "5 kHz"}).status == "proposed"
    with pytest.raises(NotAllowed):
        amendments(room).amend(own.id, room.pat, {"answer": "6 kHz"})
    with pytest.raises(NotFound):
        amendments(room).amend(own.id, room.zoe, {"answer": "6 kHz"})
    room.ledger.review(own.id, room.eva, "approve")
    assert room.answer(Q) == "5 kHz"
    assert amendments(room).amend(own.id, writer, {"answer": "7 kHz"}).status == "proposed", "what was approved was another text"
    assert room.answer(Q) is None
    assert amendments(room).amend(own.id, room.eva, {"answer": "8 kHz"}).status == "approved"
    assert room.answer(Q) == "8 kHz"


def test_nobody_approves_their_own_by_amending_it(room: Classroom) -> None:
    taught = room.teach(Q, A)
    room.ledger.review(taught.id, room.ron, "dispute")
    assert amendments(room).amend(taught.id, room.eva, {"answer": "5 kHz"}).status == "proposed"
    assert room.answer(Q) is None
    with pytest.raises(NotAllowed):
        room.ledger.review(taught.id, room.eva, "approve")
    room.ledger.review(taught.id, room.ron, "approve")
    assert room.answer(Q) == "5 kHz"


def test_bad_amendments_change_nothing(room: Classroom) -> None:
    taught = room.teach(Q, A)
    before = contents(room.db)
    for bad in ({"answer": None}, {"answer": " "}, {"question": "x"}, {"runs": "all"}, {"valid_from": "soon"}, {"author": "ron"}):
        with pytest.raises(BadInput):
            amendments(room).amend(taught.id, room.eva, bad)
    with pytest.raises(Conflict):
        amendments(room).amend(taught.id, room.eva, {"answer": "x"}, version=2)
    assert contents(room.db) == before
    room.ledger.retract(taught.id, room.eva)
    with pytest.raises(Conflict):
        amendments(room).amend(taught.id, room.eva, {"answer": "x"})


def test_every_step_of_an_amendment_may_fail(room: Classroom) -> None:
    taught = room.teach(Q, A, supersedes=(WrongQuote("The trigger rate of Aurora is 40 kHz."),))
    changes = {"answer": "5 kHz", "paraphrases": ["How fast?"], "supersedes": [{"quote": "Aurora triggers at a rate of 40 kHz."}]}
    before = contents(room.db)
    for statement in range(1, 100):
        try:
            with broken_at(room.db, statement):
                amendments(room).amend(taught.id, room.eva, changes)
            break
        except Unavailable:
            assert contents(room.db) == before
            assert room.answer(Q) == A
    assert statement > 8
    assert room.answer(Q) == "5 kHz"


def test_late_vectors_of_an_older_version_are_thrown_away(room: Classroom) -> None:
    room.encoder.broken = True
    taught = room.teach(Q, A)
    room.encoder.broken = False
    state = room.ledger.show(taught.id, room.eva)
    old = room.encoder.embed([Q])
    amendments(room).amend(taught.id, room.eva, {"paraphrases": ["How fast does Aurora trigger?"]})
    with room.db.write() as connection:
        assert room.ledger._fill(connection, state, old) is False
    assert room.ledger.fill_vectors() <= 1
    assert room.answer("How fast does Aurora trigger?") == A


# --- taking back together


def test_everything_of_an_author_goes_in_one_step_and_nothing_else(room: Classroom) -> None:
    stay = room.teach("Who leads the group?", "Ann")
    lines = [Line(None, Teaching(f"What is parameter {n} of Aurora?", str(n))) for n in range(2 * TOGETHER + 5)]
    theirs = [outcome.receipt.id for outcome in room.ledger.teach_many(lines, room.ron, room.collection)]
    elsewhere = room.ledger.teach(Teaching(Q, A), room.zoe, room.other)
    mixed = person("max", {Role.EXPERT}, {room.collection: Right.TEACH, room.other: Right.READ})
    reverted = Reverts(room.db).revert(mixed, author="ron")
    assert (reverted.retracted, reverted.left) == (len(theirs), 0)
    assert room.answer("What is parameter 3 of Aurora?") is None
    assert room.answer("Who leads the group?") == "Ann"
    assert {room.ledger.show(id_, room.eva).status for id_ in theirs} == {"retracted"}
    assert room.ledger.show(stay.id, room.eva).status == "approved"
    with room.db.read() as connection:
        trail = connection.execute(sa.select(audit).where(audit.c.action == "corrections.revert")).all()
        sequence = list(connection.scalars(sa.select(correction_events.c.seq).order_by(correction_events.c.seq)))
    assert [(one.object, one.detail["corrections"]) for one in trail] == [("ron", len(theirs))]
    assert sequence == list(range(1, len(sequence) + 1)), "the sequence has no gap"
    with pytest.raises(NotAllowed):
        Reverts(room.db).revert(mixed, author="zoe")
    assert room.ledger.show(elsewhere.id, room.zoe).status == "approved"
    assert Reverts(room.db).revert(room.pat, author="nobody").retracted == 0


def test_a_batch_is_taken_back_by_its_id(room: Classroom) -> None:
    batch, other = str(uuid4()), str(uuid4())
    for name in (batch, other):
        lines = [Line(f"{name}{n}", Teaching(f"What is {name} {n}?", str(n))) for n in range(3)]
        assert all(outcome.receipt for outcome in room.ledger.teach_many(lines, room.eva, room.collection, batch=name))
    assert Reverts(room.db).revert(room.ron, batch=batch).retracted == 3
    assert {one.batch for one in room.ledger.list(room.eva, status="approved")} == {other}
    with pytest.raises(BadInput):
        Reverts(room.db).revert(room.eva)


def test_a_revert_that_breaks_goes_on_where_it_stopped(room: Classroom) -> None:
    lines = [Line(None, Teaching(f"What is parameter {n} of Aurora?", str(n))) for n in range(2 * TOGETHER)]
    assert len(list(room.ledger.teach_many(lines, room.ron, room.collection))) == 2 * TOGETHER
    reverts = Reverts(room.db)
    for statement in range(1, 60):
        try:
            with broken_at(room.db, statement):
                done = reverts.revert(room.eva, author="ron")
            break
        except Unavailable:
            retracted = len(room.ledger.list(room.eva, status="retracted", limit=1000))
            assert retracted % TOGETHER == 0
    assert statement > 5
    assert done.retracted < 2 * TOGETHER, "an earlier try had done a part"
    assert len(room.ledger.list(room.eva, status="retracted", limit=1000)) == 2 * TOGETHER


# --- erasing


def test_erasing_leaves_ids_and_digests_alone(room: Classroom) -> None:
    admin = person("ada", set(), {room.collection: Right.ADMIN})
    taught = room.teach(Q, "a secret value", supersedes=(WrongQuote("A secret sentence is in here."),))
    amendments(room).amend(taught.id, room.eva, {"answer": "another secret value"})
    kept = Answers(room.db)
    shown = {"answer": "secret", "grounded": True, "sources": [{"number": 1, "kind": "correction", "correction": taught.id}]}
    kept.keep("shown", room.pat.id, [room.collection], Q, shown)
    kept.keep("other", room.pat.id, [room.collection], Q, {"answer": "x", "sources": []})
    kept.settle()
    for who in (room.eva, room.pat):
        with pytest.raises(NotAllowed):
            Reverts(room.db).erase(taught.id, who)
    with pytest.raises(NotFound):
        Reverts(room.db).erase(taught.id, room.zoe)
    Reverts(room.db).erase(taught.id, admin)
    Reverts(room.db).erase(taught.id, admin)
    assert room.answer(Q) is None
    for table in (correction_texts, correction_versions, supersessions):
        assert count(room.db, table) == 0
    dump = repr(contents(room.db))
    assert "secret" not in dump
    assert taught.id in dump
    with room.db.read() as connection:
        assert list(connection.scalars(sa.select(answers.c.id))) == ["other"]
        event = connection.execute(sa.select(correction_events).order_by(correction_events.c.seq.desc())).first()
        assert connection.scalar(sa.select(corrections.c.vectors)) is None
    assert (event.kind, event.principal_id) == ("erased", admin.id)
    with pytest.raises(NotFound):
        room.ledger.show(taught.id, room.eva)
    assert [deed.kind for deed in amendments(room).history(taught.id, room.eva)] == ["taught", "amended", "erased"]
    assert room.replica().consult(room.query(Q)).answer is None
    kept.close()


# --- pace


def test_nobody_teaches_more_than_so_many_a_minute(room: Classroom) -> None:
    pace = Pace(room.db, 3)
    pace.check(room.eva, 3)
    for n in range(3):
        pace.check(room.eva)
        room.teach(f"What is {n}?", str(n))
    with pytest.raises(OutOfBudget):
        pace.check(room.eva)
    Pace(room.db, 3).check(room.ron)
    Pace(room.db, 0).check(room.eva, 1000)
    pace.check(replace(room.eva, key_rights=frozenset({"import"})), 1000)
    with room.db.write() as connection:
        connection.execute(correction_events.update().values(at=datetime.now(UTC) - timedelta(seconds=61)))
    pace.check(room.eva, 3)


def test_the_pace_is_a_setting() -> None:
    assert Settings().teach_per_minute == 60


# --- whom a mark lost


def test_lists_since_a_moment_include_it(room: Classroom) -> None:
    room.teach(Q, A)
    with room.db.read() as connection:
        at = connection.scalar(sa.select(correction_events.c.at))
    assert len(room.ledger.list(room.eva, since=at)) == 1
    assert room.ledger.list(room.eva, since=at + timedelta(microseconds=1)) == ()


def test_there_is_nothing_to_look_at_where_no_document_is_named(room: Classroom) -> None:
    room.teach(Q, A, supersedes=(WrongQuote("The trigger rate of Aurora is 40 kHz."),))
    assert Vanished(room.db).list(room.eva) == ()
