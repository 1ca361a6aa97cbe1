"""Documents gathered into windows: enough of them to embed in batches of one length, few enough to publish in one short transaction."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.arrivals import Arrival, Closing
from ingest.preparation import EMPTY, Preparation, Prepared
from ingest.tally import FAILED, SKIPPED, UNCHANGED, Tally
from jitl.sql.staging import NewVersion, Staging

if TYPE_CHECKING:
    from jitl.sql.engine import Database

WINDOW = 256
"""Passages, or documents, from which a window is full."""
LOOK = 64
"""Documents that are looked up in SQL together, or their characters:"""
LOOK_CHARACTERS = 400_000
BUSY = "another ingest is reading it at this moment; try again when it is done"


@dataclass(frozen=True, slots=True)
class Entry:
    """A version that is staged and will be published."""

    document_id: str
    version_id: str
    uri: str
    source_uri: str
    status: str
    chunks: int
    remarks: str = ""  # of its parser, for its owner: pages that hold images only, say


@dataclass(frozen=True, slots=True)
class Window:
    """What is embedded and published together. `again` are published versions to be projected once more."""

    entries: tuple[Entry, ...]
    again: tuple[str, ...]
    closings: tuple[Closing, ...]


class Assembly:
    """Chunks, counts and stages what arrives; yields windows whose rows stand in SQL, unpublished.

    `open` holds the versions that are staged and not published: whoever breaks off abandons them. `unfinished` holds the
    sources of which some document was not stored: they must be read again next time.
    """

    def __init__(
        self,
        db: Database,
        collection_id: str,
        preparation: Preparation,
        encoder_id: str | None,
        tally: Tally,
        *,
        force: bool,
        writer: str | None = None,
    ) -> None:
        self._staging = Staging(db, writer)
        self._preparation = preparation
        self._collection_id = collection_id
        self._encoder_id = encoder_id
        self._tally = tally
        self._force = force
        self._lock = threading.Lock()
        self.open: set[str] = set()
        self.unfinished: set[str] = set()
        self._waiting: list[Arrival] = []
        self._closings: list[Closing] = []  # of documents that wait
        self._closed: list[Closing] = []  # of documents in this window or in one before
        self._new: list[Prepared] = []
        self._again: list[str] = []
        self._empty: set[str] = set()  # uris of documents that came without text: not kept

    def windows(self, arrived: Iterable[Arrival | Closing]) -> Iterator[Window]:
        size = 0
        for item in arrived:
            if isinstance(item, Closing):
                self._closings.append(item)
            else:
                self._waiting.append(item)
                size += item.size
            if len(self._waiting) + len(self._closings) >= LOOK or size >= LOOK_CHARACTERS:
                yield from self._prepare()
                size = 0
        yield from self._prepare()
        yield self._stage()

    def settle(self, version_ids: Iterable[str]) -> None:
        """These are published or given up."""
        with self._lock:
            self.open.difference_update(version_ids)

    def _begin(self, version_ids: Sequence[str]) -> None:
        with self._lock:
            self.open.update(version_ids)

    def _prepare(self) -> Iterator[Window]:
        waiting, self._waiting = self._waiting, []
        for prepared in self._preparation.prepare(self._collection_id, waiting):
            if prepared.version is not None:
                self._new.append(prepared)
            elif prepared.status == SKIPPED:
                self._empty.add(prepared.arrival.uri)
                self._tally.outcome(prepared.arrival.uri, SKIPPED, EMPTY)
            else:
                self._tally.outcome(prepared.arrival.uri, UNCHANGED, document_id=prepared.document_id)
                if self._force:
                    self._again.append(prepared.version_id)
            if self._full:
                yield self._stage()
        self._closed += [replace(one, kept=one.kept - self._empty) for one in self._closings]
        self._empty.difference_update(*(one.kept for one in self._closings))
        self._closings = []
        if len(self._closed) >= WINDOW:
            yield self._stage()

    @property
    def _full(self) -> bool:
        chunks = sum(len(prepared.version.chunks) for prepared in self._new if prepared.version is not None)
        return chunks >= WINDOW or len(self._new) + len(self._again) >= WINDOW

    def _stage(self) -> Window:
        """The window so far, its rows written."""
        new = {prepared.document_id: prepared for prepared in self._new}
        versions = [prepared.version for prepared in new.values() if prepared.version is not None]
        again, self._new, self._again = tuple(self._again), [], []
        closings, self._closed = tuple(self._closed), []
        written = self._staging.write(self._collection_id, versions, self._encoder_id, self._begin)
        busy = set(new) - {version.document_id for version in written}
        self._report_others([new[id_] for id_ in busy])
        entries = (_entry(version, new[version.document_id]) for version in written)
        return Window(tuple(entries), again, closings)

    def _report_others(self, busy: Sequence[Prepared]) -> None:
        """Documents that another ingest got ahead with: it may have published the very same by now."""
        published = self._staging.published([prepared.document_id for prepared in busy])
        for prepared in busy:
            there = published.get(prepared.document_id)
            if there is not None and there.version_id == prepared.version_id:
                self._tally.outcome(prepared.arrival.uri, UNCHANGED, document_id=prepared.document_id)
            else:
                self.unfinished.add(prepared.arrival.source_uri)
                self._tally.outcome(prepared.arrival.uri, FAILED, BUSY)


def _entry(version: NewVersion, prepared: Prepared) -> Entry:
    remarks = "; ".join(prepared.arrival.document.notices)
    return Entry(version.document_id, version.id, version.uri, version.source_uri, prepared.status, len(version.chunks), remarks)
