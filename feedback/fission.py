"""Seed fission: pairs of question and answer proposed from passages, for experts to approve.

Each pair enters as *proposed*, with the document and the words it rests on, whoever asked for it. A passage is done once and for all by
the same prompts and the same model; a job that was killed goes on with the replies it had, and no pair enters twice.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from feedback import access, journal, overlay, seeds
from feedback.teaching import Teaching
from feedback.timeline import FIRES
from jitl import prompts
from jitl.errors import BadInput, MissingPart
from jitl.principals import Principal
from jitl.purse import SPENT, WHAT_TO_SET, Budget, Purse, forget_replies, spent
from jitl.speech import JOBS
from jitl.sql.staging import chunk_id
from jitl.sql.tables import correction_sources, correction_texts, corrections, fission_passages

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from feedback.embedding import TimedEncoder
    from jitl.overlay import StatementReader
    from jitl.ports import Corrections, LanguageModel, Models, Reporter
    from jitl.retrieve import Searcher
    from jitl.settings import Settings
    from jitl.speech import Payer
    from jitl.sql.catalogue import Catalogue
    from jitl.sql.engine import Database
    from jitl.types import Passage

AUTHOR: Final = Principal("00000000-0000-4000-8000-000000000002", "seed fission", frozenset(), {})
"""Nobody's own word: any expert of the collection may approve it, whoever started the job too."""
PASSAGES: Final = 40
"""Of a topic, at most."""
SHORTEST: Final = 80
"""Characters of a passage worth asking about."""
NO_MODEL: Final = "Seed fission needs a language model, and none is configured."


