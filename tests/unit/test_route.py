"""Four kinds of question are told apart by their words, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jitl.route import TrainedRouter
from jitl.settings import Settings

LABELS = {"hep", "hep_code", "general", "general_code"}
ROUTER = TrainedRouter(Settings())


@pytest.mark.parametrize(
    ("question", "label"),
    [
        ("What is the branching fraction of J/psi to mu+ mu-?", "hep"),
        ("How thick is the scintillator of the BESIII time-of-flight system?", "hep"),
        ("北京谱仪漂移室的动量分辨率是多少？", "hep"),
        ("How do I set the event range in my BOSS jobOptions.txt?", "hep_code"),
        ("Write a ROOT macro that fits the invariant mass of two pions", "hep_code"),
        ("BOSS 编译时漂移室重建软件包报错怎么办？", "hep_code"),
        ("Write a python function to reverse a list.", "general_code"),
        ("给定一个整数数组，返回两数之和的下标。", "general_code"),
        ("Why does my shell script say permission denied?", "general_code"),
        ("Could you tell me the name of my boss?", "general"),
        ("Did Alice visit Paris?", "general"),
        ("今天北京的天气怎么样？", "general"),
        ("Who wrote Faust?", "general"),
        ("", "general"),
    ],
)
def test_labels(question, label):
    assert ROUTER.route(question, None).label == label


@given(st.text(max_size=200))
def test_any_text_has_a_label_and_a_probability(question):
    route = ROUTER.route(question, None)
    assert route.label in LABELS
    assert 0.25 <= route.confidence <= 1
    assert ROUTER.route(question, None) == route


def test_long_texts_are_routed_quickly():
    ROUTER.route("write " * 200_000, None)
    ROUTER.route("写" * 200_000, None)
    ROUTER.route("a_" * 200_000, None)
