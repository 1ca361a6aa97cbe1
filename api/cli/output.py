"""Where words go: results to stdout (JSON alone with --json), everything else to stderr, control characters to nobody."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.cli.messages import say

if TYPE_CHECKING:
    from rich.console import Console

CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What could steer a terminal or turn its text around: documents are written by anyone."""


LINE_S: Final = 10.0  # between two lines of progress where no bar can be drawn


def safe(text: str) -> str:
    """Text of unknown origin as a terminal may show it."""
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n")).encode("utf-8", "replace").decode()


@dataclass
class Output:
    """How one command speaks."""

    lang: str = "en"
    json: bool = False

    def result(self, value: Mapping[str, Any]) -> None:
        """One JSON object on a line of its own, at once: whoever reads a pipe need not wait for the end."""
        sys.stdout.write(encode(value) + "\n")
        sys.stdout.flush()

    def print(self, text: str = "", *, end: str = "\n") -> None:
        """A line of a result for people."""
        sys.stdout.write(safe(text) + end)
        sys.stdout.flush()

    def done(self, value: Mapping[str, Any], key: str, /, **values: Any) -> None:
        """That something was done: the thing as JSON, or a message of the table."""
        if self.json:
            self.result(value)
        else:
            self.print(self.said(key, **values))

    def tell(self, key: str, /, **values: Any) -> None:
        """A message of the table, to stderr."""
        sys.stderr.write(safe(say(key, self.lang, **values)) + "\n")
        sys.stderr.flush()

    def said(self, key: str, /, **values: Any) -> str:
        return safe(say(key, self.lang, **values))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Rows under their headings, for people; to a pipe as tab-separated lines."""
        if not rows:
            self.tell("nothing_here")
            return
        shown = [["" if cell is None else safe(str(cell)) for cell in row] for row in rows]
        if not sys.stdout.isatty():
            for row in shown:
                sys.stdout.write("\t".join(" ".join(cell.split()) for cell in row) + "\n")
            return
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in shown:
            table.add_row(*map(Text, row))
        _console(sys.stdout.fileno()).print(table)

    @contextmanager
    def progress(self, key: str, total: int | None, *, lines: bool) -> Iterator[Bar]:
        """How far something is, on stderr: a bar at a terminal, elsewhere a line now and then.

        `lines`: results are printed meanwhile; where they go to the terminal too, they are progress enough.
        """
        bar = Bar(self.said(key), total)
        if not sys.stderr.isatty() or (lines and sys.stdout.isatty()):
            yield bar
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        left = TimeElapsedColumn(), TextColumn("<"), TimeRemainingColumn(), TextColumn("{task.fields[note]}", style="dim", markup=False)
        count = MofNCompleteColumn(), TextColumn("{task.fields[rate]}")
        columns = TextColumn("{task.description}"), BarColumn(), *count, *left
        with Progress(*columns, console=_console(2), transient=True, redirect_stdout=False, redirect_stderr=False) as shown:
            task = shown.add_task(self.said(key), total=total, rate="", note="")
            bar.watch = lambda done, total, rate, note: shown.update(task, completed=done, total=total, rate=rate, note=note)
            yield bar


class Bar:
    """Counts, measures the rate, and tells whoever watches."""

    def __init__(self, title: str, total: int | None) -> None:
        self._title = title
        self._total = total
        self._done = 0
        self._began = time.monotonic()
        self._told = self._began
        self.watch: Callable[[int, int | None, str, str], None] = self._line

    def advance(self) -> None:
        self._done += 1
        self.stand(self._done, self._total, self._done / max(1e-6, time.monotonic() - self._began))

    def stand(self, done: int, total: int | None, rate: float, note: str = "", unit: str = "") -> None:
        """For something that measures itself."""
        self.watch(done, total or None, f"{rate:.1f} {unit}/s".replace(" /", "/") if rate else "", safe(note)[-60:])

    def _line(self, done: int, total: int | None, rate: str, note: str) -> None:
        if time.monotonic() - self._told >= LINE_S:
            self._told = time.monotonic()
            of = f"{done}/{total}" if total else str(done)
            sys.stderr.write(" ".join(part for part in (self._title, of, rate, self._left(done, total), note) if part) + "\n")

    def _left(self, done: int, total: int | None) -> str:
        """Time left at the pace so far, as minutes and seconds."""
        if not total or not 0 < done < total:
            return ""
        seconds = round((time.monotonic() - self._began) * (total - done) / done)
        return f"-{seconds // 60}:{seconds % 60:02}"


def encode(value: Mapping[str, Any]) -> str:
    """One line of JSON; a lone surrogate stays an escape, so that the line is valid UTF-8."""
    line = json.dumps(value, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return line


def _console(descriptor: int) -> Console:
    from rich.console import Console

    return Console(file=sys.stderr if descriptor == 2 else sys.stdout, highlight=False, no_color=bool(os.environ.get("NO_COLOR")) or None)
