"""Small things that want doing now and then, off every request's path."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    """`do` is harmless to repeat and to leave out."""

    name: str
    every_s: float
    do: Callable[[], object]


class Chores:
    """One thread that does each chore at once and then at its pace."""

    def __init__(self, chores: Sequence[Chore]) -> None:
        self._stop = threading.Event()
        self._chores = tuple(chores)
        self._thread = threading.Thread(target=self._run, name="jitl-chores", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def _run(self) -> None:
        waited = dict.fromkeys((chore.name for chore in self._chores), float("inf"))
        pause = min((chore.every_s for chore in self._chores), default=60.0)
        while not self._stop.is_set():
            for chore in self._chores:
                if waited[chore.name] >= chore.every_s and not self._stop.is_set():
                    waited[chore.name] = 0.0
                    try:
                        chore.do()
                    except Exception:  # isolation: a chore that fails is done again at its next turn
                        log.exception("the chore %r failed", chore.name)
            self._stop.wait(pause)
            waited = {name: seconds + pause for name, seconds in waited.items()}
