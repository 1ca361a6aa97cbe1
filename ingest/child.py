"""Parsing in bounded child processes: a file that hangs, explodes or crashes its parser costs that file alone.

A child is a fresh program (fork and exec, descriptors closed), not a fork of ours: it inherits no lock of a store, no
thread, no `__main__`. It is reused for many files and replaced after a failure.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import select
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from ingest.parse import wire
from jitl.errors import Unavailable, Unreadable
from jitl.ports import SourceFile
from jitl.types import ParsedDocument

if TYPE_CHECKING:
    from jitl.settings import Settings

log = logging.getLogger(__name__)

FINDER = "ingest.parse.registry:parser_for"


class ParserPool:
    """`settings.parse_workers` children, each reading one file at a time. Safe to call from several threads.

    A call waits for a free child, and an open `stream` keeps one: a thread must not open a second stream inside its
    first. `finder` names what picks a file's parser, as `module:function`.
    """

    def __init__(self, settings: Settings, *, finder: str = FINDER) -> None:
        self._settings = settings
        self._finder = finder
        self._closed = False
        self._free: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        self._busy: set[_Child] = set()
        for _ in range(settings.parse_workers):
            self._free.put(None)

    def parse(self, file: SourceFile) -> list[ParsedDocument]:
        """All documents of the file. Raises `Unreadable` with the reason."""
        return list(self.stream(file))

    def stream(self, file: SourceFile) -> Generator[ParsedDocument]:
        """The file's documents as they are read, never more than a few batches in memory.

        Raises `Unreadable`, possibly after the first documents. The time limit is for each batch and does not run
        while the caller works on the last one. Close the generator to stop early.
        """
        child = self._take()
        try:
            yield from child.read(file)
        finally:
            self._give(child)

    def close(self) -> None:
        """End every child; streams still open raise `Unreadable`."""
        self._closed = True
        for child in tuple(self._busy):
            child.kill()
        while True:
            try:
                free = self._free.get_nowait()
            except queue.Empty:
                return
            if free is not None:
                free.end()

    def _take(self) -> _Child:
        if self._closed:
            raise Unavailable("The service is shutting down.", hint="Try again when it is back.")
        child = self._free.get()
        if child is None or not child.ready:
            if child is not None:
                child.end()
            try:
                child = _Child(self._settings, self._finder)
            except OSError as error:
                self._free.put(None)
                raise Unavailable(
                    f"No process for parsing could be started: {error.strerror}.", hint="Free memory or processes."
                ) from error
        self._busy.add(child)
        return child

    def _give(self, child: _Child) -> None:
        self._busy.discard(child)
        if child.ready and not self._closed:
            self._free.put(child)
            return
        child.end()
        self._free.put(None)


class _Child:
    """One process and the pipes to it."""

    def __init__(self, settings: Settings, finder: str) -> None:
        self._timeout = settings.parse_timeout_s
        self._memory_mb = settings.parse_memory_mb
        self._largest = 2 * settings.max_file_bytes + 2**20
        self._waiting = False  # an answer is due or half read
        requests, self._requests = os.pipe()
        self._replies, replies = os.pipe()
        lifeline, self._lifeline = os.pipe()  # nobody writes: its closing, by us or by our death, ends the child
        theirs = (requests, replies, lifeline)
        call = f"serve({requests}, {replies}, {lifeline}, {self._memory_mb * 2**20}, {finder!r})"
        program = f"import sys; sys.path[:] = {sys.path!r}; from ingest.parse.process import serve; {call}"
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                [sys.executable, "-c", program],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=theirs,
                start_new_session=True,  # Ctrl-C is for the parent
            )
        except OSError:
            self._close_pipes()
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)

    @property
    def ready(self) -> bool:
        """Whether it lives, owes nothing and takes more."""
        return not self._waiting and self._process.poll() is None

    def read(self, file: SourceFile) -> Iterator[ParsedDocument]:
        self._waiting = True
        self._ask(file)
        while True:
            message = self._receive()
            if "documents" in message:
                yield from _documents(message)
                continue
            self._waiting = bool(message.get("last"))  # it leaves: never ready again
            if "done" in message:
                return
            self._explain(message)

    def kill(self) -> None:
        """At once, also from another thread; whoever reads from it gets `Unreadable`."""
        if self._process.poll() is None:
            self._process.kill()

    def end(self) -> None:
        """Kill, reap, close. Call once, when nobody reads any more."""
        self.kill()
        self._process.wait()
        self._close_pipes()

    def _ask(self, file: SourceFile) -> None:
        request = {"uri": file.uri, "name": file.name, "path": os.fsencode(file.path.absolute()).hex()}
        try:
            os.write(self._requests, json.dumps(request).encode() + b"\n")
        except BrokenPipeError:
            raise self._death() from None

    def _receive(self) -> wire.Message:
        deadline = time.monotonic() + self._timeout
        size = wire.HEADER.unpack(self._bytes(wire.HEADER.size, deadline))[0]
        if size > self._largest:
            raise Unreadable(f"it holds more than {self._largest // 2**20} MB of text", hint="Split it.")
        try:
            return wire.unpack(self._bytes(size, deadline))
        except ValueError:
            raise Unreadable("the parser sent something that is no answer") from None

    def _bytes(self, size: int, deadline: float) -> bytearray:
        data = bytearray()
        poll = select.poll()
        poll.register(self._replies, select.POLLIN)
        while len(data) < size:
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise Unreadable(f"it took longer than {self._timeout:g} s", hint="Split it, or raise JITL_PARSE_TIMEOUT_S.")
            piece = os.read(self._replies, min(size - len(data), 2**20))
            if not piece:
                raise self._death()
            data += piece
        return data

    def _explain(self, message: wire.Message) -> None:
        if "unreadable" in message:
            raise Unreadable(str(message["unreadable"]), hint=str(message.get("hint", "")))
        if "memory" in message:
            raise self._too_much()
        log.warning("a parser failed: %s", message.get("failed"))
        raise Unreadable(f"its parser failed ({message.get('failed')})", hint="The file may be damaged; export it again or report this.")

    def _death(self) -> Unreadable:
        code = self._process.wait()
        if code == -signal.SIGKILL:
            return Unreadable("its parser was killed", hint="Something ended the process, perhaps for lack of memory; try again.")
        how = signal.Signals(-code).name if code < 0 else f"status {code}"
        log.warning("a parser crashed: %s", how)
        return Unreadable(
            f"its parser crashed ({how})",
            hint=f"The file is damaged, or needed more than {self._memory_mb} MB; export it again or raise JITL_PARSE_MEMORY_MB.",
        )

    def _too_much(self) -> Unreadable:
        return Unreadable(f"it needed more than {self._memory_mb} MB", hint="Split it, or raise JITL_PARSE_MEMORY_MB.")

    def _close_pipes(self) -> None:
        for descriptor in (self._requests, self._replies, self._lifeline):
            os.close(descriptor)


def _documents(message: wire.Message) -> Iterator[ParsedDocument]:
    try:
        yield from [wire.load(row) for row in message["documents"]]
    except (KeyError, TypeError, ValueError):
        raise Unreadable("the parser sent something that is no document") from None
