"""A desk that is opened when it is needed and closed when nobody has needed it for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final, Unpack

if TYPE_CHECKING:
    from api import replies
    from api.client import Scope
    from api.mcp.desk import Desk

IDLE_S: Final = 20.0
"""A server that starts waits longer than this for a command that holds its data folder."""
CLOSING_S: Final = 10.0


class LentDesk:
    """Agents keep their servers for hours: a data folder that no server holds is held between calls for moments only.

    Implements `api.mcp.desk.Desk`. Safe to use from several threads.
    """

    def __init__(self, opened: Callable[[ExitStack], Desk], idle_s: float = IDLE_S) -> None:
        """`opened` puts what closes the desk on the stack."""
        self._opened = opened
        self._idle_s = idle_s
        self._guard = threading.Condition()
        self._stack = ExitStack()
        self._desk: Desk | None = None
        self._users = 0
        self._last = 0.0
        self._watchers: list[threading.Thread] = []

    def ask_stream(self, question: str, **scope: Unpack[Scope]) -> Iterator[tuple[str, Any]]:
        with self._lent() as desk:
            yield from desk.ask_stream(question, **scope)

    def search(self, question: str, k: int = 10, **scope: Unpack[Scope]) -> replies.SearchReply:
        with self._lent() as desk:
            return desk.search(question, k, **scope)

    def teach(self, said: Mapping[str, Any]) -> replies.ReceiptReply:
        with self._lent() as desk:
            return desk.teach(said)

    def source(self, document: str, *, chunk: str | None = None) -> replies.SourceTextReply:
        with self._lent() as desk:
            return desk.source(document, chunk=chunk)

    def correction(self, correction: str) -> replies.CorrectionReply:
        with self._lent() as desk:
            return desk.correction(correction)

    def collections(self) -> list[replies.CollectionReply]:
        with self._lent() as desk:
            return desk.collections()

    def some_documents(self, collection: str, *, after: str, limit: int) -> Sequence[replies.DocumentReply]:
        with self._lent() as desk:
            return desk.some_documents(collection, after=after, limit=limit)

    @property
    def held(self) -> bool:
        """Whether a desk is open now."""
        with self._guard:
            return self._desk is not None

    def close(self) -> None:
        """Calls under way have a moment to end."""
        with self._guard:
            self._guard.wait_for(lambda: not self._users, CLOSING_S)
            given = self._given_back()
        given.close()
        for watcher in self._watchers:
            watcher.join()

    @contextmanager
    def _lent(self) -> Iterator[Desk]:
        with self._guard:
            if self._desk is None:
                self._desk = self._opened(self._stack)
                watcher = threading.Thread(target=self._watch, args=(self._desk,), name="jitl-idle", daemon=True)
                self._watchers = [*(one for one in self._watchers if one.is_alive()), watcher]
                watcher.start()
            self._users += 1
            desk = self._desk
        try:
            yield desk
        finally:
            with self._guard:
                self._users -= 1
                self._last = time.monotonic()
                self._guard.notify_all()

    def _watch(self, desk: Desk) -> None:
        with self._guard:
            while self._desk is desk:
                rest = self._last + self._idle_s - time.monotonic()
                if not self._users and rest <= 0:
                    given = self._given_back()
                    break
                self._guard.wait(None if self._users else rest)
            else:
                return
        given.close()  # may wait for others who use the folder through this process; calls that come meanwhile do so too

    def _given_back(self) -> ExitStack:
        """What closes the desk that nobody has from now on."""
        given, self._stack, self._desk = self._stack, ExitStack(), None
        self._guard.notify_all()
        return given
