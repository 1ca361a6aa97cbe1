"""How an endpoint is: one that failed rests, longer each time, and is tried by a single request when it has rested."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from jitl.errors import Unanswered

FIRST_REST_S: Final = 5.0
LONGEST_REST_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class State:
    """`rests_s`: seconds it still rests. `failures` in a row; `reason` of the last. `slow`: that one cost a timeout."""

    rests_s: float
    failures: int
    reason: str
    slow: bool
    busy: int  # calls under way
    tried: bool  # anything was ever heard of it

    @property
    def doubtful(self) -> bool:
        """It failed and nothing has come from it since."""
        return self.failures > 0


class Health:
    """Of one endpoint, in this process. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._until = 0.0
        self._reason = ""
        self._slow = False
        self._busy = 0
        self._tried = False

    @contextmanager
    def at_work(self) -> Iterator[None]:
        with self._lock:
            self._busy += 1
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1

    def well(self) -> None:
        with self._lock:
            self._failures, self._until, self._reason, self._slow, self._tried = 0, 0.0, "", False, True

    def failed(self, fault: Unanswered) -> None:
        """A request that the endpoint does not take says nothing about how it is."""
        if fault.refused:
            return
        with self._lock:
            self._failures += 1
            rest = min(LONGEST_REST_S, FIRST_REST_S * 2 ** min(self._failures - 1, 20))
            self._until = self._clock() + max(rest, fault.rest_s or 0.0)
            self._reason, self._slow, self._tried = fault.message, fault.slow, True

    def state(self) -> State:
        with self._lock:
            rests = max(0.0, self._until - self._clock())
            return State(rests, self._failures, self._reason, self._slow, self._busy, self._tried)
