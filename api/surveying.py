"""What the faces ask of the graph, and its communities computed anew: asked for, or due by themselves because enough has changed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from api.models import payer_of
from feedback.assertions import Assertions
from graph import communities
from graph.editions import Editions
from graph.explorer import Explorer
from graph.graphml import Sheet, graphml
from graph.occurrences import read
from graph.overlay import Overlay
from graph.overviews import GraphOverviews
from graph.refresh import Refresh
from graph.reports import LONGEST_REPLY, Reports, Writer
from graph.shelf import Shelf
from jitl.errors import OutOfBudget
from jitl.speech import JOBS
from jitl.sql.people import OWNER
from jitl.sql.staging import chunk_id
from jitl.types import Query

if TYPE_CHECKING:
    from api.jobs import Runner
    from graph.ports import GraphStore
    from jitl.ports import Corrections, Models, Reporter, SparseEncoder
    from jitl.settings import Settings
    from jitl.speech import Payer
    from jitl.sql.catalogue import Catalogue, CollectionInfo
    from jitl.sql.engine import Database
    from jitl.sql.jobs import Job, JobTable
    from jitl.types import Passage

log = logging.getLogger(__name__)

KIND: Final = "communities"
UNIT: Final = "passages"
CATCH_UP_S: Final = 120.0
POLL_S: Final = 0.2
PAUSE_S: Final = 600.0
"""Between two refreshes of a collection that nobody asked for."""
LOST: Final = 0.25
"""Share of the shown sentences whose documents may be gone before the communities are computed anew."""


class Surveying:
    """Safe to call from several threads. `places` are ids of collections that the caller may read."""

    def __init__(
        self,
        db: Database,
        store: GraphStore,
        catalogue: Catalogue,
        corrections: Corrections,
        jobs: JobTable,
        settings: Settings,
        *,
        words: Callable[[Payer], Writer | None] = lambda _: None,
        behind: Callable[[], int] = lambda: 0,
    ) -> None:
        """`words`: who writes summaries, for whoever pays; nobody: they are sentences of the documents.

        `behind`: how many versions the graph has still to look at.
        """
        self.explorer = Explorer(store, catalogue)
        self.overlay = Overlay(self.explorer, Assertions(db))
        self._editions = Editions(db)
        self.shelf = Shelf(self._editions, catalogue)
        self.overviews = GraphOverviews(self.shelf, store, catalogue)
        self._refresh = Refresh(self._editions, store, catalogue)
        self._store = store
        self._catalogue = catalogue
        self._corrections = corrections
        self._jobs = jobs
        self._settings = settings
        self._behind = behind
        self._words = words
        self._asked: dict[str, float] = {}  # collection -> when a refresh was last queued unasked

    def submit(self, runner: Runner, principal_id: str, place: str) -> str:
        """The job's id; one that waits already is not asked for twice. Raises `MissingPart`."""
        communities.require()
        for job in self._jobs.unfinished():
            if (job.kind, job.state, job.collection_id, job.principal_id) == (KIND, "queued", place, principal_id):
                return job.id
        return runner.submit(KIND, {}, principal_id=principal_id, collection_id=place)

    def run(self, job: Job, reporter: Reporter) -> None:
        """What was read in just before is part of it, unless the graph is long in following."""
        assert job.collection_id is not None
        until = time.monotonic() + CATCH_UP_S
        while self._behind() and time.monotonic() < until and not reporter.cancelled():
            time.sleep(POLL_S)
        if not reporter.cancelled():
            words = self._words(payer_of(job))
            describe = None if words is None else Reports(self._editions, words, reporter).describe
            self._refresh.run(job.collection_id, reporter, describe)

    def look(self, runner: Runner) -> None:
        """Queue a refresh where enough has changed and nothing is being read in; left to a process that stays."""
        if not self._settings.communities_after or not communities.installed() or self._behind():
            return
        busy = {job.collection_id for job in self._jobs.unfinished() if job.kind in ("ingest", "sync", KIND)}
        for place in self._catalogue.living():
            waited = time.monotonic() - self._asked.get(place.id, -PAUSE_S)
            if place.id not in busy and place.passages and waited >= PAUSE_S and self._due(place.id):
                self._asked[place.id] = time.monotonic()
                self._jobs.create(KIND, {}, principal_id=OWNER.id, collection_id=place.id)
                runner.wake()

    def _due(self, place: str) -> bool:
        changed = self._editions.changed(place)
        return changed >= self._settings.communities_after or (changed > 0 and self.shelf.lost(place) >= LOST)

    def wrong(self, passage: Passage, quote: str) -> str | None:
        """The correction that declares this sentence of the passage wrong."""
        query = Query(quote, "en", None, {}, (passage.collection_id,), 0.0)
        return self._corrections.marks(query, [replace(passage, text=quote)]).get(passage.id)

    def changed(self, place: str) -> float:
        """Share of the passages that came or went since the communities were computed."""
        return self._editions.changed(place)

    def export(self, places: Sequence[CollectionInfo], least: int) -> Iterator[str]:
        """GraphML of these collections, piece by piece."""
        return graphml(self._sheets(places), least)

    def _sheets(self, places: Sequence[CollectionInfo]) -> Iterator[Sheet]:
        for place in places:
            base = self._editions.base(place.id)
            documents = [[chunk_id(version, ordinal) for ordinal in range(passages)] for version, passages in base.versions]
            found = read(self._store, place.id, documents)
            assert found is not None
            groups = self._editions.memberships(place.id)
            yield Sheet(place.name, found, {key: id_ for id_, (level, keys) in groups.items() if level == 0 for key in keys})


def writer(models: Models, sparse: SparseEncoder, settings: Settings, payer: Payer) -> Writer | None:
    """Who words the summaries, if a model is configured and may."""
    try:
        model = models.of(JOBS, payer, max_tokens=LONGEST_REPLY) if settings.communities_tokens else None
    except OutOfBudget as error:
        log.warning("Communities are described without the model: %s", error)
        return None
    return None if model is None else Writer(model, models.name(JOBS), sparse, settings.communities_tokens)


class CommunityIndex:
    """Implements `jitl.ports.Indexer` for a deleted collection's sake: nothing is written by it."""

    name = "communities"

    def __init__(self, db: Database) -> None:
        self._editions = Editions(db)

    def project(self, version_ids: Sequence[str]) -> None:
        """Communities follow by refreshes."""

    def forget(self, collection_id: str) -> None:
        self._editions.sweep(collection_id, everything=True)

    def flush(self) -> None:
        """Every write was on stable storage when it returned."""
