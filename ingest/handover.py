"""A projection that may fall behind, as an ingest sees it: what it should look at is written down in SQL, and that is all.

So a server that is away delays neither passages nor the emptying of what was deleted, and nothing is lost on it: the errands
are there before a version is published, and before the rows of a replaced one go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jitl.sql.outbox import COLLECTION, VERSION, Outbox

if TYPE_CHECKING:
    from ingest.projector import Projector
    from jitl.sql.engine import Database


class Handover:
    """Implements `jitl.ports.Indexer` in the place of the named one, whose errands that projector works off."""

    def __init__(self, db: Database, name: str, projector: Projector) -> None:
        self.name = name
        self._outbox = Outbox(db, name)
        self._projector = projector

    def project(self, version_ids: Sequence[str]) -> None:
        self._outbox.add(VERSION, version_ids)
        self._projector.wake()

    def forget(self, collection_id: str) -> None:
        self._outbox.add(COLLECTION, [collection_id])
        self._projector.wake()

    def flush(self) -> None:
        """What SQL has committed is on stable storage."""

    def settle(self) -> None:
        """Returns when everything handed over is done; at once where the store does not answer: it catches up by itself."""
        if not self._projector.away:
            self._projector.drain()
