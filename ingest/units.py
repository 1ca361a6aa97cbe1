"""Blocks cut into the pieces that passages are made of: whole blocks where they fit, then lines or sentences, then runs of tokens."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from jitl.text import language, sentences
from jitl.types import Block, BlockKind

ATOMIC = frozenset({BlockKind.CODE, BlockKind.TABLE, BlockKind.FORMULA})
LINEWISE = frozenset({BlockKind.CODE, BlockKind.TABLE, BlockKind.LIST})
CHINESE_CHARACTERS = 350
"""Characters of Chinese that fill a passage; the encoder does not read them, so its tokens say nothing about them."""
MOST_CHARACTERS = 2400
"""Characters of anything else that fill a passage: a blob of 10,000 letters is one token to the encoder."""
FULL = 254
"""Tokens that fill a passage: 256, two of them the encoder's own marks."""


class TokenCounter(Protocol):
    """The part of an encoder that chunking needs."""

    def tokens(self, text: str) -> Sequence[tuple[int, int]]: ...


class WordCounter:
    """Counts where no encoder is installed: words in pieces of six letters, and every other sign."""

    def tokens(self, text: str) -> Sequence[tuple[int, int]]:
        return [match.span() for match in _PIECE.finditer(text)]


_PIECE = re.compile(r"[^\W_]{1,6}|[^\s]")


@dataclass(frozen=True, slots=True)
class Placed:
    """A block at its place in the canonical text; `starts` are those of its tokens, counted there too."""

    block: Block
    start: int
    end: int
    starts: Sequence[int]
    chinese: bool

    @property
    def cost(self) -> int:
        return self.price(self.start, self.end)

    def price(self, start: int, end: int) -> int:
        """Tokens' worth of a stretch of the block."""
        if self.chinese:
            return math.ceil((end - start) * FULL / CHINESE_CHARACTERS)
        count = bisect_left(self.starts, end) - bisect_left(self.starts, start)
        return max(count, math.ceil((end - start) * FULL / MOST_CHARACTERS))


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch that stays whole: `first` where it begins a block."""

    start: int
    end: int
    cost: int
    kind: BlockKind
    first: bool


def place(block: Block, start: int, counter: TokenCounter) -> Placed:
    spans = counter.tokens(block.text)
    chinese = language(block.text) == "zh"
    return Placed(block, start, start + len(block.text), [start + token[0] for token in spans], chinese)


def units(placed: Placed, budget: int) -> Iterator[Unit]:
    """The block's pieces in order, none above the budget."""
    kind, cost = placed.block.kind, placed.cost
    if cost <= budget and (kind in ATOMIC or cost <= budget // 4):
        yield Unit(placed.start, placed.end, cost, kind, first=True)
        return
    pieces = _lines(placed.block.text) if kind in LINEWISE else sentences(placed.block.text)
    first = True
    for left, right in pieces:
        for start, end in _runs(placed, placed.start + left, placed.start + right, budget):
            yield Unit(start, end, placed.price(start, end), kind, first)
            first = False


def _lines(text: str) -> list[tuple[int, int]]:
    spans = []
    start = 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            spans.append((start, start + len(line.rstrip())))
        start += len(line)
    return spans


def _runs(placed: Placed, start: int, end: int, budget: int) -> Iterator[tuple[int, int]]:
    """A stretch that no boundary divides well, cut at white space where it must be cut."""
    text = placed.block.text
    while start < end:
        cut = end if placed.price(start, end) <= budget else _cut(placed, start, budget)
        if cut < end:
            blank = max(text.rfind(sign, 0, cut - placed.start) for sign in (" ", "\n", "\t")) + placed.start
            cut = blank if blank > start + (cut - start) // 2 else cut
        yield start, cut
        start = cut
        while start < end and text[start - placed.start].isspace():
            start += 1


def _cut(placed: Placed, start: int, budget: int) -> int:
    """Furthest end of a stretch from `start` within the budget."""
    characters = CHINESE_CHARACTERS if placed.chinese else MOST_CHARACTERS
    furthest = start + max(1, characters * budget // FULL)
    token = bisect_left(placed.starts, start) + budget
    if not placed.chinese and token < len(placed.starts):
        furthest = min(furthest, placed.starts[token])
    return max(furthest, start + 1)
