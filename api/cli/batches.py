"""Many lines from a file: several under way at once, results in the order of the lines, a bad line its own matter."""

from __future__ import annotations

import json
import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Generic, TypeVar

import typer

from api.cli.output import Output
from jitl.errors import BadInput, JitlError

STDIN: Final = Path("-")
AT_ONCE: Final = 3
"""Requests under way: one is answered while another travels."""

Fields = Mapping[str, Any]
T = TypeVar("T")


def _readable(path: Path | None) -> Path | None:
    if path is not None and path != STDIN and not (path.exists() and not path.is_dir() and os.access(path, os.R_OK)):
        raise typer.BadParameter(f"{path} cannot be read")
    return path


Batch = Annotated[
    Path | None, typer.Option("--batch", metavar="FILE", callback=_readable, help="JSON lines; - is stdin. Prints JSON lines.")
]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file: an object, or what is wrong with it."""

    number: int
    id: Any
    fields: Fields
    error: JitlError | None = None


class Lines:
    """The lines of a file (`-`: stdin) that are not blank. Their number is known beforehand only for a regular file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.total = _count(file) if file.is_file() else None

    def __iter__(self) -> Iterator[Line]:
        # A reader of our own: the interpreter, as it ends, would wait for the lock of its own one, which a waiting thread holds.
        with open(0, "rb", closefd=False) if self._file == STDIN else self._file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _read(number, line)


class Ahead(Generic[T]):
    """Takes from an iterator in a thread of its own: who waits for the next input meanwhile prints what is done."""

    def __init__(self, source: Iterable[T], most: int) -> None:
        """At most `most` are taken before they are wanted."""
        self._arrived: queue.Queue[tuple[T] | None] = queue.Queue(most)
        self._failure: BaseException | None = None
        self._over = False
        threading.Thread(target=self._take, args=(source,), name="jitl-input", daemon=True).start()

    def some(self, most: int) -> list[T]:
        """At least one, waiting for it, and whatever else has arrived; empty at the end."""
        taken: list[T] = []
        while not self._over and len(taken) < most:
            try:
                item = self._arrived.get(block=not taken)
            except queue.Empty:
                break
            if item is None:
                self._over = True
                if self._failure is not None:
                    raise self._failure
            else:
                taken.append(item[0])
        return taken

    def _take(self, source: Iterable[T]) -> None:
        try:
            for item in source:
                self._arrived.put((item,))
        except BaseException as error:  # noqa: BLE001  # isolation: raised where the items are wanted
            self._failure = error
        self._arrived.put(None)


def run(out: Output, key: str, lines: Lines, work: Callable[[Line], Fields]) -> None:
    """Do the work for every line and print one result each; exit 1 at the end if any failed."""
    failed = total = 0
    with out.progress(key, lines.total, lines=True) as bar, _pool() as pool:
        begun = Ahead((pool.submit(_settle, line, work) for line in lines), 2 * AT_ONCE)
        while futures := begun.some(1):
            result = futures[0].result()
            out.result({"id": result.pop("id"), **result})
            bar.advance()
            failed += "error" in result
            total += 1
    finish(out, failed, total)


def groups(lines: Lines, most: int) -> Iterator[list[Line]]:
    """The lines in groups, as many as have arrived: who writes one line and waits for its result gets it."""
    ahead = Ahead(lines, most)
    while group := ahead.some(most):
        yield group


def finish(out: Output, failed: int, total: int) -> None:
    if failed:
        out.tell("lines_failed", count=failed, total=total)
        raise typer.Exit(1)


def problem(line: Line, error: JitlError) -> dict[str, Any]:
    """The result line of one that failed."""
    from api.wire import problem_of

    return {"id": line.id, "line": line.number, "error": problem_of(error)}


def question_of(line: Line) -> str:
    question = line.fields.get("question")
    if not isinstance(question, str):
        raise BadInput(f"Line {line.number} has no question.", hint='Each line is {"id": ..., "question": "..."}.')
    return question


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    """Threads that begin nothing more once something went wrong."""
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="jitl-batch")
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def _settle(line: Line, work: Callable[[Line], Fields]) -> dict[str, Any]:
    try:
        if line.error is not None:
            raise line.error
        return {**work(line), "id": line.id}
    except JitlError as error:
        return problem(line, error)


def _count(path: Path) -> int:
    with path.open("rb") as lines:
        return sum(1 for line in lines if line.strip())


def _read(number: int, line: bytes) -> Line:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return Line(number, None, {}, BadInput(f"Line {number} is no JSON."))
    if not isinstance(fields, dict):
        return Line(number, None, {}, BadInput(f"Line {number} is no JSON object."))
    return Line(number, fields.get("id"), fields)
