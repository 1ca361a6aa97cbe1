"""What became of every document: counted, and told to the job."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jitl.ports import Reporter

ADDED, CHANGED, UNCHANGED, REMOVED, SKIPPED, FAILED = "added", "changed", "unchanged", "removed", "skipped", "failed"


@dataclass(frozen=True, slots=True)
class Counts:
    """Documents by what became of them; files that were never opened, or not as documents, count as one."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: int = 0
    failed: int = 0
    chunks: int = 0
    cancelled: bool = False


class Tally:
    """Counts outcomes from several threads and passes them on, one at a time.

    Progress is in files, each done when its documents are published; with `each` it is in documents.
    """

    def __init__(self, reporter: Reporter, total: int | None = None, *, each: bool = False) -> None:
        self._reporter = reporter
        self._lock = threading.Lock()
        self._numbers = dict.fromkeys((ADDED, CHANGED, UNCHANGED, REMOVED, SKIPPED, FAILED, "chunks"), 0)
        self._total = total
        self._each = each
        self._seen = 0
        self._done = 0

    def outcome(self, uri: str, status: str, reason: str = "", document_id: str | None = None, chunks: int = 0) -> None:
        with self._lock:
            self._numbers[status] += 1
            self._numbers["chunks"] += chunks
            self._reporter.outcome(uri, status, reason, document_id, chunks)
        if self._each and status != REMOVED:  # what is removed was not on the way
            self.finish()

    def expect(self, more: int = 1) -> None:
        """So many files (or records) more have come into sight."""
        with self._lock:
            self._seen += more

    def finish(self, done: int = 1, note: str = "") -> None:
        """So many of them are over and done with."""
        with self._lock:
            self._done += done
            self._reporter.advance(self._done, max(self._seen, self._total or 0), note)

    def cancelled(self) -> bool:
        return self._reporter.cancelled()

    def counts(self, *, cancelled: bool) -> Counts:
        with self._lock:
            return Counts(**self._numbers, cancelled=cancelled)
