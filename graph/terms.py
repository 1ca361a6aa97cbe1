"""Noun phrases worth a node: terms of the glossary, and runs of words without function words whose last one has a noun's ending."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache
from itertools import accumulate
from typing import NamedTuple

from graph.acronyms import spells
from graph.keys import key
from graph.verbs import FORMS
from graph.words import BARE, COMMON, FUNCTION
from jitl.glossary import Entry, Glossary
from jitl.wordforms import SIGN

_WORD = re.compile(r"[a-z]{3,}")
_RUN = re.compile(r"(?<![\w-])[a-z]{3,}(?:-[a-z]+)*(?: [a-z]{3,}(?:-[a-z]+)*)+(?![\w-])")
_NOUN = re.compile(
    r".{2,}(?:tion|sion|ment|ness|ity|ance|ence|ency|ism|ology|graphy|metry|meter|ector|ulator|ator|erator|cle|tron|ino|ics|ure|age|ship|hood|"
    r"dom|work|ware|base|chamber|field|rate|mass|beam|track|tracks|vertex|model|matrix|width|trigger|library|package|cluster|function|energy|"
    r"momentum|spectrum|channel|cross|ion|method|analysis|data|system|server|interface|format|framework|algorithm|group|user|file|page|web|"
    r"form|plugin|setting|process|event|school|party|station|club|team|industry|density|music|guitar|war)s?"
)
_SINGULAR = frozenset({"series", "species", "means", "news", "lens", "always", "perhaps", "besides", "towards"})
_SHORTEST = 3
_LONGEST = 4  # words of a phrase
_MOST = 16  # phrases of a passage that the glossary does not know


_GENERAL = ("Units", "Organisation", "Words", "Chinese words", "Computing")
"""Headings of the glossary under which there are words rather than terms."""
_TECHNICAL = ("Detectors", "Accelerators", "Particles", "Physics")
"""Headings under which single words are terms as well."""
_CERTAIN = 4  # letters of a short form that means one thing wherever it stands
_LONE = 8  # letters of a single word that is a term


class Glossed(NamedTuple):
    """Names of the glossary. English terms stand under their first word, Chinese ones under their first sign by length, longest first.

    `aliases` leads from a name that means one thing to its usual names; names in `doubtful` mean others elsewhere.
    """

    aliases: Mapping[str, Sequence[str]]
    doubtful: frozenset[str]
    first: Mapping[str, Sequence[str]]
    chinese: Mapping[str, Mapping[int, AbstractSet[str]]]


@cache
def glossed() -> Glossed:
    every = Glossary.shipped().entries
    meanings = Counter(one for entry in every for one in {_folded(name) for name in (*entry.zh, *entry.en)})
    entries = [entry for entry in every if not entry.subject.startswith(_GENERAL)]
    written = {_folded(name): name for entry in reversed(entries) for name in (*entry.en, *entry.zh)}
    aliases: dict[str, list[str]] = {}
    for entry in entries:
        for one, other in _pairs(entry):
            if meanings[_folded(one)] == meanings[_folded(other)] == 1:
                aliases.setdefault(_folded(one), []).append(_folded(other))
    doubtful = frozenset(one for one in aliases if not _certain(written[one]))
    lone = {_folded(name) for entry in entries if entry.subject.startswith(_TECHNICAL) for name in entry.en if len(name) >= _LONE}
    first: dict[str, list[str]] = {}
    for one, name in written.items():
        if " " not in one and one not in lone:
            continue
        if name.islower() and one.replace(" ", "").isalpha() and one.isascii() and _tells(name):
            first.setdefault(one.split()[0], []).append(one)
    for names in first.values():
        names.sort(key=len, reverse=True)
    return Glossed(aliases, doubtful, first, _by_first_sign(entries))


def _by_first_sign(entries: Sequence[Entry]) -> Mapping[str, Mapping[int, AbstractSet[str]]]:
    """Chinese names by their first sign and length, the longest first."""
    found: dict[str, dict[int, set[str]]] = {}
    for entry in entries:
        for name in entry.zh:
            if len(name) >= (2 if entry.subject.startswith(_TECHNICAL) else 3):
                found.setdefault(name[0], {}).setdefault(len(name), set()).add(name)
    return {sign: dict(sorted(of.items(), reverse=True)) for sign, of in found.items()}


def _tells(name: str) -> bool:
    """Whether a name is a term rather than a word of everyday language."""
    words = name.split()
    if words[0] in FUNCTION or words[-1] in FUNCTION:
        return False
    return SIGN.match(name) is not None or not name.islower() or " " in name or len(name) >= _LONE


def _pairs(entry: Entry) -> Iterator[tuple[str, str]]:
    """A name and one that is interchangeable with it: the usual ones of two languages; a short form, and what it stands for."""
    english, chinese = entry.en[:1], entry.zh[:1]
    if english and chinese and _tells(english[0]) and (" " in english[0] or not english[0].islower()):
        yield english[0], chinese[0]
        yield chinese[0], english[0]
    for short in entry.en[1:] if english else ():
        if spells(short, english[0]):
            yield from ((short, other) for other in (*english, *chinese))


def _certain(name: str) -> bool:
    letters = sum(letter.isalpha() for letter in name)
    return SIGN.match(name) is not None or name.islower() or letters >= _CERTAIN


def _folded(name: str) -> str:
    return key(singular(name) if name.islower() else name)


@lru_cache(maxsize=32_768)
def singular(phrase: str) -> str:
    """With its last word in the singular, as far as its ending tells."""
    head, blank, last = phrase.rpartition(" ")
    if (
        len(last) > 4
        and last not in _SINGULAR
        and last.isascii()
        and last.endswith("s")
        and not last.endswith(("ss", "us", "is", "ics", "ous"))
    ):
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
    sorts = [*map(_sort, words), 0]
    if 2 not in sorts:
        return
    ends = list(accumulate(len(word) + 1 for word in words))
    first = 0
    for at, sort in enumerate(sorts):
        if sort:
            continue
        if at - first > 1 and sorts[at - 1] > 1:
            low = max(first, at - _LONGEST)
            while low < at - 1 and (words[low] in COMMON or words[low] in BARE):
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
