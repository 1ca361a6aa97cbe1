"""Names of the same thing in Chinese and English, so that a question in one language meets texts in the other.

A text is cut into units (a Chinese sign, a Latin word by its stem, an identifier as a whole), and the longest names of the glossary
that leave the fewest units over are found in it. What no name covers stays as it is (identifiers, numbers, Latin words) or is
listed as unknown (Chinese). Traditional signs and full-width forms are read as simplified and plain ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from pathlib import Path

from jitl import text as texts
from jitl.errors import BadInput
from jitl.wordforms import SIGN, Unit, plain, units

LONGEST = 2_000
"""Characters of a text that are read: questions are shorter, and nothing else is rewritten."""
OWN = "glossary.tsv"
"""A collaboration's own entries: this file in the data folder, in the form of the shipped one; they go first."""

_MEANINGS = 2  # of one name, said in a rewritten text
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a an the of in on at to for by with from is are was were be been being am do does did has have had it its this that these those "
        "there their they them he she his her we our us you your i my me as and or if so than then s t can could will would shall should "
        "may might must not no into onto about which whose",
    )
)


@dataclass(frozen=True, slots=True)
class Entry:
    """Names of one thing, the usual one first on either side; a side may be empty. `subject` is the heading that it stands under."""

    zh: tuple[str, ...]
    en: tuple[str, ...]
    subject: str = ""

    def names(self, language: str) -> tuple[str, ...]:
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Term:
    """A name found in a text, and what it may mean, likeliest first; of the first `usual` it is the usual name."""

    text: str
    entries: tuple[Entry, ...]
    usual: int

    def said(self, language: str, most: int = _MEANINGS) -> tuple[str, ...]:
        """The usual name, in the language, of what it usually means; where it is a usual name of nothing, of what it may mean."""
        chosen: list[str] = []
        for entry in self.entries[: self.usual or None]:
            name = next(iter(entry.names(language)), "")
            if name and len(chosen) < most and not any(name in other or other in name for other in chosen):
                chosen.append(name)
        return tuple(chosen)

    def others(self) -> tuple[str, ...]:
        """Every other name in either language."""
        return tuple(dict.fromkeys(name for entry in self.entries for name in (*entry.zh, *entry.en) if name != self.text))


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A text in the other language: the usual names of its terms in their order, None where none has a name there.

    `unknown`: Chinese stretches that no name covers.
    """

    text: str | None
    terms: tuple[Term, ...]
    unknown: tuple[str, ...]


class _Node:
    """A place in the tree of names by their units."""

    __slots__ = ("entries", "next", "usual")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.entries: tuple[Entry, ...] = ()
        self.usual = 0


class Glossary:
    """Immutable; safe in several threads. Earlier entries win where a name stands in several."""

    def __init__(self, entries: Iterable[Entry], more: Callable[[], Iterable[Entry]] = tuple) -> None:
        """`more` entries are read when a text first is."""
        self._own = tuple(entries)
        self._more = more

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        return (*self._own, *self._more())

    @staticmethod
    @cache
    def shipped() -> Glossary:
        return Glossary((), _shipped)

    @staticmethod
    def of(folder: Path) -> Glossary:
        """The shipped entries with those of the data folder before them. Raises `BadInput` for a line that cannot be read."""
        own = folder / OWN
        if not own.is_file():
            return Glossary.shipped()
        try:
            lines = own.read_text("utf-8-sig")
        except UnicodeDecodeError as error:
            raise BadInput(f"{own} is not UTF-8.", hint="Save it as UTF-8.") from error
        return Glossary(_entries(lines, str(own)), _shipped)

    def rewrite(self, text: str) -> str | None:
        """The text in the other language (Chinese in English, else in Chinese); None where no name of it is known there."""
        return self.read(text).text

    def read(self, text: str) -> Rewrite:
        """`rewrite` with what it was made of."""
        asked = plain(text[:LONGEST])
        other = "en" if texts.language(asked) == "zh" else "zh"
        said: list[str] = []
        terms: list[Term] = []
        unknown: list[str] = []
        translated = False
        for piece in self._cut(asked):
            if isinstance(piece, Term):
                terms.append(piece)
                names = _names(piece, other)
                translated = translated or bool(names)
                said += names or ([piece.text] if _kept(piece.text) else [])
            elif SIGN.match(piece) and other == "en":
                unknown.append(piece)
            elif _kept(piece) or SIGN.match(piece):
                said.append(piece)
        return Rewrite(" ".join(said) if translated else None, tuple(terms), tuple(unknown))

    def terms(self, text: str) -> list[Term]:
        """The names that stand in the text, in their order."""
        return [piece for piece in self._cut(plain(text[:LONGEST])) if isinstance(piece, Term)]

    def aliases(self, name: str) -> tuple[str, ...]:
        """Other names of what this name means, in both languages; none where it is no name of the glossary."""
        pieces = list(self._cut(plain(name)))
        return pieces[0].others() if len(pieces) == 1 and isinstance(pieces[0], Term) else ()

    @cached_property
    def _root(self) -> _Node:
        root = _Node()
        named: dict[_Node, list[tuple[bool, int]]] = {}
        for at, entry in enumerate(self.entries):
            for side in (entry.zh, entry.en):
                for place, name in enumerate(side):
                    named.setdefault(_grow(root, name), []).append((place > 0, at))
        for node, places in named.items():
            node.entries = tuple(dict.fromkeys(self.entries[at] for _, at in sorted(places)))
            node.usual = len({at for later, at in places if not later})
        return root

    def _cut(self, text: str) -> Iterator[Term | str]:
        """The text as names and, between them, Latin words, identifiers and stretches of signs that no name covers."""
        found = units(text)
        ends = self._cheapest(found)
        at = left = 0
        while at < len(found):
            end, node = ends[at]
            if node is not None:
                yield from _left(text, found[left:at])
                yield Term(text[found[at].start : found[end - 1].end], node.entries, node.usual)
                left = end
            at = end
        yield from _left(text, found[left:])

    def _cheapest(self, found: Sequence[Unit]) -> list[tuple[int, _Node | None]]:
        """For each unit where the piece that starts there ends: fewest units left over, then fewest and longest names."""
        costs = [(0, 0)] * (len(found) + 1)
        best: list[tuple[int, _Node | None]] = [(0, None)] * len(found)
        for at in range(len(found) - 1, -1, -1):
            rest = costs[at + 1]
            costs[at], best[at] = (rest[0] + 1, rest[1]), (at + 1, None)
            node = self._root.next.get(found[at].key)
            end = at + 1
            while node is not None:
                cost = (costs[end][0], costs[end][1] + 1)
                if node.entries and (cost <= costs[at]):  # of equal ones the longer first name
                    costs[at], best[at] = cost, (end, node)
                node = node.next.get(found[end].key) if end < len(found) else None
                end += 1
        return best


def rewrite(text: str) -> str | None:
    """`Glossary.rewrite` by the shipped entries."""
    return Glossary.shipped().rewrite(text)


def aliases(name: str) -> tuple[str, ...]:
    """`Glossary.aliases` by the shipped entries."""
    return Glossary.shipped().aliases(name)


def _grow(node: _Node, name: str) -> _Node:
    """The name's place in the tree."""
    for unit in units(plain(name)):
        node = node.next.setdefault(unit.key, _Node())
    return node


