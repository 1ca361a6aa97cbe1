"""Spellings that meet under one key, and those that must not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.keys import key


@pytest.mark.parametrize(
    "spellings",
    [
        ("St. Louis", "st louis", "St Louis"),
        ("O'Brien", "O’Brien", "OBrien"),
        ("The Beatles", "the Beatles", "BEATLES"),
        ("Hudson's Bay", "Hudson Bay", "Hudson’s Bay"),
        ("A. P. J. Abdul Kalam", "A.P.J. Abdul Kalam", "APJ Abdul Kalam"),
        ("U.S.", "US"),
        ("Émile Zola", "Emile Zola"),
        ("Saint-Gilles", "Saint Gilles"),
        ("More Hot Rocks (Big Hits &amp; Fazed Cookies)", "More Hot Rocks (Big Hits & Fazed Cookies)"),
        ("J/psi", "J/ψ", "$J/\\psi$", "j/psi"),
        ("Zc(3900)", "$Z_c(3900)$", "Z_{c}(3900)"),
        ("D0 -> K- pi+", "D⁰ → K⁻π⁺", "$D^0\\to K^-\\pi^+$", "$D^{0} \\rightarrow K^{-}\\pi^{+}$", "d0 -> k- pi+"),
        ("e+e- -> pi+ pi- J/psi", "e⁺e⁻ → π⁺π⁻J/ψ", "$e^+e^-\\to\\pi^+\\pi^-J/\\psi$"),
        ("psi(2S)", "ψ(2S)", "$\\psi(2S)$"),
        ("ROOT v6.24/06", "ROOT 6.24.06"),
        ("《红楼梦》", "红楼梦"),
        ("ＢＥＳⅢ", "BESIII"),
    ],
)
def test_spellings_meet(spellings: tuple[str, ...]) -> None:
    assert len({key(one) for one in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C", "C++"),
        ("D+", "D-"),
        ("D0", "D*0"),
        ("Zc(3900)", "Zc(4020)"),
        ("psi(2S)", "J/psi"),
        ("eta", "eta'"),
        ("BES", "BESIII"),
        ("Belle", "Belle II"),
    ],
)
def test_different_things_stay_apart(one: str, other: str) -> None:
    assert key(one) != key(other)


@given(st.text(max_size=60))
def test_a_key_is_its_own_key(name: str) -> None:
    assert key(key(name)) == key(name)


@pytest.mark.parametrize("text", ["a" * 20_000, "A. " * 8_000, "$\\pi^+" * 4_000, "(1" * 8_000, "'s" * 8_000, "the " * 8_000, "_" * 20_000])
def test_time_is_linear(text: str) -> None:
    started = time.process_time()
    assert len(key(text)) <= 200
    assert key(key(text)) == key(text)
    assert time.process_time() - started < 1
