"""What a sentence states: its subject, a relation phrase and an object, where its form leaves no doubt; precision before recall.

Read are sentences that begin with their subject (after at most an adverbial and a comma), go on with a verb group of the list, and
then with a name or a noun phrase; of a definition also what follows the noun ("a film directed by").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from graph.verbs import BASES, FINITE, FORMS, NOUNS, PARTICIPLES
from graph.words import FUNCTION

_PREPOSITIONS = "by|in|on|at|of|to|for|from|with|as|into|onto|over|under|through|via|between|against|within|upon|near|about|after"
_ADVERB = r"(?:[a-z]+ly|also|now|often|still|already|always|then|thus|therefore|either|both|originally|first|once|currently|not)"
_BE = r"(?:is|are|was|were|has been|have been|had been)"
_MODAL = r"(?:can|could|may|might|will|would|must|should|cannot|does not|do not|did not|shall)"
_ADJECTIVES = (
    "available|responsible|compatible|similar|equivalent|identical|independent|dependent|suitable|essential|crucial|critical|important|"
    "written|open|accessible|sensitive|equal|adjacent|close|related|relevant|subject|limited|common|native|due|visible"
)
_ROLES = "part|member|type|kind|form|subset|version|example|extension|successor|predecessor|component|subsidiary|suburb|list|collection"
_GROUP = re.compile(
    rf" (?P<relation>(?P<be>{_BE})(?: {_ADVERB}){{0,2}}(?: (?P<part>[a-z]+)(?: {_ADVERB})? (?:{_PREPOSITIONS})"
    rf"|(?P<adjective> (?:{_ADJECTIVES}) (?:{_PREPOSITIONS}))"
    rf"|(?P<role> (?:an? |one |the )?(?:(?!that |how )[a-z]+ )?(?:{_ROLES})s? of))?"
    rf"|{_MODAL}(?: {_ADVERB})? (?:be (?P<bepart>[a-z]+)(?: (?:{_PREPOSITIONS}))|(?P<base>[a-z]+)(?: (?:{_PREPOSITIONS}))?)"
    rf"|(?:{_ADVERB} )?(?P<finite>[a-z]+)(?: (?P<after>{_PREPOSITIONS}))?) (?=[\w\"“])"
)
_LEAD = re.compile(
    r"(?:[-*•] |\d+[.)] )?(?:(?:However|Moreover|Furthermore|In addition|Additionally|Also|Currently|Today|Recently|Historically|"
    r"Traditionally|Finally|Thus|Therefore|Indeed|Generally|Typically|Similarly|Nowadays|Meanwhile|Later|"
    r"(?:In|At|On|Since|By|During|From|After|Within) [\w’' -]{2,40}), )?"
)
_DETERMINER = re.compile(
    r"(?:the|an?|one of the|one of|its own|its|their|some|several|many|various|all|multiple|numerous|two|three|four|both) ", re.IGNORECASE
)
_WORD = re.compile(r"[^\W_](?:[\w’'/+&.:-]*[\w+])?")
_REMARK = re.compile(r" \([^()\n]{1,120}\)")
FORBIDDEN = re.compile(r"[|%<>{}=\\#*\n]|\"\"")
_CUT = re.compile(r" [a-z]+(?:ed|en|wn)[,.;)]")  # a participle that begins nothing: "the truth based, fast algorithm"
_OF = re.compile(r" (of|for|in) ")
_CLAUSE = re.compile(r"(?:[,;] (?:and|but|while|whereas|so|where) |; )(?=(?:the )?[A-Z])")
_TAIL = re.compile(r" (?P<relation>(?P<part>[a-z]+)(?: and [a-z]+)? (?:by|in|at|from|on|for)) (?=[A-Z])")
_GOING_ON = frozenset({"implementing", "teaching", "meaning", "leading", "covering", "running", "working", "needed", "wide", "such"})
_DEFINITE = frozenset({"the ", "a ", "an ", "all ", "both "})
_DEICTIC = frozenset(
    """
    this these that those such it he she they we you i there here who which what each every any other another same one some few
    several many first use
    """.split()  # noqa: SIM905
)
STOPPERS = (FUNCTION - frozenset({"two", "three", "first", "second", "full", "general", "open", "last", "further", "former"})) | frozenset(
    """
    using including allowing providing containing having being consisting involving making taking giving enabling requiring
    depending following starting according regarding concerning showing describing called named dubbed titled entitled located
    situated known whose that via per
    """.split()  # noqa: SIM905
)
_VAGUE = frozenset(
    """
    way ways thing things lot number following case cases example examples time times part kind type sort set series range variety
    result results aspect aspects issue issues need fact use order one ones addition ability possibility amount point name list
    step concept increase decrease choice solution version reference target combination cornerstone tool piece source means
    measure form basis subject method role degree level majority group share advantage access support lack amounts kinds
    definition snap development work
    """.split()  # noqa: SIM905
)
_VAGUE_SUBJECTS = frozenset(
    """
    value values default behaviour behavior reason reasons goal goals aim aims problem problems idea purpose result results
    example examples question questions answer option options case rest following latter former approach work item items section
    chapter figure table paper document note page topic thing things part difference distribution note list form
    """.split()  # noqa: SIM905
)
_WORDS = 7  # of a noun phrase
_SUBJECT = 90  # characters before the verb
_OBJECT = 80  # characters of an object with what follows `of`
_NUMBERED = ("Figure ", "Fig", "Table ", "Section ", "Sect", "Chapter ", "Appendix ", "Step ", "Example ")
_SHORTEST = 20  # characters of a sentence
_GROUPS = 3  # verb groups of a sentence that are tried


_SPACED = re.compile(r" ([a-z]+)")
_BEGINNERS = (
    FINITE
    | (BASES & FORMS)
    | frozenset({"is", "are", "was", "were", "has", "have", "had", "do", "does", "did", "cannot", "can", "could", "may", "might", "will"})
    | frozenset({"would", "must", "should", "shall"})
)
"""Words with which a verb group begins."""


class Stated(NamedTuple):
    """Spans of subject and object, and the relation phrase between them."""

    subject: tuple[int, int]
    relation: str
    object: tuple[int, int]


def statements(text: str, start: int, end: int) -> Iterator[Stated]:
    """Of the sentence at `start:end`."""
    if end - start < _SHORTEST or text[end - 1] in "?:":
        return
    lead = _LEAD.match(text, start, end)
    start = lead.end() if lead else start
    if text[start].isupper() or text[start].isdigit() or text[start] in '"“':
        yield from _clause(text, start, end)
    for further in _CLAUSE.finditer(text, start, end):
        yield from _clause(text, further.end(), end, named=True)


def _clause(text: str, start: int, end: int, *, named: bool = False) -> Iterator[Stated]:
    """Of a clause that begins with its subject; with a name, if that is asked for."""
    left = _GROUPS
    for word in _SPACED.finditer(text, start, min(end, start + _SUBJECT)):
        group = group_at(text, word.start(), end) if word.group(1) in _BEGINNERS else None
        if not group:
            continue
        left -= 1
        subject = None if FORBIDDEN.search(text, start, group.end()) else _subject(text, start, group.start())
        if subject and not (named and text[slice(*subject)].islower()):
            yield from completed(text, subject, group, end)
        if subject or not left:
            return


def group_at(text: str, at: int, end: int) -> re.Match[str] | None:
    """The verb group that begins with the blank here."""
    group = _GROUP.match(text, at, end)
    return group if group and _verbal(group) else None


def _verbal(group: re.Match[str]) -> bool:
    """Whether the words of a group are a verb of the list in a fitting form."""
    if group["be"]:
        return not group["part"] or group["part"] in PARTICIPLES
    if group["bepart"]:
        return group["bepart"] in PARTICIPLES
    if group["base"]:
        return group["base"] in BASES
    finite, after = group["finite"], group["after"]
    if after and finite in NOUNS:
        return False
    return (finite in FINITE or (finite in BASES and finite in FORMS)) and (after != "of" or finite.startswith("consist"))


def _subject(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The noun phrase that the stretch consists of, without its article and a remark in brackets."""
    remark = text.find(" (", start, end)
    if remark > 0 and _REMARK.fullmatch(text, remark, end):
        end = remark
    determiner = _DETERMINER.match(text, start, end)
    if determiner and determiner.group().lower() not in _DEFINITE:
        return None
    start = determiner.end() if determiner else start
    found = phrase(text, start, end)
    if not found or not _subjective(text[start : found[1]], definite=determiner is not None):
        return None
    if found[1] < end and text.startswith(" of ", found[1]):
        inner = _DETERMINER.match(text, found[1] + 4, end)
        tail = phrase(text, inner.end() if inner else found[1] + 4, end)
        found = (start, tail[1]) if tail else found
    return found if found[1] == end else None


