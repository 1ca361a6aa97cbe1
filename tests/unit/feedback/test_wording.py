"""What is read off a text."""

from __future__ import annotations

import pytest

from feedback.wording import WordingReader, question_key
from jitl.adapters.sparse import HepTerms

READER = WordingReader(HepTerms())


def names(text: str) -> set[str]:
    hashed = {term: word for word in text.replace("?", "").split() for term in HepTerms().terms(word)}
    return {hashed[name] for name in READER.read(text).names if name in hashed}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is the rate?", "  what IS the\nrate "),
        ("漂移室有多少层？", "漂移室有多少层"),
        ("J/psi rate!", "J/psi rate"),
        ("\uff37hat is the rate\uff1f", "What is the rate?"),
    ],
)
def test_one_question(one: str, other: str) -> None:
    assert question_key(one) == question_key(other)


def test_another_question() -> None:
    assert question_key("What is the rate at 4 GeV?") != question_key("What is the rate at 4.1 GeV?")


def test_names_are_told_by_their_form() -> None:
    assert names("Which BOSS release suits the 2018 J/psi data?") == {"BOSS", "2018", "J/psi"}
    assert names("Lyon is a twin city of Manila") == {"Lyon", "Manila"}
    assert names("What did she say? The rate.") == set()
    assert "Zc(3900)" in names("how heavy is Zc(3900)?")
    assert names("BOSS 的版本是什么？") == {"BOSS"}


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("Which channels are not affected?", True),
        ("Which channels aren't affected?", True),
        ("Which channels are affected?", False),
        ("What is the notation?", False),
        ("哪些道不受影响？", True),
        ("这个道是不是受影响？", False),
        ("有没有受影响的道？", False),
        ("不同的道有哪些？", False),
    ],
)
def test_negation(text: str, negated: bool) -> None:
    assert READER.read(text).negated is negated


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("How many layers are there?", "number"),
        ("In which year did it start?", "when"),
        ("Who leads?", "who"),
        ("Where is it?", "where"),
        ("How is it done?", "how"),
        ("What is it?", "what"),
        ("Is run 9948 good?", "whether"),
        ("The mother tongue of X is", ""),
        ("有多少层？", "number"),
        ("何时开始取数？", "when"),
        ("谁负责？", "who"),
        ("可以用吗？", "whether"),
    ],
)
def test_what_is_asked_for(text: str, asks: str) -> None:
    assert READER.read(text).asks == asks


def test_numbers() -> None:
    assert READER.read("runs 9,947 to 10878 at 3.097 GeV").numbers == {"9947", "10878", "3.097"}
