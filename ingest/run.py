"""One ingest at work: three threads, one window after the other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from ingest.arrivals import Closing
from ingest.assembly import Assembly, Window
from ingest.belt import Belt, Stopped
from ingest.projector import Projector
from ingest.tally import REMOVED, SKIPPED, Tally
from jitl.errors import JitlError
from jitl.ports import Indexer
from jitl.sql.publication import Publication
from jitl.sql.sources import Sources

if TYPE_CHECKING:
    from jitl.sql.engine import Database

log = logging.getLogger(__name__)

AHEAD = 2
"""Windows that wait between two threads."""
DELETED = "it was deleted while it was being read"


class Run:
    """Staged windows are projected by the caller's thread and published by another, in order."""

    def __init__(self, db: Database, collection_id: str, indexers: Sequence[Indexer], assembly: Assembly, tally: Tally) -> None:
        self._collection_id = collection_id
        self._indexers = indexers
        self._assembly = assembly
        self._tally = tally
        self._publication = Publication(db)
        self._sources = Sources(db)
        self._projector = Projector(db, indexers)
        self._staged: Belt[Window] = Belt(AHEAD)
        self._projected: Belt[Window] = Belt(AHEAD)

    def work(self, windows: Iterable[Window]) -> None:
        """Returns when all is published, or given up because of a cancellation; raises what stopped it."""
        with ThreadPoolExecutor(2, thread_name_prefix="ingest") as threads:
            others = [threads.submit(self._linked, lambda: self._stage(windows)), threads.submit(self._linked, self._publish_all)]
            try:
                self._linked(self._project_all)
            finally:
                _wait(others)
                self._give_up()
        for other in others:
            other.result()

    def _linked(self, part: Callable[[], None]) -> None:
        """A part that fails stops the others."""
        try:
            part()
        except Stopped:
            return
        except BaseException:
            self._staged.stop()
            self._projected.stop()
            raise

    def _stage(self, windows: Iterable[Window]) -> None:
        for window in windows:
            self._staged.put(window)
        self._staged.finish()

    def _project_all(self) -> None:
        for window in self._staged:
            if self._tally.cancelled():
                self._staged.stop()  # who stages may be waiting for room
                break
            version_ids = [entry.version_id for entry in window.entries]
            for indexer in self._indexers:
                indexer.project([*version_ids, *window.again])
            self._projected.put(window)
        self._projected.finish()

    def _publish_all(self) -> None:
        for window in self._projected:
            self._publish(window)
            self._close(window.closings)
            self._projector.drain()

    def _publish(self, window: Window) -> None:
        new = {entry.document_id: entry.version_id for entry in window.entries}
        dropped = set(self._publication.publish(self._collection_id, new))
        self._assembly.settle(new.values())
        for entry in window.entries:
            if entry.version_id in dropped:
                self._assembly.unfinished.add(entry.source_uri)
                self._tally.outcome(entry.uri, SKIPPED, DELETED)
            else:
                self._tally.outcome(entry.uri, entry.status, entry.remarks, entry.document_id, entry.chunks)

    def _close(self, closings: Sequence[Closing]) -> None:
        """Hide documents that their source holds no more, then remember the source."""
        kept = {closing.source_uri: closing.kept for closing in closings if not closing.whole}
        gone = [own for own in self._sources.documents(self._collection_id, list(kept)) if own.uri not in kept[own.source_uri]]
        hidden = set(self._publication.withdraw(self._collection_id, [own.id for own in gone]))
        for own in gone:
            if own.id in hidden:
                self._tally.outcome(own.uri, REMOVED, document_id=own.id)
        self._sources.forget(self._collection_id, [closing.source_uri for closing in closings if closing.read is None])
        read = [closing.read for closing in closings if closing.read and closing.source_uri not in self._assembly.unfinished]
        self._sources.record(self._collection_id, read)
        done = [closing.read.uri for closing in closings if closing.read]
        if done:
            self._tally.finish(len(done), note=done[-1].rpartition("/")[2])

    def _give_up(self) -> None:
        """Leave what was staged and will not be published to be emptied."""
        left = list(self._assembly.open)
        if not left:
            return
        try:
            self._publication.abandon(left)
            self._projector.drain()
        except JitlError as error:
            log.warning("What was not published is left for the next start: %s", error)


def _wait(others: Sequence[Future[None]]) -> None:
    for other in others:
        other.exception()
