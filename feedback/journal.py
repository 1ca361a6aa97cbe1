"""The ledger's writing: several drafts in one transaction, events in order without a gap, everything or nothing.

The caller holds a write transaction. Events carry ids, metadata and a salted digest; texts stand beside them and can be erased.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from feedback import overlay, rows
from feedback.quantities import agree
from feedback.supersede import marked_sentences
from feedback.teaching import LATER_WINS, Clash, Receipt, Teaching
from feedback.wording import question_key
from jitl.errors import Conflict, NotFound
from jitl.principals import Principal
from jitl.sql import audit
from jitl.sql.engine import Database
from jitl.sql.overlay_tables import correction_statements
from jitl.sql.tables import collections, correction_events, correction_texts, corrections, idempotency, supersessions

if TYPE_CHECKING:
    from jitl.overlay import NamedStatement
    from jitl.types import Matrix


_LIVING = sa.select(collections.c.id).where(collections.c.id == sa.bindparam("collection"), collections.c.deleted_at.is_(None))
_RIVALS = (
    sa.select(
        *(corrections.c[name] for name in ("id", "question_key", "valid_from", "valid_to", "release", "runs", "author", "status")),
        *(correction_texts.c[name] for name in ("question", "answer")),
    )
    .join(correction_texts)
    .where(corrections.c.collection_id == sa.bindparam("collection"), corrections.c.status != "retracted")
    .where(corrections.c.question_key.in_(sa.bindparam("keys", expanding=True)))
    .order_by(corrections.c.seq)
)
_TABLES = (corrections, correction_texts, correction_statements, supersessions, correction_events, idempotency)
_INSERTS = {table: table.insert() for table in _TABLES}
_USED = (
    sa.select(idempotency, corrections.c.seq, corrections.c.status)
    .join(corrections, corrections.c.id == idempotency.c.reference)
    .where(idempotency.c.principal_id == sa.bindparam("principal"), idempotency.c.key.in_(sa.bindparam("keys", expanding=True)))
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A checked teaching, ready to be written; `id` is new."""

    teaching: Teaching
    key: str | None
    vectors: Matrix | None
    stated: tuple[NamedStatement, ...] = ()
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True, slots=True)
class Entered:
    """`error` where the key was used with another body: the receipt is then that of the first."""

    receipt: Receipt
    error: Conflict | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """Who writes where, and how: the same for every draft of a call."""

    principal: Principal
    collection_id: str
    status: str
    encoder_id: str | None
    batch: str | None = None


def enter(db: Database, connection: Connection, desk: Desk, drafts: Sequence[Draft]) -> list[Entered]:
    """Write the drafts that are new, in order; one result each. Raises `NotFound` for a collection that is gone."""
    db.lock_ledger(connection)
    if connection.scalar(_LIVING, {"collection": desk.collection_id}) is None:
        raise NotFound("No such collection.")
    digests = [draft.teaching.digest(desk.collection_id) for draft in drafts]
    used = _used_keys(connection, desk.principal.id, [draft.key for draft in drafts if draft.key])
    rivals = _Rivals(connection, desk, drafts)
    writing = _Writing(desk, rows.newest(connection))
    results: list[Entered] = []
    for draft, digest in zip(drafts, digests, strict=True):
        first = used.get(draft.key) if draft.key else None
        if first is not None:
            results.append(_again(first, digest))
            continue
        receipt = replace(writing.add(draft, digest), conflicts=rivals.against(draft))
        if draft.key:
            used[draft.key] = (digest, receipt)
        results.append(Entered(receipt))
    writing.insert(connection)
    return results


def append_event(
    db: Database, connection: Connection, correction_id: str | None, kind: str, by: str, metadata: Mapping[str, object], digest: str = ""
) -> int:
    """The next event, of a correction that exists or (None) of a collection's; its sequence number, which the state row carries then."""
    db.lock_ledger(connection)
    seq = rows.newest(connection) + 1
    row = {"seq": seq, "correction_id": correction_id, "kind": kind, "at": datetime.now(UTC), "principal_id": by, "digest": digest}
    connection.execute(correction_events.insert().values(**row, metadata=dict(metadata)))
    if correction_id is not None:
        connection.execute(corrections.update().where(corrections.c.id == correction_id).values(last_seq=seq))
    return seq


def unexported(principal: Principal) -> dict[str, object]:
    """What an event says of words that a key gave whose owner wants nothing kept for training."""
    return {"no_logging": True} if principal.opted_out else {}


