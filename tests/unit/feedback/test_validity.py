"""Of several records of one fact the one that holds: by time, by release, by runs, and by what its author must have meant."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from feedback.validity import BEGINNING, Frame, current, holds, limits
from jitl.types import CorrectionState

TAUGHT = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def year(number: int) -> datetime:
    return datetime(number, 1, 1, tzinfo=UTC)


def record(answer: str, seq: int, **more: object) -> CorrectionState:
    return CorrectionState(answer, seq, "c", "Q?", answer, None, None, (), "eva", "id", TAUGHT, "approved", **more)


def answer(records: list[CorrectionState], **more: object) -> str | None:
    """The same, in whatever order the records come."""
    frame = Frame(**{"period": (NOW, NOW), **more})
    answers = {found and found.answer for found in (current(order, frame) for order in itertools.permutations(records))}
    assert len(answers) == 1
    return answers.pop()


def at(number: int) -> dict[str, object]:
    return {"period": (year(number), year(number))}


def test_a_record_without_an_end_ends_the_one_before() -> None:
    always, since = record("old", 1), record("new", 2, valid_from=year(2020))
    assert answer([always, since]) == "new"
    assert answer([always, since], **at(2019)) == "old"
    assert answer([always, since], **at(2020)) == "new"
    first, second = record("2015", 2, valid_from=year(2015)), record("2020", 1, valid_from=year(2020))
    assert answer([first, second]) == "2020", "whichever was taught first"
    assert answer([first, second], **at(2019)) == "2015"
    assert answer([first, second], **at(2014)) is None


def test_one_with_an_end_gives_way_again() -> None:
    always = record("usual", 1)
    exception = record("exception", 2, valid_from=year(2020), valid_to=year(2021))
    assert answer([always, exception]) == "usual"
    assert answer([always, exception], **at(2020)) == "exception"


def test_what_is_taught_without_limits_is_the_newest_word_on_today() -> None:
    past = record("past", 1, valid_from=year(2018), valid_to=year(2019))
    since = record("since", 2, valid_from=year(2020))
    today = record("today", 3)
    assert answer([past, since, today]) == "today"
    assert answer([past, since, today], **at(2018)) == "past", "what was over already stays as it was"
    assert answer([since, today], **at(2019)) == "today"


def test_of_equals_the_later_one_wins() -> None:
    assert answer([record("a", 1), record("b", 2)]) == "b"
    same = {"valid_from": year(2020), "release": "7.0.3", "runs": "1-10"}
    assert answer([record("a", 2, **same), record("b", 1, **same)]) == "a"


def test_a_period_gets_what_held_last_in_it() -> None:
    old = record("old", 1, valid_to=datetime(2019, 6, 30, tzinfo=UTC))
    new = record("new", 2, valid_from=datetime(2019, 7, 1, tzinfo=UTC))
    in_2019 = {"period": (year(2019), year(2020) - timedelta(microseconds=1))}
    assert answer([old, new], **in_2019) == "new"
    assert answer([old], **in_2019) == "old", "it held in some of it"
    assert answer([old, new], period=(BEGINNING, datetime(2019, 3, 1, tzinfo=UTC))) == "old"


def test_releases_in_their_natural_order() -> None:
    for low, high in (("7.0.9", "7.0.10"), ("release-07-02-00", "release-08-00-00"), ("v52r1", "v53"), ("6.6.4.p01", "6.6.4.p03")):
        assert answer([record("low", 2, release=low), record("high", 1, release=high)]) == "high", (low, high)
        assert answer([record("low", 2, release=low), record("high", 1, release=high)], release=low) == "low"
    several = [record("a", 1, release="7.0.3, 7.0.4"), record("b", 2, release="7.0.5")]
    assert [answer(several, release=asked) for asked in ("7.0.3", "BOSS 7.0.4", "7.0.5", "7.1")] == ["a", "a", "b", None]
    assert answer([record("g", 1), *several], release="7.1") == "g", "one without a release holds for all"
    assert answer([*several, record("g", 3)], release="7.0.5") == "b", "but what was said of this very one stands"
    assert answer([*several, record("g", 3)]) == "g"


def test_lines_of_releases() -> None:
    lines = [record("7.0", 1, release="7.0"), record("7.0.3", 2, release="7.0.3")]
    assert answer(lines, release="7.0") == "7.0"
    assert answer(lines, release="7.0.3") == "7.0.3"
    assert answer(lines, release="7.0.5") == "7.0"
    assert answer([record("b", 1, release="BOSS 6.24")], release="ROOT 6.24") is None
    assert answer([record("b", 1, release="basf2 release-08")], release="basf2 release-08-00-00") == "b"
    assert answer([record("b", 1, release="main")], release="Main") == "b"
    assert answer([record("b", 1, release="main")], release="7.0") is None


def test_runs() -> None:
    old, new = record("old", 2, runs="100-199, 250"), record("new", 1, runs="200-249, 300")
    assert answer([old, new]) == "new"
    asked = [(150, 150), (225, 225), (250, 250), (120, 210), (260, 299), (150, 300)]
    assert [answer([old, new], runs=runs) for runs in asked] == ["old", "new", "old", "new", None, "new"]
    assert answer([old, new, record("any", 3)], runs=(150, 150)) == "old"
    assert answer([old, new, record("any", 3)], runs=(400, 400)) == "any"


@pytest.mark.parametrize(("more", "kinds"), [({}, []), ({"valid_to": NOW}, ["time"]), ({"release": "7", "runs": "1"}, ["release", "runs"])])
def test_limits(more: dict[str, object], kinds: list[str]) -> None:
    assert sorted(limits(record("a", 1, **more))) == kinds


def test_the_edges_of_a_record_belong_to_it() -> None:
    limited = record("a", 1, valid_from=year(2019), valid_to=year(2020))
    assert holds(limited, Frame((year(2020), year(2020))))
    assert holds(limited, Frame((year(2019), year(2019))))
    assert not holds(limited, Frame((year(2020) + timedelta(microseconds=1), NOW)))
