"""Marks hold by content, wherever the sentence stands, and touch nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.supersede import NO_MARKS, WrongSentence, marked_sentences, normalise

RATE = "The trigger rate at the J/psi peak is 4 kHz."


def find(quote: str, passage: str) -> bool:
    marks = NO_MARKS.changed((), [WrongSentence(sentence, "c", 1) for sentence in marked_sentences(quote)])
    return marks.find(passage) == "c"


@pytest.mark.parametrize(
    "passage",
    [
        RATE,
        f"Some words before. {RATE} And after.",
        "the  TRIGGER rate\nat the J/psi peak\tis 4 kHz",
        "The *trigger rate* at the =J/psi= peak is __4 kHz__, as measured.",
        "<p>The trigger rate at the <b>J/psi</b> peak is 4\u00a0kHz.</p>",
        "The [[TriggerRate][trigger rate]] at the [J/psi](http://x/y) peak is 4 kHz.",
        "The trig\u00adger rate at the J/psi peak is 4 kHz",
        "\uff34he trigger rate at the J/psi peak is 4 kHz",
    ],
)
def test_a_sentence_is_found_whatever_its_dress(passage: str) -> None:
    assert find(RATE, passage)


@pytest.mark.parametrize(
    "passage",
    [
        "The trigger rate at the J/psi peak is 4.5 kHz.",
        "The trigger rate at the J/psi peak is 14 kHz.",
        "The trigger rate at the J/psi peak is 4 kHzs.",
        "The trigger rate at the psi(3686) peak is 4 kHz.",
        "A trigger rate. The rate at the J/psi peak is 4 kHz.",
        "",
    ],
)
def test_another_sentence_is_not(passage: str) -> None:
    assert not find(RATE, passage)


def test_a_number_at_the_end_is_whole() -> None:
    assert find("The number of layers is 43", "We know: the number of layers is 43.")
    assert not find("The number of layers is 43", "The number of layers is 43.5 on average")
    assert not find("The number of layers is 43", "The number of layers is 430")
    assert not find("0 layers are in the drift chamber", "43.0 layers are in the drift chamber")


def test_chinese() -> None:
    wrong = "漂移室共有四十三层。"
    assert find(wrong, "据文献，漂移室共有四十三层，运行良好。")
    assert not find(wrong, "漂移室共有四十一层。")


def test_of_a_long_quote_short_sentences_mark_nothing() -> None:
    quote = f"See below. {RATE} Thanks!"
    assert marked_sentences(quote) == (normalise(RATE).rstrip("."),)
    assert marked_sentences("See below.") == ("see below",), "it was quoted alone: it is meant"
    assert marked_sentences(" ... ") == ()


def test_the_latest_correction_is_named_and_withdrawal_brings_back_the_one_before() -> None:
    sentence = normalise(RATE).rstrip(".")
    first, second = WrongSentence(sentence, "a", 3), WrongSentence(sentence, "b", 9)
    both = NO_MARKS.changed((), [first]).changed((), [second])
    assert both.find(RATE) == "b"
    assert both.changed([second], ()).find(RATE) == "a"
    assert both.changed([second, first], ()).find(RATE) is None
    assert both.find(RATE) == "b", "marks are immutable"


words = st.lists(st.sampled_from(["rate", "the", "4", "4.5", "J/psi", "\u6f02", "\u79fb", "(x)", "-", "is", "a_b", "*b*"]), max_size=12)


@given(before=words, sentence=words.filter(lambda w: len(w) > 3), after=words)
def test_what_contains_a_sentence_apart_is_found(before: list[str], sentence: list[str], after: list[str]) -> None:
    quote = " ".join(sentence)
    marks = marked_sentences(quote)
    if len(marks) == 1 and normalise(quote).strip(" .()-") == marks[0].strip(" .()-"):
        assert find(quote, " ; ".join([" ".join(before), quote, " ".join(after)]))


def test_many_marks_are_found_exactly() -> None:
    marks = NO_MARKS.changed((), [WrongSentence(f"the value of parameter {n} is {n * 7} units", f"c{n}", n) for n in range(5000)])
    assert marks.find("We say that the value of parameter 4321 is 30247 units here") == "c4321"
    assert marks.find("We say that the value of parameter 4321 is 30248 units here") is None


LONG = "The superconducting solenoid of the spectrometer provides an axial field of 0.9 tesla in the tracking volume since 2012."


@pytest.mark.parametrize(
    "passage",
    [
        "We begin. The superconducting solenoid of the spectrometer provides an axial",
        "provides an axial field of 0.9 tesla in the tracking volume since 2012. More follows.",
        "in the tracking volume since 2012.",
    ],
)
def test_a_sentence_cut_at_the_edge_of_a_passage_is_found(passage: str) -> None:
    assert find(LONG, passage)


@pytest.mark.parametrize(
    "passage",
    [
        "The superconducting solenoid of the spectrometer provides an axial field.",
        "The superconducting solenoid of the spectrometer provides an ax",
        "The superconducting solenoid of the spectrometer was built in Beijing",
        "In the tracking volume since 2012. More follows.",
        "nothing in the tracking volume since 2012.",
        "superconducting solenoid",
    ],
)
def test_what_only_begins_or_ends_alike_is_not(passage: str) -> None:
    assert not find(LONG, passage)
