"""Teaching that fails at any step leaves nothing behind and can be tried again; what was acknowledged outlives the process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from feedback.retriever import TaughtCorrections
from feedback.teaching import Line, Teaching, WrongQuote
from jitl.errors import Unavailable
from jitl.sql.engine import Database
from jitl.sql.tables import audit, correction_events, correction_texts, corrections, idempotency, supersessions
from tests.classroom import Classroom

TABLES = (corrections, correction_texts, supersessions, correction_events, idempotency, audit)
TAUGHT = Teaching("Who leads?", "Ann", paraphrases=("Who is the leader?",), supersedes=(WrongQuote("The group is led by Bob since 2019."),))


@pytest.fixture
def room(database: Database) -> Classroom:
    return Classroom(database)


def contents(db: Database) -> list[list[tuple[object, ...]]]:
    with db.read() as connection:
        return [sorted((tuple(row) for row in connection.execute(sa.select(table))), key=repr) for table in TABLES]


@contextmanager
def broken_at(db: Database, statement: int) -> Iterator[None]:
    """The n-th statement of what follows fails."""
    left = statement

    def listen(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Unavailable("pulled the plug")

    sa.event.listen(db.engine, "before_cursor_execute", listen)
    try:
        yield
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", listen)


def test_every_step_may_fail(room: Classroom) -> None:
    room.teach("What is kept?", "this")
    before = contents(room.db)
    for statement in range(1, 100):
        try:
            with broken_at(room.db, statement):
                receipt = room.ledger.teach(TAUGHT, room.eva, room.collection, key="k")
            break
        except Unavailable:
            assert contents(room.db) == before
            assert room.answer("Who leads?") is None
    assert statement > 8, "every statement of the transaction was broken once"
    assert receipt.seq == 2, "what failed left no gap"
    assert room.answer("Who leads?") == "Ann"
    assert room.ledger.teach(TAUGHT, room.eva, room.collection, key="k") == receipt


def test_retraction_may_fail_too(room: Classroom) -> None:
    receipt = room.ledger.teach(TAUGHT, room.eva, room.collection)
    before = contents(room.db)
    for statement in range(1, 100):
        try:
            with broken_at(room.db, statement):
                room.ledger.retract(receipt.id, room.eva)
            break
        except Unavailable:
            assert contents(room.db) == before
            assert room.answer("Who leads?") == "Ann"
    assert statement > 4
    assert room.answer("Who leads?") is None


def test_a_batch_that_breaks_keeps_what_it_said_it_kept(room: Classroom) -> None:
    lines = [Line(f"l{n}", Teaching(f"What is the number of thing {n}?", str(n))) for n in range(200)]
    kept = []
    with broken_at(room.db, 15), pytest.raises(Unavailable):  # in the second transaction, however many lines a fast machine puts into one
        kept.extend(room.ledger.teach_many(lines, room.eva, room.collection))  # what came before the failure stays in the list
    assert kept
    assert all(room.ledger.show(outcome.receipt.id, room.eva).status == "approved" for outcome in kept)
    again = list(room.ledger.teach_many(lines, room.eva, room.collection))
    assert [outcome.receipt for outcome in again][: len(kept)] == [outcome.receipt for outcome in kept]
    assert len({outcome.receipt.id for outcome in again}) == 200
    assert len(room.ledger.list(room.eva, limit=1000)) == 200


def test_another_process_finds_it_and_goes_on(tmp_path: Path, sqlite_database: Database) -> None:
    room = Classroom(sqlite_database)
    room.teach("Who leads?", "Ann")
    room.ledger.retract(room.teach("Who leads?", "Bob").id, room.eva)
    query = room.query("Who leads?")
    expected = room.corrections.consult(query)
    again = Database(f"sqlite:///{tmp_path / 'jitl.db'}")
    later = TaughtCorrections(again, room.encoder, room.sparse)
    assert later.consult(query) == expected
    room.teach("Who leads?", "Cid")
    answer = later.consult(query).answer
    assert answer is not None
    assert answer.correction.answer == "Cid"
    again.close()


def test_a_restored_backup_is_noticed(sqlite_database: Database) -> None:
    room = Classroom(sqlite_database)
    room.teach("Who leads?", "Ann")
    room.teach("Who follows?", "Bob")
    assert room.answer("Who follows?") == "Bob"
    with sqlite_database.write() as connection:
        for table in (correction_texts, supersessions, corrections):
            column = table.c.id if table is corrections else table.c.correction_id
            gone = sa.select(correction_events.c.correction_id).where(correction_events.c.seq == 2).scalar_subquery()
            connection.execute(table.delete().where(column == gone))
        connection.execute(correction_events.delete().where(correction_events.c.seq == 2))
    assert room.answer("Who follows?") is None
    assert room.answer("Who leads?") == "Ann"
