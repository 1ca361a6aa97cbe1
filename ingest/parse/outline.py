"""Blocks in reading order under their path of headings: what every text parser fills."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from ingest.parse.decode import scrub
from jitl.types import Block, BlockKind, ParsedDocument

MAX_LINKS = 50
_MAX_HEADING = 300
_KEEP_INDENT = frozenset({BlockKind.CODE, BlockKind.FORMULA, BlockKind.LIST, BlockKind.TABLE})

CJK = r"[\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]"
_WRAP_CJK = re.compile(rf"(?<={CJK})[ \t]*\n[ \t]*(?={CJK})")
_SPACE = re.compile(r"\s+")
_TRAILING = re.compile(r"[ \t\u00a0]+$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")


def unwrap(text: str) -> str:
    """One line: line breaks become spaces, or nothing between Chinese characters."""
    if "\n" in text:
        text = _WRAP_CJK.sub("", text)
    return _SPACE.sub(" ", text).strip()


def table_text(rows: Iterable[Sequence[str]]) -> str:
    """Rows as lines of `a | b`; empty rows and empty trailing cells are left out."""
    lines = []
    for row in rows:
        line = " | ".join(unwrap(cell) for cell in row).strip()
        if line.strip(" |"):
            lines.append(line.rstrip(" |") if line.endswith("|") else line)
    return "\n".join(lines)


class Outline:
    """Collects a document's blocks. Not for several threads."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.links: list[str] = []
        self.notices: list[str] = []
        self._path: list[tuple[int, str]] = []

    @property
    def section(self) -> tuple[str, ...]:
        return tuple(text for _, text in self._path)

    def heading(self, text: str, level: int) -> None:
        """A heading of depth `level`, 1 at the top; it closes those of its depth and deeper."""
        text = unwrap(scrub(text))[:_MAX_HEADING]
        if not text:
            return
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        self.blocks.append(Block(text, BlockKind.HEADING, self.section, level))
        self._path.append((level, text))

    def leave(self) -> None:
        """What follows belongs to the document as a whole, under no heading."""
        self._path.clear()

    @contextlib.contextmanager
    def enclosed(self) -> Iterator[None]:
        """Headings inside, in a cell say, rule over nothing that follows."""
        path = list(self._path)
        yield
        self._path = path

    def enter(self, names: Sequence[str]) -> None:
        """What follows stands under these names, which are no headings of the text."""
        self._path.extend((len(self._path) + 1, name) for name in names)

    def add(self, text: str, kind: BlockKind = BlockKind.PARAGRAPH) -> None:
        """A block under the current heading; nothing where the text is blank."""
        text = _TRAILING.sub("", scrub(text))
        if kind is not BlockKind.CODE:
            text = _BLANK_LINES.sub("\n\n", text)
        text = text.strip("\n") if kind in _KEEP_INDENT else text.strip()
        if text.strip():
            self.blocks.append(Block(text, kind, self.section))

    def paragraph(self, text: str) -> None:
        """Running text whose line breaks mean nothing."""
        self.add(unwrap(text))

    def table(self, rows: Iterable[Sequence[str]]) -> None:
        self.add(table_text(rows), BlockKind.TABLE)

    def link(self, target: str) -> None:
        """Remember where a link leads; the first `MAX_LINKS` different ones."""
        target = scrub(target).strip()[:500]
        if target and not target.startswith("#") and len(self.links) < MAX_LINKS and target not in self.links:
            self.links.append(target)

    def document(self, kind: str, name: str, *, title: str = "", metadata: Mapping[str, Any] | None = None) -> ParsedDocument:
        """What was collected. Without `title` the first heading serves if it opens the document, then the file's name.

        A heading that only repeats the title is no part of the sections' paths.
        """
        title = unwrap(scrub(title)) or self._opening() or title_of(name)
        blocks = tuple(_below(block, title) for block in self.blocks) if self._tops(title) == 1 else tuple(self.blocks)
        values = {key: value for key, value in (metadata or {}).items() if value not in ("", None, [])}
        if self.links:
            values["links"] = list(self.links)
        return ParsedDocument(title[:_MAX_HEADING], blocks, kind, metadata=values, notices=tuple(dict.fromkeys(self.notices)))

    def _opening(self) -> str:
        """The highest heading among the first blocks."""
        early = [block for block in self.blocks[:6] if block.kind is BlockKind.HEADING]
        return min(early, key=lambda block: block.level).text if early else ""

    def _tops(self, title: str) -> int:
        """How many headings stand as high as the one that repeats the title; 0 where none does."""
        headings = [block for block in self.blocks if block.kind is BlockKind.HEADING]
        level = next((block.level for block in headings if block.text == title), 0)
        return sum(block.level <= level for block in headings)


def title_of(name: str) -> str:
    """A title from a file's name; a README or index is named with its folder."""
    path = PurePosixPath(name)
    stem = path.stem or name
    if stem.lower() in {"readme", "index"} and path.parent.name:
        return f"{path.parent.name}/{stem}"
    return stem


def _below(block: Block, title: str) -> Block:
    return dataclasses.replace(block, section=block.section[1:]) if block.section[:1] == (title,) else block