class _Writing:
    """Rows gathered for one round of inserts."""

    def __init__(self, desk: Desk, newest: int) -> None:
        self._desk = desk
        self._seq = newest
        self._now = datetime.now(UTC)
        self._rows: dict[sa.Table, list[dict[str, Any]]] = {table: [] for table in _INSERTS}

    def add(self, draft: Draft, digest: str) -> Receipt:
        self._seq += 1
        desk, teaching = self._desk, draft.teaching
        said = {name: getattr(teaching, name) for name in ("question", "answer", "subject", "statement")}
        said["paraphrases"] = list(teaching.paraphrases)
        salt = secrets.token_hex(16)
        event = {
            "seq": self._seq,
            "correction_id": draft.id,
            "kind": "confirmed" if teaching.confirmed else "taught",
            "at": self._now,
            "principal_id": desk.principal.id,
            "digest": hashlib.sha256((salt + json.dumps(said, sort_keys=True)).encode()).hexdigest(),
            "metadata": {
                "collection": desk.collection_id,
                "status": desk.status,
                "vector": draft.vectors is not None,
                **unexported(desk.principal),
            },
        }
        self._rows[correction_events].append(event)
        self._rows[corrections].append(self._state(draft))
        self._rows[correction_texts].append({"correction_id": draft.id, "salt": salt, **said})
        self._rows[correction_statements] += overlay.rows_of(draft.id, self._seq, desk.collection_id, 1, draft.stated)
        self._rows[supersessions] += self._marks(draft)
        if draft.key:
            by = {"principal_id": desk.principal.id, "key": draft.key, "digest": digest, "reference": draft.id, "created_at": self._now}
            self._rows[idempotency].append(by)
        return Receipt(draft.id, self._seq, desk.status)

    def _state(self, draft: Draft) -> dict[str, Any]:
        desk, teaching = self._desk, draft.teaching
        return {
            "id": draft.id,
            "collection_id": desk.collection_id,
            "seq": self._seq,
            "last_seq": self._seq,
            "status": desk.status,
            "confirmed": teaching.confirmed,
            "author_id": desk.principal.id,
            "author": desk.principal.name,
            "at": self._now,
            "batch": desk.batch,
            **{name: getattr(teaching, name) for name in ("valid_from", "valid_to", "release", "runs")},
            "groups": list(teaching.groups),
            "encoder": desk.encoder_id if draft.vectors is not None else None,
            "vectors": draft.vectors.tobytes() if draft.vectors is not None else None,
            "question_key": key_digest(teaching.question),
        }

    def _marks(self, draft: Draft) -> list[dict[str, Any]]:
        return [
            {
                "id": str(uuid.uuid4()),
                "correction_id": draft.id,
                "collection_id": self._desk.collection_id,
                "document": wrong.document,
                "quote": wrong.quote,
                "sentence": sentence,
            }
            for wrong in draft.teaching.supersedes
            for sentence in marked_sentences(wrong.quote)
        ]

    def insert(self, connection: Connection) -> None:
        taught = self._rows[corrections]
        if not taught:
            return
        for table, insert in _INSERTS.items():
            rows = self._rows[table]
            if rows:
                connection.execute(insert, rows if len(rows) > 1 else rows[0])
        desk = self._desk
        what = {"collection": desk.collection_id, "status": desk.status, "corrections": len(taught)}
        audit.record(connection, desk.principal.id, "corrections.teach", desk.batch or taught[0]["id"], what)


class _Rivals:
    """Active corrections of the collection that answer one of these questions, those of this very call included."""

    def __init__(self, connection: Connection, desk: Desk, drafts: Sequence[Draft]) -> None:
        self._desk = (desk.principal.name, desk.status)
        self._by_key: dict[str, list[tuple[tuple[object, ...], Clash]]] = {}
        for page in rows.pages(sorted({key_digest(draft.teaching.question) for draft in drafts})):
            for row in connection.execute(_RIVALS, {"collection": desk.collection_id, "keys": page}):
                clash = Clash("contradicts", row.id, LATER_WINS, row.question, row.answer, row.author, row.status)
                self._by_key.setdefault(row.question_key, []).append((_holds(row), clash))

    def against(self, draft: Draft) -> tuple[Clash, ...]:
        """Those that answer otherwise for the same time, release and runs; the draft itself is known from now on."""
        said = draft.teaching
        holds = _holds(said)
        known = self._by_key.setdefault(key_digest(said.question), [])
        clashes = tuple(clash for when, clash in known if when == holds and not agree(clash.answer, said.answer, said.question))
        known.append((holds, Clash("contradicts", draft.id, LATER_WINS, said.question, said.answer, *self._desk)))
        return clashes


def _holds(said: Any) -> tuple[object, ...]:
    return (said.valid_from, said.valid_to, said.release, said.runs)


def key_digest(question: str) -> str:
    return hashlib.sha256(question_key(question).encode()).hexdigest()


def _used_keys(connection: Connection, principal_id: str, keys: Sequence[str]) -> dict[str, tuple[str, Receipt]]:
    """Key -> digest of the body it was used with, and what came of it, as it stands now."""
    found: dict[str, tuple[str, Receipt]] = {}
    for page in rows.pages(sorted(set(keys))):
        for row in connection.execute(_USED, {"principal": principal_id, "keys": page}):
            found[row.key] = (row.digest, Receipt(row.reference, row.seq, row.status))
    return found


def _again(first: tuple[str, Receipt], digest: str) -> Entered:
    known, receipt = first
    receipt = replace(receipt, conflicts=())
    if known != digest:
        clash = Clash("reused", receipt.id, "This id was used for another correction, which is kept.")
        error = Conflict("This id or key was used for another correction, which is kept.", hint="Give the new one an id of its own.")
        return Entered(replace(receipt, conflicts=(clash,)), error)
    if receipt.status == "retracted":
        clash = Clash("retracted", receipt.id, "It was taught under this id before and retracted since; use a new id to teach it again.")
        return Entered(replace(receipt, conflicts=(clash,)))
    return Entered(receipt)
