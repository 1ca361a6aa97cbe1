"""Support is judged alike in collections of any size, with vectors and without."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from jitl import grounding
from jitl.adapters.sparse import HepTerms
from jitl.grounding import Grounding, describe
from jitl.reading import content, read
from jitl.text import language
from jitl.types import Location, Passage, Query, RankedHit

SPARSE = HepTerms()
TEXTS = (
    "The drift chamber holds 43 layers of sense wires. It runs with a mixture based on helium.",
    "The storage ring has a circumference of 240 m. Two rings cross at one point.",
    "Jobs run under HTCondor. The queue long allows 72 hours, the queue short two hours.",
    "超导螺线管磁铁提供1特斯拉的磁场。磁铁由低温系统冷却。",
    "江门中微子实验的中心探测器使用两万吨液体闪烁体。",
)


def judge(question: str, *, copies: int = 1, cosine: float | None = None, threshold: float | None = None) -> bool:
    """Asked of the texts above, each `copies` times among others that share no word with anything."""
    held = [SPARSE.terms(text) for text in TEXTS]
    counts = {term: copies * sum(term in terms for terms in held) for term in SPARSE.terms(question)}
    size = 5 * copies + 20 * (copies - 1)
    terms = SPARSE.question(question, counts, size)
    query = Query(question, language(question), None, terms, ("c",), 0.0, frequencies=counts, passages=size)
    query = content(query, SPARSE)
    ranked = sorted(TEXTS, key=lambda text: -sum(terms.get(term, 0.0) for term in SPARSE.terms(text)))
    passages = [Passage(str(at), 0, text, "", Location(), str(at), str(at), "", "c") for at, text in enumerate(ranked)]
    legs = {} if cosine is None else {"dense": cosine}
    hits = [RankedHit("passage", 1.0, passage, legs=legs) for passage in passages]
    return Grounding(threshold).supports(query, read(query, passages, SPARSE), hits)


@pytest.mark.parametrize("copies", [1, 10, 1000])
@pytest.mark.parametrize(
    ("question", "cosine"),
    [
        ("How many layers of sense wires does the drift chamber hold?", 0.75),
        ("What is the circumference of the storage ring?", 0.7),
        ("How many hours does the queue long allow?", 0.6),
        ("超导螺线管磁铁提供多大的磁场？", None),
        ("江门中微子实验使用多少吨液体闪烁体？", None),
    ],
)
def test_what_is_there_is_grounded(question, cosine, copies):
    assert judge(question, copies=copies, cosine=cosine)
    assert judge(question, copies=copies), "by terms alone too"


@pytest.mark.parametrize("copies", [1, 10, 1000])
@pytest.mark.parametrize(
    ("question", "cosine"),
    [
        ("Who won the football cup in Brazil?", 0.1),
        ("how do i change the pin of my credit card", 0.12),
        ("今天北京的天气怎么样？", None),
        ("谁是法国的总统？", None),
    ],
)
def test_what_is_not_there_is_refused(question, cosine, copies):
    assert not judge(question, copies=copies, cosine=cosine)


def test_a_question_of_unknown_words_alone_is_refused_without_a_model():
    assert not judge("xyzzy plugh", cosine=0.9)


def test_the_threshold_can_be_set():
    assert judge("Who won the football cup in Brazil? The ring?", threshold=0.0)
    assert not judge("What is the circumference of the storage ring?", cosine=0.7, threshold=1.0)


def test_the_shipped_weights_fit_the_features():
    shipped = json.loads(resources.files("jitl").joinpath("grounding.json").read_text("utf-8"))
    assert shipped["features"] == list(grounding.FEATURES)
    assert {kind: len(weights) for kind, weights in shipped["weights"].items()} == dict.fromkeys(
        ("en", "terms", "zh"), len(grounding.FEATURES) + 1
    )


def test_features_are_finite_for_odd_questions():
    for question in ("?", "", "the", "a" * 5000, "1 2 3", "J/psi", "漂"):
        counts = dict.fromkeys(SPARSE.terms(question), 1)
        query = Query(question, "en", None, SPARSE.question(question, counts, 5), ("c",), 0.0, frequencies=counts, passages=5)
        readings = read(query, [Passage("1", 0, "", "", Location(), "1", "1", "", "c")], SPARSE)
        if query.terms:
            assert all(abs(value) < 1e6 for value in describe(query, readings, None))
        assert not Grounding().supports(query, readings, [])
