"""Answers that were given, for those who were given them, and what they thought of them."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jitl.errors import NotFound
from jitl.principals import Principal, Right
from jitl.sql.engine import Database
from jitl.sql.tables import answers, collections, documents, votes

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """`content` is the answer as it was shown; `collections` are those it was asked of."""

    id: str
    principal_id: str
    collections: tuple[str, ...]
    question: str
    content: Mapping[str, Any]
    grounded: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class KeptQuestion:
    """What was asked, without its answer."""

    id: str
    collections: tuple[str, ...]
    question: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's opinion of one answer: up or down."""

    answer_id: str
    principal_id: str
    vote: str
    reason: str
    at: datetime


class Answers:
    """Safe to call from several threads.

    Answers are written behind, by one thread and several at once: who asks never waits for the disk. Reads here see what `keep` was
    given before them; only a crash in between loses an answer, never a correction.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: queue.SimpleQueue[dict[str, Any] | threading.Event | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._guard = threading.Lock()

    def keep(self, answer_id: str, principal_id: str, collections: Sequence[str], question: str, content: Mapping[str, Any]) -> None:
        """Remember an answer."""
        values = {"id": answer_id, "principal_id": principal_id, "collections": list(collections), "question": question}
        rest = {"answer": dict(content), "grounded": bool(content.get("grounded")), "at": datetime.now(UTC)}
        with self._guard:
            if self._writer is None:
                self._writer = threading.Thread(target=self._write, name="jitl-answers", daemon=True)
                self._writer.start()
        self._waiting.put({**values, **rest})

    def settle(self) -> None:
        """Returns when everything kept before is written, or could not be."""
        if self._writer is not None and self._writer.is_alive():
            written = threading.Event()
            self._waiting.put(written)
            written.wait(10)

    def close(self) -> None:
        if self._writer is not None:
            self._waiting.put(None)
            self._writer.join(10)

    def _write(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first]
            while len(batch) < 50 and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    self._waiting.put(None)
                    break
                batch.append(following)
            try:
                rows = [one for one in batch if isinstance(one, dict)]
                if rows:
                    with self._db.write() as connection:
                        connection.execute(answers.insert(), rows)
            except Exception:  # isolation: an answer that cannot be kept was given all the same
                log.exception("answers could not be kept")
            for one in batch:
                if isinstance(one, threading.Event):
                    one.set()

    def get(self, answer_id: str, principal: Principal) -> KeptAnswer:
        """`NotFound` unless it was given to the caller (or the caller is an admin), and what it rests on is there and readable still."""
        self.settle()
        with self._db.read() as connection:
            row = connection.execute(sa.select(answers).where(answers.c.id == answer_id)).first()
            if row is not None and not _stands(connection, row.answer):
                row = None
        readable = row is not None and all(principal.may(Right.READ, collection) for collection in row.collections)
        if row is None or not readable or (row.principal_id != principal.id and not principal.is_admin):
            raise NotFound("There is no such answer.", hint="Answers are kept only where the service and the key allow it.")
        return KeptAnswer(row.id, row.principal_id, tuple(row.collections), row.question, row.answer, row.grounded, row.at)

    def recent(self, principal: Principal, collection_id: str, limit: int) -> list[KeptQuestion]:
        """Questions asked of that collection, newest first: the caller's own, an admin's all; of collections they may read alone."""
        self.settle()
        wanted = sa.select(*(answers.c[name] for name in ("id", "collections", "question", "at"))).order_by(answers.c.at.desc())
        if not principal.is_admin:
            wanted = wanted.where(answers.c.principal_id == principal.id)
        found: list[KeptQuestion] = []
        with self._db.read() as connection:
            for row in connection.execute(wanted, execution_options={"yield_per": 500}):
                readable = all(principal.may(Right.READ, collection) for collection in row.collections)
                if readable and collection_id in row.collections:
                    found.append(KeptQuestion(row.id, tuple(row.collections), row.question, row.at))
                if len(found) == limit:
                    break
        return found

    def vote(self, answer_id: str, principal: Principal, vote: str, reason: str = "") -> Vote:
        """Record or replace the caller's opinion; `NotFound` as for `get`."""
        self.get(answer_id, principal)
        now = datetime.now(UTC)
        values = {"vote": vote, "reason": reason, "at": now}
        insert = self._db.insert(votes).values(answer_id=answer_id, principal_id=principal.id, **values)
        with self._db.write() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=[votes.c.answer_id, votes.c.principal_id], set_=values))
        return Vote(answer_id, principal.id, vote, reason, now)

    def votes(self, answer_id: str) -> list[Vote]:
        with self._db.read() as connection:
            rows = connection.execute(sa.select(votes).where(votes.c.answer_id == answer_id).order_by(votes.c.at)).all()
        return [Vote(row.answer_id, row.principal_id, row.vote, row.reason, row.at) for row in rows]


def _stands(connection: Connection, content: Mapping[str, Any]) -> bool:
    """Whether every document that the answer quotes is there still: what is deleted must not live on in answers."""
    quoted = {source["document_id"] for source in content.get("sources", ()) if source.get("document_id")}
    d, c = documents.c, collections.c
    living = sa.select(sa.func.count()).select_from(documents.join(collections, c.id == d.collection_id))
    living = living.where(d.id.in_(quoted), d.deleted_at.is_(None), c.deleted_at.is_(None))
    return connection.scalar(living) == len(quoted)
