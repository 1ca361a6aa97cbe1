"""What a sentence states: its subject, a relation phrase and an object, where its form leaves no doubt; precision before recall.

Read are sentences that begin with their subject (after at most an adverbial and a comma), go on with a verb group of the list, and
then with a name or a noun phrase; of a definition also what follows the noun ("a film directed by").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from graph.nounphrases import DETERMINER, FORBIDDEN, OF, VAGUE, extended, phrase
from graph.verbs import BASES, FINITE, FORMS, NOUNS, PARTICIPLES

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
_REMARK = re.compile(r" \([^()\n]{1,120}\)")
_CUT = re.compile(
    r" [a-z]+(?:ed|en|wn)[,.;)]| ?[-–] | \([^()\n]{1,20}\) or "
)  # a participle that begins nothing: "the truth based, fast algorithm"
_PARTIAL = re.compile(r" of (?:this|these|that|those|such|its|their|our|how|what|which)\b")
_NAMES = re.compile(r", [A-Z][\w-]*,")  # a list, of which the phrase is the first
_BOTH = re.compile(r"\b(?:combination|mixture|selection|comparison)\b|\b(?:into|between)\b")  # of one thing and another
_CLAUSE = re.compile(r"(?:[,;] (?:and|but|while|whereas|so|where) |; )(?=(?:the )?[A-Z])")
_TAIL = re.compile(
    r",?(?: and)? (?P<relation>(?P<part>[a-z]+)(?: and [a-z]+)? (?:by|in|at|from|on|for)|starring|featuring) (?=(?:the )?[A-Z])"
)
_DEFINITE = frozenset({"the ", "a ", "an ", "all ", "both "})
_VAGUE_SUBJECTS = frozenset(
    """
    value values default behaviour behavior reason reasons goal goals aim aims problem problems idea purpose result results
    example examples question questions answer option options case rest following latter former approach work item items section
    chapter figure table paper document note page topic thing things part difference distribution note list form
    """.split()  # noqa: SIM905
)
_SUBJECT = 90  # characters before the verb
_NUMBERED = ("Figure ", "Fig", "Table ", "Section ", "Sect", "Chapter ", "Appendix ", "Step ", "Example ", "Option ")
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
    determiner = DETERMINER.match(text, start, end)
    if determiner and determiner.group().lower() not in _DEFINITE:
        return None
    start = determiner.end() if determiner else start
    found = phrase(text, start, end)
    if not found or not _subjective(text[start : found[1]], definite=determiner is not None):
        return None
    if found[1] < end and text.startswith(" of ", found[1]):
        inner = DETERMINER.match(text, found[1] + 4, end)
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
    determiner = DETERMINER.match(text, group.end(), end)
    found = phrase(text, determiner.end() if determiner else group.end(), end)
    if not found or FORBIDDEN.search(text, group.end(), min(found[1] + 3, end)):
        return
    if bare and text.startswith(" of ", found[1]) and text[found[0]].islower() and (joined := _of(text, found, end)):
        yield Stated(subject, _folded(f"{relation} {text[found[0] : found[1]]} of"), joined)
        return
    found = extended(text, found, end)
    told = determiner is not None or text[found[0]].isupper()
    if not told and group["finite"] in PARTICIPLES and not group["after"]:
        return  # "the strategies used reflect": a participle
    if not _objective(text, found, relation, bare=bare, determined=determiner is not None):
        return
    yield Stated(subject, relation, found)
    if bare:
        yield from _tails(text, subject, found[1], end)


def _tails(text: str, subject: tuple[int, int], at: int, end: int) -> Iterator[Stated]:
    """What follows the noun of a definition: "directed by A and starring B"."""
    for _ in range(_GROUPS):
        tail = _TAIL.match(text, at, end)
        if not tail or (tail["part"] and tail["part"] not in PARTICIPLES):
            return
        determiner = DETERMINER.match(text, tail.end(), end)
        name = phrase(text, determiner.end() if determiner else tail.end(), end)
        if not name:
            return
        name = extended(text, name, end)
        yield Stated(subject, _folded(tail["relation"]), name)
        at = name[1]


def _objective(text: str, found: tuple[int, int], relation: str, *, bare: bool, determined: bool) -> bool:
    """Whether a noun phrase is what the relation leads to, and says enough by itself."""
    said = text[found[0] : found[1]]
    words = said.lower().split(" ")
    sure = determined or said[0].isupper()
    if (bare or relation.startswith(("become", "remain"))) and not sure:
        return False  # an adjective
    if relation.endswith(" to") and (words[0] in BASES or not sure):
        return False  # "is used to store"
    if words[0] == "default" and relation.endswith(" by"):
        return False
    if _broken_off(text, found, f"{relation} {said}", bare=bare):
        return False
    named = any(sign.isupper() for sign in said)
    return words[-1] not in VAGUE and (named or len(words) > 1 or "-" in said)


def _broken_off(text: str, found: tuple[int, int], said: str, *, bare: bool) -> bool:
    """Whether what follows the phrase belongs to it."""
    end = found[1]
    after = text[end : end + 5]
    if after.startswith((" or ", ",")) and (after[0] == " " or text[found[0] : end].endswith("ed")):
        return True
    if after.startswith(" to ") and not (bare and OF.search(text[found[0] : end]) is None):
        return True
    if said.startswith("are ") and _NAMES.match(text, end):
        return True
    if after == " and " and _BOTH.search(said):
        return True
    if text[found[0] : end].endswith("ing") and OF.search(text[found[0] : end]):
        return True
    return _CUT.match(text, end) is not None or _PARTIAL.match(text, end) is not None


def _of(text: str, head: tuple[int, int], end: int) -> tuple[int, int] | None:
    """What follows "is the capital of": there the noun belongs to the relation."""
    determiner = DETERMINER.match(text, head[1] + 4, end)
    found = phrase(text, determiner.end() if determiner else head[1] + 4, end)
    if found and (" " in text[found[0] : found[1]] or text[found[0]].isupper()) and not FORBIDDEN.search(text, head[1], found[1]):
        return extended(text, found, end)
    return None


def _folded(relation: str) -> str:
    words = [word for word in relation.lower().split() if word == "not" or not re.fullmatch(_ADVERB, word)]
    return " ".join(word for word in words if word not in {"the", "a", "an"})
