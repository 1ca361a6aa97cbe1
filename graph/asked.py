"""What a question asks for: its words with their weights, and what it names of what the documents name."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graph.words import FUNCTION
from jitl.text import CJK

if TYPE_CHECKING:
    from graph.facts import Posting
    from jitl.ports import SparseEncoder
    from jitl.types import Query

_WORD: Final = re.compile(rf"[^\W_{CJK}]+(?:[.'’-][^\W_{CJK}]+)*")
_SIGNS: Final = re.compile(f"[{CJK}]{{2,}}")
_ENDINGS: Final = ("ies", "ing", "es", "ed", "s")
_SHORTEST, _LONGEST = 4, 8  # letters that a word is known by


@dataclass(frozen=True, slots=True)
class Asked:
    """`words`: what to look for in a lower-case text -> share of the question's weight. `named`: key -> share of its names' weight."""

    words: Mapping[str, float]
    named: Mapping[str, float]
    parts: frozenset[str]  # keys that stand within others which the question names, as a rule; and these themselves

    @classmethod
    def of(cls, query: Query, names: Sequence[str], known: Mapping[str, Posting], sparse: SparseEncoder) -> Asked:
        return cls(_shares(_words(query, sparse)), _shares(_named(names, known, query.passages)), frozenset(known))


def _words(query: Query, sparse: SparseEncoder) -> dict[str, float]:
    """Words of content by their beginnings, with a blank before them, and pairs of Chinese signs, weighed by their rarity."""
    found: dict[str, float] = {}
    for match in _WORD.finditer(query.text):
        word = match.group().lower()
        if word not in FUNCTION:
            _weigh(found, f" {_beginning(word)}", word, query, sparse)
    for run in _SIGNS.findall(query.text):
        for at in range(len(run) - 1):
            _weigh(found, run[at : at + 2], run[at : at + 2], query, sparse)
    return found


def _weigh(found: dict[str, float], sought: str, word: str, query: Query, sparse: SparseEncoder) -> None:
    holding = min((query.frequencies.get(term, 0) for term in sparse.terms(word)), default=0)
    found[sought] = max(found.get(sought, 0.0), math.log(1 + (query.passages - holding + 0.5) / (holding + 0.5)))


def _beginning(word: str) -> str:
    """What the forms of a word have in common, as a rule."""
    word = word.replace("’", "'").removesuffix("'s")
    ending = next((ending for ending in _ENDINGS if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST), "")
    return word.removesuffix(ending)[:_LONGEST]


def _named(names: Sequence[str], known: Mapping[str, Posting], passages: int) -> dict[str, float]:
    """The longest known names of the question, weighed by their rarity."""
    longest: dict[str, float] = {}
    for name in names:  # longest first
        if name in known and not any(f" {name} " in f" {other} " for other in longest):
            longest[name] = math.log(1 + passages / (1 + known[name].passages)) + 1e-9
    return longest


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {key: weight / total for key, weight in weights.items()} if total > 0 else {}
