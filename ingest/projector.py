"""Brings the projections in line with SQL in the background: empties what was replaced or deleted, repeats what a crash cut off."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jitl.errors import Unavailable
from jitl.ports import Indexer
from jitl.sql.frequencies import Frequencies
from jitl.sql.outbox import APPLIED, COLLECTION, VERSION, WAITING, Errand, Outbox
from jitl.sql.removal import Removal
from jitl.sql.versions import Versions

if TYPE_CHECKING:
    from jitl.sql.engine import Database

log = logging.getLogger(__name__)

BATCH = 50
"""Errands worked off between two flushes."""
PAUSE_S = 1.0
"""How long the thread sleeps when nobody wakes it; doubled after every failure in a row."""
MOST_DOUBLINGS = 5
PATIENCE = 2
"""Batches in a row that a store of one owner may refuse before the others wait for its next turn."""


class Projector:
    """Works off the outbox. One at a time, whatever process it runs in: `exclusive` holds the others off.

    With an `owner` it works off that projection's own errands, which `ingest.handover` writes, and SQL's rows are not its to
    remove: that projection may fall behind, and nothing else waits for it.
    """

    def __init__(self, db: Database, indexers: Sequence[Indexer], owner: str = "") -> None:
        self._db = db
        self._indexers = tuple(indexers)
        self._owner = owner
        self._outbox = Outbox(db, owner)
        self._removal = Removal(db)
        self._versions = Versions(db)
        self._frequencies = Frequencies(db)
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.away = False  # a store did not answer when it was last written to

    def recover(self, *, alone: bool = True) -> None:
        """After a start: drop what was being written by who is gone, and look at all that was not done. Others may ingest meanwhile.

        What was applied is projected again, since it may have been lost with the power; not `alone`, it may be another's at this moment.
        """
        if not self._owner:
            self._removal.recover()
            self._frequencies.recover()
        self._outbox.recover(alone=alone)
        self._wake.set()

    def start(self) -> None:
        """Work in a thread of its own until `close`."""
        self._thread = threading.Thread(target=self._run, name=f"{self._owner} projector".strip(), daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something was published or deleted."""
        self._wake.set()

    def close(self) -> None:
        """Stop after the batch at hand; the rest keeps."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def drain(self) -> bool:
        """Work off all there is; False where something is left because a projection failed (the outbox says why)."""
        after, clean, refused = 0, True, 0
        with self._db.exclusive(f"projector {self._owner}".strip()):
            while not self._stop.is_set():
                errands = self._outbox.errands((WAITING, APPLIED), BATCH, after=after)
                if not errands:
                    if not self._owner and self._outbox.reclaim():
                        continue
                    return clean
                after = errands[-1].id
                clean &= self._work(errands)
                refused = refused + 1 if self.away else 0
                if self._owner and refused == PATIENCE:  # its server does not answer, nor would it to the next ones
                    return False
        return clean

    def _work(self, errands: Sequence[Errand]) -> bool:
        """Project, flush, and only then forget: what a store has not on disk is not done."""
        try:
            unwanted = self._project(errands)
            self._forget(errands, unwanted)
        except Unavailable as error:  # of all of them, most likely
            self.away = True
            log.warning("A projection is behind: %s", error)
            self._outbox.failed(errands, str(error))
            return False
        except Exception as error:
            if len(errands) > 1:  # one of them keeps the others waiting: find it
                return sum(self._work([errand]) for errand in errands) == len(errands)
            log.exception("Cannot project %s %s.", errands[0].kind, errands[0].ref)
            self._outbox.failed(errands, str(error))
            return False
        self.away = False
        return True

    def _project(self, errands: Sequence[Errand]) -> list[str]:
        """Returns the versions that the stores hold no more: those that were not wanted before they were told."""
        waiting = [errand for errand in errands if errand.state == WAITING]
        version_ids = [errand.ref for errand in waiting if errand.kind == VERSION]
        unwanted = [version.id for version in self._versions.standing(version_ids) if not version.wanted]
        for indexer in self._indexers:
            indexer.project(version_ids)
            for errand in waiting:
                if errand.kind == COLLECTION:
                    indexer.forget(errand.ref)
        self._outbox.applied(waiting)
        for indexer in self._indexers:
            indexer.flush()
        return unwanted

    def _forget(self, errands: Sequence[Errand], unwanted: Sequence[str]) -> None:
        """What nobody reads any more goes from SQL too."""
        if not self._owner:
            for version_id in unwanted:
                self._removal.remove_version(version_id)
            for errand in errands:
                if errand.kind == COLLECTION:
                    self._removal.empty_collection(errand.ref)
        self._outbox.done(errands)

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            self._wake.wait(PAUSE_S * 2 ** min(failures, MOST_DOUBLINGS))
            self._wake.clear()
            try:
                failures = 0 if self.drain() else failures + 1
            except Exception:  # the thread outlives what a database does; the outbox keeps what is undone
                log.exception("The projector cannot read the outbox; trying again.")
                failures += 1
