"""Sentences of a summary: those that say most, each of another thing, verbatim."""

from __future__ import annotations

from graph import gist
from jitl.types import Location, Passage


def passage(number: int, text: str, document: str = "") -> Passage:
    return Passage(f"c{number}", 0, text, "", Location(), document or f"d{number}", f"{number}.md", "t", "place")


HAS = "The Lantern Array on Mount Kestrel has 64 stations with lamps."
LEADS = "Maria Olsen leads the Lantern Array group since the year 2019."
LAMPS = f"{HAS} Who built the Lantern Array on Mount Kestrel, and when was it? See it."
OLSEN = f"{LEADS} It was dark when Maria Olsen came to Mount Kestrel that day."
NAMES = ["lantern array", "mount kestrel", "maria olsen"]


def held(*names: str) -> list[gist.Held]:
    return [gist.Held(name, name, -1) for name in names]


def chosen(*passages: Passage) -> list[str]:
    spans = gist.sentences(passages, {one.id: held(*NAMES) for one in passages}, dict.fromkeys(NAMES, 1.0))
    texts = {one.id: one.text for one in passages}
    return [texts[id_][start:end] for id_, start, end in spans]


def test_each_sentence_adds_what_none_has_said() -> None:
    found = chosen(passage(1, LAMPS), passage(2, OLSEN))
    assert found[:2] == [HAS, LEADS]
    assert not any(sentence.endswith("?") for sentence in found)


def test_no_sentence_twice_and_few_of_a_document() -> None:
    copies = [passage(number, LAMPS) for number in range(4)]
    assert chosen(*copies) == [HAS]
    long = " ".join(f"The Lantern Array saw Mount Kestrel in the month {number} of the year." for number in range(9))
    assert len(chosen(passage(1, long))) <= gist.A_DOCUMENT


def test_a_name_is_a_word_of_its_own() -> None:
    text = "The lanterns arrayed on the mountain were seen by nobody at all that night."
    assert chosen(passage(1, text)) == []
    assert chosen(passage(1, "")) == []


def test_chinese_sentences_hold_names_within() -> None:
    one = passage(1, "漂移室的刻度由北京谱仪合作组在去年完成。今天很好。")
    spans = gist.sentences([one], {"c1": held("漂移室")}, {"漂移室": 1.0})
    assert [one.text[start:end] for _, start, end in spans] == ["漂移室的刻度由北京谱仪合作组在去年完成。"]
    assert gist.holding([one], {"c1": held("漂移室")}, 3) == spans


def test_a_name_counts_where_it_was_found_whatever_its_key() -> None:
    one = passage(1, "We looked at the lamps of the array during one night. The decay J/ψ → μ+μ- was seen by everyone who looked.")
    start = one.text.index("J/ψ")
    found = gist.sentences([one], {"c1": [gist.Held("x", "j/psi -> mu- mu+", start)]}, {"x": 1.0})
    assert [one.text[a:b] for _, a, b in found] == ["The decay J/ψ → μ+μ- was seen by everyone who looked."]


def test_a_bullet_is_no_part_of_a_sentence_and_a_reference_none_of_a_summary() -> None:
    one = passage(1, "[Olsen2019] Maria Olsen, on the lamps of the Lantern Array, Journal of Lamps.", "d1")
    other = passage(2, "- Maria Olsen rebuilt the lamps of the Lantern Array in the winter.", "d2")
    both = {text.id: held("maria olsen") for text in (one, other)}
    spans = gist.holding([one, other], both, 2)
    assert [id_ for id_, _, _ in spans] == ["c2", "c1"]
    assert other.text[spans[0][1] : spans[0][2]].startswith("Maria Olsen rebuilt")
