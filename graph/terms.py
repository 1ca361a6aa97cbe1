"""Noun phrases worth a node: terms of the glossary, and runs of words without function words whose last one has a noun's ending."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import accumulate
from typing import NamedTuple

from graph.keys import key
from graph.verbs import FORMS
from graph.words import COMMON, FUNCTION
from jitl.glossary import Glossary
from jitl.wordforms import SIGN

_WORD = re.compile(r"[a-z]{3,}")
_RUN = re.compile(r"(?<![\w-])[a-z]{3,}(?:-[a-z]+)*(?: [a-z]{3,}(?:-[a-z]+)*)+(?![\w-])")
_NOUN = re.compile(
    r".{2,}(?:tion|sion|ment|ness|ity|ance|ence|ency|ism|ology|graphy|metry|meter|ector|ulator|ator|erator|cle|tron|ino|ics|ure|age|ship|hood|"
    r"dom|work|ware|base|chamber|field|rate|mass|beam|track|tracks|vertex|model|matrix|width|trigger|library|package|cluster|function|energy|"
    r"momentum|spectrum|channel|cross|ion|method|analysis|data|system|server|interface|format|framework|algorithm|group|user|file|page|web|"
    r"form|plugin|setting|process|event|school|party|station|club|team|industry|density|music|guitar|war)s?"
)
_SHORTEST = 3
_LONGEST = 4  # words of a phrase
_MOST = 16  # phrases of a passage that the glossary does not know


class Glossed(NamedTuple):
    """Names of the glossary: those that mean one thing lead to its other names; English terms stand under their first word."""

    aliases: Mapping[str, Sequence[str]]
    first: Mapping[str, Sequence[str]]
    chinese: frozenset[str]
    longest: int


@cache
def glossed() -> Glossed:
    entries = Glossary.shipped().entries
    places: dict[str, set[int]] = {}
    for at, entry in enumerate(entries):
        for name in (*entry.zh, *entry.en):
            places.setdefault(_folded(name), set()).add(at)
    aliases: dict[str, list[str]] = {}
    for entry in entries:
        usual = [_folded(name) for name in (*entry.en[:1], *entry.zh[:1]) if len(places[_folded(name)]) == 1]
        for name in (*entry.en, *entry.zh):
            one = _folded(name)
            if len(places[one]) == 1 and entry.en and entry.zh and len(one) > 1:
                aliases[one] = [other for other in usual if other != one]
    first: dict[str, list[str]] = {}
    for name in places:
        words = name.split()
        if name.replace(" ", "").isalpha() and name.isascii() and len(name) > 3 and (len(words) > 1 or len(name) > 5):
            first.setdefault(words[0], []).append(name)
    for names in first.values():
        names.sort(key=len, reverse=True)
    chinese = frozenset(name for name in places if SIGN.match(name) and len(name) > 1)
    return Glossed(aliases, first, chinese, max(map(len, chinese)))


def _folded(name: str) -> str:
    return key(singular(name) if name.islower() else name)


@lru_cache(maxsize=32_768)
def singular(phrase: str) -> str:
    """With its last word in the singular, as far as its ending tells."""
    head, blank, last = phrase.rpartition(" ")
    if len(last) > 4 and last.isascii() and last.endswith("s") and not last.endswith(("ss", "us", "is", "ics", "ous")):
        if last.endswith("ies"):
            last = last[:-3] + "y"
        elif last.endswith(("sses", "xes", "ches", "shes", "zes")):
            last = last[:-2]
        else:
            last = last[:-1]
    return head + blank + last


def phrases(text: str) -> Iterator[tuple[int, int]]:
    """Spans of terms; at most `_MOST` that the glossary does not know."""
    yield from _glossary(text)
    left = _MOST
    for run in _RUN.finditer(text):
        for start, end in _of_run(run.start(), run.group()):
            left -= 1
            if left < 0:
                return
            yield start, end


def _glossary(text: str) -> Iterator[tuple[int, int]]:
    """The longest terms of the glossary, hyphens read as blanks."""
    lowered = text.lower().replace("-", " ")
    if len(lowered) != len(text):
        return  # a letter whose lower case is two
    first = glossed().first
    for word in first.keys() & set(_WORD.findall(lowered)):
        at = -1
        while (at := lowered.find(word, at + 1)) >= 0:
            if at and lowered[at - 1].isalnum():
                continue
            for name in first[word]:
                if lowered.startswith(name, at):
                    end = at + len(name) + lowered.startswith("s", at + len(name))
                    if end == len(lowered) or not lowered[end].isalnum():
                        yield at, end
                        break


def _of_run(start: int, run: str) -> Iterator[tuple[int, int]]:
    """Terms of a run of words in lower case: up to a word that can be no part of one."""
    words = run.split(" ")
    ends = list(accumulate(len(word) + 1 for word in words))
    first = 0
    for at, word in enumerate([*words, ""]):
        if word and _sort(word):
            continue
        size = at - first
        if size > 1 and _sort(words[at - 1]) > 1:
            low = max(first, at - _LONGEST)
            while low < at - 1 and words[low] in COMMON:
                low += 1
            if low < at - 1:
                yield start + (ends[low - 1] if low else 0), start + ends[at - 1] - 1
        first = at + 1


@lru_cache(maxsize=65_536)
def _sort(word: str) -> int:
    """0 for a word that is no part of a term (function words, adverbs, verbs of the list), 2 for one that can end it, else 1."""
    if len(word) < _SHORTEST or word in FUNCTION or word in FORMS or word.endswith("ly"):
        return 0
    return 2 if _NOUN.fullmatch(word) else 1
