"""TWiki's lists, which live by their indent of three spaces, as nested HTML lists."""

from __future__ import annotations

import re
from collections.abc import Callable

_ITEM = re.compile(r"^((?:\t| {3})+) ?(\*|\d{1,4}\.?|[AaIi]\.) +(.*)$")
_TERM = re.compile(r"^((?:\t| {3})+) ?\$ +([^:\n]{1,200}(?:::?[^:\s][^:\n]{0,200}){0,5}): +(.*)$")
_OLD_TERM = re.compile(r"^((?:\t| {3})+) ?([^\s:*|]{1,80}): +(.*)$")


class ListWriter:
    """Opens and closes list elements in `out` as the indent of the lines asks."""

    def __init__(self, out: list[str]) -> None:
        self._out = out
        self._open: list[str] = []

    def take(self, line: str, inline: Callable[[str], str]) -> bool:
        """Write the line if it belongs to a list; True where it did."""
        if item := _ITEM.match(line):
            self._to(_depth(item[1]), "ul" if item[2] == "*" else "ol")
            self._out.append(f"<li>{inline(item[3])}")
            return True
        if term := _TERM.match(line) or _OLD_TERM.match(line):
            self._to(_depth(term[1]), "ul")
            self._out.append(f"<li>{inline(term[2].strip())}: {inline(term[3])}")
            return True
        if self._open and line.startswith((" ", "\t")) and line.strip():
            self._out.append(inline(line.strip()))
            return True
        self.close()
        return False

    def close(self) -> None:
        while self._open:
            self._out.append(f"</{self._open.pop()}>")

    def _to(self, depth: int, kind: str) -> None:
        while len(self._open) > depth:
            self._out.append(f"</{self._open.pop()}>")
        if len(self._open) == depth and self._open[-1] != kind:
            self._out.append(f"</{self._open.pop()}>")
        while len(self._open) < depth:
            self._open.append(kind)
            self._out.append(f"<{kind}>")


def _depth(indent: str) -> int:
    """At most 12 levels, however far a line is indented."""
    return min(12, max(1, len(indent.replace("\t", "   ")) // 3))
