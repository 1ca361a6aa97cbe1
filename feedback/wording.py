"""What the scope decision sees of a text: its terms, the names and numbers in it, what it asks for, whether it negates.

Everything is read off the text alone, by script and form, so that it is the same on every process and for ever.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from jitl import text as texts
from jitl.ports import SparseEncoder

_SIGN: Final = f"[^\\W_{texts.CJK}]"
_WORD: Final = re.compile(f"{_SIGN}+(?:[._/+'\u2019-]{_SIGN}+)*(?:\\({_SIGN}+\\))?")
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
_TERMINAL: Final = " .!?\u3002\uff0c,;:\u2026"
_COMMON_STARTS: Final = frozenset(
    re.findall(
        r"\w+",
        "a about after an and are as at before by can could did do does during for from give had has have her his how i if in into is it "
        "its list may me my name no of on or our over she should tell than that the their there these they this those through to under "
        "was we were what when where which while who whom whose why will with within without would you your please describe explain "
        "find show",
    )
)
_NEGATION: Final = re.compile(r"\b(?:not|never|no|without|neither|nor|none|cannot|except|excluding)\b|n['\u2019]t\b", re.IGNORECASE)
_A_OR_NOT_A: Final = re.compile("(.)[\u4e0d\u6ca1]\\1|\u6709\u6ca1\u6709")  # a question's form, no negation
_NEGATION_ZH: Final = re.compile(
    "\u4e0d(?!\u540c|\u4ec5|\u8fc7|\u5c11|\u65ad|\u53d8)|\u6ca1\u6709?|\u672a|\u65e0\u6cd5|\u9664\u4e86|\u5e76\u975e"
)
_ASKS: Final = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("number", r"\bhow (?:many|much)\b|\bwhat (?:number|amount|fraction) of\b|\u591a\u5c11|\u51e0[\u4e2a\u6b21\u4f4d\u53f0\u5c42]"),
        (
            "when",
            r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|time)\b|\u4f55\u65f6|\u4ec0\u4e48\u65f6\u5019|\u54ea[\u4e00]?[\u5e74\u5929]",
        ),
        ("who", r"\bwho(?:m|se)?\b|\u8c01|\u4f55\u4eba|\u54ea[\u4f4d\u4e9b]?\u4eba"),
        ("where", r"\bwhere\b|\u54ea\u91cc|\u54ea\u513f|\u4f55\u5904|\u4ec0\u4e48\u5730\u65b9|\u5728\u54ea"),
        ("why", r"\bwhy\b|\u4e3a\u4ec0\u4e48|\u4e3a\u4f55|\u4f55\u4ee5"),
        ("how", r"\bhow\b|\u5982\u4f55|\u600e\u4e48|\u600e\u6837"),
        ("what", r"\bwhat\b|\bwhich\b|\u4ec0\u4e48|\u54ea"),
        ("whether", r"^(?:is|are|was|were|do|does|did|can|could|has|have|will|should|may)\b|\u5417|\u662f\u5426|(.)[\u4e0d\u6ca1]\1"),
    )
)


@dataclass(frozen=True, slots=True)
class Wording:
    """`terms` are hashed (sorted); `names` are those of capitalised words, identifiers and words with digits; `asks` is "" where open."""

    key: str
    terms: tuple[int, ...]
    names: tuple[int, ...]
    numbers: frozenset[str]
    negated: bool
    asks: str


class WordingReader:
    """Reads texts; safe to call from several threads. Words are remembered, texts are not."""

    def __init__(self, sparse: SparseEncoder) -> None:
        self._sparse = sparse
        self._word = lru_cache(maxsize=50_000)(self._terms_of_word)

    def read(self, text: str) -> Wording:
        text = unicodedata.normalize("NFKC", text)
        return Wording(
            key=question_key(text),
            terms=tuple(sorted(self._sparse.terms(text))),
            names=tuple(sorted({term for word in _names(text) for term in self._word(word)})),
            numbers=frozenset(number.replace(",", "") for number in _NUMBER.findall(text)),
            negated=_negated(text),
            asks=next((kind for kind, pattern in _ASKS if pattern.search(text)), ""),
        )

    def _terms_of_word(self, word: str) -> tuple[int, ...]:
        return tuple(self._sparse.terms(word))


def question_key(text: str) -> str:
    """Questions with one key are the same question: only case, white space, width or the closing sign differ."""
    return texts.fold(text).strip(_TERMINAL)


def _names(text: str) -> Iterable[str]:
    for match in _WORD.finditer(text):
        word = match.group()
        inner = any(sign.isdigit() for sign in word) or any(sign.isupper() for sign in word[1:])
        if inner or (word[0].isupper() and len(word) > 1 and not _starts(text, match.start(), word)):
            yield word


def _starts(text: str, at: int, word: str) -> bool:
    """Whether the capital is due to the sentence's start alone, as far as the word tells."""
    before = text[:at].rstrip()
    return (not before or before[-1] in ".?!:\"'\u201c\u3002\uff1f") and word.lower() in _COMMON_STARTS


def _negated(text: str) -> bool:
    return bool(_NEGATION.search(text) or _NEGATION_ZH.search(_A_OR_NOT_A.sub("", text)))
