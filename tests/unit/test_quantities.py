"""Answers are compared as people compare them: numbers with their units, words as far as they tell something."""

from __future__ import annotations

import pytest

from feedback.quantities import agree, plain, quantities, rivals, states

SAME = [
    ("3.097 GeV", "3097 MeV"),
    ("3.097 GeV/c²", "3097 MeV/c^2"),
    ("3.0969 GeV", "3096.9 MeV"),
    ("3.097 GeV", "3096.9 MeV"),
    ("It is 3.097 GeV.", "3097 MeV"),
    ("1 T", "10 kG"),
    ("1.0 tesla", "1 T"),
    ("1.0 特斯拉", "1 T"),
    ("6240 crystals", "6,240 crystals"),
    ("20 fb⁻¹", "20000 pb^-1"),
    ("20 inverse femtobarns", "20 fb-1"),
    ("4 kHz", "4000 Hz"),
    ("4 x 10^3 Hz", "4 kHz"),
    ("2.5e3 V", "2.5 kV"),
    ("100亿", "10 billion"),
    ("BOSS 7.1.2", "boss 7.1.2."),
    ("Ann Smith", "Ann Smith."),
    ("130 μm", "0.13 mm"),
    ("four hours", "4 h"),
    ("twenty-five minutes", "25 min"),
    ("two hundred and fifty crystals", "250 crystals"),
    ("ten thousand events", "10000 events"),
    ("二十微安", "20 μA"),
    ("二百度", "200度"),
    ("万分之五", "0.0005"),
    ("百分之二十", "20 %"),
    ("百分之十九点五", "19.5 %"),
    ("三点七吨", "3.7 吨"),
    ("one hour", "60 min"),
    ("四十三层", "43 层"),
    ("一百八十度", "180 度"),
    ("每小时3吨", "每小时三吨"),
    ("5 hours", "300 min"),
    ("the 40 °C", "40 °C"),
]
OTHER = [
    ("4 kHz", "40 kHz"),
    ("4 kHz", "4 MHz"),
    ("1.0 T", "0.9 T"),
    ("1 T", "1 K"),
    ("BOSS 7.1.2", "BOSS 7.1.1"),
    ("BOSS 7.1.2", "BOSS 7.0.9 since 2026"),
    ("Ann", "Bob"),
    ("before 2019", "after 2019"),
    ("in 2019", "in 2020"),
    ("3.097 GeV", "3.686 GeV"),
    ("3.872 GeV", "3.871 GeV"),
    ("Ann", "not Ann"),
    ("it is 5 V", "not 5 V"),
    ("Ann beats Bob", "Bob beats Ann"),
    ("Ann and 3 others", "Bob and 3 others"),
    ("10 fb-1", "10 pb-1"),
    ("6240", "6241"),
    ("5万", "5亿"),
    ("百分之十九点五", "百分之十九"),
    ("this one", "this 1"),
    ("万分之五", "万分之二"),
    ("二百度", "一百八十度"),
    ("two weeks", "24 hours"),
    ("统一的", "统二的"),
    ("between 3 and 5 cm", "5 cm"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_said_otherwise(one: str, other: str) -> None:
    assert agree(one, other)
    assert agree(other, one)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_answer(one: str, other: str) -> None:
    assert not agree(one, other)
    assert not agree(other, one)


def test_words_of_the_question_tell_nothing() -> None:
    asked = "What is the mass of the J/psi?"
    assert agree("The mass of the J/psi is 3.097 GeV.", "3097 MeV", asked)
    assert not agree("The width of the J/psi is 3.097 GeV above it.", "at 3097 MeV below", asked)


def test_what_is_a_quantity() -> None:
    found = quantities(plain("BOSS 7.1.2 of 2024 takes Zc(3900) at 4.26 GeV, 1.5×10⁶ events, 3 cm-wide tiles, -5 °C; run9947"))
    kinds = [(int(q.value) if q.value % 1 == 0 else float(q.value), q.dimension) for q in found]
    assert kinds == [(2024, ""), (3900, ""), (4_260_000_000, "energy"), (1_500_000, ""), (0.03, "length"), (-5, "celsius")]


def test_what_a_sentence_says() -> None:
    question = "What field does the solenoid provide?"
    assert states("Since the refit the solenoid provides 1.0 T.", "It provides 1.0 tesla since the refit.", question)
    assert not states("The solenoid provides a field of 0.9 tesla.", "It provides 1.0 tesla.", question)
    assert [str(q.value) for q in rivals("The solenoid provides 0.9 tesla at 5 K.", "1.0 T", question)] == ["0.9"]
    assert rivals("The magnet was built by a firm in Beijing.", "1.0 T", question) == ()


@pytest.mark.parametrize(
    "text", ["1" * 9000, "二" * 9000, "1e99999999", "3 x 10^" + "9" * 5000, "百分之" + "万" * 9000, "one " * 3000, "9,999" * 2000]
)
def test_nothing_breaks_it(text: str) -> None:
    assert agree(text, text.strip() + ".") in (True, False)
    assert states(text, "5 V") is False
