"""Running text on its way to blocks: what a reader of markup says, in paragraphs and nested lists."""

from __future__ import annotations

import re

from ingest.parse.outline import CJK, Outline
from jitl.types import BlockKind

SOFT_BREAK = "\x1f"
"""A line break of the source that means nothing: a space, or nothing between Chinese characters."""

_SOFT_IN_CHINESE = re.compile(rf"(?<={CJK}) *\x1f[\x1f ]*(?={CJK})")
_SPACE_RUN = re.compile(r" {2,}")
_AROUND_BREAK = re.compile(r" *\n *")
_MAX_INDENT = 8  # levels


class Flow:
    """Gathers pieces of text; `flush` makes a paragraph of them, or a line of the list that is open.

    Pieces hold a line feed only where the line must break; two in a row part paragraphs.
    """

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.kind = BlockKind.PARAGRAPH
        self._pieces: list[str] = []
        self._lines: list[str] = []  # of the outermost list
        self._lists: list[int] = []  # per open list: its next number, or -1 where items have bullets
        self._prefixes: list[str] = []
        self._prefix = ""

    def say(self, text: str) -> None:
        self._pieces.append(text)

    def taken(self) -> str:
        """What was said since the last flush, tidied; it is forgotten here."""
        text = "".join(self._pieces)
        if SOFT_BREAK in text:
            text = _SOFT_IN_CHINESE.sub("", text).replace(SOFT_BREAK, " ")
        text = _AROUND_BREAK.sub("\n", _SPACE_RUN.sub(" ", text)).strip()
        self._pieces.clear()
        return text

    def flush(self) -> None:
        """End the paragraph."""
        text = self.taken()
        if not text:
            return
        if self._lists:
            self._lines.append(self._prefix + text.replace("\n", " "))
            self._prefix = " " * len(self._prefix)
            return
        for part in text.split("\n\n"):
            self.outline.add(part, self.kind)

    def apart(self) -> None:
        """What follows is a block of its own, in the middle of a list perhaps."""
        self.flush()
        self._end_list()

    def block(self, text: str, kind: BlockKind) -> None:
        self.apart()
        self.outline.add(text, kind)

    def heading(self, text: str, level: int) -> None:
        self.apart()
        self.outline.heading(text, level)

    def open_list(self, number: int = -1) -> None:
        """A list inside the one that is open; items count from `number`, or have bullets if it is negative."""
        self.flush()
        self._lists.append(number)
        self._prefixes.append(self._prefix)

    def item(self, label: str = "") -> None:
        """A new item; `label` takes the place of its number or bullet."""
        self.flush()
        number = self._lists[-1] if self._lists else -1
        if number >= 0 and not label:
            self._lists[-1] += 1
            label = f"{number}."
        self._prefix = "  " * min(_MAX_INDENT, len(self._lists) - 1) + (label or "-") + " "

    def close_list(self) -> None:
        self.flush()
        if self._lists:
            self._lists.pop()
            self._prefix = self._prefixes.pop()
        if not self._lists:
            self._end_list()

    def _end_list(self) -> None:
        if self._lines:
            self.outline.add("\n".join(self._lines), BlockKind.LIST)
            self._lines.clear()
