"""Documents become passages: along their structure, each within the encoder's window together with its header."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile

from ingest.scrub import storable
from ingest.units import FULL, Placed, TokenCounter, Unit, place, units
from jitl.types import Block, BlockKind, Chunk, Location, ParsedDocument

BETWEEN = "\n\n"
"""Stands between two blocks of the canonical text."""
HEADER = 48
"""Most tokens of a header."""
TINY = 40
"""Sections up to this size may share a passage with their neighbours, up to three such sizes together."""
_PLACE = tuple[int | None, int | None, str | None]


@dataclass(slots=True)
class Group:
    """Blocks that may share a passage: one section of one page, slide or message.

    `lead` are the headings that its section path repeats: they go with the header, unless the group is merged.
    """

    place: _PLACE
    aside: BlockKind | None
    section: tuple[str, ...]
    lead: list[Placed]
    blocks: list[Placed]
    merged: bool = False

    @property
    def cost(self) -> int:
        return sum(placed.cost for placed in (*self.lead, *self.blocks))

    def absorb(self, other: Group) -> None:
        self.blocks = [*self.lead, *self.blocks, *other.lead, *other.blocks]
        self.lead = []
        self.section = _common(self.section, other.section)
        self.merged = True


class StructuredChunker:
    """Implements `jitl.ports.Chunker`. A document that fits into one passage becomes one, its header cut where it must be."""

    id = "structured-1"

    def __init__(self, counter: TokenCounter) -> None:
        self._counter = counter

    def chunk(self, document: ParsedDocument) -> tuple[str, Sequence[Chunk]]:
        text, blocks = self._canonical(document.blocks)
        groups = list(_merged(_grouped(blocks)))
        chunks: list[Chunk] = []
        for group in groups:
            header, budget = self._header(document.title, group, alone=len(groups) == 1)
            for run in _packed([unit for placed in group.blocks for unit in units(placed, budget)], budget):
                start, end = run[0].start, run[-1].end
                page, slide, message = group.place
                location = Location(group.section, page, slide, message, start, end)
                kinds = {unit.kind for unit in run}
                kind = kinds.pop() if len(kinds) == 1 else BlockKind.PARAGRAPH
                chunks.append(Chunk(len(chunks), text[start:end], header, location, kind))
        return text, chunks

    def _canonical(self, blocks: Sequence[Block]) -> tuple[str, list[Placed]]:
        pieces: list[str] = []
        placed: list[Placed] = []
        at = 0
        for block in blocks:
            text = storable(block.text).rstrip().lstrip("\r\n")
            if not text.strip():
                continue
            clean = Block(text, block.kind, tuple(block.section), block.level, block.page, block.slide, block.message)
            placed.append(place(clean, at, self._counter))
            pieces.append(text)
            at += len(text) + len(BETWEEN)
        return BETWEEN.join(pieces), placed

    def _header(self, title: str, group: Group, *, alone: bool) -> tuple[str, int]:
        """Title and section path, and the tokens that they leave for text."""
        room = HEADER
        if alone and (cost := sum(placed.cost for placed in group.blocks)) <= FULL + 2:
            room = max(0, min(HEADER, FULL - cost))
        parts = [part for part in (storable(title), *group.section) if part.strip()]
        if len(parts) > 1 and parts[0] == parts[1]:
            parts = parts[1:]
        header = self._fitting([" ".join(part.split()) for part in parts], room)
        left = FULL - len(self._counter.tokens(header))
        return header, FULL + 2 if room < HEADER else left

    def _fitting(self, parts: list[str], room: int) -> str:
        """The parts joined, within `room` tokens: middle ones go first, then the ends of the title and of the last."""
        while len(parts) > 2 and len(self._counter.tokens(" > ".join(parts))) > room:
            del parts[1]
        if len(self._counter.tokens(" > ".join(parts))) > room:
            share = room if len(parts) == 1 else max(0, room - 1) // 2
            parts = [self._cut(part, share) for part in parts]
        return " > ".join(part for part in parts if part)

    def _cut(self, text: str, most: int) -> str:
        spans = self._counter.tokens(text)
        return text if len(spans) <= most else text[: spans[most][0]].rstrip()


def _grouped(blocks: Sequence[Placed]) -> Iterator[Group]:
    for at, run in groupby(blocks, key=lambda placed: _place(placed.block)):
        yield from _sections(at, run)


def _sections(at: _PLACE, blocks: Iterable[Placed]) -> Iterator[Group]:
    """Runs of one section; headings that no section path repeats are text like any other."""
    group: Group | None = None
    headings: list[Placed] = []
    for placed in blocks:
        if placed.block.kind is BlockKind.HEADING:
            headings.append(placed)
            continue
        aside, section = _aside(placed.block), placed.block.section
        if group is not None and not headings and (group.aside, group.section) == (aside, section):
            group.blocks.append(placed)
            continue
        if group is not None:
            yield group
        known = {" ".join(heading.split()) for heading in section}
        told = next((i for i, heading in enumerate(headings) if " ".join(heading.block.text.split()) not in known), len(headings))
        group = Group(at, aside, section, headings[:told], [*headings[told:], placed])
        headings = []
    if group is not None:
        yield group
    if headings:
        yield Group(at, None, headings[0].block.section, [], headings)


def _place(block: Block) -> _PLACE:
    return block.page, block.slide, block.message


def _aside(block: Block) -> BlockKind | None:
    """What stands apart from the text around it: speaker notes, and what a mail quotes."""
    if block.kind is BlockKind.NOTES or (block.kind is BlockKind.QUOTE and block.message is not None):
        return block.kind
    return None


def _merged(groups: Iterable[Group]) -> Iterator[Group]:
    """Runs of tiny neighbouring sections become one group; their headings are then part of its text."""
    last: Group | None = None
    for group in groups:
        if last is not None and _may_merge(last, group):
            last.absorb(group)
            continue
        if last is not None:
            yield last
        last = group
    if last is not None:
        yield last


def _may_merge(last: Group, group: Group) -> bool:
    if (last.place, last.aside) != (group.place, group.aside) or group.cost > TINY:
        return False
    if not last.merged and last.cost > TINY:
        return False
    shared = len(_common(last.section, group.section))
    return last.cost + group.cost <= 3 * TINY and shared >= max(len(last.section), len(group.section)) - 1


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _packed(pieces: Sequence[Unit], budget: int) -> Iterator[list[Unit]]:
    """Runs within the budget and of about one size, so that no passage is left with a rest."""
    left = sum(piece.cost for piece in pieces)
    run: list[Unit] = []
    size, target = 0, _even(left, budget)
    for piece in pieces:
        if run and (size + piece.cost > budget or (left > budget and size + piece.cost / 2 >= target)):
            yield run
            left -= size
            run, size, target = [], 0, _even(left, budget)
        run.append(piece)
        size += piece.cost
    if run:
        yield run


def _even(total: int, budget: int) -> float:
    return total / max(1, math.ceil(total / budget))
