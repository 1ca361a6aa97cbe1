"""Words that may say when, for which release, for which runs; and what a question is without them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from feedback import moments, undated

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)


def only(text: str, *releases: str) -> moments.Phrase:
    (phrase,) = moments.find(text, NOW, releases)
    return phrase


@pytest.mark.parametrize(
    ("text", "first", "last", "rest"),
    [
        ("What was the rate as of 2021?", "2021-01-01", "2021-12-31", "What was the rate?"),
        ("In March 2019, what was the rate?", "2019-03-01", "2019-03-31", "what was the rate?"),
        ("Back in 2016, who ran it?", "2016-01-01", "2016-12-31", "who ran it?"),
        ("What was the rate in 2021", "2021-01-01", "2021-12-31", "What was the rate"),
        ("What was the rate on 5 May 2020?", "2020-05-05", "2020-05-05", "What was the rate?"),
        ("What was the rate on May 5th, 2020?", "2020-05-05", "2020-05-05", "What was the rate?"),
        ("What was the rate on 2020-05-05?", "2020-05-05", "2020-05-05", "What was the rate?"),
        ("What was the rate at the end of 2019?", "2019-09-01", "2019-12-31", "What was the rate?"),
        ("What was the rate in Q2 2019?", "2019-04-01", "2019-06-30", "What was the rate?"),
        ("What was the rate in summer 2019?", "2019-06-01", "2019-08-31", "What was the rate?"),
        ("What was the rate between 2018 and 2020?", "2018-01-01", "2020-12-31", "What was the rate?"),
        ("What was the rate before 2019?", "0001-01-01", "2018-12-31", "What was the rate?"),
        ("What has been the rate since 2019?", "2019-01-01", "2026-05-15", "What has been the rate?"),
        ("What is the rate in 2026?", "2026-01-01", "2026-05-15", "What is the rate?"),
        ("What was the rate two years ago?", "2024-01-01", "2024-12-31", "What was the rate?"),
        ("What is the rate currently?", "2026-05-15", "2026-05-15", "What is the rate?"),
        ("2021年BESIII的触发率是多少？", "2021-01-01", "2021-12-31", "BESIII的触发率是多少？"),
        ("触发率在2019年3月是多少？", "2019-03-01", "2019-03-31", "触发率是多少？"),
        ("截至2021年，触发率是多少？", "2021-01-01", "2021-12-31", "触发率是多少？"),
        ("2019年以前触发率是多少？", "0001-01-01", "2018-12-31", "触发率是多少？"),
        ("去年触发率是多少？", "2025-01-01", "2025-12-31", "触发率是多少？"),
    ],
)
def test_times(text: str, first: str, last: str, rest: str) -> None:
    phrase = only(text)
    assert phrase.period is not None
    assert tuple(moment.date().isoformat() for moment in phrase.period) == (first, last)
    assert undated.stripped(text, [phrase]) == [rest]


@pytest.mark.parametrize(
    ("text", "release", "rest"),
    [
        ("Which generator is the default for BOSS 7.0.3?", "BOSS 7.0.3", ["Which generator is the default?", "…for BOSS?"]),
        ("Which tag goes with release 6.6.4?", "6.6.4", ["Which tag goes?"]),
        ("Which tag goes with release-08-00-00?", "08-00-00", ["Which tag goes?"]),
        ("Which tag goes with basf2 release-08-00-00?", "basf2 08-00-00", ["Which tag goes?", "Which tag goes for basf2?"]),
        ("Which options in DaVinci v52r1?", "DaVinci v52r1", ["Which options?", "Which options for DaVinci?"]),
        ("In v52r1, which options?", "v52r1", ["which options?"]),
        ("In CMSSW_10_6_20, which tune?", "CMSSW 10_6_20", ["which tune?", "for CMSSW, which tune?"]),
        ("Which tune in tdr24.3.0?", "tdr24.3.0", ["Which tune?"]),
        ("BOSS 7.0.3版本的默认产生器是什么？", "BOSS 7.0.3", ["默认产生器是什么？", "BOSS 默认产生器是什么？"]),
    ],
)
def test_releases(text: str, release: str, rest: list[str]) -> None:
    phrase = only(text, "tdr24.3.0")
    assert phrase.release == release
    shortened = [each.replace("Which generator is the default for", "…for") for each in undated.stripped(text, [phrase])]
    assert shortened == rest


@pytest.mark.parametrize(
    ("text", "runs", "rest"),
    [
        ("Which constants in run 10000?", (10000, 10000), "Which constants?"),
        ("Which constants for runs 27300-27400?", (27300, 27400), "Which constants?"),
        ("Which constants for run number 27,300?", (27300, 27300), "Which constants?"),
        ("Which constants from run 100 to 200?", (100, 200), "Which constants?"),
        ("运行号 10000 用哪个常数？", (10000, 10000), "用哪个常数？"),
        ("在运行 10000 中用哪个常数？", (10000, 10000), "用哪个常数？"),
    ],
)
def test_runs(text: str, runs: tuple[int, int], rest: str) -> None:
    phrase = only(text)
    assert phrase.runs == runs
    assert undated.stripped(text, [phrase]) == [rest]


@pytest.mark.parametrize(
    "text",
    [
        "Which BOSS release is recommended for the 2018 J/psi data?",
        "What is the efficiency in 2018 data?",
        "2018年J/psi数据用哪个版本？",
        "What is the cross section at 4.26 GeV?",
        "What is the mass of the Zc(3900) in Table 3.2?",
        "How do I run the simulation?",
        "Who knows?",
        "What may I do in 20219 steps on 45 March 2020?"[:30],
    ],
)
def test_what_says_nothing_of_when(text: str) -> None:
    assert moments.find(text, NOW) == ()
    assert undated.stripped(text, ()) == []


def test_one_of_each_kind_at_most() -> None:
    found = moments.find("As of 2021, which constants for data of 2018 in 2017 and run 100 with BOSS 7.0.3?", NOW)
    assert [(phrase.kind, phrase.sure) for phrase in found] == [("time", True), ("runs", False), ("release", False)]


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("Who convened the tracking group in 2017?", ["Who convened the tracking group?", "Who convenes the tracking group?"]),
        ("In 2019, how many shifts did we owe?", ["how many shifts did we owe?", "how many shifts does we owe?"]),
        ("Which batch system ran serial jobs in 2018?", ["Which batch system ran serial jobs?", "Which batch system runs serial jobs?"]),
        ("Is the counter on in run 300?", ["Is the counter on?", "Is the counter on in the data?"]),
        ("In run 300, how big was it?", ["how big was it?", "how big is it?", "in the data, how big is it?"]),
        ("在运行 10000 中用哪个常数？", ["用哪个常数？"]),
    ],
)  # fmt: skip
def test_forms_that_a_correction_of_many_times_may_have(text: str, forms: list[str]) -> None:
    assert undated.readings(text, [only(text)]) == forms


@pytest.mark.parametrize(
    ("past", "now"),
    [
        ("Who used it?", "Who uses it?"), ("Who tested it?", "Who tests it?"), ("Who fixed it?", "Who fixes it?"),
        ("Who carried it?", "Who carries it?"), ("Which tag needed it?", "Which tag needs it?"), ("Which red lamp is it?",) * 2,
    ],
)  # fmt: skip
def test_present_tense(past: str, now: str) -> None:
    assert undated.present(past) == now
