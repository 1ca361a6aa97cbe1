"""Proper names by their form: runs of capitalised words with particles, initials and numbers between them, and quoted titles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from graph.words import ARTICLES, CALENDAR, COMMON, FUNCTION, NOBILITY, PLACES, ROLES, TITLE_OPENERS

Span = tuple[int, int]
"""Where a name stands in a text."""
Token = tuple[str, int, int]

_CAPITALS = "".join(sign for sign in map(chr, range(0x530)) if sign.isupper() and sign > "Z")
UPPER = f"[A-Z{_CAPITALS}]"
_JOINED = rf"(?:(?:-[ ](?={UPPER})|['’.&/+_-](?=\w))\w+)*"
_SHORT = "Mr|Mrs|Ms|Dr|Prof|St|Mt|Ft|Jr|Sr|No|Vol|Gen|Col|Capt|Cpl|Lt|Sgt|Maj|Rev|Gov|Sen|Rep|Pres|Inc|Ltd|Co|Corp|Bros|Univ|Inst|vs?"
_WORD = rf"(?:(?:{_SHORT})\.(?=[ \xa0])|(?:(?:[dlD]|[ae]l|as|bin|ibn)(?:['’]|- ?))?{UPPER}\w*{_JOINED}\+{{0,2}}(?:['’](?=[ ]{UPPER}))?)"
_INITIALS = rf"{UPPER}\.(?:[ \xa0]?{UPPER}\.)*(?![\w])"
_NUMBER = r"\d{1,4}(?:st|nd|rd|th|TH|Th)?(?![\w.,:/%°-]*\d)\b"
_STRONG = "of|de|del|della|di|da|dos|das|do|du|des|la|le|les|van|von|und|der|den|ter|zu|bin|bint|ibn|ap|ab|mac|na|al|el|y|&|ka|ki|vs?\\."
_WEAK = "and|in|for|on|to|at|with|from|by|the|a|an|as"
_GAP = r"[ \xa0]?[ \n]"
_ITEM = rf"(?:{_INITIALS}|{_WORD}|{_NUMBER}(?={_GAP}{UPPER}))"
_INNER = rf"(?:(?:{_STRONG}|{_WEAK}){_GAP}){{0,3}}"
_RUN = re.compile(rf"(?<![\w@/\\.#-])(?:{_ITEM})(?:{_GAP}{_INNER}(?:{_ITEM}|{_NUMBER}))*")
_TOKEN = re.compile(r"\S+")
_QUOTED = re.compile(r"\"[ ]?([^\"\n]{2,80}?)[ ]?\"|“([^“”\n]{2,80})”|«([^«»\n]{2,80})»|《([^《》\n]{1,60})》|「([^「」\n]{2,60})」")
_STRONG_WORDS = frozenset([*_STRONG.split("|"), "vs.", "v."])
_WEAK_WORDS = frozenset(_WEAK.split("|"))
_SMALL = _STRONG_WORDS | _WEAK_WORDS
_ENDS = frozenset(".!?:;。！？；：\n•|*")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|TH|Th)")
_ORIGINS = ("-based", "-born", "-owned", "-led", "-language")
_DEMONYM = re.compile(
    r"[A-Z]\w+(?:ese|ish|rian|nian|lian|sian|tian|dian|gian|bian|rean|pean|ican)|French|Dutch|German|Greek|Swiss|Thai|Iraqi|Israeli|Pakistani"
)
_LONGEST = 12  # words of a name
_QUOTED_WORDS = 10
_JOINED_LENGTH = 80  # characters of one
_WRAPPED = 50  # characters of a line whose name may go on in the next


def spans(text: str) -> Iterator[Span]:
    """Every name that the text's form shows, those within others too; in no order, some more than once."""
    for match in _QUOTED.finditer(text):
        group = match.lastindex or 0
        start, end = match.span(group)
        end -= text[end - 1] in ",."
        if (text[start].isupper() or not text[start].isascii()) and text.count(" ", start, end) < _QUOTED_WORDS:
            yield start, end
    before: Sequence[Token] = ()
    for match in _RUN.finditer(text):
        if " " not in match.group() and "\n" not in match.group():
            word = (match.group(), *match.span())
            opening = _opens(text, word[1])
            if _stands(word[0], opening=opening) and not (opening and word[0][1:].islower() and f" {word[0].lower()} " in text):
                yield word[1], word[2]
            if before:
                yield from _over(text, before, [word])
            before = [word]
            continue
        for run in _lines(text, match):
            segments = [segment for segment in _segments(run) if segment]
            yield from _of_run(text, run, segments)
            if before and segments:
                yield from _over(text, before, segments[0])
            before = segments[-1] if segments else ()


