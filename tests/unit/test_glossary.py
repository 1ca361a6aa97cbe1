"""The glossary: names found in texts of both languages, and texts rewritten in the other one."""

from __future__ import annotations

import time
import unicodedata
from itertools import chain

import pytest

from jitl.errors import BadInput
from jitl.glossary import Entry, Glossary, aliases, rewrite

SHIPPED = Glossary.shipped()


def test_the_shipped_glossary_is_large_and_clean() -> None:
    assert len([entry for entry in SHIPPED.entries if entry.zh and entry.en]) >= 1_200
    assert len(set(SHIPPED.entries)) == len(SHIPPED.entries)
    for name in chain.from_iterable(entry.zh + entry.en for entry in SHIPPED.entries):
        assert name == name.strip()
        assert unicodedata.normalize("NFC", name) == name
        assert SHIPPED.terms(name), name  # every name is found where it stands alone


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("BESIII 的电磁量能器在 1 GeV 时的能量分辨率是多少？", "BESIII electromagnetic calorimeter 1 GeV energy resolution how many"),
        ("如何向計算集群提交作業？", "how cluster submit job"),  # traditional signs
        ("ＣＧＥＭ内径迹室什么时候安装？", "CGEM inner tracker when installation"),  # full width
        ("BOSS 7.0.5 怎么安装", "BOSS 7.0.5 how to install"),  # numbers and names stay
        ("What is the resolution of the electromagnetic calorimeters?", "什么是 分辨率 电磁量能器"),
        ("When was BESIII upgraded?", "何时 北京谱仪III BESIII 升级"),
    ],
)
def test_a_question_is_rewritten_in_the_other_language(asked: str, said: str) -> None:
    assert rewrite(asked) == said


@pytest.mark.parametrize("asked", ["", "?", "qwertz 7.0.5", "凸凹", "是的吗"])
def test_what_the_glossary_does_not_know_is_not_rewritten(asked: str) -> None:
    assert rewrite(asked) is None


def test_stretches_without_a_name_are_told() -> None:
    read = SHIPPED.read("电磁量能器的凸凹分辨率")
    assert read.unknown == ("凸凹",)
    assert read.text == "electromagnetic calorimeter resolution"


def test_the_longest_name_wins_and_leaves_the_fewest_signs_over() -> None:
    glossary = Glossary([Entry(("甲乙",), ("ab",)), Entry(("乙丙丁",), ("bcd",)), Entry(("甲",), ("a",)), Entry(("甲乙丙",), ("abc",))])
    assert glossary.rewrite("甲乙丙") == "abc"
    assert glossary.rewrite("甲乙丙丁") == "a bcd"


def test_names_are_found_by_their_forms() -> None:
    for form in ("time-of-flight detector", "Time of Flight detectors", "(time-of-flight) detectors'"):
        assert next(term.said("zh") for term in SHIPPED.terms(form)) == ("飞行时间",), form
    assert [term.text for term in SHIPPED.terms("the detector's gases, submitted")] == ["detector", "gases", "submitted"]


def test_aliases_meet_in_one_language_too() -> None:
    assert "psi(3686)" in aliases("ψ(2S)")
    assert "ψ(2S)" in aliases("psi'")
    assert "main drift chamber" in aliases("MDC")
    assert "电磁量能器" in aliases("EMC")
    assert "EMC" in aliases("電磁量能器")
    assert aliases("xyzzy") == ()


def test_an_entry_knows_the_heading_that_it_stands_under() -> None:
    subjects = {entry.en[0]: entry.subject for entry in SHIPPED.entries if entry.en}
    assert subjects["calorimeter"] == "Detectors"
    assert subjects["neutrino"] == "Particles"


def test_a_collaboration_adds_its_own_names(tmp_path) -> None:
    assert Glossary.of(tmp_path) is SHIPPED
    (tmp_path / "glossary.tsv").write_text("# ours\n红盒子|红盒\tRed Box\n探测器\tBig Eye\n", encoding="utf-8")
    own = Glossary.of(tmp_path)
    assert own.rewrite("红盒的分辨率") == "Red Box resolution"
    assert own.rewrite("探测器在哪里") == "Big Eye detector where"  # ours first
    assert SHIPPED.rewrite("探测器在哪里") == "detector where"


def test_a_line_that_is_no_entry_is_told(tmp_path) -> None:
    (tmp_path / "glossary.tsv").write_text("红盒子 Red Box\n", encoding="utf-8")
    with pytest.raises(BadInput, match="Line 1 of"):
        Glossary.of(tmp_path)


def test_a_long_text_costs_no_more_than_its_first_part() -> None:
    began = time.perf_counter()
    assert rewrite("电磁量能器的分辨率" * 100_000) is not None
    assert time.perf_counter() - began < 1
