"""Follow-ups made to stand alone: by the rule, by a model that is held to what was said, and never where nothing is missing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from jitl.anaphora import resolve
from jitl.followups import FollowUps
from tests.data import ROOT
from tests.endpoint import Endpoint, gateway, serving

RELEASE = "Which BOSS release is recommended for the 2018 J/psi data?"
LAYERS = "How many layers does the drift chamber have?"

LEAN = [
    ([RELEASE], "Who maintains it?", "Who maintains BOSS release 2018 J/psi data?"),
    ([RELEASE], "And for the 2019 data?", "Which BOSS release is recommended for the 2019 data?"),
    ([RELEASE], "What about 2019?", "Which BOSS release is recommended for the 2019 J/psi data?"),
    ([LAYERS], "Who built it?", "Who built the drift chamber?"),
    ([LAYERS], "What is its resolution?", "What is the drift chamber’s resolution?"),
    ([LAYERS], "And the calorimeter?", "How many layers does the calorimeter have?"),
    (["Who is the spokesperson of BES III?"], "What about JUNO?", "Who is the spokesperson of JUNO?"),
    (["Who is the spokesperson of BES III?", "What about JUNO?"], "Since when?", "Since when: spokesperson JUNO?"),
    (["漂移室有多少层？"], "它的分辨率是多少？", "漂移室的分辨率是多少？"),
    (["漂移室有多少层？"], "那量能器呢？", "量能器有多少层？"),
    (["BOSS的推荐版本是什么？"], "JUNO呢？", "JUNO的推荐版本是什么？"),
    (["2018年的数据用哪个版本？"], "2019年呢？", "2019年的数据用哪个版本？"),
]

STAND = [
    "Which release of the reconstruction software is recommended?",
    "How long does it take to calibrate the calorimeter?",
    "When BOSS crashes, does it leave a core file?",
    "Is it possible to run BOSS on a laptop?",
    "Is there a quench protection for the magnet?",
    "Does the trigger reject events that have no track?",
    "What does the drift chamber and its electronics weigh?",
    "Why is the beam pipe made of beryllium?",
    "And which release should be used for psi(2S)?",
    "How do I submit this week's jobs to the queue?",
    "Thanks!",
    "量能器的分辨率是多少？",
    "为什么束流管用铍制成？",
    "BOSS怎么安装？它需要ROOT吗？",
]


@pytest.mark.parametrize(("history", "question", "alone"), LEAN)
def test_what_a_question_leans_on_is_put_in(history, question, alone):
    assert resolve(question, history) == alone


@pytest.mark.parametrize("question", STAND)
@pytest.mark.parametrize("before", [RELEASE, "漂移室有多少层？", "Who is the spokesperson of BES III?"])
def test_a_question_that_stands_alone_is_not_touched(question, before):
    assert FollowUps(gateway(None)).standalone(question, [before], None) == question


def test_hundreds_of_questions_that_stand_alone_are_not_touched():
    """The project's own labelled questions of particle physics: whatever was asked before, each stands for itself."""
    lines = map(json.loads, (ROOT / "tests/quality/route_questions.jsonl").read_text(encoding="utf-8").splitlines())
    questions = [line["text"] for line in lines if line["label"].startswith("hep") and not line.get("history")]
    changed = [question for question in questions if resolve(question, [RELEASE]) != question]
    assert len(changed) <= 0.003 * len(questions), changed


@pytest.fixture(scope="module")
def server() -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(server: Endpoint) -> Endpoint:
    server.mode, server.pause_s, server.speaks = "well", 0.0, None
    server.requests.clear()
    return server


def standalone(endpoint: Endpoint, said: str, question: str = "Who maintains it?") -> str:
    endpoint.pieces = (said,)
    return FollowUps(gateway(endpoint.url, timeout_s=1.0)).standalone(question, [RELEASE], None)


def test_a_model_words_it(endpoint):
    assert standalone(endpoint, "Who maintains the BOSS release?") == "Who maintains the BOSS release?"
    (request,) = endpoint.requests
    assert request["max_tokens"] <= 200
    assert RELEASE in request["messages"][-1]["content"]


@pytest.mark.parametrize(
    "said",
    [
        "Who maintains Geant4?",  # nobody said so
        "BOSS is maintained by the software group.\nIt is 7.0.8.",
        "谁维护它？",
        "Who maintains BOSS 7.0.8?",
        "x" * 500,
    ],
)
def test_a_model_that_says_what_nobody_said_is_not_heeded(endpoint, said):
    assert standalone(endpoint, said) == "Who maintains BOSS release 2018 J/psi data?"


def test_a_model_that_loses_what_was_asked_is_not_heeded(endpoint):
    said = standalone(endpoint, "Which BOSS release is recommended?", "And for the 2019 data?")
    assert said == "Which BOSS release is recommended for the 2019 data?"


def test_a_model_that_fails_or_dawdles_costs_no_more_than_its_time(endpoint, monkeypatch):
    endpoint.mode = "error"
    assert standalone(endpoint, "x").endswith("2018 J/psi data?")
    endpoint.mode = "silent"
    monkeypatch.setattr("jitl.followups.WITHIN_S", 0.3)
    began = time.monotonic()
    assert standalone(endpoint, "x").endswith("2018 J/psi data?")
    assert time.monotonic() - began < 5


def test_no_model_is_asked_about_what_stands_alone(endpoint):
    standalone(endpoint, "x", "Why is the beam pipe made of beryllium?")
    FollowUps(gateway(endpoint.url)).standalone("Who maintains it?", [], None)
    assert endpoint.requests == []