def _lines(text: str, match: re.Match[str]) -> Iterator[list[Token]]:
    """A run's words; parted where a line ends that was not broken for its length."""
    start = match.start()
    run = match.group()
    tokens = [(token.group(), start + token.start(), start + token.end()) for token in _TOKEN.finditer(run)]
    if "\n" not in run:
        yield tokens
        return
    first = 0
    for at in range(1, len(tokens)):
        broken = text.find("\n", tokens[at - 1][2], tokens[at][1])
        if broken >= 0 and broken - text.rfind("\n", 0, broken) <= _WRAPPED:
            yield tokens[first:at]
            first = at
    yield tokens[first:]


def _of_run(text: str, run: list[Token], segments: list[list[Token]]) -> Iterator[Span]:
    """The names of one run: its parts between weak words, and the whole where it may be one name."""
    opening = _opens(text, run[0][1])
    if opening and len(run) > 1 and run[0][0].lower() in TITLE_OPENERS and run[1][0][0].isupper() and len(run) <= _LONGEST:
        yield _span(run)
    for some in (*map(list, pairwise(segments)), *([segments] if len(segments) > 2 else [])):
        if some[-1][-1][2] - some[0][0][1] <= _JOINED_LENGTH and _one(run, some):
            yield some[0][0][1], some[-1][-1][2]
    for at, segment in enumerate(segments):
        yield from _of_segment(segment, opening=opening and not at)


def _one(run: list[Token], segments: list[list[Token]]) -> bool:
    """Whether parts between weak words are likely one name: Charles the Bold, Nobel Prize in Physics, Romeo and Juliet."""
    first, last = segments[0], segments[-1]
    between = {token[0] for token in run if first[-1][1] < token[1] < last[0][1] and token[0] in _WEAK_WORDS}
    if len(segments) > 2 and not between & ARTICLES:
        return False
    if last[-1][0][0].isdigit() and between != {"the"}:
        return False
    if between == {"and"}:
        return len(first) == 1
    return "as" not in between and " ".join(token[0] for token in last) not in PLACES


def _of_segment(segment: list[Token], *, opening: bool) -> Iterator[Span]:
    """A segment, and the parts that a role, a number and `of` divide it into."""
    while opening and segment and segment[0][0].lower() in FUNCTION:
        segment = segment[1:]
        opening = False
    if len(segment) < 2:
        if segment and _stands(segment[0][0], opening=opening):
            yield _span(segment)
        return
    words = [token[0] for token in segment[:_LONGEST]]
    if not any(_named(word) for word in words):
        return
    if len(segment) <= _LONGEST:
        yield _span(segment)
    yield from _bare(segment)
    yield from _within(segment[:_LONGEST])
    for at, word in enumerate(words):
        if word in {"of", "Of"}:
            yield from _ends(segment[:at], segment[at + 1 : at + 1 + _LONGEST])


