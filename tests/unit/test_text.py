"""Language, folding, sentences, cleaning."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jitl.errors import BadInput
from jitl.text import clean, fold, language, latin_share, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is the mass of the J/psi?", "en"),
        ("J/psi 的质量是多少?", "zh"),
        ("BESIII 实验的探测器由哪些部分组成?", "zh"),
        ("什么是 BOSS (BESIII Offline Software System)?", "en"),
        ("Institute of High Energy Physics (高能物理研究所)", "en"),
        ("3097", "en"),
        ("", "en"),
    ],
)
def test_language_goes_by_script(text, expected):
    assert language(text) == expected


def test_latin_share():
    assert latin_share("D0 -> K- pi+") == 1.0
    assert latin_share("") == latin_share("2.5") == 1.0
    assert latin_share("北京谱仪") == 0.0
    assert latin_share("Детектор частиц") == 0.0
    assert latin_share("ψ(3686)") == 1.0


def test_fold_joins_what_people_write_alike():
    assert fold("  The\u00a0ＢＥＳ\n  Straße ") == "the bes strasse"


@pytest.mark.parametrize("bad", ["a\x00b", "a\ud800b"])
def test_clean_refuses(bad):
    with pytest.raises(BadInput):
        clean(bad)


def test_clean_keeps_the_rest():
    assert clean("ψ(2S) → J/ψ π⁺π⁻ 你好 😀") == "ψ(2S) → J/ψ π⁺π⁻ 你好 😀"


def pieces(text: str) -> list[str]:
    return [text[a:b] for a, b in sentences(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["The mass is 3.097 GeV.", "It is narrow."],
        ["Ablikim et al. measured it in Fig. 3 of Ref. 12.", "See Sec. 4."],
        ["J. J. Thomson worked in the U.S. Navy with Dr. Smith.", "He left."],
        ["He lives in the U.S.", "The rest is known."],
        ["Is it so?", "Yes!", "He said “no.”", "Then he left."],
        ["BESIII 是一个实验。", "它位于北京！", "你知道吗？", "知道；", "好"],
        ["We use BOSS 7.0.5, e.g. for simulation, i.e. always.", "Version 7.1.0 is newer."],
        ["First part", "Second part."],
        ["1. First do this.", "2. Then do that."],
    ],
)
def test_sentences(parts):
    glue = "" if language(parts[0]) == "zh" else "\n\n" if not parts[0].endswith((".", "!", "?", "”")) else " "
    assert pieces(glue.join(parts)) == parts


@given(st.text(alphabet="ab .!?。\n\"'A1中", max_size=60))
def test_sentences_cover_the_text_in_order(text):
    spans = sentences(text)
    assert all(a < b for a, b in spans)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
    outside = set(range(len(text))) - {i for a, b in spans for i in range(a, b)}
    assert all(text[i].isspace() for i in outside)