def _subjective(phrase: str, *, definite: bool) -> bool:
    """Whether a phrase tells what it speaks of without the sentences before it."""
    last = phrase.rsplit(" ", 1)[-1].lower()
    if last in _VAGUE_SUBJECTS or last.endswith("ly") or last in PARTICIPLES or phrase.startswith(_NUMBERED):
        return False
    if phrase.split(" ", 1)[0].lower() in (BASES if " " not in phrase else BASES - NOUNS):
        return False  # an imperative
    return not (definite and phrase.islower() and " " not in phrase)


def completed(text: str, subject: tuple[int, int], group: re.Match[str], end: int) -> Iterator[Stated]:
    """What the verb group says of the subject; nothing where what follows it is no noun phrase that says enough."""
    relation = _folded(group["relation"])
    bare = bool(group["be"] and not (group["part"] or group["adjective"] or group["role"]))
    determiner = _DETERMINER.match(text, group.end(), end)
    found = phrase(text, determiner.end() if determiner else group.end(), end)
    if not found or FORBIDDEN.search(text, group.end(), min(found[1] + 3, end)):
        return
    if bare and text.startswith(" of ", found[1]) and text[found[0]].islower() and (joined := _of(text, found, end)):
        yield Stated(subject, _folded(f"{relation} {text[found[0] : found[1]]} of"), joined)
        return
    found = _extended(text, found, end)
    if not _objective(text, found, relation, bare=bare, determined=determiner is not None):
        return
    yield Stated(subject, relation, found)
    if bare and (tail := _TAIL.match(text, found[1], end)) and tail["part"] in PARTICIPLES and (name := phrase(text, tail.end(), end)):
        yield Stated(subject, _folded(tail["relation"]), name)