def _bare(segment: list[Token]) -> Iterator[Span]:
    """Without the role, year or number that it begins with."""
    at = 0
    while at < len(segment) and (segment[at][0].rstrip(".").lower() in ROLES or not _named(segment[at][0])):
        at += 1
    rest = segment[at : at + _LONGEST]
    alone = len(rest) == 1 and (not _stands(rest[0][0], opening=False) or segment[at - 1][0].rstrip(".").lower() in ROLES)
    if at and rest and rest[0][0] not in _SMALL and not alone:
        yield _span(rest)


def _within(segment: list[Token]) -> Iterator[Span]:
    """What follows a possessive, a role or a word of origin, and what the possessive is of."""
    for at, (word, start, end) in enumerate(segment[:-1]):
        rest = segment[at + 1 :]
        if word.endswith(("'s", "’s")):
            yield segment[0][1], end - 2
        elif not (word.endswith(_ORIGINS) or (at and word.rstrip(".").lower() in ROLES) or (not at and _DEMONYM.fullmatch(word))):
            continue
        if rest[0][0] not in _SMALL and (len(rest) > 1 or (start and word[-1] in "sd" and _stands(rest[0][0], opening=False))):
            yield _span(rest)


def _ends(head: list[Token], tail: list[Token]) -> Iterator[Span]:
    """What stands before `of` and after it."""
    while tail and tail[0][0].lower() in ARTICLES:
        tail = tail[1:]
    if len(head) > 1 and _named(head[0][0]):
        yield _span(head)
    if tail and _named(tail[0][0]):
        yield _span(tail)


def _over(text: str, before: Sequence[Token], after: Sequence[Token]) -> Iterator[Span]:
    """Joined over a comma or a colon as places, titles of nobility and subtitles are."""
    start, end = before[-1][2], after[0][1]
    if end - start > 6 or len(before) + len(after) > _LONGEST:
        return
    sign = text[start:end].strip()
    word = after[0][0]
    if sign == ",":
        noble = after[1][0] if len(after) > 1 and _ORDINAL.fullmatch(word) else word
        if noble in NOBILITY or text[after[0][1] : after[-1][2]] in PLACES:
            yield before[0][1], after[-1][2]
    elif sign in {":", ": The", ": A"} and len(after) > 1 and word.lower() not in FUNCTION and not _opens(text, before[0][1]):
        yield before[0][1], after[-1][2]


def _segments(tokens: list[Token]) -> list[list[Token]]:
    """Parted at weak words; `the` after `of` parts nothing."""
    found: list[list[Token]] = [[]]
    for at, token in enumerate(tokens):
        word = token[0]
        if word in _WEAK_WORDS and not (word in ARTICLES and at and tokens[at - 1][0] == "of"):
            found.append([])
        elif not (word in ARTICLES or word in _WEAK_WORDS) or found[-1]:
            found[-1].append(token)
    for segment in found:
        while segment and segment[-1][0] in _SMALL:
            segment.pop()
        while segment and (segment[0][0] in _SMALL or segment[0][0] in {"The", "A", "An"}) and len(segment) > 1:
            del segment[0]
    return found


def _span(tokens: Sequence[Token]) -> Span:
    return tokens[0][1], tokens[-1][2]


def _named(word: str) -> bool:
    """Whether a word can carry a name: no number, no month, no function word."""
    bare = word.rstrip(".").lower()
    return not bare[:1].isdigit() and bare not in CALENDAR and bare not in FUNCTION and bare not in _STRONG_WORDS


def _stands(word: str, *, opening: bool) -> bool:
    """Whether one capitalised word is a name."""
    bare = word.rstrip(".").lower().removesuffix("'s")
    if len(bare) < 2 or not _named(bare):
        return False
    return not opening or not word[1:].islower() or (bare not in COMMON and not bare.endswith(("ing", "ed", "ly")))


def _opens(text: str, start: int) -> bool:
    """Whether a sentence, line or cell begins here."""
    at = start - 1
    while at >= 0 and text[at] in " \t\"'“‘([*_-":
        at -= 1
    return at < 0 or text[at] in _ENDS
