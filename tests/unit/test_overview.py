"""Overview questions are told by their form, in both languages, from questions that ask for one thing."""

from __future__ import annotations

import time

import pytest

from jitl.overview import topic

ASKED = {
    "What does this collection say about muon tracks?": "muon tracks",
    "what do the documents say about J/psi": "J/psi",
    "Summarise the drift chamber calibration.": "the drift chamber calibration",
    "Could you please summarize this collection?": "",
    "Give me a short overview of the Harbour Framework": "the Harbour Framework",
    "overview of everything": "",
    "What is this collection about?": "",
    "What are the main topics?": "",
    "What are the key themes of the documents?": "",
    "Summarise what the collection says about Piet Vermeer": "Piet Vermeer",
    "What is written in these documents about Maria Olsen?": "Maria Olsen",
    "这个集合讲了什么？": "",
    "这些文档主要讲了哪些内容": "",
    "请总结一下漂移室的刻度": "漂移室的刻度",
    "关于漂移室，资料库里说了什么？": "漂移室",
    "这个集合关于J/psi说了什么": "J/psi",
    "给我写一份探测器的综述": "探测器",
    "概述": "",
    "本知识库的主要内容是什么？": "",
}
SPECIAL = [
    "What is the momentum resolution of the drift chamber?",
    "What does the trigger say about dead time?",
    "How do I summarise a histogram in ROOT?",
    "Where is the overview page of the trigger?",
    "Who wrote the summary of the run?",
    "Which release do the documents recommend?",
    "漂移室的动量分辨率是多少？",
    "谁写了总结？",
    "运行总结在哪里？",
    "如何总结直方图？",
    "",
    "?",
]


@pytest.mark.parametrize(("question", "subject"), ASKED.items())
def test_an_overview_is_asked_of_a_subject_or_of_everything(question: str, subject: str) -> None:
    assert topic(question) == subject


@pytest.mark.parametrize("question", SPECIAL)
def test_a_question_for_one_thing_is_none(question: str) -> None:
    assert topic(question) is None


@pytest.mark.parametrize("sign", ["summarise ", "关于", "what does this collection say about ", "的概述", "a "])
def test_a_hostile_question_is_told_at_once(sign: str) -> None:
    start = time.process_time()
    topic(sign * 10_000)
    topic((sign * 300)[:299])
    assert time.process_time() - start < 0.5
