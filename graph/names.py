"""Proper names by their form: runs of capitalised words with particles, initials and numbers between them, and quoted titles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from graph.words import ARTICLES, CALENDAR, COMMON, FUNCTION, PLACES, TITLE_OPENERS

_UPPER = "".join(sign for sign in map(chr, range(0x530)) if sign.isupper() and sign > "Z")
UPPER = f"[A-Z{_UPPER}]"
_JOINED = r"(?:['’.&/+_-](?=\w)\w+)*"
_SHORT = "Mr|Mrs|Ms|Dr|Prof|Sir|St|Mt|Ft|Jr|Sr|No|Vol|Gen|Col|Capt|Cpl|Lt|Sgt|Maj|Rev|Gov|Sen|Rep|Pres|Inc|Ltd|Co|Corp|Bros|Univ|Inst"
_WORD = rf"(?:(?:{_SHORT})\.(?=[ \xa0])|(?:(?:[dlD]|al|el|bin|ibn)['’-])?{UPPER}\w*{_JOINED}\+{{0,2}})"
_INITIALS = rf"{UPPER}\.(?:[ \xa0]?{UPPER}\.)*"
_NUMBER = r"\d{1,4}(?:st|nd|rd|th)?(?![\w.,:/%°-]*\d)\b"
_STRONG = "of|de|del|della|di|da|dos|das|do|du|des|la|le|les|van|von|der|den|ter|zu|bin|ibn|al|el|y|&"
_WEAK = "and|in|for|on|to|at|with|from|by|the|a|an|or|as|no|is"
_GAP = r"[ \t\xa0]?[ \n]"
_ITEM = rf"(?:{_INITIALS}|{_WORD}|{_NUMBER}(?={_GAP}{UPPER}))"
_INNER = rf"(?:(?:{_STRONG}|{_WEAK}){_GAP}){{0,3}}"
_RUN = re.compile(rf"(?<![\w@/\\.#-])(?:{_ITEM})(?:{_GAP}{_INNER}(?:{_ITEM}|{_NUMBER}(?!{_GAP}\w*{UPPER}))|, (?={UPPER}){_WORD})*")
_TOKEN = re.compile(r"[^\s,]+|,")
_QUOTED = re.compile(r"\"[ ]?([^\"\n]{2,80}?)[ ]?\"|“([^“”\n]{2,80})”|«([^«»\n]{2,80})»|《([^《》\n]{1,60})》|「([^「」\n]{2,60})」")
_STRONG_WORDS = frozenset(_STRONG.split("|"))
_WEAK_WORDS = frozenset(_WEAK.split("|"))
_ENDS = frozenset(".!?:;。！？；：\n•|*")
_LONGEST = 12  # words of a name


@dataclass(frozen=True, slots=True)
class Span:
    """A name where it stands in a text."""

    name: str
    start: int
    end: int


def spans(text: str) -> Iterator[Span]:
    """Every name that the text's form shows, those within others too; in no order."""
    for match in _QUOTED.finditer(text):
        group = match.lastindex or 0
        name = match.group(group)
        if name[0].isupper() or not name.isascii() or group >= 4:
            start = match.start(group)
            yield Span(name.strip(" ,.;"), start, match.end(group))
    for match in _RUN.finditer(text):
        yield from _of_run(text, match.start(), match.group())


def _of_run(text: str, start: int, run: str) -> Iterator[Span]:
    """The names of one run: its parts between commas and weak words, and what is joined over them as names are."""
    tokens = [(token.group(), start + token.start(), start + token.end()) for token in _TOKEN.finditer(run)]
    opening = _opens(text, start)
    commas = [-1, *(at for at, token in enumerate(tokens) if token[0] == ","), len(tokens)]
    before: list[tuple[str, int, int]] = []
    for left, right in pairwise(commas):
        part = tokens[left + 1 : right]
        yield from _of_part(text, part, opening=opening and left < 0)
        if before and part and " ".join(token[0] for token in part) in PLACES:
            tail = _segments(before)[-1]
            if tail and tail[0][0][0].isupper():
                yield _span(text, [*tail, *part])
        before = part


