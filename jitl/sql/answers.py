"""Answers that were given, for those who were given them, and what they thought of them."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jitl.errors import NotAllowed, NotFound
from jitl.principals import Principal, Right
from jitl.sql.engine import Database
from jitl.sql.tables import answers, collections, correction_texts, documents, votes

log = logging.getLogger(__name__)

PAGE: Final = 200
"""Answers read at once."""
BEHIND_S: Final = 0.05
"""So much later answers are written: those of a burst at once, and none while the one who asked still waits for its words."""
MOST: Final = 50
"""Answers written at once."""


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


@dataclass(frozen=True, slots=True)
class Judged:
    """A kept answer as it was taken, without its words. `reasons` are those of the thumbs-down."""

    id: str
    principal_id: str
    collections: tuple[str, ...]
    question: str
    grounded: bool
    at: datetime
    up: int = 0
    down: int = 0
    reasons: tuple[str, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether an expert should look at it: nothing was found, or somebody did not like what was."""
        return not self.grounded or self.down > 0


class Answers:
    """Safe to call from several threads.

    Answers are written behind, by one thread and several at once: who asks never waits for the disk. Reads here see what `keep` was
    given before them; only a crash in between loses an answer, never a correction. Not `behind`: reads elsewhere see it too.
    """

    def __init__(self, db: Database, *, behind: bool = True) -> None:
        self._db = db
        self._behind = behind
        self._waiting: queue.SimpleQueue[dict[str, Any] | threading.Event | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._guard = threading.Lock()
        self._hurry = threading.Event()

    def keep(self, answer_id: str, principal_id: str, collections: Sequence[str], question: str, content: Mapping[str, Any]) -> None:
        """Remember an answer."""
        values = {"id": answer_id, "principal_id": principal_id, "collections": list(collections), "question": question}
        rest = {"answer": dict(content), "grounded": bool(content.get("grounded")), "at": datetime.now(UTC)}
        if not self._behind:
            self._insert([{**values, **rest}])
            return
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
            self._hurry.set()
            written.wait(10)

    def close(self) -> None:
        if self._writer is not None:
            self._waiting.put(None)
            self._hurry.set()
            self._writer.join(10)

    def _write(self) -> None:
        while (first := self._waiting.get()) is not None:
            self._hurry.wait(BEHIND_S)
            self._hurry.clear()
            batch = [first]
            while len(batch) < MOST and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    self._waiting.put(None)
                    break
                batch.append(following)
            self._insert([one for one in batch if isinstance(one, dict)])
            for one in batch:
                if isinstance(one, threading.Event):
                    one.set()

    def _insert(self, rows: Sequence[Mapping[str, Any]]) -> None:
        try:
            if rows:
                with self._db.write() as connection:
                    connection.execute(answers.insert(), rows)
        except Exception:  # isolation: an answer that cannot be kept was given all the same
            log.exception("answers could not be kept")

    def get(self, answer_id: str, principal: Principal) -> KeptAnswer:
        """`NotFound` unless it was given to the caller, or waits for experts of whom the caller is one, and what it rests on is there and
        readable still. Admins see all.
        """
        self.settle()
        with self._db.read() as connection:
            row = connection.execute(sa.select(answers).where(answers.c.id == answer_id)).first()
            if row is not None and not _stands(connection, row.answer):
                row = None
            own = row is not None and (row.principal_id == principal.id or principal.is_admin or _concerns(connection, row, principal))
        readable = row is not None and all(principal.may(Right.READ, collection) for collection in row.collections)
        if row is None or not readable or not own:
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
        """Record or replace the caller's opinion of an answer they were given; `NotFound` as for `get`.

        `NotAllowed` with a key whose owner wants nothing kept.
        """
        given = self.get(answer_id, principal)
        if given.principal_id != principal.id and not principal.is_admin:
            raise NotFound("There is no such answer.", hint="Only who was given an answer votes on it.")
        if principal.opted_out:
            raise NotAllowed("This key keeps nothing, opinions included.", hint="Vote with another key.")
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

    def judged(self, *, most: int | None = None, voted: str | None = None) -> list[Judged]:
        """Kept answers, newest first; `most` of them, those with such a vote alone."""
        self.settle()
        a, v = answers.c, votes.c
        wanted = sa.select(a.id, a.principal_id, a.collections, a.question, a.grounded, a.at).order_by(a.at.desc(), a.id).limit(most)
        if voted is not None:
            wanted = wanted.where(a.id.in_(sa.select(v.answer_id).where(v.vote == voted)))
        with self._db.read() as connection:
            rows = connection.execute(wanted).all()
            said: dict[str, list[Any]] = {}
            for vote in connection.execute(sa.select(v.answer_id, v.vote, v.reason).order_by(v.at, v.principal_id)):
                said.setdefault(vote.answer_id, []).append(vote)
        return [_judged(row, said.get(row.id, [])) for row in rows]

    def contents(self, answer_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Answer -> what was shown, of those whose quoted documents and corrections are there still."""
        found: dict[str, Mapping[str, Any]] = {}
        with self._db.read() as connection:
            for start in range(0, len(answer_ids), PAGE):
                some = sa.select(answers.c.id, answers.c.answer).where(answers.c.id.in_(answer_ids[start : start + PAGE]))
                found |= {row.id: row.answer for row in connection.execute(some).all() if _stands(connection, row.answer)}
        return found


def _judged(row: Any, said: Sequence[Any]) -> Judged:
    up, down = ([vote for vote in said if vote.vote == thumb] for thumb in ("up", "down"))
    reasons = tuple(vote.reason for vote in down if vote.reason)
    return Judged(row.id, row.principal_id, tuple(row.collections), row.question, row.grounded, row.at, len(up), len(down), reasons)


def _concerns(connection: Connection, row: Any, principal: Principal) -> bool:
    """Whether the answer waits for an expert of whom the caller is one."""
    if not (principal.is_expert and any(principal.may(Right.TEACH, collection) for collection in row.collections)):
        return False
    disliked = sa.select(votes.c.answer_id).where(votes.c.answer_id == row.id, votes.c.vote == "down").limit(1)
    return not row.grounded or connection.scalar(disliked) is not None


def _stands(connection: Connection, content: Mapping[str, Any]) -> bool:
    """Whether every document and correction that the answer quotes is there still: what is deleted must not live on in answers."""
    sources = content.get("sources", ())
    quoted = {source["document_id"] for source in sources if source.get("document_id")}
    taught = {source["correction"] for source in sources if source.get("correction")}
    d, c, t = documents.c, collections.c, correction_texts.c
    living = sa.select(sa.func.count()).select_from(documents.join(collections, c.id == d.collection_id))
    living = living.where(d.id.in_(quoted), d.deleted_at.is_(None), c.deleted_at.is_(None))
    if connection.scalar(living) != len(quoted):
        return False
    said = sa.select(sa.func.count()).select_from(correction_texts).where(t.correction_id.in_(taught))
    return not taught or connection.scalar(said) == len(taught)
