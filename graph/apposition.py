"""What stands beside a name and tells what it is: ", a toolkit for", ", which uses", "experiments such as ATLAS and CMS"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graph.nounphrases import FORBIDDEN, STOPPERS, phrase
from graph.statements import Stated, completed, group_at
from graph.verbs import BASES, FORMS, PARTICIPLES
from graph.words import BARE, FUNCTION

_NAME = r"[A-Z][\w+/’'-]*(?: (?:[A-Z][\w+/’'-]*|\d[\w.]*)){0,4}"
_BESIDE = re.compile(
    rf"(?<![\w/.-])(?P<name>{_NAME})(?: \([^()\n]{{1,40}}\))?, (?:(?P<which>which|who)(?= )|an? (?=[a-z]))",
)
SIGNS = (", which ", ", who ", ", a ", ", an ", " such as ")
"""A text without any of them holds nothing that is read here."""
_NOT_BEFORE = re.compile(r"(?:\b(?:of|in|for|on|at|and|or|with|from|to|by|as|than|between|including|like|via|using)(?: the)?|,|[a-z]s) $")
_SUCH = re.compile(rf",? such as (?:the )?(?P<first>{_NAME})")
_FURTHER = re.compile(rf"(?: \[[^\]\n]{{1,40}}\])?(?: \([^()\n]{{1,40}}\))?(?:, (?:and |or )?| and | or )(?:the )?(?={_NAME})")
_CLOSED = re.compile(r"[,.;)]|$| (?:that|which|for|of|based|used|developed|written|designed|in|with|to)\b")
_LISTED = re.compile(r"[,.;)] ?(?:and|or)\b|, [A-Z]")
_VERBS = (FORMS - PARTICIPLES) | frozenset(
    {"require", "requires", "leverage", "accommodate", "allow", "allows", "enable", "need", "needs", "like"}
)
_LONGEST = 4  # words of what names are examples of
_NAMES = 4
_NOUNS = 2  # words after a name that belong to it
_ONE = re.compile(_NAME)
_GOES_ON = re.compile(r" (?:for|of) (?:the )?[A-Z]")


def beside(text: str, start: int, end: int) -> Iterator[Stated]:
    """Of the sentence at `start:end`."""
    for match in _BESIDE.finditer(text, start, end):
        if _NOT_BEFORE.search(text, max(start, match.start() - 16), match.start()):
            continue
        subject = match.span("name")
        if match["name"].split(" ", 1)[0].lower() in FUNCTION:
            continue
        if match["which"]:
            if group := group_at(text, match.end("which"), end):
                yield from completed(text, subject, group, end)
        elif (found := phrase(text, match.end(), end)) and _tells(text, found, end):
            yield Stated(subject, "is", found)
    for match in _SUCH.finditer(text, start, end):
        if kind := _before(text, start, match.start()):
            for name in _named(text, match.start("first"), end):
                yield Stated(name, "is", kind)


def _named(text: str, at: int, end: int) -> list[tuple[int, int]]:
    """The names of a list that begins here, each with the noun that it stands before; a list without `and` is its first name."""
    names: list[tuple[int, int]] = []
    closed = False
    while len(names) < _NAMES:
        name, whole = _ONE.match(text, at, end), phrase(text, at, end)
        if not name or not whole or _GOES_ON.match(text, whole[1], end):
            break
        more = text[name.end() : whole[1]].split()
        names.append(name.span() if len(more) > _NOUNS or any(word in BASES for word in more) else whole)
        further = _FURTHER.match(text, names[-1][1], end)
        if not further:
            break
        at = further.end()
        closed = closed or " and " in further.group() or " or " in further.group()
    return names if closed else names[:1]


def _tells(text: str, found: tuple[int, int], end: int) -> bool:
    return (
        " " in text[slice(*found)]
        and _CLOSED.match(text, found[1], end) is not None
        and not _LISTED.match(text, found[1], end)
        and not FORBIDDEN.search(text, *found)
    )


def _before(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The noun phrase in the plural that ends here, of at least two words."""
    words = text[max(start, end - 60) : end].split(" ")
    taken: list[str] = []
    while words:
        word = words[-1]
        lowered = word.lower()
        if len(taken) > _LONGEST:
            return None
        if not word.replace("-", "").isalnum() or lowered in STOPPERS or lowered in BARE or lowered.endswith("ly") or word in _VERBS:
            break
        taken.append(words.pop())
    while len(taken) > 1 and taken[-1].islower() and taken[-1] in PARTICIPLES and taken[-1] != "distributed":
        taken.pop()
    size = sum(map(len, taken)) + len(taken) - 1
    return (end - size, end) if len(taken) > 1 and taken[0].endswith("s") and not taken[0].endswith("ss") else None