def _of_part(text: str, tokens: list[tuple[str, int, int]], *, opening: bool) -> Iterator[Span]:
    stripped = list(tokens)
    while stripped and _empty(stripped[0][0], opening=opening):
        stripped = stripped[1:]
    lead = len(tokens) - len(stripped)
    if lead and stripped and tokens[lead - 1][0].lower() in TITLE_OPENERS and stripped[0][0][0].isupper():
        yield _span(text, tokens[lead - 1 :])
    segments = [segment for segment in _segments(stripped) if segment]
    if len(segments) > 1 and len(stripped) <= _LONGEST:
        yield _span(text, stripped)
    for segment in segments:
        yield from _of_segment(text, segment, opening=opening and segment is segments[0] and not lead)


def _of_segment(text: str, segment: list[tuple[str, int, int]], *, opening: bool) -> Iterator[Span]:
    """A segment, and the parts that `of` and a leading year or month divide it into."""
    words = [token[0] for token in segment]
    if not any(named(word) for word in words) or (len(words) == 1 and not _stands(words[0], opening=opening)):
        return
    if len(segment) <= _LONGEST:
        yield _span(text, segment)
    while segment and not named(segment[0][0]):
        segment = segment[1:]
        if segment and named(segment[0][0]) and (len(segment) > 1 or _stands(segment[0][0], opening=False)):
            yield _span(text, segment)
    for at, word in enumerate(words):
        if word in {"of", "Of"} and at < _LONGEST:
            head, tail = segment[: at - len(words)], segment[at + 1 - len(words) :][:_LONGEST]
            while tail and tail[0][0].lower() in ARTICLES:
                tail = tail[1:]
            for part in (head, tail):
                if part and (len(part) > 1 or part is tail) and named(part[0][0]):
                    yield _span(text, part)


def _segments(tokens: list[tuple[str, int, int]]) -> list[list[tuple[str, int, int]]]:
    """Parted at weak words; `the` after `of` parts nothing."""
    found: list[list[tuple[str, int, int]]] = [[]]
    for at, token in enumerate(tokens):
        word = token[0]
        if word in _WEAK_WORDS and not (word in ARTICLES and at and tokens[at - 1][0] == "of"):
            found.append([])
        else:
            found[-1].append(token)
    for segment in found:
        while segment and segment[-1][0] in _STRONG_WORDS | _WEAK_WORDS:
            segment.pop()
        while segment and segment[0][0] in _STRONG_WORDS | _WEAK_WORDS:
            del segment[0]
    return found


def _span(text: str, tokens: list[tuple[str, int, int]]) -> Span:
    start, end = tokens[0][1], tokens[-1][2]
    return Span(text[start:end], start, end)


def named(word: str) -> bool:
    """Whether a word can carry a name: no number, no month, no weekday."""
    bare = word.rstrip(".").lower()
    return not bare[:1].isdigit() and bare not in CALENDAR and bare not in FUNCTION and bare not in _STRONG_WORDS


def _empty(word: str, *, opening: bool) -> bool:
    bare = word.lower().removesuffix("'s")
    return bare in ARTICLES or (bare in FUNCTION and (opening or word in _WEAK_WORDS)) or bare == "i"


def _stands(word: str, *, opening: bool) -> bool:
    """Whether one capitalised word is a name."""
    bare = word.rstrip(".").lower()
    if len(bare) < 2 or not named(word):
        return False
    return not opening or (bare not in COMMON and not bare.endswith(("ing", "ed", "ly"))) or not word[1:].islower()


def _opens(text: str, start: int) -> bool:
    """Whether a sentence, line or cell begins here."""
    at = start - 1
    while at >= 0 and text[at] in " \t\"'“‘([*_":
        at -= 1
    return at < 0 or text[at] in _ENDS
