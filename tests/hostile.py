"""Parsers that misbehave, for the pool's tests: `parser_for` picks one by the file's name."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Iterator

from jitl.errors import Unreadable
from jitl.ports import SourceFile
from jitl.types import Block, ParsedDocument


class Named:
    """Behaves as the file's stem says."""

    name = "hostile"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        what, _, number = file.path.stem.partition("-")
        yield from getattr(self, what)(file, int(number or 0))

    def good(self, file: SourceFile, number: int) -> Iterator[ParsedDocument]:
        yield document(f"process {os.getpid()}", file.path.read_text(encoding="utf-8"))

    def many(self, file: SourceFile, number: int) -> Iterator[ParsedDocument]:
        for index in range(number):
            yield document(str(index), "x" * 10_000)

    def sleep(self, file: SourceFile, number: int) -> Iterator[ParsedDocument]:
        file.path.with_suffix(".started").touch()
        time.sleep(60)
        yield document("", "")

    def hold(self, file: SourceFile, number: int) -> Iterator[ParsedDocument]:
        """Sleeps in C with the interpreter's lock held, as a runaway library does."""
        file.path.with_suffix(".started").touch()
        ctypes.PyDLL(None).sleep(60)
        yield document("", "")

    def memory(self, file: SourceFile, number: int) -> Iterator[ParsedDocument]:
        yield document("", str(len([bytearray(2**20) for _ in range(10_000)])))

    def crash(self, file: SourceFile, number: int) -> Iterator[ParsedDocument]:
        os.kill(os.getpid(), signal.SIGSEGV)
        yield document("", "")

    def kill(self, file: SourceFile, number: int) -> Iterator[ParsedDocument]:
        os.kill(os.getpid(), signal.SIGKILL)
        yield document("", "")

    def bug(self, file: SourceFile, number: int) -> Iterator[ParsedDocument]:
        raise ZeroDivisionError("the secret text")
        yield

    def refuse(self, file: SourceFile, number: int) -> Iterator[ParsedDocument]:
        raise Unreadable("it is empty", hint="Write something.")
        yield

    def dirty(self, file: SourceFile, number: int) -> Iterator[ParsedDocument]:
        block = Block("nul \0 lone \ud800 end", section=("a\0",), message="\udfff")
        yield ParsedDocument("t\0\udc00", (block,), "text", metadata={"author": "\ud800", "labels": ["\0x"], "n": 1, "b": True})

    def talk(self, file: SourceFile, number: int) -> Iterator[ParsedDocument]:
        print("to standard output" * 10_000, flush=True)
        yield document("", "said")


def document(title: str, text: str) -> ParsedDocument:
    return ParsedDocument(title, (Block(text),), "text")


def parser_for(file: SourceFile) -> Named | None:
    return Named() if file.path.suffix != ".none" else None
