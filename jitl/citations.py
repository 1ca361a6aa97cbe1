"""Citations of generated text, checked against the sources that were shown.

A statement keeps a citation `[n]` only where source n exists and supports it; one that cites nothing valid is given the
source that supports it best; one that no source supports is left out and counted. Text is checked statement by
statement, so a reply can be streamed and checked at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from jitl import text as texts
from jitl.ports import SparseEncoder
from jitl.prompts import day, holds
from jitl.types import CorrectionState, Passage, Source

_CITATION = re.compile(r"\s*(?:\[|【)\s*(?:source\s*|来源\s*)?(\d{1,3}(?:\s*[,，;、]\s*\d{1,3})*)\s*(?:\]|】)", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_END = re.compile(r"(?:(?<=[.!?])(?:[\"')\]”’]*)(?=\s)|(?<=[。！？；])|(?=\n))")
_MAY_CITE = re.compile(r"\s*(?:[\[【][\w\s,，;、]{0,40})?")
"""What may yet become a citation. Every beginning of such a text is one too, so it does not matter how a stream is cut."""
_FENCE = "```"

SUPPORT = 0.5
"""Share of a statement's terms that a source must hold to be named for it."""
CITED_SUPPORT = 0.25
"""The same where the writer named the source: a paraphrase shares fewer words."""
FEWEST_TERMS = 2
"""Shorter pieces ("Yes.", list markers) claim too little to be checked by their terms."""
_HEADING = re.compile(r"\s*(?:#+ .*|\*\*[^*]+\*\*:?|[^.。!?！？]{1,60}[:：])\s*")


@dataclass(slots=True)
class Tally:
    """What the check changed, for the notices."""

    dropped: int = 0  # citations taken out
    left_out: int = 0  # statements without support
    kept: int = 0  # statements that show a source
    cited: set[int] = field(default_factory=set)


def numbers(text: str) -> list[int]:
    """The source numbers that a text cites, in order, repeats left in."""
    return [int(n) for match in _CITATION.finditer(text) for n in re.findall(r"\d+", match.group(1))]


def uncited(text: str) -> str:
    """The text without its citations."""
    return _CITATION.sub("", text)


def statements(pieces: Iterable[str]) -> Iterator[str]:
    """A stream of text cut into statements whose concatenation is the text; a code block is one statement.

    A statement is held back until what follows it cannot be a citation of its own any more.
    """
    held = ""
    for piece in pieces:
        held += piece
        while (cut := _cut(held)) is not None:
            yield held[:cut]
            held = held[cut:]
    if held:
        yield held


def _cut(held: str) -> int | None:
    """Where the first statement ends, once that is certain."""
    start = len(held) - len(held.lstrip())
    if held.startswith(_FENCE, start):
        close = held.find("\n" + _FENCE, start + len(_FENCE))
        return None if close < 0 or len(held) < close + 5 else close + 4
    end = _END.search(held, start + 1)
    if end is None:
        return None
    at = end.end()
    while (cited := _CITATION.match(held, at)) is not None:
        at = cited.end()
    return None if _MAY_CITE.fullmatch(held, at) else at


class CitationCheck:
    """Checks statements against numbered texts. `sources` maps each number to the text that it stands for."""

    def __init__(self, sparse: SparseEncoder, sources: Mapping[int, str]) -> None:
        self._sparse = sparse
        self._texts = sources
        self._terms = {number: frozenset(sparse.terms(text)) for number, text in sources.items()}
        self._numbers = {number: frozenset(_NUMBER.findall(text)) for number, text in sources.items()}
        self.tally = Tally()

    def check(self, statement: str) -> str:
        """The statement with the citations that hold, or "" where nothing supports it."""
        if statement.lstrip().startswith(_FENCE):
            return statement
        bare = _CITATION.sub("", statement)
        cited = numbers(statement)
        valid = list(dict.fromkeys(n for n in cited if n in self._texts and self._supports(n, bare, CITED_SUPPORT)))
        self.tally.dropped += len([n for n in cited if n not in valid])
        if not valid:
            if self._claims_nothing(bare):
                return bare
            best = max(self._texts, key=lambda n: (self._support(n, bare), -n), default=None)
            if best is None or not self._supports(best, bare, SUPPORT):
                self.tally.left_out += 1
                return ""
            valid = [best]
        self.tally.kept += 1
        self.tally.cited.update(valid)
        return _with_citations(bare, valid)

    def _claims_nothing(self, bare: str) -> bool:
        if _HEADING.fullmatch(bare):
            return not _NUMBER.search(bare)
        return len(self._sparse.terms(bare)) < FEWEST_TERMS and not _NUMBER.search(re.sub(r"^\s*\d+[.)]\s", "", bare))

    def _supports(self, number: int, bare: str, share: float) -> bool:
        stated = _NUMBER.findall(re.sub(r"^\s*\d+[.)]\s", "", bare))
        if any(value not in self._numbers[number] for value in stated):
            return False
        if texts.language(bare) != texts.language(self._texts[number]):
            return share < SUPPORT  # a translation shares no words: the writer's own citation has to do
        return self._support(number, bare) >= share

    def _support(self, number: int, bare: str) -> float:
        terms = self._sparse.terms(bare)
        return sum(term in self._terms[number] for term in terms) / max(1, len(terms))


def _with_citations(bare: str, valid: list[int]) -> str:
    """`Claim.` -> `Claim. [1][3]`, white space around the statement kept."""
    body = bare.rstrip()
    return f"{body} {''.join(f'[{n}]' for n in valid)}{bare[len(body) :]}"


def statement_of(taught: CorrectionState) -> str:
    """A correction as a sentence that can stand without its question."""
    return taught.statement or f"{taught.question} {taught.answer}"


def correction_source(taught: CorrectionState) -> Source:
    return Source(
        number=0,
        kind="correction",
        quote=statement_of(taught),
        title=f"{taught.author}, {day(taught.at)}" + ("" if taught.authoritative else " (proposed)"),
        location=holds(taught),
        collection_id=taught.collection_id,
        correction=taught.id,
    )


def passage_source(passage: Passage, quote: str, superseded_by: str | None) -> Source:
    return Source(
        number=0,
        kind="passage",
        quote=quote,
        title=passage.title,
        location=passage.location.label,
        document=passage.document,
        document_id=passage.document_id,
        chunk=passage.id,
        collection_id=passage.collection_id,
        superseded_by=superseded_by,
    )
