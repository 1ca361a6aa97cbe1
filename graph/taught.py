"""What a correction states of names: by the forms that sentences of documents are read by, and by how a question asks for its answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from graph import apposition, chinese, statements
from graph.found import Found
from graph.keys import key
from graph.words import FUNCTION
from jitl.overlay import NamedStatement
from jitl.text import sentences

READ: Final = 600
"""Characters of a text that are read."""
MOST: Final = 8
"""Statements of one correction."""
_SENTENCE = 20  # characters of a sentence in English that states something
_ANSWER = 80  # characters of an answer that names something and says no more
_ANSWER_WORDS = 8
_NAME = 120
_RELATION_WORDS = 6
_OF = re.compile(
    r"(?:who|what|which) (?:is|are|was|were) (?:(?:the|an?) )?(?P<relation>[^?,;]{2,60}?) of (?:(?:the|an?) )?(?P<subject>[^?,;]{2,80})",
    re.IGNORECASE,
)
_WHERE = re.compile(
    r"(?:where|when) (?P<be>is|are|was|were) (?:(?:the|an?) )?(?P<subject>[^?,;]{2,80}?) (?P<part>[a-z]+(?:ed|wn|lt|en|nt|ld))",
    re.IGNORECASE,
)
_ASKED = re.compile(r"(?:who|what|which(?: [a-z]+){1,2}|what [a-z]+) (?=[a-z])", re.IGNORECASE)
_IS = re.compile(r"(?:who|what|which) (?:is|are|was|were) (?:(?:the|an?) )?(?P<subject>[^?,;]{2,80})", re.IGNORECASE)
_CHINESE = (
    re.compile(r"(?P<subject>[^，。？?！!]{1,40}?)的(?P<relation>[^，。？?！!的]{1,20}?)(?:是|为|叫)(?:什么|谁|哪|多少)"),
    re.compile(r"(?P<subject>[^，。？?！!]{2,40}?)(?P<relation>位于|坐落于|毕业于|出生于|属于|采用|使用)(?:哪|什么|何)"),
)
_NOT_A_NAME = re.compile(
    r"[\n;:!?。；！？]|\. |, (?:and|but|or|which|who|because|since|as|if|when) |^(?:yes|no|not|none|it|they|there)\b", re.IGNORECASE
)
_SINCE = re.compile(r",? (?:since|until|from|as of) (?:[A-Z][a-z]+ )?\d{4}$")
_WORD = re.compile(r"[^\W_]+(?:[-'./_+][^\W_]+)*")
_ASKING = frozenset(
    """who whom whose what which where when why how many much name called does do did has have had there at in on to for by from with
    """.split()  # noqa: SIM905
)


class TaughtReader:
    """Implements `jitl.overlay.StatementReader`."""

    id = "taught-1"

    def read(self, question: str, answer: str, subject: str | None, statement: str | None) -> Sequence[NamedStatement]:
        found: dict[NamedStatement, None] = {}
        for text in (statement, answer):  # the answer only where its sentence states nothing
            if text and not found and not (text.isascii() and len(text) < _SENTENCE):
                found.update(dict.fromkeys(islice(_stated(text[:READ]), MOST)))
        if not found and len(question) <= READ and (short := _short(answer)):
            found.update(dict.fromkeys(_answered(" ".join(question.split()).rstrip("?？ "), short, subject)))
        return list(found)[:MOST]


def _stated(text: str) -> Iterator[NamedStatement]:
    """What its sentences state, read as those of documents."""
    signs = any(sign in text for sign in apposition.SIGNS)
    for start, end in sentences(text):
        if not text[start].isascii() and chinese.HAN.match(text, start):
            for first, relation, second in chinese.statements(text, start, end):
                yield from _named(text[slice(*first)], relation, text[slice(*second)])
            continue
        for one in statements.statements(text, start, end):
            yield from _named(text[slice(*one.subject)], one.relation, text[slice(*one.object)])
        for one in apposition.beside(text, start, end) if signs else ():
            yield from _named(text[slice(*one.subject)], one.relation, text[slice(*one.object)])


def _answered(question: str, answer: str, subject: str | None) -> Iterator[NamedStatement]:
    """What a question states with its answer in its place; at most one."""
    if given := _name(subject or ""):
        yield from _named(given, _relation(question, given), answer)
        return
    for form in _CHINESE:
        if match := form.match(question):
            yield from _named(match["subject"], match["relation"], answer)
            return
    yield from _by_form(question, answer)


def _by_form(question: str, answer: str) -> Iterator[NamedStatement]:
    """Of a question in English that names its subject, or asks for it."""
    if (match := _OF.fullmatch(question)) and _named_by(match["subject"]):
        yield from _named(match["subject"], match["relation"].lower(), answer)
    elif match := _WHERE.fullmatch(question):
        yield from _named(match["subject"], f"{match['be'].lower()} {match['part'].lower()} in", answer)
    elif match := _IS.fullmatch(question):
        if _named_by(match["subject"]):
            yield from _named(match["subject"], "is", answer)
    elif match := _ASKED.match(question):
        said = f"{answer[0].upper()}{answer[1:]} {question[match.end() :]}."
        for one in statements.statements(said, 0, len(said)):
            if one.subject == (0, len(answer)):
                yield from _named(answer, one.relation, said[slice(*one.object)])
                return


def _named(subject: str, relation: str, object_: str) -> Iterator[NamedStatement]:
    one, other = Found.folded(subject), Found.folded(object_)
    if one and other and one != other and relation:
        yield NamedStatement(one, relation, other, subject[:_NAME], object_[:_NAME])


def _named_by(words: str) -> bool:
    """Whether they say what they name without anything before them."""
    return len(words.split()) <= _ANSWER_WORDS and key(words) not in FUNCTION


def _short(answer: str) -> str:
    """The answer where it is a name, a number or the like and no sentence; else ""."""
    said = _SINCE.sub("", " ".join(answer.split()).rstrip(".。"))
    if not 0 < len(said) <= _ANSWER or len(said.split()) > _ANSWER_WORDS or _NOT_A_NAME.search(said):
        return ""
    if any(statements.group_at(said, at, len(said)) for at, sign in enumerate(said) if sign == " "):
        return ""
    return said


def _name(subject: str) -> str:
    said = " ".join(subject.split())
    return said if 0 < len(said) <= _NAME and len(said.split()) <= _ANSWER_WORDS else ""


def _relation(question: str, subject: str) -> str:
    """What the question asks of its subject: its words without those that only ask, and without the subject; "is" where none are left."""
    if chinese.HAN.search(question):
        for form in _CHINESE:
            if match := form.match(question):
                return match["relation"]
        return "is"
    at = question.lower().find(subject.lower())
    left = question if at < 0 else f"{question[:at]} {question[at + len(subject) :]}"
    words = [word for word in map(str.lower, _WORD.findall(left)) if word not in FUNCTION and word not in _ASKING]
    return " ".join(words) if 0 < len(words) <= _RELATION_WORDS else "is" if not words else ""