def _objective(text: str, found: tuple[int, int], relation: str, *, bare: bool, determined: bool) -> bool:
    """Whether a noun phrase is what the relation leads to, and says enough by itself."""
    phrase = text[found[0] : found[1]]
    words = phrase.lower().split(" ")
    if bare and not determined and not phrase[0].isupper():
        return False  # an adjective
    if relation.endswith(" to") and words[0] in BASES:
        return False
    after = text[found[1] : found[1] + 4]
    if after == " or " or (after == " to " and not (bare and _OF.search(phrase) is None)) or _CUT.match(text, found[1]):
        return False
    named = any(sign.isupper() for sign in phrase)
    if words[-1].endswith("ing") and " for " in phrase:
        return False
    return words[-1] not in _VAGUE and (named or len(words) > 1 or "-" in phrase)


def _extended(text: str, found: tuple[int, int], end: int) -> tuple[int, int]:
    """With what follows `of`, and for words that say little alone also `for` and `in`."""
    words = text[found[0] : found[1]].lower().split(" ")
    vague = words[-1] in _VAGUE
    after = _OF.match(text, found[1], end)
    if not after or (after.group(1) != "of" and not vague):
        return found
    determiner = _DETERMINER.match(text, after.end(), end)
    tail = phrase(text, determiner.end() if determiner else after.end(), end)
    return (found[0], tail[1]) if tail and tail[1] - found[0] <= _OBJECT else found


def _of(text: str, head: tuple[int, int], end: int) -> tuple[int, int] | None:
    """What follows "is the capital of": there the noun belongs to the relation."""
    determiner = _DETERMINER.match(text, head[1] + 4, end)
    found = phrase(text, determiner.end() if determiner else head[1] + 4, end)
    if found and (" " in text[found[0] : found[1]] or text[found[0]].isupper()) and not FORBIDDEN.search(text, head[1], found[1]):
        return found
    return None


def phrase(text: str, at: int, end: int) -> tuple[int, int] | None:
    """A noun phrase from here: words parted by single blanks, up to a function word, a verb or a stop; None where it is none."""
    start, last = at, at
    count = 0
    while at < end:
        word = _WORD.match(text, at, end)
        if not word:
            break
        lowered = word.group().lower()
        if lowered in STOPPERS or (lowered in FORMS and lowered not in PARTICIPLES and word.group().islower()):
            break
        count += 1
        last = word.end()
        if not text.startswith(" ", last):
            break
        at = last + 1
    if not count or count > _WORDS:
        return None
    return _trimmed(text, start, last)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Without participles and adverbs at its end."""
    words = text[start:end].split(" ")
    while words and _hangs(words):
        end -= len(words.pop()) + 1
    if not words or words[0].lower() in _DEICTIC:
        return None
    return start, max(end, start)


def _hangs(words: list[str]) -> bool:
    """Whether the last word goes on to what follows the phrase."""
    last = words[-1]
    if not last.islower():
        return False
    return (last in PARTICIPLES and last not in {"read", "set"}) or last.endswith("ly") or last in _GOING_ON


def _folded(relation: str) -> str:
    words = [word for word in relation.lower().split() if word == "not" or not re.fullmatch(_ADVERB, word)]
    return " ".join(word for word in words if word not in {"the", "a", "an"})
