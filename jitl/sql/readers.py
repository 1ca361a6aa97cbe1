"""SQLite's reading connections, kept open between looks: a question takes many small ones, and what a pool and its events do around
each costs several times the statement in it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final

from sqlalchemy.engine import Connection, Engine

KEPT: Final = 16
"""Idle connections at most."""


class Readers:
    """Safe to call from several threads. Takes the engine over: `close` disposes of it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._idle: deque[tuple[Connection, Any]] = deque()
        self._guard = threading.Lock()
        self._closed = False

    def take(self) -> tuple[Connection, Any]:
        """A connection outside any transaction, and the driver's own beneath it."""
        try:
            return self._idle.pop()
        except IndexError:
            connection = self.engine.connect()
            return connection, connection.connection.driver_connection

    def give_back(self, connection: Connection, driver: Any) -> None:
        with self._guard:
            if not self._closed and len(self._idle) < KEPT:
                self._idle.append((connection, driver))
                return
        connection.close()

    def close(self) -> None:
        with self._guard:
            self._closed = True
            idle = list(self._idle)
            self._idle.clear()
        for connection, _ in idle:
            connection.close()
        self.engine.dispose()


class Look:
    """One consistent look: a read transaction from the first statement to the end of the block. `translate` may raise another error."""

    __slots__ = ("_connection", "_driver", "_readers", "_translate")

    def __init__(self, readers: Readers, translate: Callable[[BaseException], None]) -> None:
        self._readers = readers
        self._translate = translate

    def __enter__(self) -> Connection:
        try:
            self._connection, self._driver = self._readers.take()
            self._driver.execute("BEGIN")
        except Exception as error:
            self._translate(error)
            raise
        return self._connection

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:  # whatever state it is in, nobody else gets it
            self._connection.close()
            self._translate(error)
            return
        self._driver.execute("COMMIT")
        self._readers.give_back(self._connection, self._driver)
