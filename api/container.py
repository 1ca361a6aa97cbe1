"""The composition root: the only place that chooses implementations and builds them.

Whoever builds it holds the data folder alone, but in the cluster profile. What is slow to load waits until it is needed, or for
`resume`: a short command pays for nothing else.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api import extracting, parts, stores, work
from api.asking import Asking
from api.calibrating import KIND as FIT
from api.calibrating import UNIT as FITTED
from api.calibrating import Calibrating
from api.chores import Chore, Chores
from api.fissioning import KIND, UNIT, Fissioning
from api.following import Following, graph_store
from api.jobs import Runner
from api.models import gateway, model_parts, text_models
from api.registration import Registration
from api.reindex import Reindex
from api.replaying import Replaying
from api.spending import Spending
from api.surveying import KIND as GROUP
from api.surveying import UNIT as GROUPED
from api.surveying import CommunityIndex, Surveying, writer
from api.syncing import KIND as SYNC
from api.syncing import Syncing
from feedback.amend import Amendments
from feedback.fission import Fission
from feedback.flywheel.exports import Exports
from feedback.inbox import Inbox
from feedback.ledger import Ledger
from feedback.lessons import Lessons
from feedback.overlay import Rebuild
from feedback.pace import Pace
from feedback.preview import Preview
from feedback.proposals import Proposals
from feedback.replay import Replay
from feedback.retriever import TaughtCorrections
from feedback.revert import Reverts
from feedback.thresholds import Thresholds
from feedback.vanished import Vanished
from graph.taught import TaughtReader
from ingest.child import ParserPool
from ingest.chunk import StructuredChunker
from ingest.passages import PassageIndexer
from ingest.pipeline import Pipeline
from ingest.projector import Projector
from ingest.units import WordCounter
from jitl.adapters.encoder import OnnxEncoder
from jitl.answer import Answerer
from jitl.errors import JitlError
from jitl.legs import NAMES as LEGS
from jitl.ports import Indexer
from jitl.retrieve import PassageLeg, Searcher
from jitl.route import TrainedRouter
from jitl.sql import migrate
from jitl.sql.audit import Trail
from jitl.sql.catalogue import Catalogue
from jitl.sql.documents import DocumentInfo
from jitl.sql.frequencies import Frequencies
from jitl.sql.jobholders import JobHolders
from jitl.sql.jobs import Job, JobTable
from jitl.sql.outbox import Outbox
from jitl.sql.people import People
from jitl.sql.uploads import Uploads

if TYPE_CHECKING:
    from jitl.settings import Settings

log = logging.getLogger(__name__)

UPLOADS_KEPT_DAYS: Final = 7.0  # of jobs that ended otherwise than well: they may be retried
NO_MODEL: Final = "Run `jitl doctor --fix`: until then questions are answered by terms alone."


class Container:
    """Everything the faces use."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        """Use `build`."""
        self.settings = settings
        self._stack = stack
        self._open_models()
        self._open_sql()
        self._open_index()
        self._open_questions()
        self._open_jobs()

    @classmethod
    def build(cls, settings: Settings) -> Container:
        """For whoever holds the data folder alone, or shares it (`settings.shared`). Raises `Unavailable` where a part cannot be opened."""
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with ExitStack() as stack:
            container = cls(settings, stack)
            container._stack = stack.pop_all()  # built: from now on `close` undoes it
        return container

    def _open_sql(self) -> None:
        self.db = stores.database(self.settings)
        self._stack.callback(self.db.close)
        migrate.upgrade(self.db)
        self.models, self._usage = gateway(self.settings, self.db, self._stack)
        self.people = People(self.db)
        self.trail = Trail(self.db)
        self.catalogue = Catalogue(self.db)
        self.spending = Spending(self._usage, self.people, self.catalogue, self.models.plan.currency)
        self.graph = graph_store(self.db, self.settings)
        self.jobs = JobTable(self.db)
        self.answers = stores.answers(self.db, self.settings)
        self._stack.callback(self.answers.close)
        self.blobs = stores.blobs(self.db, self.settings)
        self.uploads = Uploads(self.db)
        self.corrections = self._memory()
        self._reader = TaughtReader()
        self.overlay = Rebuild(self.db, self._reader)
        self.ledger = Ledger(self.db, self._embedding, self.sparse, self.settings, self.corrections, self._reader)

    def _open_models(self) -> None:
        made = text_models(self.settings, self._stack)
        self.encoder, self.sparse, self.glossary, self.loading = made.encoder, made.sparse, made.glossary, made.loading
        self._embedding, self._scope, self._pairs = made.embedding, made.scope, made.pairs

    def _open_index(self) -> None:
        self.store = stores.passages(self.settings, self.encoder.dimension if self.encoder else OnnxEncoder.dimension)
        self._stack.callback(self.store.close)
        self.following = Following(self.db, self.graph)
        indexers: list[Indexer] = [*self.following.indexers, PassageIndexer(self.db, self.store, self.encoder, self.sparse)]
        self.outbox = Outbox(self.db)
        self.projector = Projector(self.db, [*indexers, CommunityIndex(self.db)])
        self.loss = stores.Loss(self.db, self.store, self.outbox, self.projector)
        self.loss.look_first()
        self.projector.recover(alone=not self.settings.shared)
        self._stack.callback(self.projector.close)
        self.projector.start()
        self._stack.callback(self.following.close)
        self.following.start()
        parsers = ParserPool(self.settings)
        self._stack.callback(parsers.close)
        chunker = StructuredChunker(self.encoder or WordCounter())
        self.pipeline = Pipeline(self.db, self.catalogue, self.encoder, self.sparse, chunker, indexers, parsers)

    def _open_questions(self) -> None:
        legs = [PassageLeg(name, self.store, self.catalogue) for name in LEGS]
        self.remembering = parts.Loading(self.corrections.load)
        self._stack.callback(self.remembering.wait)
        frequencies = Frequencies(self.db)
        knowledge = (self.catalogue, frequencies, legs, self.corrections)
        self.searcher = Searcher(self.encoder, self.sparse, *knowledge, self.settings, self.glossary)
        self._stack.callback(self.searcher.close)
        self.searcher.walker = self.following.walk(self.sparse, self.settings)
        self.amendments = Amendments(self.db, self._embedding, self.settings, self._reader)
        self.reverts = Reverts(self.db)
        self.vanished = Vanished(self.db)
        self.pace = Pace(self.db, self.settings.teach_per_minute)
        self.proposals = Proposals(self.searcher, self.sparse)
        self.preview = Preview(self.corrections, self._embedding, self.sparse, self.answers, self.proposals, self.settings)
        knows = (self.graph, self.catalogue, self.corrections, self.jobs)
        words = partial(writer, self.models, self.sparse, self.settings)
        self.surveying = Surveying(self.db, *knows, self.settings, words=words, behind=self.following.outbox.count)
        self.lessons = Lessons(self.db, self.encoder, self.sparse)
        router = TrainedRouter(self.settings, self.lessons, self.glossary, encoder=self.encoder.id if self.encoder else None)
        answerer = Answerer(self.searcher, router, self.models, self.settings, sparse=self.sparse, overviews=self.surveying.overviews)
        self.asking = Asking(self.catalogue, self.searcher, answerer, router, self.answers, self.settings)

    def _open_jobs(self) -> None:
        if not self.settings.shared:
            self.jobs.reclaim()
        self.reindex = Reindex(self.outbox, self.projector, [self.following.outbox], self.overlay.run)
        self.syncing = Syncing(self.db, self.pipeline, self.settings)
        kinds = {**work.kinds(self.pipeline, self.blobs, self.settings), "reindex": self.reindex.run, SYNC: self.syncing.run}
        encoder_id = self.encoder.id if self.encoder else None
        replay = Replay(self.db, self.searcher, self._memory, self.sparse, encoder_id)
        self.exports = Exports(self.db, self.catalogue, self.answers)
        self.inbox = Inbox(self.db, self.answers, self.searcher, self.corrections, self.sparse)
        self.replaying = Replaying(replay, self.catalogue, self.jobs, self.settings, encoder_id)
        self.fissioning = Fissioning(
            Fission(self.db, self.catalogue, self.searcher, self.corrections, self._embedding, self.models, self.settings, self._reader)
        )
        self.thresholds = Thresholds(self.db, self.corrections)
        self.calibrating = Calibrating(self.thresholds)
        self.extracting = extracting.Extracting(self.db, self.models, self.settings, self.following.projector.wake)
        aside = {"replay": self.replaying.run, KIND: self.fissioning.run, FIT: self.calibrating.run, GROUP: self.surveying.run}
        units = {"replay": "questions", KIND: UNIT, FIT: FITTED, GROUP: GROUPED, extracting.KIND: extracting.UNIT}
        aside[extracting.KIND] = self.extracting.run
        holders = JobHolders(self.db) if self.settings.shared else None
        self.runner = Runner(
            self.jobs, kinds, aside=aside, units=units, over=self._over, send=stores.sender(self.settings), holders=holders
        )
        self._stack.callback(self.runner.close)
        self.runner.start()
        late, old = Chore("late vectors", 15.0, self._fill_vectors), Chore("old uploads", 3600.0, self._sweep)
        again = Chore("replay", 60.0, lambda: self.replaying.look(self.runner))
        graph, overlay = Chore("graph", 60.0, self.following.look), Chore("overlay", 3600.0, self.overlay.look)
        chores = [late, old, again, graph, overlay, Chore("communities", 60.0, lambda: self.surveying.look(self.runner))]
        self._chores = Chores(stores.taking_turns(self.db, self.settings, [*chores, *self._shared_chores()]))
        self._stack.callback(self._chores.close)
        self._stack.callback(self._fill_a_few)
        self.registration = Registration(self.settings, self.people)
        self._stack.callback(self.registration.close)

    def _shared_chores(self) -> list[Chore]:
        """What others may have left: processes that ended in the middle, and an index of their own that lost something."""
        if not self.settings.shared:
            return []
        return [Chore("left behind", 60.0, lambda: self.projector.recover(alone=False)), Chore("lost passages", 60.0, self.loss.look)]

    def resume(self) -> None:
        """For a process that stays: load now what questions will need, go on with jobs that an earlier process left, tidy up.

        Without it everything works too, as it is asked for.
        """
        self.loading.begin()
        self.remembering.begin()
        self.runner.resume()
        self._chores.start()

    def busy(self) -> bool:
        """Whether jobs wait or run that were asked for in this process's time."""
        return self.runner.busy

    def close(self) -> None:
        """In the reverse order of building; running jobs are put back."""
        self._stack.close()

    def project(self) -> None:
        """Something was deleted: the projections should look."""
        self.projector.wake()

    def original(self, document: DocumentInfo) -> Path | None:
        """The file that the document was read from, where it was sent to us."""
        blob = self.uploads.blob(document.id)
        return None if blob is None else self.blobs.path(blob)

    def parts(self) -> list[parts.Part]:
        """How each part is, now."""
        return [
            parts.probe("database", lambda: parts.database(self.db), worst=parts.DOWN),
            parts.encoder(self.encoder is not None, self.loading, NO_MODEL),
            parts.probe("corrections", lambda: parts.corrections(self.remembering, self.corrections.load), worst=parts.DOWN),
            parts.probe("passages", lambda: parts.index(self.store, self.outbox, stores.engine(self.store)), worst=parts.DEGRADED),
            parts.probe("graph", self.following.part, worst=parts.DEGRADED),
            *model_parts(self.models),
            parts.probe("jobs", lambda: parts.jobs(self.jobs), worst=parts.DEGRADED),
            *self.registration.parts(),
        ]

    def _memory(self) -> TaughtCorrections:
        return TaughtCorrections(self.db, self.encoder, self.sparse, self._scope, self._pairs, self.glossary)

    def _over(self, job: Job) -> None:
        self._tidy(job)
        self.fissioning.over(job)
        self.extracting.over(job)
        self.replaying.after(job, self.runner)
        if moved := self.calibrating.changed(job):
            self.replaying.changed(self.runner, job.principal_id, moved)

    def _tidy(self, job: Job) -> None:
        """A job is over: its uploads go, unless documents stand in them or it may be retried."""
        sent = {file["blob"] for file in job.arguments.get("files", ())}
        ended = self.jobs.get(job.id)
        if not sent or ended.state != "done" or ended.counts.get("failed"):
            return
        with self.blobs.guard:
            self.blobs.delete(sent - self.uploads.needed(days=UPLOADS_KEPT_DAYS, without=job.id))

    def _sweep(self) -> None:
        with self.blobs.guard:
            self.blobs.sweep(self.uploads.needed(days=UPLOADS_KEPT_DAYS), older_than_s=3600.0)

    def _fill_vectors(self) -> None:
        if self.encoder is not None and self.loading.seconds is not None and self.loading.error is None:
            while self.ledger.fill_vectors():
                pass

    def _fill_a_few(self) -> None:
        """A short command may end before a process that stays looks after what it taught."""
        try:
            self.ledger.fill_vectors(limit=64)
        except JitlError as error:
            log.warning("Corrections taught just now have no vector yet: %s", error)
