"""Short forms with their expansions, as a text defines them: "Beijing Spectrometer (BES)", "BES (Beijing Spectrometer)".

After A. Schwartz and M. Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical text" (2003), but stricter:
every letter of the short form begins a word of the expansion, or follows, within a word, a letter that is matched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from graph.words import FUNCTION

_BRACKETS = re.compile(r"[(（]([^()（）\n]{2,100})[)）]")
_SHORT = re.compile(r"[\"'“‘]?((?=\S*[A-Z]\S*[A-Z])[A-Za-z][A-Za-z0-9/&+-]{1,11})[\"'”’]?(?:[,;] .*)?")
_BEFORE = re.compile(r"(?<![\w/.-])((?=[\w-]*[A-Z][\w-]*[A-Z])[A-Za-z][A-Za-z0-9&-]{1,11})[\"'”’]? ?$")
_WORD = re.compile(r"[^\W_]+(?:['’.+][^\W_]+)*")
_STOP = re.compile(r"[.;:!?,)）](?:\s|$)|[\n|(（=]")
_SMALL = frozenset("of the and for in on to a an at by with from de la du des der et & or as".split())  # noqa: SIM905
_GENERIC = frozenset("experiment experiments detector collaboration system systems project group facility telescope framework".split())  # noqa: SIM905
_EMPTY_FIRST = (FUNCTION - {"two", "three", "first", "second", "all", "over", "under", "near", "no", "not"}) | {"called", "named", "using"}
_LONG = 110  # characters before a bracket in which an expansion is sought

Word = tuple[str, int, int]


class Definition(NamedTuple):
    """Spans of a short form and of what it stands for."""

    short: tuple[int, int]
    long: tuple[int, int]


def definitions(text: str) -> Iterator[Definition]:
    """In the order of their brackets."""
    if "(" not in text and "（" not in text:
        return
    for match in _BRACKETS.finditer(text):
        found = _after(text, match) or _before(text, match)
        if found:
            yield found


def _after(text: str, match: re.Match[str]) -> Definition | None:
    """Expansion (short form)."""
    short = _SHORT.fullmatch(match.group(1).strip())
    if not short:
        return None
    name = short.group(1)
    start = match.start(1) + match.group(1).index(name)
    floor = max(0, match.start() - _LONG)
    for stop in _STOP.finditer(text, floor, match.start()):
        floor = stop.end()
    words = _words(text, floor, match.start())
    found = _expansion(name, words)
    if not found and len(words) > 2 and words[-1][0].lower() in _GENERIC:
        found = _expansion(name, words[:-1])
    return Definition((start, start + len(name)), found) if found else None


def _before(text: str, match: re.Match[str]) -> Definition | None:
    """Short form (expansion)."""
    short = _BEFORE.search(text, max(0, match.start() - 16), match.start())
    if not short:
        return None
    words = _words(text, match.start(1), match.end(1))
    found = _expansion(short.group(1), words)
    if not found or (words and words[0][1] != found[0]):
        return None
    return Definition(short.span(1), found)


def _words(text: str, start: int, end: int) -> list[Word]:
    return [(word.group(), word.start(), word.end()) for word in _WORD.finditer(text, start, end)]


def _expansion(short: str, words: Sequence[Word]) -> tuple[int, int] | None:
    """The last words that spell the short form: by their first letters, else by the fewest of them."""
    letters = [letter for letter in short.removesuffix("s").lower() if letter.isalnum()]
    if len(letters) < 2 or not words or words[-1][0].lower() in _SMALL:
        return None
    lowered = [word[0].lower() for word in words]
    firsts = range(len(words) - 2, max(-1, len(words) - 2 * len(letters) - 3), -1)
    for inner in (False, True):
        for first in firsts:
            word = lowered[first]
            if word[0] != letters[0] or word in _EMPTY_FIRST or short.lower() in lowered[first:]:
                continue
            if _spells(letters, lowered[first:], inner=inner):
                return words[first][1], words[-1][2]
    return None


def spells(short: str, long: str) -> bool:
    """Whether a name is a short form of another."""
    words = [(word.group(), word.start(), word.end()) for word in _WORD.finditer(long)]
    return _SHORT.fullmatch(short) is not None and (_expansion(short, words) or (-1, 0))[0] == 0


def _spells(letters: Sequence[str], words: Sequence[str], *, inner: bool) -> bool:
    """Whether the letters are taken from the words in order, from every word's beginning; small words may give none."""
    states = {0}
    for word in words:
        reached = set(states) if word in _SMALL else set()
        for at in states:
            reached.update(_taken(letters, at, word if inner else word[0]))
        states = reached
    return len(letters) in states


def _taken(letters: Sequence[str], at: int, word: str) -> Iterator[int]:
    """How far the letters from `at` on go with a word: its first letter, then others of it in their order."""
    if at >= len(letters) or letters[at] != word[0]:
        return
    at += 1
    yield at
    place = 0
    while at < len(letters):
        place = word.find(letters[at], place + 1)
        if place < 0:
            return
        at += 1
        yield at
