"""Whoever was told that a correction is kept finds it in the very next question, on every replica, under load."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from feedback.teaching import Line, Teaching
from jitl.sql.engine import Database
from tests.classroom import Classroom

TEACHERS, ROUNDS = 4, 25


@pytest.fixture
def room(database: Database) -> Classroom:
    return Classroom(database)


def test_the_next_question_on_either_replica_knows_it(room: Classroom) -> None:
    replicas = [room.corrections, room.replica()]

    def work(teacher: int) -> None:
        for number in range(ROUNDS):
            question = f"What is constant {number} of channel {teacher}?"
            receipt = room.teach(question, f"{teacher}-{number}")
            query = room.query(question)
            for replica in replicas:
                answer = replica.consult(query).answer
                assert answer is not None
                assert answer.correction.id == receipt.id
            if number % 3 == 0:
                room.ledger.retract(receipt.id, room.eva)
                for replica in replicas:
                    answer = replica.consult(query).answer
                    assert answer is None or answer.correction.id != receipt.id

    stop = threading.Event()

    def read() -> int:
        asked = 0
        while not stop.is_set():
            for replica in replicas:
                replica.consult(room.query("What is constant 3 of channel 1?"))
            asked += 1
        return asked

    with ThreadPoolExecutor(TEACHERS + 2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        try:
            for teaching in [pool.submit(work, teacher) for teacher in range(TEACHERS)]:
                teaching.result(120)
        finally:
            stop.set()
        assert all(reader.result(30) for reader in readers)
    history = room.ledger.list(room.eva, limit=1000)
    assert len({state.seq for state in history}) == TEACHERS * ROUNDS


def test_sequence_numbers_have_no_gap(room: Classroom) -> None:
    def work(teacher: int) -> list[int]:
        single = [room.teach(f"Q{teacher} {number}?", "a").seq for number in range(10)]
        lines = [Line(None, Teaching(f"B{teacher} {number}?", "a")) for number in range(10)]
        return single + [outcome.receipt.seq for outcome in room.ledger.teach_many(lines, room.eva, room.collection)]

    with ThreadPoolExecutor(TEACHERS) as pool:
        given = [seq for seqs in pool.map(work, range(TEACHERS)) for seq in seqs]
    assert sorted(given) == list(range(1, len(given) + 1))


def test_one_key_at_once_is_one_correction(room: Classroom) -> None:
    barrier = threading.Barrier(TEACHERS)

    def work(_: int) -> str:
        barrier.wait(10)
        return room.ledger.teach(Teaching("Who?", "Ann"), room.eva, room.collection, key="k").id

    with ThreadPoolExecutor(TEACHERS) as pool:
        assert len(set(pool.map(work, range(TEACHERS)))) == 1
    assert len(room.ledger.list(room.eva)) == 1
