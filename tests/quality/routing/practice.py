"""Short practice questions made from names: what a word alone says about the route, alone, in common turns of speech and beside another.

A name of particle physics in a request for code asks for code of the field. Turns of speech that fit every route are used for every
route, so that they teach nothing themselves.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from jitl import routewords
from jitl import text as texts
from tests.data import ROOT
from tests.quality.routing.questions import Question

SECTIONS = ("Detectors", "Detector performance", "Accelerators", "Experiments", "Particles", "Physics")
CODING = {"hep": 0.2, "general": 0.45}  # share of a route's names that code is asked for: plain words for code are everybody's
_PLAIN = {
    "en": (
        "{}",
        "{}?",
        "what is {}",
        "What is {}?",
        "how does {} work",
        "explain {}",
        "problem with {}",
        "where do I find {}",
        "{} and {}",
        "{} or {}?",
        "why is {} so important for {}",
        "tell me about {}",
        "Which {} should I take for {}?",
        "question about {}",
        "I need help with {}",
        "how large is {}",
        "the difference between {} and {}",
        "{} not working",
        "my {} has gone",
    ),
    "zh": (
        "{}",
        "{}？",
        "什么是{}",
        "{}是什么",
        "{}怎么用",
        "{}有什么问题",
        "{}和{}的区别",
        "怎么选{}",
        "解释一下{}",
        "{}在哪里",
        "为什么{}这么重要",
        "{}怎么办",
        "请问{}",
        "{}多少",
        "关于{}的问题",
        "{}与{}",
        "想了解{}",
    ),
}
_CODE = {
    "en": (
        "write a python function for {}",
        "C++ code for {}",
        "script that computes {}",
        "how to plot {} in python",
        "write a program that simulates {}",
        "{} program crashes with a segmentation fault",
        "debug my code for {}",
        "python class for {}",
        "implement {}",
    ),
    "zh": ("写一段代码计算{}", "用python画{}", "{}的程序报错", "编写一个{}的脚本", "{}的代码怎么写", "用C++实现{}", "模拟{}的程序"),
}
_COMMON = {
    "en": "python|python script|C++|code|numpy|docker|git|pytorch|csv|json|bash|conda|cmake|compile error|segfault",
    "zh": "python|python脚本|C++|代码|程序|numpy|docker|git|pytorch|报错|编译|脚本",
}


def made(seed: int = 1, each: int = 900) -> list[Question]:
    """About `each` questions of every route in every language; the same seed gives the same questions."""
    chance = random.Random(seed)
    return list(dict.fromkeys(_made(chance, each)))


_NOTHING = (
    "",
    "?",
    "??",
    "...",
    "x",
    "asdf",
    "qwerty",
    "1",
    "42",
    "!",
    "test",
    "hm",
    "？",
    "。。。",
    "啊",
    "额",
    "这",
    "abc",
    "no idea",
    "- -",
)
"""What says nothing asks for nothing of the field."""


def _made(chance: random.Random, each: int) -> Iterator[Question]:
    names = _names()
    for text in _NOTHING:
        yield from (
            Question(f"practice/{text}{n}", text, frozenset({"general"}), "en", "practice", "practice", "practice") for n in range(5)
        )
    for (label, language), known in names.items():
        shuffled = [*known]
        chance.shuffle(shuffled)
        for at in range(each):
            text, right = _question(chance, label, language, shuffled[at % len(shuffled)], names)
            text = text if chance.random() < 0.5 else text.lower()
            yield Question(f"practice/{text}", text, frozenset({right}), language, "practice", "practice", "practice")


def _question(chance: random.Random, label: str, language: str, name: str, names: dict) -> tuple[str, str]:
    coding = label in {"hep", "general"} and chance.random() < CODING[label]
    frame = chance.choice((_CODE if coding else _PLAIN)[language])
    right = {"hep": "hep_code", "general": "general_code"}[label] if coding else label
    beside = chance.choice(names[label, language])
    if label == "hep_code" and chance.random() < 0.3:  # tools of the field beside those that everybody uses
        beside = chance.choice(_COMMON[language].split("|"))
    elif label == "hep_code" and chance.random() < 0.3:
        beside = chance.choice(names["hep", language])
    return frame.format(*((name, beside) if chance.random() < 0.5 else (beside, name)) if frame.count("{}") == 2 else (name,)), right


def _names() -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for label, language, names in routewords.lines():
        found.setdefault((label, language), []).extend(names)
    for name in _of_glossary(ROOT / "jitl" / "glossary.tsv"):
        found["hep", texts.language(name)].append(name)
    return {key: list(dict.fromkeys(names)) for key, names in found.items()}


def _of_glossary(path: Path) -> Iterator[str]:
    """Names of the field; single words that every field uses are left to the other sections."""
    section = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("#"):
            section = line[2:]
        elif section.startswith(SECTIONS):
            chinese, _, english = line.partition("\t")
            yield from (name for name in chinese.split("|") if len(name) > 2)
            yield from (name for name in english.split("|") if " " in name or any(letter.isupper() for letter in name[1:]))
