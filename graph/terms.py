"""Noun phrases worth a node: terms of the glossary, and runs of words without function words whose last one has a noun's ending."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from graph.keys import key
from graph.verbs import FORMS
from graph.words import COMMON, FUNCTION
from jitl.glossary import Glossary
from jitl.wordforms import SIGN

Word = tuple[str, int, int]
_WORD = re.compile(r"[^\W\d_]+")
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
    """Names of the glossary: those that mean one thing lead to its other names; `first` parts them by their first word."""

    aliases: Mapping[str, Sequence[str]]
    first: Mapping[str, Sequence[Sequence[str]]]
    chinese: Mapping[str, str]
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
    first: dict[str, list[list[str]]] = {}
    for name in places:
        words = name.split()
        if name.replace(" ", "").isalpha() and name.isascii() and len(name) > 3 and (len(words) > 1 or len(name) > 5):
            first.setdefault(words[0], []).append(words)
    for words_list in first.values():
        words_list.sort(key=len, reverse=True)
    chinese = {name: name for name in places if SIGN.match(name) and len(name) > 1}
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


def words_of(text: str) -> list[Word]:
    """Runs of letters in order."""
    return [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]


def phrases(text: str, words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Spans of terms; at most `_MOST` that the glossary does not know."""
    left = _MOST
    run: list[Word] = []
    for at, word in enumerate(words):
        yield from _glossary(words, at)
        joined = _content(word[0]) and (not run or text[run[-1][2] : word[1]] in {" ", "-"})
        if not joined:
            if left and (span := _phrase(run)):
                left -= 1
                yield span
            run = []
        if joined or _content(word[0]):
            run.append(word)
    if left and (span := _phrase(run)):
        yield span


def _glossary(words: Sequence[Word], at: int) -> Iterator[tuple[int, int]]:
    """The longest term of the glossary that begins with this word."""
    for name in glossed().first.get(words[at][0].lower(), ()):
        found = words[at : at + len(name)]
        if len(found) < len(name) or not all(word[0].lower().startswith(part) for word, part in zip(found, name, strict=True)):
            continue
        size = sum(map(len, name)) + len(name)
        if len(found[-1][0]) - len(name[-1]) <= 1 and found[-1][2] - found[0][1] <= size:
            yield found[0][1], found[-1][2]
            return


def _phrase(run: list[Word]) -> tuple[int, int] | None:
    run = run[-_LONGEST:]
    if len(run) < 2 or not _NOUN.fullmatch(run[-1][0]):
        return None
    while len(run) > 1 and run[0][0] in COMMON:
        run = run[1:]
    return (run[0][1], run[-1][2]) if len(run) > 1 else None


@lru_cache(maxsize=32_768)
def _content(word: str) -> bool:
    """Whether a word may be part of a term: lower case, neither a function word nor an adverb nor a verb of the list."""
    return word.islower() and len(word) >= _SHORTEST and word not in FUNCTION and not word.endswith("ly") and word not in FORMS
