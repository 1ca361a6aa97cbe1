"""What one thread hands to the next, a few at a time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
_LOOK_S = 0.1  # how often a waiting side looks whether the other has given up


class Stopped(Exception):
    """The other side has given up; nobody will take this."""


class Belt(Generic[T]):
    """A bounded queue with one side that puts and one that iterates. Either may stop it for both."""

    def __init__(self, size: int) -> None:
        self._queue: queue.Queue[T | None] = queue.Queue(size)
        self._stopped = threading.Event()

    def put(self, item: T) -> None:
        """Wait for room. Raises `Stopped`."""
        self._put(item)

    def finish(self) -> None:
        """Nothing more comes."""
        self._put(None)

    def stop(self) -> None:
        """Give up: puts raise, iteration ends."""
        self._stopped.set()

    def __iter__(self) -> Iterator[T]:
        while not self._stopped.is_set():
            try:
                item = self._queue.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            if item is None:
                return
            yield item

    def _put(self, item: T | None) -> None:
        while not self._stopped.is_set():
            try:
                self._queue.put(item, timeout=_LOOK_S)
            except queue.Full:
                continue
            return
        raise Stopped