def _shipped() -> Iterator[Entry]:
    return _entries(resources.files("jitl").joinpath(OWN).read_text("utf-8"), "the shipped glossary")


def _names(term: Term, language: str) -> list[str]:
    """What a name is called in the language. English names inside Chinese stay as they are; symbols stand in Chinese too."""
    if language == "en":
        return list(term.said(language)) if SIGN.search(term.text) else []
    if term.text.casefold() in _EMPTY:
        return []
    symbol = any(letter.isupper() or letter.isdigit() for letter in term.text[1:]) and not SIGN.search(term.text)
    said = term.said(language)
    return [*said, *([term.text] if said and symbol and term.text not in said else [])]


def _kept(piece: str) -> bool:
    """Whether a piece without a name in the other language stands in the rewritten text as it is."""
    return not SIGN.search(piece) and piece.casefold() not in _EMPTY


def _entries(lines: str, where: str) -> Iterator[Entry]:
    subject = ""
    for number, line in enumerate(lines.splitlines(), 1):
        if line.startswith("#"):
            subject = line[1:].strip()
            continue
        if not line.strip():
            continue
        sides = line.split("\t")
        if len(sides) != 2:
            raise BadInput(
                f"Line {number} of {where} is no entry: {line[:80]!r}.", hint="Chinese names, a tab, English names; | between names."
            )
        zh, en = (tuple(name.strip() for name in side.split("|") if name.strip()) for side in sides)
        if zh or en:
            yield Entry(zh, en, subject)


def _left(text: str, found: Sequence[Unit]) -> Iterator[str]:
    """What no name covers: signs that stand together as one stretch, every word by itself."""
    at = 0
    while at < len(found):
        end = at + 1
        if SIGN.match(text, found[at].start):
            while end < len(found) and found[end].start == found[end - 1].end and SIGN.match(text, found[end].start):
                end += 1
        yield text[found[at].start : found[end - 1].end]
        at = end
