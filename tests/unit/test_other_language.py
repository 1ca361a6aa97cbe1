"""A question in one language meets passages in the other, and passages in its own as before. Terms, legs and store are real."""

from __future__ import annotations

import pytest

from jitl.glossary import Glossary
from jitl.grounding import Grounding
from jitl.legs import DENSE, NAMES, REWRITTEN_DENSE, REWRITTEN_SPARSE, SPARSE, PassageLeg
from jitl.reading import content, read
from jitl.text import language
from jitl.translation import Translation
from jitl.types import Location, Passage, Query, RankedHit
from jitl.views import views
from tests.unit.test_retrieve import TERMS, opened, texts


@pytest.fixture
def world(tmp_path):
    with opened(tmp_path) as world:
        yield world


def every(world) -> list[PassageLeg]:
    return [PassageLeg(name, world.store, world.shelf) for name in NAMES]


def test_a_chinese_question_finds_the_english_passage(world):
    world.publish("The muon trigger fires.", "The magnet is cold.", "北京的秋天很好。")
    result = world.search("磁体冷吗？", legs=every(world))
    assert texts(result)[0] == "The magnet is cold."
    assert {REWRITTEN_DENSE, REWRITTEN_SPARSE} <= result.hits[0].legs.keys()
    assert result.query.rewritten == "magnet cold"
    assert result.query.vector is None
    assert result.query.rewritten_vector is not None


def test_an_english_question_finds_the_chinese_passage(world):
    world.publish("磁体的温度是四度。", "北京的秋天很好。", "The muon trigger fires.")
    result = world.search("What temperature has the magnet?", legs=every(world))
    found = [hit for hit in result.hits if REWRITTEN_SPARSE in hit.legs]  # the vectors of this encoder are all alike
    assert [hit.passage.text for hit in found] == ["磁体的温度是四度。"]
    assert result.query.rewritten_vector is None  # the encoder knows no Chinese


def test_an_alias_finds_what_it_stands_for(world):
    world.publish("The main drift chamber has 43 layers.", "The magnet is cold.", "The trigger fires.")
    result = world.search("layers of the MDC?", legs=every(world))
    assert texts(result)[0] == "The main drift chamber has 43 layers."
    assert result.hits[0].legs[REWRITTEN_SPARSE] > 0


@pytest.mark.parametrize("asked", ["muon trigger?", "缪子触发在哪里？"])
def test_passages_of_the_other_language_do_not_move_scores(world, asked):
    own = ["The muon trigger fires.", "The magnet is cold."] if asked.isascii() else ["缪子触发在控制室。", "磁体很冷。"]
    world.publish(*own)
    before = world.search(asked, legs=[PassageLeg(name, world.store, world.shelf) for name in (DENSE, SPARSE)])
    after = world.search(asked, legs=every(world))
    assert [(hit.passage.text, hit.score) for hit in before.hits] == [(hit.passage.text, hit.score) for hit in after.hits]


def test_terms_of_the_rewritten_question_are_none_of_its_own(world):
    world.publish("The magnet is cold.", "磁体的温度是四度。")
    searcher = world.searcher(legs=every(world))
    query = searcher.prepare("磁体的温度？", ("c",))
    assert query.rewritten_terms
    assert not query.rewritten_terms.keys() & query.terms.keys()
    assert query.frequencies.keys() >= query.terms.keys() | query.rewritten_terms.keys()


def asked(question: str, *passages: str) -> tuple[Query, list[RankedHit]]:
    held = [TERMS.terms(text) for text in passages]
    said = Translation.of(question, Glossary.shipped(), TERMS)
    own = TERMS.terms(question)
    counts = {term: sum(term in terms for terms in held) for term in (*own, *said.counts)}
    size = 50  # other passages, without these words
    terms = TERMS.question(question, counts, size)
    query = Query(
        question, language(question), None, terms, ("c",), 0.0, rewritten=said.text, frequencies={**counts, **said.unknown}, passages=size
    )
    hits = [
        RankedHit("passage", 1.0, Passage(str(n), 0, text, "", Location(), str(n), str(n), str(n), "c")) for n, text in enumerate(passages)
    ]
    return query, hits


def supported(query: Query, hits: list[RankedHit]) -> list[bool]:
    return [
        Grounding().supports(about, read(about, [hit.passage for hit in some], TERMS), some) for about, some in views(query, hits, TERMS)
    ]


def test_passages_of_the_other_language_are_judged_by_the_rewrite():
    query, hits = asked("电磁量能器的能量分辨率是多少？", "The energy resolution of the electromagnetic calorimeter is 2.5% at 1 GeV.")
    (said, others), (own, every) = views(query, hits, TERMS)
    assert (said.language, own.language) == ("en", "zh")
    assert others == every == hits
    assert supported(query, hits) == [True, False]


def test_words_without_a_name_count_as_missing():
    text = "The energy resolution of the electromagnetic calorimeter is 2.5% at 1 GeV."
    query, hits = asked("凸凹黾龟鼋鼍电磁量能器蹊跷趿拉犄角旮旯分辨率", text)
    assert supported(query, hits) == [False, False]


def test_passages_in_the_questions_own_language_are_judged_alone_and_first():
    query, hits = asked("When was the magnet ramped?", "磁体在周一升场。", "The magnet was ramped on Monday.")
    assert query.rewritten is not None
    first, second, last = views(query, hits, TERMS)
    assert first == (content(query, TERMS), hits[1:])
    assert (second[0].language, [hit.passage for hit in second[1]]) == ("zh", [hits[0].passage])
    assert last == (content(query, TERMS), hits)
