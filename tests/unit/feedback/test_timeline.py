"""The question's own words pick the record, where its fact has records that are limited so; nowhere else."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from feedback.teaching import Line, Teaching
from jitl.sql.engine import Database
from jitl.types import Strength
from tests.classroom import Classroom

Q = "What is the trigger rate at the J/psi peak?"


def year(number: int) -> datetime:
    return datetime(number, 1, 1, tzinfo=UTC)


@pytest.fixture
def room(sqlite_database: Database) -> Classroom:
    return Classroom(sqlite_database)


def test_words_say_when(room: Classroom) -> None:
    room.teach(Q, "3 kHz", valid_from=year(2015))
    room.teach(Q, "4 kHz", valid_from=year(2020))
    assert room.answer(Q) == "4 kHz"
    assert room.answer("As of 2018, what is the trigger rate at the J/psi peak?") == "3 kHz"
    assert room.answer("What is the trigger rate at the J/psi peak in March 2021?") == "4 kHz"
    assert room.answer("What is the trigger rate at the J/psi peak in 2012?") is None
    assert room.answer("As of 2018, what is the trigger rate at the J/psi peak?", as_of=year(2021)) == "4 kHz", "options win"


def test_a_later_record_ends_one_without_an_end(room: Classroom) -> None:
    room.teach(Q, "3 kHz")
    assert room.answer(f"In 2018, {Q}") != "4 kHz"
    later = room.teach(Q, "4 kHz", valid_from=year(2020))
    assert [room.answer(f"{when} {Q}") for when in ("As of 2021,", "As of 2018,", "")] == ["4 kHz", "3 kHz", "4 kHz"]
    room.ledger.retract(later.id, room.eva)
    assert room.answer(Q) == "3 kHz"


def test_releases_and_runs(room: Classroom) -> None:
    question = "Which generator is the default?"
    room.teach(question, "KKMC", release="7.0.9")
    room.teach(question, "BabaYaga", release="7.0.10")
    assert room.answer(question) == "BabaYaga"
    assert room.answer("Which generator is the default in BOSS 7.0.9?") == "KKMC"
    assert room.answer("Which generator is the default in BOSS 7.1.0?") is None
    assert room.answer("Which generator is the default in BOSS 7.1.0?", release="7.0.9") == "KKMC"
    constants = "用哪个对准常数？"
    room.teach(constants, "甲组", runs="9947-10878")
    room.teach(constants, "乙组", runs="10879-12000")
    assert room.answer(constants) == "乙组"
    assert room.answer("运行号 10000 用哪个对准常数？") == "甲组"
    assert room.answer("运行号 13000 用哪个对准常数？") is None


def test_a_year_that_belongs_to_the_fact_says_nothing_of_when(room: Classroom) -> None:
    question = "Which BOSS release is recommended for data taken in 2018?"
    room.teach(question, "7.0.4", valid_from=year(2019), valid_to=datetime(2021, 12, 31, tzinfo=UTC))
    room.teach(question, "7.0.8", valid_from=year(2022))
    assert room.answer(question) == "7.0.8"
    assert room.answer(f"As of 2020, {question}") == "7.0.4"
    assert room.answer("Which BOSS release is recommended for data taken in 2012?") is None


def test_without_limited_records_words_change_nothing(room: Classroom) -> None:
    room.teach(Q, "3 kHz")
    asked = f"As of 2021, {Q}"
    before = room.ask(asked)
    other = room.teach("Who leads the software group?", "Ana", valid_from=year(2020))
    assert room.ask(asked).answer == before.answer
    room.ledger.retract(other.id, room.eva)
    assert room.ask(asked) == before


def test_where_none_holds_the_records_of_other_times_stand_beside(room: Classroom) -> None:
    ended = room.teach(Q, "3 kHz", valid_to=year(2018))
    later = room.teach(Q, "5 kHz", valid_from=year(2100))
    found = room.ask(Q)
    assert found.answer is None
    assert [(one.correction.id, one.strength) for one in found.evidence] == [(later.id, Strength.DEPENDENT), (ended.id, Strength.DEPENDENT)]
    assert room.answer(f"As of 2017, {Q}") == "3 kHz"


def test_what_is_proposed_is_picked_alike_and_ends_nothing(room: Classroom) -> None:
    room.teach(Q, "3 kHz", valid_from=year(2015))
    room.teach(Q, "4 kHz", by=room.pat, valid_from=year(2020))
    room.teach(Q, "2 kHz", by=room.pat, valid_to=year(2010))
    found = room.ask(Q)
    assert found.answer is not None
    assert found.answer.correction.answer == "3 kHz"
    assert [one.correction.answer for one in found.evidence] == ["4 kHz"]


def test_many_records_of_one_fact_hide_neither_each_other_nor_another(room: Classroom) -> None:
    for number in range(30):
        room.teach(Q, f"{number} kHz", runs=f"{100 * number}-{100 * number + 99}")
    room.teach("What is the trigger efficiency at the J/psi peak?", "99 %")
    assert room.answer(Q) == "29 kHz"
    assert room.answer(f"For run 1234, {Q}") == "12 kHz"
    assert room.answer("What is the trigger efficiency at the J/psi peak?") == "99 %"


def test_undo_is_exact_with_records(room: Classroom) -> None:
    rng = random.Random(11)
    facts = [f"What is the {what} of the {thing}?" for what in ("voltage", "gas", "size") for thing in ("chamber", "magnet", "trigger")]

    def line(number: int) -> Line:
        since, release = year(rng.randrange(2010, 2026)), f"7.0.{rng.randrange(12)}"
        limits: dict[str, object] = rng.choice([{}, {"valid_from": since}, {"release": release}, {"runs": f"{number}-{number + 9}"}])
        return Line(None, Teaching(rng.choice(facts), f"answer {number}", **limits))

    list(room.ledger.teach_many([line(number) for number in range(20)], room.eva, room.collection))
    words = ("", "As of 2016, ", "In BOSS 7.0.5, ", "For run 12, ", "In 2024, ")
    probes = [room.query(f"{when}{fact}") for when in words for fact in facts]
    before = [room.corrections.consult(probe) for probe in probes]
    assert {consultation.answer is None for consultation in before} == {True, False}
    taught = list(room.ledger.teach_many([line(number) for number in range(20, 120)], room.eva, room.collection))
    assert [room.corrections.consult(probe) for probe in probes] != before
    rng.shuffle(taught)
    for outcome in taught:
        room.ledger.retract(outcome.receipt.id, room.eva)
    assert [room.corrections.consult(probe) for probe in probes] == before
    assert [room.replica().consult(probe) for probe in probes] == before
