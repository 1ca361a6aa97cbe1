"""Quotes are slices of their passages, short, likely, and the same every time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jitl import cues
from jitl.adapters.sparse import HepTerms
from jitl.extract import BUDGET, Extractor, opening
from jitl.reading import cut, read
from jitl.types import Location, Passage, Query

SPARSE = HepTerms()
RING = (
    "The storage ring has a circumference of 240 m and holds two rings, which cross at one point. It was commissioned in July 2008, after "
    "four years of construction by the institute. The head of the project was Zhang Wei. The beams collide at an angle of 22 mrad, because "
    "a crossing angle separates the bunches quickly; the luminosity reached its design value in April 2016. It stands in Beijing."
)
SPECTROMETER = "北京谱仪的漂移室共有43层信号丝，使用氦基混合气体。超导磁铁提供1特斯拉的磁场。它由中国科学院高能物理研究所于2008年建成。"


def passage(text: str, name: str = "d", header: str = "") -> Passage:
    return Passage(f"chunk-{name}", 0, text, header, Location(), f"id-{name}", name, header, "c1")


def ask(question: str, *texts: str) -> list[str]:
    held = [SPARSE.terms(text) for text in texts]
    counts = {term: sum(term in terms for terms in held) for term in SPARSE.terms(question)}
    query = Query(
        question, "en", None, SPARSE.question(question, counts, max(20, len(texts))), ("c1",), 0.0, frequencies=counts, passages=20
    )
    passages = [passage(text, str(at)) for at, text in enumerate(texts)]
    quotes = Extractor().quotes(query, read(query, passages, SPARSE))
    for quote in quotes:
        assert quote.text == texts[quote.passage][quote.start : quote.end]
    spans = [(quote.passage, quote.start, quote.end) for quote in quotes]
    assert all(before[0] != after[0] or before[2] <= after[1] for before, after in pairwise(spans)), "reading order"
    return [quote.text for quote in quotes]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How long is the circumference of the storage ring?", "240 m"),
        ("When was the ring commissioned?", "July 2008"),
        ("Who was the head of the project?", "Zhang Wei"),
        ("Why do the beams collide at an angle?", "separates the bunches"),
    ],
)
def test_the_answer_stands_in_the_quotes(question, answer):
    assert answer in " ".join(ask(question, RING))


@pytest.mark.parametrize(
    ("question", "answer"), [("漂移室有多少层信号丝？", "43层"), ("磁铁提供多大的磁场？", "1特斯拉"), ("谱仪是何时建成的？", "2008年")]
)
def test_chinese_too(question, answer):
    assert answer in "".join(ask(question, SPECTROMETER))


def test_quotes_stay_within_the_budget_of_their_language():
    for question, text, language in (("What is the storage ring?", RING * 8, "en"), ("谱仪是什么？", SPECTROMETER * 8, "zh")):
        assert 0 < len(" ".join(ask(question, text))) <= BUDGET[language]


def test_one_long_span_is_quoted_whole_rather_than_cut():
    endless = "ring " * 200
    assert ask("Which ring?", endless) == [endless.strip()]


def test_the_same_sentence_is_quoted_once():
    copy = "The trigger rate is 4 kHz."
    assert ask("What is the trigger rate?", copy, copy, copy) == [copy]


def test_nothing_to_read_gives_no_quotes():
    assert ask("What is the trigger rate?") == []
    assert ask("What is the trigger rate?", "  \n") == []
    assert opening("  ") == ""
    assert opening("One. Two.") == "One."


@given(st.text(alphabet="ab ,.;:()，。；\n12A—", max_size=300))
def test_spans_are_disjoint_in_order_and_lose_only_white_space(text):
    spans = cut(0, text)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert "".join("".join(text[span.start : span.end].split()) for span in spans) == "".join(text.split())
    assert all(len(span) > 0 for span in spans)


@given(
    st.text(alphabet="ring beam, .;:()，。；环束\n12A—", max_size=200), st.text(alphabet="ring beam?谁何时多少环", min_size=1, max_size=40)
)
def test_any_text_and_question_give_verbatim_quotes_in_a_fixed_way(text, question):
    assert ask(question, text, text[::-1]) == ask(question, text, text[::-1])


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who built it?", "who"),
        ("In what year was it built?", "when"),
        ("Where is it?", "where"),
        ("How many layers are there?", "number"),
        ("Why is it cold?", "why"),
        ("How does it work?", "how"),
        ("What is it called?", "name"),
        ("Tell me about it.", "other"),
        ("谁建造了它？", "who"),
        ("它是何时建成的？", "when"),
        ("它位于哪里？", "where"),
        ("有多少层？", "number"),
    ],
)
def test_questions_ask_for_a_kind_of_thing(question, kind):
    assert cues.kind(question) == kind


def test_signs_of_the_question_itself_do_not_count():
    assert cues.signs("number", "In 2008 it had 43 layers.", frozenset()) == 2
    assert cues.signs("who", "the head was Zhang Wei", frozenset({"wei"})) == 1
    assert cues.signs("other", "Zhang Wei in 2008", frozenset()) == 0


def test_room_that_is_left_goes_to_what_follows_the_likeliest():
    quotes = ask("Why does the package stop?", 'The package stops with "no geometry". Set GEOROOT to the new folder.', "It stops at noon.")
    assert 'The package stops with "no geometry". Set GEOROOT to the new folder.' in quotes


def test_a_question_and_a_heading_are_no_answers():
    faq = "Batch jobs\n\nHow long may a batch job run? The queue long allows 72 hours."
    assert ask("How long may a batch job run?", faq) == ["The queue long allows 72 hours."]
    assert ask("一个作业最多可以运行多长时间？", "问：一个作业最多可以运行多长时间？答：72小时。") == ["答：72小时。"]
    mail = "Thread: The geometry\nFrom: Zhao Lin\nDate: 2024-03-04\n\nThe geometry moved."
    assert ask("Who wrote about the geometry?", mail) == ["The geometry moved."]
