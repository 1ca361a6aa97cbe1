"""Several streams told at once: what each says as it comes, under its name."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator, Mapping
from contextlib import closing
from functools import partial
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING, Final, TypeVar

from jitl.errors import JitlError

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

T = TypeVar("T")

AHEAD: Final = 16
"""Pieces that may wait for whoever reads."""
LOOK_S: Final = 0.1


def abreast(streams: Mapping[str, Generator[T, None, None]]) -> Generator[tuple[str, T | JitlError], None, None]:
    """(name, piece), in order within a name. A stream that fails says why as its last piece, and the others go on. Closing it ends all."""
    pieces: Queue[tuple[str, T | JitlError] | None] = Queue(AHEAD)
    left = threading.Event()
    for name, stream in streams.items():
        put = partial(_put, pieces, left)
        threading.Thread(target=_run, args=(name, stream, put), name=f"jitl-{name}", daemon=True).start()
    running = len(streams)
    try:
        while running:
            try:
                piece = pieces.get(timeout=60)
            except Empty:  # each stream has a timeout of its own
                continue
            if piece is None:
                running -= 1
            else:
                yield piece
    finally:
        left.set()


def _run(name: str, stream: Generator[T, None, None], put: Callable[[tuple[str, T | JitlError] | None], bool]) -> None:
    try:
        with closing(stream):
            for piece in stream:
                if not put((name, piece)):
                    return
    except JitlError as error:
        put((name, error))
    except Exception:  # isolation: the others go on
        log.exception("an answer on the route %s broke off", name)
        put((name, JitlError("The answer broke off.")))
    finally:
        put(None)


def _put(pieces: Queue[tuple[str, T | JitlError] | None], left: threading.Event, piece: tuple[str, T | JitlError] | None) -> bool:
    """Whether anybody still reads."""
    while not left.is_set():
        try:
            pieces.put(piece, timeout=LOOK_S)
        except Full:
            continue
        return True
    return False
