"""What runs inside the parsing child: takes one file at a time, answers with frames of documents, dies with its parent.

Imports stay light (start-up is on the path of the first file); every format's library is loaded by its parser.
"""

from __future__ import annotations

import fcntl
import importlib
import json
import os
import resource
import select
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from ingest.parse import registry, wire
from jitl.errors import JitlError
from jitl.ports import Parser, SourceFile
from jitl.types import ParsedDocument

BATCH_DOCUMENTS = 64
BATCH_CHARACTERS = 500_000
Finder = Callable[[SourceFile], Parser | None]


def serve(requests: int, replies: int, lifeline: int, memory_bytes: int, finder: str) -> None:
    """Answer requests until the parent closes the pipe. `finder` is `module:function`, what picks a file's parser."""
    die_with_parent(lifeline)
    os.nice(5)  # questions go before reading
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    module, _, function = finder.partition(":")
    find: Finder = getattr(importlib.import_module(module), function)
    with os.fdopen(requests, "rb") as lines, os.fdopen(replies, "wb") as out:
        for line in lines:
            final = answer(_request(line), find, out)
            last = "memory" in final or _worn(memory_bytes)
            _send(out, final | {"last": last})
            if last:
                break


def die_with_parent(lifeline: int) -> None:
    """End this process at once when the pipe's other end closes.

    The kernel sends SIGIO on the hang-up and its default action kills, so it works while a C library holds the
    interpreter's lock. PR_SET_PDEATHSIG would follow the *thread* that started us, which may end long before the process.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:  # it hung up before we listened
        os._exit(1)


def answer(file: SourceFile, find: Finder, out: BinaryIO) -> wire.Message:
    """Send frames of `documents` as they come; return the final message: `done`, `unreadable`, `memory` or `failed`."""
    try:
        parser = find(file)
        if parser is None:
            return {"unreadable": registry.NO_PARSER, "hint": "Convert it to PDF, HTML or plain text."}
        for batch in _batches(iter(parser.parse(file))):
            _send(out, {"documents": batch})
    except JitlError as error:
        return {"unreadable": wire.sanitize(error.message), "hint": wire.sanitize(error.hint)}
    except MemoryError:
        return {"memory": True}
    except OSError as error:
        return {
            "unreadable": f"it cannot be read: {error.strerror or type(error).__name__}",
            "hint": "Check that it is there and may be read.",
        }
    except Exception as error:  # noqa: BLE001 - isolation point: one file's parser; the parent logs what is sent here
        return {"failed": _where(error)}
    return {"done": True}


def _batches(documents: Iterator[ParsedDocument]) -> Iterator[list[wire.Message]]:
    batch: list[wire.Message] = []
    size = 0
    for document in documents:
        batch.append(wire.dump(document))
        size += sum(len(block.text) for block in document.blocks)
        if len(batch) >= BATCH_DOCUMENTS or size >= BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _send(out: BinaryIO, message: wire.Message) -> None:
    out.write(wire.pack(message))
    out.flush()


def _request(line: bytes) -> SourceFile:
    request = json.loads(line)
    return SourceFile(request["uri"], request["name"], Path(os.fsdecode(bytes.fromhex(request["path"]))))


def _where(error: BaseException) -> str:
    """Type and place, not the message: it may quote the document, and this goes to a log."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    return type(error).__name__ + place


def _worn(memory_bytes: int) -> bool:
    """Whether so much memory was once used that the next file deserves a fresh process."""
    return _peak_bytes() > memory_bytes // 2


def _peak_bytes() -> int:
    """The most memory this program held. `ru_maxrss` alone would do, but Linux carries it over from who started us."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0)
