"""Many corrections at once: one outcome a line, in order, whatever is wrong with some."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from feedback.teaching import Line, Teaching
from jitl.errors import BadInput, Conflict, Unavailable
from jitl.sql.engine import Database
from tests.classroom import Classroom


@pytest.fixture
def room(database: Database) -> Classroom:
    return Classroom(database)


def line(key: str | None, question: str, answer: str) -> Line:
    return Line(key, Teaching(question, answer))


def test_a_bad_line_stops_no_other(room: Classroom) -> None:
    lines = [
        line("a", "Q one?", "1"),
        line("b", "", "2"),
        Line("c", BadInput("no JSON")),
        line("d", "Q four?", "4\x00"),
        line("e", "Q five?", "5"),
    ]
    outcomes = list(room.ledger.teach_many(lines, room.eva, room.collection))
    assert [outcome.id for outcome in outcomes] == list("abcde")
    assert [outcome.receipt is not None for outcome in outcomes] == [True, False, False, False, True]
    assert [outcome.receipt.seq for outcome in outcomes if outcome.receipt] == [1, 2]
    assert room.answer("Q five?") == "5"


def test_the_later_of_two_contradicting_lines_wins(room: Classroom) -> None:
    outcomes = list(room.ledger.teach_many([line("a", "Who leads?", "Ann"), line("b", "who leads", "Bob")], room.eva, room.collection))
    assert outcomes[0].conflicts == ()
    assert [(clash.kind, clash.correction) for clash in outcomes[1].conflicts] == [("contradicts", outcomes[0].receipt.id)]
    assert room.answer("Who leads?") == "Bob"
    room.ledger.retract(outcomes[1].receipt.id, room.eva)
    assert room.answer("Who leads?") == "Ann"


def test_an_id_used_for_another_body_keeps_the_first(room: Classroom) -> None:
    outcomes = list(
        room.ledger.teach_many([line("a", "Who?", "Ann"), line("a", "Who?", "Bob"), line("a", "Who?", "Ann")], room.eva, room.collection)
    )
    first = outcomes[0].receipt
    assert isinstance(outcomes[1].error, Conflict)
    assert [(clash.kind, clash.correction) for clash in outcomes[1].conflicts] == [("reused", first.id)]
    assert outcomes[2].receipt == first
    again = list(room.ledger.teach_many([line("a", "Who?", "Ann"), line(None, "Who?", "Ann")], room.eva, room.collection))
    assert again[0].receipt == first
    assert again[1].receipt.id != first.id
    assert room.answer("Who?") == "Ann"


def test_ids_are_of_a_collection(room: Classroom) -> None:
    both = room.eva.grants | room.zoe.grants
    teacher = type(room.eva)("id-both", "both", room.eva.roles, both)
    for collection in (room.collection, room.other):
        (outcome,) = room.ledger.teach_many([line("1", "Where?", collection)], teacher, collection)
        assert outcome.error is None


def test_lines_are_read_as_they_are_needed(room: Classroom) -> None:
    read = 0

    def endless() -> Iterator[Line]:
        nonlocal read
        while True:
            read += 1
            yield line(f"n{read}", f"What is number {read}?", str(read))

    outcomes = room.ledger.teach_many(endless(), room.eva, room.collection)
    seen = [next(outcomes).receipt.seq for _ in range(300)]
    outcomes.close()
    assert seen == list(range(1, 301))
    assert read < 1200


def test_without_the_encoder_lines_go_in_and_get_vectors_later(room: Classroom) -> None:
    room.encoder.broken = True
    outcomes = list(
        room.ledger.teach_many([line(None, f"What is the value of x{n}?", str(n)) for n in range(40)], room.eva, room.collection)
    )
    assert all(outcome.receipt for outcome in outcomes)
    assert room.answer("what is the value of X7") == "7"
    with pytest.raises(Unavailable):
        room.ledger.fill_vectors()
    room.encoder.broken = False
    assert room.ledger.fill_vectors() == 40


def test_a_readers_batch_is_proposed(room: Classroom) -> None:
    (outcome,) = room.ledger.teach_many([line("a", "Who leads?", "Ann")], room.pat, room.collection)
    assert outcome.receipt.status == "proposed"
    assert room.answer("Who leads?") is None
