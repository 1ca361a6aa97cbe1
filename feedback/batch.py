"""Many corrections at once: embedded in length-sorted windows while the window before is being written.

A line's own id is its idempotency key, within its collection. Transactions stay short: single corrections, which go first,
never wait long.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Final

from feedback import journal, overlay
from feedback.embedding import TimedEncoder
from feedback.teaching import Line, Outcome, Teaching
from jitl.errors import BadInput, MissingPart, Unavailable
from jitl.sql.engine import Database

if TYPE_CHECKING:
    from jitl.overlay import StatementReader
    from jitl.settings import Settings
    from jitl.types import Matrix

WINDOW: Final = 256
"""Lines embedded together: enough to sort by length, few enough to answer the first ones soon."""
GROUP: Final = 32
"""Lines in the first transaction; then as many as take about `AIM` seconds."""
FEWEST: Final = 16
"""Fewer lines do not repay the sync of a commit, even on a busy machine."""
AIM: Final = 0.008

_Window = list[tuple[Line, "Teaching | BadInput"]]


class Press:
    """One run of a batch."""

    def __init__(self, db: Database, encoder: TimedEncoder, settings: Settings, reader: StatementReader | None = None) -> None:
        self._db = db
        self._reader = reader
        self._encoder = encoder
        self._settings = settings
        self._group = GROUP

    def run(self, lines: Iterable[Line], desk: journal.Desk) -> Iterator[Outcome]:
        source = iter(lines)
        with ThreadPoolExecutor(1, thread_name_prefix="jitl-teach-batch") as worker:
            ahead = self._begin(worker, source)
            while ahead is not None:
                window, vectors = ahead[0], ahead[1].result()
                ahead = self._begin(worker, source)
                yield from self._write(desk, window, vectors)

    def _begin(self, worker: ThreadPoolExecutor, source: Iterator[Line]) -> tuple[_Window, Future[list[Matrix | None]]] | None:
        window = [(line, self._checked(line)) for line in islice(source, WINDOW)]
        if not window:
            return None
        return window, worker.submit(self._embed, [teaching for _, teaching in window if isinstance(teaching, Teaching)])

    def _checked(self, line: Line) -> Teaching | BadInput:
        if isinstance(line.teaching, Teaching):
            try:
                line.teaching.check(self._settings)
            except BadInput as error:
                return error
        return line.teaching

    def _embed(self, teachings: Sequence[Teaching]) -> list[Matrix | None]:
        asked = [text for teaching in teachings for text in teaching.asked]
        try:
            matrix = self._encoder.embed(asked) if asked else None
        except (Unavailable, MissingPart):  # they go in without vectors and get them later
            matrix = None
        found: list[Matrix | None] = []
        start = 0
        for teaching in teachings:
            end = start + len(teaching.asked)
            found.append(None if matrix is None else matrix[start:end])
            start = end
        return found

    def _write(self, desk: journal.Desk, window: _Window, vectors: Sequence[Matrix | None]) -> Iterator[Outcome]:
        left = iter(vectors)
        results: list[tuple[str | None, BadInput | journal.Draft]] = []
        for line, teaching in window:
            if isinstance(teaching, BadInput):
                results.append((line.id, teaching))
            else:
                said = overlay.stated(self._reader, teaching)
                results.append((line.id, journal.Draft(teaching, _key(desk.collection_id, line.id), next(left), said)))
        drafts = [result for _, result in results if isinstance(result, journal.Draft)]
        entered = iter(self._enter(desk, drafts))
        for line_id, result in results:
            if isinstance(result, BadInput):
                yield Outcome(line_id, error=result)
            else:
                kept = next(entered)
                yield Outcome(line_id, kept.receipt, kept.error)

    def _enter(self, desk: journal.Desk, drafts: Sequence[journal.Draft]) -> Iterator[journal.Entered]:
        start = 0
        while start < len(drafts):
            group = drafts[start : start + self._group]
            with self._db.write() as connection:
                began = time.perf_counter()
                kept = journal.enter(self._db, connection, desk, group)
                took = time.perf_counter() - began  # the commit's sync takes what it takes, however few the rows
            fitting = int(len(group) * AIM / max(took, 1e-4))
            self._group = min(max(fitting, FEWEST), 2 * self._group, WINDOW)
            start += len(group)
            yield from kept


def _key(collection_id: str, line_id: str | None) -> str | None:
    return None if line_id is None else "line:" + hashlib.sha256(f"{collection_id}\n{line_id}".encode()).hexdigest()
