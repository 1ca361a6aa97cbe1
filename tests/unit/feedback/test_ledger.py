"""What the ledger keeps, from whom, and what it says to the second try."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from feedback.ledger import Ledger
from feedback.teaching import Line, Teaching, WrongQuote, read, read_line
from jitl.errors import BadInput, Conflict, NotAllowed, NotFound, TooLarge
from jitl.sql.engine import Database
from jitl.sql.tables import audit, correction_events, corrections
from tests.classroom import SETTINGS, Classroom

Q, A = "Which BOSS release is recommended for the 2018 J/psi data?", "7.0.8"


@pytest.fixture
def room(database: Database) -> Classroom:
    return Classroom(database)


def events(room: Classroom) -> list[tuple[int, str]]:
    with room.db.read() as connection:
        rows = connection.execute(sa.select(correction_events).order_by(correction_events.c.seq))
        return [(row.seq, row.kind) for row in rows]


def test_an_experts_correction_has_authority_at_once(room: Classroom) -> None:
    receipt = room.teach(Q, A)
    assert (receipt.seq, receipt.status, receipt.conflicts) == (1, "approved", ())
    shown = room.ledger.show(receipt.id, room.pat)
    assert (shown.question, shown.answer, shown.author, shown.seq) == (Q, A, "eva", 1)


def test_a_readers_correction_waits_for_a_second_person(room: Classroom) -> None:
    receipt = room.teach(Q, A, by=room.pat)
    assert receipt.status == "proposed"
    with pytest.raises(NotAllowed):
        room.ledger.review(receipt.id, room.pat, "approve")
    assert room.ledger.review(receipt.id, room.ron, "approve").status == "approved"
    assert room.ledger.review(receipt.id, room.ron, "dispute").status == "disputed"
    assert [kind for _, kind in events(room)] == ["taught", "reviewed", "reviewed"]


def test_nobody_reviews_their_own(room: Classroom) -> None:
    receipt = room.teach(Q, A)
    with pytest.raises(NotAllowed):
        room.ledger.review(receipt.id, room.eva, "approve")


def test_what_is_not_readable_does_not_exist(room: Classroom) -> None:
    receipt = room.teach(Q, A)
    for attempt in (
        lambda: room.ledger.show(receipt.id, room.zoe),
        lambda: room.ledger.retract(receipt.id, room.zoe),
        lambda: room.ledger.history(receipt.id, room.zoe),
        lambda: room.ledger.supersedes(receipt.id, room.zoe),
        lambda: room.ledger.review(receipt.id, room.zoe, "dispute"),
        lambda: room.ledger.teach(Teaching(Q, A), room.zoe, room.collection),
        lambda: room.ledger.teach_many([Line(None, Teaching(Q, A))], room.zoe, room.collection),
        lambda: room.ledger.show("00000000-0000-4000-8000-00000000dead", room.eva),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert room.ledger.list(room.zoe) == ()
    assert room.ledger.list(room.zoe, [room.collection]) == ()
    assert events(room) == [(1, "taught")]


def test_a_deleted_collection_takes_its_corrections_along(room: Classroom) -> None:
    from jitl.sql.catalogue import Catalogue

    receipt = room.teach(Q, A)
    Catalogue(room.db).delete_collection(room.collection, "owner")
    with pytest.raises(NotFound):
        room.ledger.show(receipt.id, room.eva)
    with pytest.raises(NotFound):
        room.teach(Q, A)
    assert room.ledger.list(room.eva) == ()


def test_the_same_key_and_body_gives_the_same_receipt(room: Classroom) -> None:
    first = room.ledger.teach(Teaching(Q, A), room.eva, room.collection, key="k")
    assert room.ledger.teach(Teaching(Q, A), room.eva, room.collection, key="k") == first
    with pytest.raises(Conflict):
        room.ledger.teach(Teaching(Q, "7.1.2"), room.eva, room.collection, key="k")
    assert room.ledger.teach(Teaching(Q, A), room.ron, room.collection, key="k").id != first.id  # keys are one's own
    assert len(events(room)) == 2


def test_taught_again_after_retraction_stays_retracted_and_says_so(room: Classroom) -> None:
    first = room.ledger.teach(Teaching(Q, A), room.eva, room.collection, key="k")
    room.ledger.retract(first.id, room.eva)
    again = room.ledger.teach(Teaching(Q, A), room.eva, room.collection, key="k")
    assert (again.id, again.status, [clash.kind for clash in again.conflicts]) == (first.id, "retracted", ["retracted"])


def test_retracting_twice_is_one_event(room: Classroom) -> None:
    receipt = room.teach(Q, A)
    with pytest.raises(NotAllowed):
        room.ledger.retract(receipt.id, room.pat)
    first = room.ledger.retract(receipt.id, room.ron)  # another expert of the collection
    assert room.ledger.retract(receipt.id, room.eva) == first
    assert room.ledger.show(receipt.id, room.eva).status == "retracted"
    assert events(room) == [(1, "taught"), (2, "retracted")]
    with pytest.raises(Conflict):
        room.ledger.review(receipt.id, room.ron, "approve")


def test_an_author_without_the_role_may_take_back(room: Classroom) -> None:
    receipt = room.teach(Q, A, by=room.pat)
    assert room.ledger.retract(receipt.id, room.pat).status == "retracted"


def test_events_hold_no_text(room: Classroom) -> None:
    room.teach(Q, A)
    room.teach(Q, A)
    with room.db.read() as connection:
        rows = connection.execute(sa.select(correction_events)).all()
        assert connection.scalar(sa.select(sa.func.count()).select_from(audit).where(audit.c.action == "corrections.teach")) == 2
    assert all("BOSS" not in str(row) and A not in str(row) for row in rows)
    assert len({row.digest for row in rows}) == 2, "equal texts are salted apart"


@pytest.mark.parametrize(
    "bad",
    [
        Teaching("", A),
        Teaching("  \n", A),
        Teaching(Q, " "),
        Teaching("nul\x00", A),
        Teaching(Q, "half \ud800"),
        Teaching(Q, A, subject="\udfff"),
        Teaching(Q, A, paraphrases=("ok", "")),
        Teaching(Q, A, supersedes=(WrongQuote("\x00"),)),
        Teaching(Q, A, runs="all of them"),
        Teaching(Q, A, valid_from=datetime(2022, 1, 1, tzinfo=UTC), valid_to=datetime(2021, 1, 1, tzinfo=UTC)),
    ],
)
def test_bad_input_changes_nothing(room: Classroom, bad: Teaching) -> None:
    with pytest.raises(BadInput):
        room.ledger.teach(bad, room.eva, room.collection)
    assert events(room) == []


@pytest.mark.parametrize("bad", [Teaching("x" * 20_001, A), Teaching(Q, "x" * 100_001), Teaching(Q, A, paraphrases=("p",) * 51)])
def test_sizes_have_limits(room: Classroom, bad: Teaching) -> None:
    with pytest.raises(TooLarge):
        room.ledger.teach(bad, room.eva, room.collection)


def test_a_contradiction_is_told_to_the_later_one(room: Classroom) -> None:
    first = room.teach(Q, A)
    assert room.teach(Q.upper(), A.upper()).conflicts == ()
    other = room.teach("  " + Q.lower(), "7.1.2")
    assert [(clash.kind, clash.correction) for clash in other.conflicts][:1] == [("contradicts", first.id)]
    assert (other.conflicts[0].answer, other.conflicts[0].author, other.conflicts[0].status) == (A, "eva", "approved")
    assert room.teach(Q, "6.6.4", release="6.6.4").conflicts == (), "it holds for something else"


def test_lists_are_newest_first_and_paged(room: Classroom) -> None:
    receipts = [room.teach(f"What is parameter {n}?", str(n)) for n in range(5)]
    assert [state.id for state in room.ledger.list(room.pat)] == [receipt.id for receipt in reversed(receipts)]
    page = room.ledger.list(room.pat, limit=2, before=4)
    assert [state.seq for state in page] == [3, 2]
    past, future = datetime.now(UTC) - timedelta(days=7), datetime.now(UTC) + timedelta(days=1)
    room.ledger.retract(receipts[0].id, room.eva)
    assert len(room.ledger.list(room.pat, since=past)) == 5
    assert room.ledger.list(room.pat, since=future) == ()
    assert [state.id for state in room.ledger.list(room.pat, status="retracted")] == [receipts[0].id]
    assert [event.kind for event in room.ledger.history(receipts[0].id, room.pat)] == ["taught", "retracted"]


def test_fields_are_read_as_json_gives_them() -> None:
    said = {
        "id": 7, "question": Q, "answer": A, "paraphrases": ["p"], "supersedes": [{"document": "d", "quote": "q"}, {"quote": "r"}],
        "valid_from": "2021-05-01", "valid_to": "2021-05-31", "runs": "9947-10878, 11000", "unknown": [1],
    }  # fmt: skip
    line = read_line(said)
    assert line.id == "7"
    taught = line.teaching
    assert isinstance(taught, Teaching)
    assert taught.supersedes == (WrongQuote("q", "d"), WrongQuote("r"))
    assert taught.valid_from == datetime(2021, 5, 1, tzinfo=UTC)
    assert taught.valid_to is not None
    assert (taught.valid_to.day, taught.valid_to.hour) == (31, 23)
    for wrong in ({"question": 1}, {"paraphrases": "p"}, {"supersedes": ["q"]}, {"valid_from": "soon"}, {"groups": [1]}):
        with pytest.raises(BadInput):
            read({"question": Q, "answer": A, **wrong})
        assert isinstance(read_line({"question": Q, "answer": A, **wrong}).teaching, BadInput)


@pytest.mark.parametrize(
    "blob", [b"torn", b"\xff" * 4 * 64, np.ones(8, np.float32).tobytes()], ids=["short", "no numbers", "another width"]
)
def test_vectors_that_cannot_be_read_are_as_none_and_made_anew(room: Classroom, blob: bytes) -> None:
    hurt = room.teach("What is the crossing angle?", "22 mrad").id
    room.teach("What is the beam energy?", "1.89 GeV")
    with room.db.write() as connection:
        stored = connection.scalar(sa.select(corrections.c.vectors).where(corrections.c.id == hurt))
        connection.execute(corrections.update().where(corrections.c.id == hurt).values(vectors=blob))
    assert room.ledger.fill_vectors() == 0  # nobody has looked at it yet
    room.ledger = Ledger(room.db, room.encoder, room.sparse, SETTINGS, later := room.replica())
    asked = [room.query(text) for text in ("what is the crossing angle", "What is the beam energy?")]
    found = [later.consult(query).answer for query in asked]
    assert [answer and answer.correction.answer for answer in found] == ["22 mrad", "1.89 GeV"]
    assert later.damaged() == {hurt}
    assert room.ledger.fill_vectors() == 1
    assert room.ledger.fill_vectors() == 0
    assert later.damaged() == frozenset()
    with room.db.read() as connection:
        assert connection.scalar(sa.select(corrections.c.vectors).where(corrections.c.id == hurt)) == stored


def test_the_vector_comes_later_when_the_encoder_is_slow_or_down(room: Classroom) -> None:
    room.encoder.delay = 1.0
    slow = room.teach("What is the beam energy?", "1.89 GeV")
    room.encoder.delay, room.encoder.broken = 0.0, True
    down = room.teach("What is the crossing angle?", "22 mrad")
    room.encoder.broken = False
    room.teach("What is the circumference?", "237.5 m", paraphrases=("How long is the ring?", "环有多长"))
    with room.db.read() as connection:
        lacking = connection.scalars(sa.select(corrections.c.id).where(corrections.c.vectors.is_(None))).all()
    assert set(lacking) == {slow.id, down.id}
    assert room.answer("what is the crossing angle") == "22 mrad"
    room.ledger.retract(slow.id, room.eva)
    assert room.ledger.fill_vectors() == 1
    assert room.ledger.fill_vectors() == 0
    assert events(room)[-1] == (5, "vector")
    assert room.ledger.list(room.pat)[0].question == "What is the circumference?"
