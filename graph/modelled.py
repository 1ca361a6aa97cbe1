"""Names and relations read by a language model, ordered by whoever administers the collection: priced before, paid from a purse, kept.

A passage is done once by the same model and the same prompt, whatever its document is called. A job that was killed goes on with the
replies that it had. The graph itself is written by its own indexer, which each document is announced to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from graph import claims, extra, schema
from graph.claims import Reading
from graph.index import NAME
from graph.written import Tally, WrittenClaims, content
from jitl import prompts
from jitl.errors import MissingPart, Unavailable
from jitl.purse import SPENT, WHAT_TO_SET, Budget, Purse, cost, forget_replies, spent
from jitl.speech import JOBS
from jitl.sql.outbox import VERSION, announce
from jitl.sql.tables import collections, documents, versions
from jitl.sql.versions import IndexedChunk, Versions

if TYPE_CHECKING:
    from jitl.ports import LanguageModel, Message, Models, Reporter
    from jitl.speech import Payer
    from jitl.sql.engine import Database

WINDOW: Final = 64
"""Passages of a document that are written together."""
SHORTEST: Final = 40
"""Characters of a passage worth asking about."""
LONGEST_REPLY: Final = 2000
"""Tokens; so many are set aside for each reply, and what is longer is cut off."""
USUAL_REPLY: Final = 500
"""Tokens of a reply, for the estimate."""
PATIENCE: Final = 5
"""Passages in a row without a reply that can be read, after which the model is not asked on."""
NO_MODEL: Final = "Extraction by a model needs a language model, and none is configured."
NOT_INSTALLED: Final = "Extraction by a model needs graphrag, which is not installed."
UNREADABLE: Final = "The model's replies are not in the form that was asked for, several in a row."
WHAT_TO_TRY: Final = "Try another model; what was read so far is kept."


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of one collection now. `done`: passages that need no call. Tokens are asked and replied together."""

    passages: int
    done: int
    calls: int
    tokens: int  # with replies of a usual length
    most_tokens: int  # with replies that are all cut off


@dataclass(frozen=True, slots=True)
class _Document:
    id: str
    name: str
    version_id: str


@dataclass(slots=True)
class _Window:
    """What was found of some passages of one document, until it is written."""

    said: list[tuple[IndexedChunk, Reading, bool]] = field(default_factory=list)  # whether the model was just asked
    unreadable: int = 0

    @property
    def summary(self) -> str:
        readings = [reading for _, reading, _ in self.said]
        names, relations = (sum(len(getattr(one.claims, what)) for one in readings) for what in ("names", "relations"))
        dropped = sum(one.dropped for one in readings)
        read = f"Passages: {len(self.said)}, names: {names}, statements: {relations}"
        return f"{read}, not borne out: {dropped}, without a reply: {self.unreadable}."


