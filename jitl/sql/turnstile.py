"""Whose write comes next: one at a time, urgent ones before those that already wait."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turnstile:
    """A lock with two queues, each first come, first served."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = False
        self._urgent: deque[threading.Event] = deque()
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def turn(self, *, urgent: bool) -> Iterator[None]:
        """Hold the turn for the block. Not reentrant."""
        ticket: threading.Event | None = None
        with self._guard:
            if self._taken:
                ticket = threading.Event()
                (self._urgent if urgent else self._waiting).append(ticket)
            self._taken = True
        if ticket is not None:
            ticket.wait()
        try:
            yield
        finally:
            with self._guard:
                queue = self._urgent or self._waiting
                if queue:
                    queue.popleft().set()  # the turn passes on without ever being free
                else:
                    self._taken = False