@dataclass(frozen=True, slots=True)
class Order:
    """What pairs are wanted of: a topic, or a document by its id."""

    collection_id: str
    budget: Budget
    topic: str | None = None
    document_id: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words of a document, verbatim."""

    quote: str
    document: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """A pair as it stands now, with what it rests on."""

    correction: str
    status: str
    question: str
    answer: str
    document: str
    quote: str


class Fission:
    """Safe to call from several threads. Where no model is configured every run is refused."""

    def __init__(
        self,
        db: Database,
        catalogue: Catalogue,
        searcher: Searcher,
        memory: Corrections,
        encoder: TimedEncoder,
        models: Models,
        settings: Settings,
        reader: StatementReader | None = None,
    ) -> None:
        """`reader`: as the ledger's."""
        self._db = db
        self._catalogue = catalogue
        self._searcher = searcher
        self._memory = memory
        self._encoder = encoder
        self._models = models
        self._settings = settings
        self._reader = reader

    def require_model(self, payer: Payer | None = None) -> LanguageModel:
        """Raises `MissingPart` where none is configured, `OutOfBudget` where the payer has reached a cap."""
        model = self._models.of(JOBS, payer)
        if model is None:
            raise MissingPart(NO_MODEL, hint=WHAT_TO_SET)
        return model

    def run(self, job_id: str, order: Order, reporter: Reporter, payer: Payer | None = None) -> None:
        """Passage by passage until all are done, the budget is spent or it is told to stop."""
        purse = Purse(self._db, self.require_model(payer), job_id, order.budget)
        passages = self._passages(order)
        for done, passage in enumerate(passages):
            reporter.advance(done, len(passages))
            if reporter.cancelled():
                return
            name, key = f"{passage.document}#{passage.ordinal}", self._key(passage)
            if self._done(order.collection_id, key):
                reporter.outcome(name, "unchanged", "Done before.", passage.document_id)
                continue
            found = seeds.pairs(passage, lambda messages: None if reporter.cancelled() else purse.ask(messages))
            if found is None:
                reporter.advance(done, len(passages), "" if reporter.cancelled() else SPENT)
                return
            proposed = sum(self._propose(job_id, passage, key, pair) for pair in found)
            self._finish(job_id, order.collection_id, key, proposed)
            reporter.outcome(name, "added" if proposed else "skipped", f"Pairs proposed: {proposed}.", passage.document_id)
        reporter.advance(len(passages), len(passages))

    def proposed(self, job_id: str) -> list[Proposed]:
        """What the job has proposed and is not erased, oldest first."""
        texts, source = correction_texts.c, correction_sources.c
        joined = corrections.join(correction_texts).join(correction_sources, source.correction_id == corrections.c.id)
        wanted = sa.select(corrections.c.id, corrections.c.status, texts.question, texts.answer, source.document, source.quote)
        with self._db.read() as connection:
            found = connection.execute(wanted.select_from(joined).where(corrections.c.batch == job_id).order_by(corrections.c.seq))
            return [Proposed(*row) for row in found]

    def sources(self, correction_id: str, principal: Principal) -> list[Evidence]:
        """What a correction rests on, where it was proposed from passages. Raises `NotFound`."""
        source = correction_sources.c
        wanted = sa.select(source.quote, source.document).where(source.correction_id == correction_id).order_by(source.ordinal)
        with self._db.read() as connection:
            access.readable(connection, correction_id, principal)
            return [Evidence(*row) for row in connection.execute(wanted)]

    def spent(self, job_id: str) -> Budget:
        with self._db.read() as connection:
            return spent(connection, job_id)

    def over(self, job_id: str) -> None:
        """The job has ended, however: replies that it still kept go."""
        with self._db.write() as connection:
            forget_replies(connection, job_id)

    def _passages(self, order: Order) -> list[Passage]:
        """In the document's order, or those of the topic, best first; without those that a correction supersedes."""
        within = (order.collection_id,)
        if order.document_id is not None:
            document = self._catalogue.document_by_id(order.document_id)
            if document is None or document.collection_id != order.collection_id:
                raise BadInput("The document is gone.", hint="Name one that `jitl collections` shows.")
            found = self._catalogue.passages([chunk_id(document.version_id, ordinal) for ordinal in range(document.passages)], within)
            passages = sorted(found.values(), key=lambda passage: passage.ordinal)
        else:
            hits = self._searcher.search(self._searcher.prepare(order.topic or "", within), PASSAGES).hits
            passages = [hit.passage for hit in hits if hit.passage is not None]
        wrong = self._memory.marks(self._searcher.prepare(order.topic or "?", within), passages)
        return [passage for passage in passages if len(passage.text) >= SHORTEST and passage.id not in wrong]

    def _key(self, passage: Passage) -> str:
        asked = [prompts.NEWBEE, prompts.EXPERT, prompts.CHECKER, seeds.QUESTIONS, self._models.name(JOBS)]
        return hashlib.sha256(json.dumps([*asked, passage.header, passage.text]).encode()).hexdigest()

    def _done(self, collection_id: str, key: str) -> bool:
        known = (fission_passages.c.collection_id == collection_id) & (fission_passages.c.key == key)
        with self._db.read() as connection:
            return connection.scalar(sa.select(fission_passages.c.key).where(known)) is not None

    def _propose(self, job_id: str, passage: Passage, key: str, pair: seeds.Pair) -> bool:
        """Whether it is new: asked in no known correction, retracted ones included, and covered by none that is known."""
        teaching = Teaching(pair.question, pair.answer)
        if not _sound(teaching, self._settings) or self._covered(passage.collection_id, pair.question):
            return False
        vectors = self._encoder.embed_within(teaching.asked, self._settings.teach_embed_timeout_s)
        digest = journal.key_digest(pair.question)
        said = overlay.stated(self._reader, teaching)
        draft = journal.Draft(teaching, f"fission:{passage.collection_id}:{key[:40]}:{digest[:40]}", vectors, said)
        desk = journal.Desk(AUTHOR, passage.collection_id, "proposed", self._encoder.id, batch=job_id)
        with self._db.write() as connection:
            self._db.lock_ledger(connection)
            if _asked(connection, passage.collection_id, digest):
                return False
            (entered,) = journal.enter(self._db, connection, desk, [draft])
            if entered.receipt.id != draft.id:
                return False
            source = {"document": passage.document, "document_id": passage.document_id, "quote": pair.quote}
            connection.execute(correction_sources.insert().values(correction_id=draft.id, ordinal=0, **source))
        return True

    def _covered(self, collection_id: str, question: str) -> bool:
        found = self._memory.consult(self._searcher.prepare(question, (collection_id,)))
        weighed = (*found.candidates, *found.evidence, *((found.answer,) if found.answer else ()))
        return any(candidate.strength in FIRES for candidate in weighed)

    def _finish(self, job_id: str, collection_id: str, key: str, proposed: int) -> None:
        row = {"collection_id": collection_id, "key": key, "job_id": job_id, "proposed": proposed, "at": datetime.now(UTC)}
        known = (fission_passages.c.collection_id == collection_id) & (fission_passages.c.key == key)
        with self._db.write() as connection:
            if connection.scalar(sa.select(fission_passages.c.key).where(known)) is None:
                connection.execute(fission_passages.insert().values(**row))
            forget_replies(connection, job_id)


def _sound(teaching: Teaching, settings: Settings) -> bool:
    try:
        teaching.check(settings)
    except BadInput:
        return False
    return True


def _asked(connection: Connection, collection_id: str, digest: str) -> bool:
    known = (corrections.c.collection_id == collection_id) & (corrections.c.question_key == digest)
    return connection.scalar(sa.select(corrections.c.id).where(known).limit(1)) is not None
