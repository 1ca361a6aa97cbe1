"""What a text is counted by."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from jitl.adapters.sparse import HepTerms, _hash

TERMS = HepTerms()


def shares(first: str, second: str) -> bool:
    return bool(TERMS.terms(first).keys() & TERMS.terms(second).keys())


def holds(text: str, word: str) -> bool:
    return _hash(word) in TERMS.terms(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("J/psi", ["jpsi", "psi"]),
        ("B0->K*mumu", ["b0k*mumu", "b0", "mumu"]),
        ("Zc(3900)", ["zc3900", "zc", "3900"]),
        ("the BesEvtGen generator", ["besevtgen", "bes", "gen"]),
        ("DD4hep", ["dd4hep", "hep"]),
        ("snake_case", ["snakecas", "snake", "case"]),
        ("BOSS-7.0.5", ["7.0.5", "7.0", "boss"]),
        ("3,097 events", ["3097", "event"]),
        ("10-20 GeV", ["10-20", "10", "20", "gev"]),
        ("U.S. Navy", ["us", "navi"]),
        ("Poincaré", ["poincar"]),
        ("北京谱仪", ["北", "京", "北京", "京谱", "谱仪"]),
        ("BESIII实验", ["besiii", "实验"]),
    ],
)
def test_identifiers_stand_whole_and_in_parts(text, words):
    assert [word for word in words if not holds(text, word)] == []


@pytest.mark.parametrize(
    "spellings",
    [
        ("J/psi", "J/ψ", r"$J/\psi$", "J/ψ".upper()),
        ("Zc(3900)", "Z_c(3900)", "$Z_{c}(3900)$", "Zc3900", "ＺＣ３９００"),
        ("measurement", "measurements", "Measured"),
        ("CamelCase", "camel_case", "camelCase", "camelcase"),
        ("Einstein's", "Einstein’s", "Einstein"),
    ],
)
def test_spellings_of_one_thing_meet(spellings):
    first, *others = spellings
    assert all(shares(first, other) for other in others)


def test_numbers_are_not_run_together():
    assert not shares("7.0.5", "705")
    assert not shares("10-20", "1020")
    assert not shares("3.097", "3097")


def test_function_words_and_marks_count_for_nothing():
    assert TERMS.terms("What is the of and? -- ... (!)") == {}
    assert TERMS.terms("") == {}


def test_terms_are_u32():
    assert all(0 <= term < 2**32 for term in TERMS.terms("B0->K*mumu 北京 7.0.5 ψ(2S)"))


def test_terms_are_the_same_in_another_process():
    text = "J/psi BesEvtGen 北京谱仪 7.0.5 measurement"
    code = f"import json; from jitl.adapters.sparse import HepTerms; print(json.dumps(sorted(HepTerms().terms({text!r}).items())))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert json.loads(printed) == [list(pair) for pair in sorted(TERMS.terms(text).items())]


def test_passage_weights_saturate_and_shrink_with_length():
    once, twice = TERMS.passage("tracker"), TERMS.passage("tracker tracker")
    long = TERMS.passage("tracker " + " ".join(f"word{i}" for i in range(300)))
    word = _hash("tracker")
    assert once[word] < twice[word] < 2 * once[word]
    assert long[word] < once[word]


def test_question_weighs_rare_terms_more_and_drops_unknown_ones():
    rare, common = _hash("kaon"), _hash("event")
    weights = TERMS.question("kaon event muon", {rare: 1, common: 50}, 100)
    assert set(weights) == {rare, common}
    assert weights[rare] > weights[common] > 0
    assert math.isclose(weights[rare], math.log(1 + 99.5 / 1.5))


def test_threads_agree():
    texts = [f"measurements of reconstructed particle{i} decaying semileptonically" for i in range(200)]
    alone = [HepTerms().terms(text) for text in texts]
    shared = HepTerms()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(shared.terms, texts)) == alone


def test_hostile_runs_end_soon():
    for text in ("a" * 100_000, "a/" * 50_000, "(" * 100_000, "1.1" * 30_000, "中" * 50_000, "\\a{" * 30_000, "aB" * 50_000):
        TERMS.terms(text)
