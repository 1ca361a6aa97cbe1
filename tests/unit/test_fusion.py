"""Legs become one ranking whose scores depend on the passage and the question alone."""

from __future__ import annotations

import pytest

from jitl.fusion import WEIGHTS, fuse
from jitl.types import Hit, Query


def query(language: str = "en", terms: dict[int, float] | None = None) -> Query:
    return Query("q", language, None, {1: 2.0, 2: 2.0} if terms is None else terms, ("c",), 0.0)


def hit(key: str, score: float, leg: str, ordinal: int = 0) -> Hit:
    return Hit(key, f"document-{key}", ordinal, score, leg)


def test_scores_add_up_by_weight():
    found = {"dense": [hit("a", 0.5, "dense")], "sparse": [hit("a", 4.0, "sparse"), hit("b", 2.0, "sparse")]}
    fused = fuse(query(), found, {"dense": {"b": 0.1}})
    weight = WEIGHTS["en"]["sparse"]
    assert [each.hit.chunk_id for each in fused] == ["a", "b"]
    assert [each.score for each in fused] == pytest.approx([0.5 + weight, 0.1 + weight / 2])
    assert fused[1].legs == {"sparse": 2.0, "dense": 0.1}


def test_a_passage_keeps_its_score_when_others_come():
    few = fuse(query(), {"sparse": [hit("a", 1.0, "sparse")]}, {})
    many = fuse(query(), {"sparse": [hit("b", 9.0, "sparse"), hit("a", 1.0, "sparse")]}, {})
    assert few[0].score == many[1].score


def test_ties_are_ordered_by_document_and_ordinal():
    hits = [Hit("x", "d2", 0, 1.0, "sparse"), Hit("y", "d1", 2, 1.0, "sparse"), Hit("z", "d1", 1, 1.0, "sparse")]
    assert [each.hit.chunk_id for each in fuse(query(), {"sparse": hits}, {})] == ["z", "y", "x"]


def test_chinese_never_uses_the_encoder():
    found = {"dense": [hit("a", 0.9, "dense")], "sparse": [hit("b", 0.1, "sparse")]}
    assert [each.hit.chunk_id for each in fuse(query("zh"), found, {})] == ["b", "a"]


def test_a_new_leg_counts_and_nothing_found_is_nothing():
    assert fuse(query(terms={}), {"graph": [hit("a", 1.0, "graph")]}, {})[0].score > 0
    assert fuse(query(), {}, {}) == fuse(query(), {"dense": []}, {}) == []
