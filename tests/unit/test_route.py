"""Four kinds of question are told apart by their words, in both languages."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jitl.errors import BadInput
from jitl.route import RouteModel, TrainedRouter
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


@pytest.mark.parametrize(
    ("history", "question", "label"),
    [
        (["How do I sort a list in Python?"], "and in descending order?", "general_code"),
        (["What is the mass of the J/psi meson?"], "and its width?", "hep"),
        (["How do I draw a TH1 in ROOT?"], "now with a legend", "hep_code"),
        (["漂移室用什么气体"], "为什么用这个", "hep"),
        (["What is the mass of the J/psi meson?"], "thanks a lot, bye", "general"),
        (["How do I sort a list in Python?"], "What is the branching fraction of J/psi to mu+ mu-?", "hep"),
    ],
)
def test_a_follow_up_goes_with_its_topic_and_a_new_topic_does_not(history, question, label):
    assert ROUTER.route(question, None, history).label == label


def test_what_is_not_clear_goes_the_configured_way_and_says_so():
    unsure = TrainedRouter(Settings(route_threshold=1.0, default_route="hep"))
    route = unsure.route("Who wrote Faust?", None)
    assert (route.label, route.by, route.guess) == ("hep", "default", "general")
    assert route.confidence == ROUTER.decide("Who wrote Faust?", None).confidence


def test_vectors_of_another_encoder_are_not_read():
    strange = np.full(7, 7**-0.5, np.float32)
    assert ROUTER.route("Who wrote Faust?", strange) == ROUTER.route("Who wrote Faust?", None)
    other = TrainedRouter(Settings(), encoder="another")
    assert other.route("Who wrote Faust?", strange) == ROUTER.route("Who wrote Faust?", None)


def test_weights_of_other_features_are_refused(tmp_path):
    kept = RouteModel.shipped()
    replace(kept, words=kept.words[1:]).save(tmp_path / "route.npz")
    with pytest.raises(BadInput):
        RouteModel.read(tmp_path / "route.npz")


def test_routing_takes_less_than_a_millisecond_beyond_the_vector():
    ROUTER.route("warm", None)
    asked = [
        "How do I set the event range in my BOSS jobOptions.txt?",
        "北京谱仪漂移室的动量分辨率是多少？",
        "def f(x):\n    return x\n" * 60,
    ]
    taken = []
    for n in range(60):
        start = time.thread_time()
        ROUTER.route(asked[n % 3] + str(n), None)
        taken.append(time.thread_time() - start)
    assert sorted(taken)[len(taken) // 2] < 0.001