class ModelExtraction:
    """Safe to call from several threads. Where no model is configured every run is refused. `wake`: the graph has something to look at."""

    def __init__(
        self,
        db: Database,
        models: Models,
        *,
        wake: Callable[[], None] = lambda: None,
        template: Callable[[], str] | None = None,
    ) -> None:
        """`template` in the place of graphrag's prompt, whose fields it has."""
        self._db = db
        self._models = models
        self._wake = wake
        self._template = template
        self._versions = Versions(db)
        self._kept = WrittenClaims(db)

    def require(self, payer: Payer | None = None) -> LanguageModel:
        """Raises `MissingPart` where no model is configured or the extra is not installed, `OutOfBudget` where a cap is reached."""
        model = self._models.of(JOBS, payer, max_tokens=LONGEST_REPLY)
        if model is None:
            raise MissingPart(NO_MODEL, hint=WHAT_TO_SET)
        if self._template is None and not extra.installed():
            raise MissingPart(NOT_INSTALLED, hint=extra.WHAT_TO_INSTALL)
        return model

    def estimate(self, collection_id: str) -> Estimate:
        """Asks nobody. Raises `MissingPart`."""
        self.require()
        asking, known = _Asking(self._prompt(), self._models.name(JOBS)), set[str]()
        passages, tokens = 0, 0
        for _, chunks in self._windows(collection_id):
            passages += len(chunks)
            unread = {content(chunk): chunk for chunk in self._unread(chunks, asking.id)}
            new = unread.keys() - known - self._kept.read(collection_id, list(unread), asking.id).keys()
            tokens += sum(cost(asking.messages(unread[digest])) for digest in new)
            known |= new
        calls = len(known)
        return Estimate(passages, passages - calls, calls, tokens + calls * USUAL_REPLY, tokens + calls * LONGEST_REPLY)

    def run(self, job_id: str, collection_id: str, budget: Budget, reporter: Reporter, payer: Payer | None = None) -> None:
        """Document by document until all are done, the budget is spent or it is told to stop; what was read by then is kept.

        Raises what the model raises, and `Unavailable` where its replies are of no use.
        """
        purse = Purse(self._db, self.require(payer), job_id, budget, LONGEST_REPLY)
        asking, total = _Asking(self._prompt(), self._models.name(JOBS)), self._passages(collection_id)
        session = _Session(asking, purse, reporter, self._kept, collection_id, total)
        for document, chunks in self._windows(collection_id):
            window, whole = _Window(), False
            try:
                whole = session.read(self._unread(chunks, asking.id), window)
            finally:
                self._write(job_id, window, asking.id)
                if window.said or window.unreadable:
                    reporter.outcome(document.name, "added" if window.said else "failed", window.summary, document.id)
            if not whole:
                reporter.advance(session.done, total, "" if reporter.cancelled() else SPENT)
                return
            session.done += len(chunks)
        reporter.advance(total, total)

    def spent(self, job_id: str) -> Budget:
        with self._db.read() as connection:
            return spent(connection, job_id)

    def tally(self, job_id: str) -> Tally:
        return self._kept.tally(job_id)

    def over(self, job_id: str) -> None:
        """The job has ended, however: replies that it still kept go."""
        with self._db.write() as connection:
            forget_replies(connection, job_id)

    def _write(self, job_id: str, window: _Window, asked: str) -> None:
        """Keep the claims, have the graph look at their document, and forget the replies, all at once."""
        with self._db.write() as connection:
            touched = self._kept.put(connection, window.said, asked, job_id)
            announce(connection, f"{NAME} {VERSION}", touched)
            forget_replies(connection, job_id)
        if touched:
            self._wake()

    def _unread(self, chunks: Sequence[IndexedChunk], asked: str) -> list[IndexedChunk]:
        """Those worth asking about of which the same was not asked before."""
        held = self._kept.held([chunk.id for chunk in chunks], asked)
        return [chunk for chunk in chunks if chunk.id not in held and len(chunk.text) >= SHORTEST]

    def _windows(self, collection_id: str) -> Iterator[tuple[_Document, list[IndexedChunk]]]:
        """Passages of published documents, some of one document at a time, by the documents' names."""
        v, d = versions.c, documents.c
        joined = documents.join(versions, v.id == d.version_id)
        wanted = sa.select(d.id, d.name, v.id).select_from(joined).where(d.collection_id == collection_id, v.state == "published")
        with self._db.read() as connection:
            rows = connection.execute(wanted.order_by(d.name, d.id)).all()
        for document in (_Document(*row) for row in rows):
            for chunks in self._versions.chunks([document.version_id], WINDOW):
                yield document, chunks

    def _passages(self, collection_id: str) -> int:
        with self._db.read() as connection:
            return connection.scalar(sa.select(collections.c.passages).where(collections.c.id == collection_id)) or 0

    def _prompt(self) -> str:
        return (self._template or extra.extraction_prompt)()


class _Asking:
    """How a passage is asked about; `id` tells models and prompts apart."""

    def __init__(self, template: str, name: str) -> None:
        self._template = template
        empty = [message.content for message in self._messages("", "")]
        self.id = hashlib.sha256(json.dumps([name, *empty]).encode()).hexdigest()

    def messages(self, chunk: IndexedChunk) -> list[Message]:
        return self._messages(chunk.header, chunk.text)

    def _messages(self, header: str, text: str) -> list[Message]:
        return prompts.triples(self._template, [kind.value for kind in schema.KINDS], schema.listed(), header, text)


@dataclass(slots=True)
class _Session:
    """One run's: whom it asks, from which purse, how far it is, and how many passages in a row it has no reply for."""

    asking: _Asking
    purse: Purse
    reporter: Reporter
    kept: WrittenClaims
    collection_id: str
    total: int
    done: int = 0
    failures: int = 0

    def read(self, chunks: Sequence[IndexedChunk], window: _Window) -> bool:
        """Passage by passage into the window; False where the budget or somebody stops it."""
        known = self.kept.read(self.collection_id, [content(chunk) for chunk in chunks], self.asking.id)
        for at, chunk in enumerate(chunks):
            self.reporter.advance(self.done + at, self.total)
            if self.reporter.cancelled():
                return False
            if (before := known.get(content(chunk))) is not None:
                window.said.append((chunk, before, False))
                continue
            try:
                reply = self.purse.ask(self.asking.messages(chunk))
            except Unavailable as error:  # of this passage alone, perhaps
                self._fail(window, error)
                continue
            if reply is None:
                return False
            if (told := claims.told(reply)) is None:
                self._fail(window, Unavailable(UNREADABLE, hint=WHAT_TO_TRY))
                continue
            self.failures = 0
            window.said.append((chunk, claims.held(told, chunk.text), True))
        return True

    def _fail(self, window: _Window, error: Unavailable) -> None:
        window.unreadable += 1
        self.failures += 1
        if self.failures == PATIENCE:
            raise error
