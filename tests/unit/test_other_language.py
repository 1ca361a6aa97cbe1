"""A question in one language meets passages in the other, and passages in its own as before. Terms, legs and store are real."""

from __future__ import annotations

import pytest

from jitl.adapters.edge import EdgeStore
from jitl.legs import DENSE, NAMES, REWRITTEN_DENSE, REWRITTEN_SPARSE, SPARSE, PassageLeg
from tests.unit.test_retrieve import Shelf, World, texts


@pytest.fixture
def world(tmp_path):
    store = EdgeStore(tmp_path / "index", 8)
    world = World(store, Shelf())
    yield world
    for searcher in world.searchers:
        searcher.close()
    store.close()


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
    assert query.frequencies.keys() == query.terms.keys()
