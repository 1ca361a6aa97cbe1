"""Another version of a correction: what it says changes, what it said is kept as history, and who says it answers for it.

An amendment has the standing of whoever makes it. Nobody gives authority to their own: what was proposed or disputed stays
proposed when its own author amends it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from feedback import access, journal, overlay, rows
from feedback.embedding import TimedEncoder
from feedback.supersede import marked_sentences
from feedback.teaching import Receipt, Teaching, WrongQuote, read
from jitl.errors import BadInput, Conflict
from jitl.principals import Principal
from jitl.sql import audit
from jitl.sql.engine import Database
from jitl.sql.tables import correction_events, correction_texts, correction_versions, corrections, principals, supersessions

if TYPE_CHECKING:
    from jitl.overlay import StatementReader
    from jitl.ports import Encoder
    from jitl.settings import Settings
    from jitl.types import CorrectionState

AMENDABLE: Final = (
    *("answer", "subject", "statement", "paraphrases", "supersedes"),
    *("valid_from", "valid_to", "release", "runs", "groups"),
)
_TEXTS: Final = ("question", "answer", "subject", "statement")
_LIMITS: Final = ("valid_from", "valid_to", "release", "runs")


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of a history: who did what, when. `said`: what the correction said before, where that was amended."""

    seq: int
    kind: str
    at: datetime
    by: str  # a name; "" for the service itself
    status: str | None = None
    version: int | None = None
    fields: tuple[str, ...] = ()
    said: Mapping[str, Any] | None = None


class Amendments:
    """Safe to call from several threads."""

    def __init__(
        self, db: Database, encoder: Encoder | TimedEncoder | None, settings: Settings, reader: StatementReader | None = None
    ) -> None:
        """`reader`: as the ledger's."""
        self._db = db
        self._reader = reader
        self._encoder = TimedEncoder.of(encoder)
        self._settings = settings

    def amend(self, correction_id: str, principal: Principal, changes: Mapping[str, object], *, version: int | None = None) -> Receipt:
        """Change these fields (`AMENDABLE`; None or empty clears one); by its author, an expert who may teach there, or who administers it.

        `version`: the one that was seen; another one by now is a `Conflict`. Raises `BadInput`, `NotFound`, `NotAllowed`.
        """
        if unknown := set(changes) - set(AMENDABLE):
            raise BadInput(f"These fields cannot be amended: {', '.join(sorted(unknown))}.", hint="Retract it and teach it anew.")
        while True:
            with self._db.read() as connection:
                row = access.readable(connection, correction_id, principal)
                access.require_change(row, principal, "amend")
                _check(row, version)
                before = _state(connection, correction_id)
                marked = quotes(connection, correction_id)
            said = _amended(before, marked, changes)
            said.check(self._settings)
            vectors = None
            if said.paraphrases != before.paraphrases:
                vectors = self._encoder.embed_within(said.asked, self._settings.teach_embed_timeout_s)
            with self._db.write(urgent=True) as connection:
                row = access.readable(connection, correction_id, principal)
                access.require_change(row, principal, "amend")
                _check(row, version)
                if row.version != before.version:  # somebody was faster: read again
                    continue
                return self._write(connection, row, principal, (before, marked), said, vectors)

    def mark(self, correction_id: str, principal: Principal, wrong: WrongQuote) -> Receipt:
        """Add a wrong sentence to an approved correction: by an expert who may teach there. Its author and words stay."""
        with self._db.write(urgent=True) as connection:
            row = access.readable(connection, correction_id, principal)
            access.require_expert(row, principal)
            if row.status != "approved":
                raise Conflict("This correction has no authority to mark sentences as wrong.", hint="Approve it first.")
            before, marked = _state(connection, correction_id), quotes(connection, correction_id)
            said = replace(_taught(before, marked), supersedes=(*marked, wrong))
            said.check(self._settings)
            kept = _Author(before.author_id, before.author, before.at, before.status)
            return self._write(connection, row, principal, (before, marked), said, None, kept)

    def _write(
        self,
        connection: Connection,
        row: Any,
        principal: Principal,
        before: tuple[CorrectionState, tuple[WrongQuote, ...]],
        said: Teaching,
        vectors: Any,
        author: _Author | None = None,
    ) -> Receipt:
        state, marked = before
        changed = tuple(name for name in AMENDABLE if getattr(said, name) != getattr(_taught(state, marked), name))
        if not changed:
            return Receipt(state.id, row.last_seq, state.status)
        author = author or _Author(principal.id, principal.name, datetime.now(UTC), _standing(principal, row))
        version = state.version + 1
        texts = {name: getattr(said, name) for name in _TEXTS} | {"paraphrases": list(said.paraphrases)}
        salt = secrets.token_hex(16)
        digest = hashlib.sha256((salt + json.dumps(texts, sort_keys=True)).encode()).hexdigest()
        detail = {"status": author.status, "version": version, "fields": list(changed), **journal.unexported(principal)}
        seq = journal.append_event(self._db, connection, state.id, "amended", principal.id, detail, digest)
        _keep(connection, state, marked, seq)
        values: dict[str, Any] = {name: getattr(said, name) for name in _LIMITS}
        values |= {"groups": list(said.groups), "version": version, "status": author.status}
        values |= {"author_id": author.id, "author": author.name, "at": author.at, "confirmed": state.confirmed and "answer" not in changed}
        if "paraphrases" in changed:
            values |= {
                "encoder": self._encoder.id if vectors is not None else None,
                "vectors": None if vectors is None else vectors.tobytes(),
            }
        connection.execute(corrections.update().where(corrections.c.id == state.id).values(**values))
        connection.execute(correction_texts.update().where(correction_texts.c.correction_id == state.id).values(salt=salt, **texts))
        overlay.replace(connection, state, version, overlay.stated(self._reader, said))
        if "supersedes" in changed:
            _mark(connection, state, said.supersedes)
        audit.record(connection, principal.id, "corrections.amended", state.id, detail)
        return Receipt(state.id, seq, author.status)

    def history(self, correction_id: str, principal: Principal) -> tuple[Deed, ...]:
        """Oldest first, without what the service did for itself. Raises `NotFound`."""
        events, names = correction_events, principals
        with self._db.read() as connection:
            access.readable(connection, correction_id, principal)
            wanted = sa.select(events, names.c.name).select_from(events.outerjoin(names, names.c.id == events.c.principal_id))
            found = connection.execute(
                wanted.where(events.c.correction_id == correction_id, events.c.kind != "vector").order_by(events.c.seq)
            )
            lines = found.all()
            old = sa.select(correction_versions).where(correction_versions.c.correction_id == correction_id)
            versions = {row.seq: row for row in connection.execute(old)}
        return tuple(_deed(line, versions.get(line.seq)) for line in lines)


@dataclass(frozen=True, slots=True)
class _Author:
    id: str
    name: str
    at: datetime
    status: str


def quotes(connection: Connection, correction_id: str) -> tuple[WrongQuote, ...]:
    """What a correction declares wrong, as its author quoted it."""
    wanted = sa.select(supersessions.c.quote, supersessions.c.document).distinct()
    wanted = wanted.where(supersessions.c.correction_id == correction_id).order_by(supersessions.c.quote, supersessions.c.document)
    return tuple(WrongQuote(row.quote, row.document) for row in connection.execute(wanted))


def _state(connection: Connection, correction_id: str) -> CorrectionState:
    row = connection.execute(rows.TAUGHT.where(corrections.c.id == correction_id)).first()
    if row is None:
        raise Conflict("The texts of this correction were erased.", hint="Teach it anew.")
    return rows.state_of(row)


def _taught(state: CorrectionState, marked: tuple[WrongQuote, ...]) -> Teaching:
    names = (*_TEXTS, "paraphrases", *_LIMITS, "groups", "confirmed")
    return Teaching(**{name: getattr(state, name) for name in names}, supersedes=marked)


def _amended(state: CorrectionState, marked: tuple[WrongQuote, ...], changes: Mapping[str, object]) -> Teaching:
    before = _taught(state, marked)
    given = read({"question": state.question, "answer": state.answer, **changes})
    return replace(before, **{name: getattr(given, name) for name in changes})


def _check(row: Any, version: int | None) -> None:
    if row.status == "retracted":
        raise Conflict("This correction has been retracted.", hint="Teach it anew.")
    if version is not None and version != row.version:
        raise Conflict(f"Somebody amended this correction: it is at version {row.version}.", hint="Look at it and amend that version.")


def _standing(principal: Principal, row: Any) -> str:
    """Of the amender; but an own correction that has no authority gets none by being amended."""
    status = access.standing(principal, row.collection_id)
    return "proposed" if row.author_id == principal.id and row.status != "approved" else status


def _keep(connection: Connection, state: CorrectionState, marked: tuple[WrongQuote, ...], seq: int) -> None:
    """What it said until now. Erasing a correction takes this away too."""
    said: dict[str, Any] = {name: getattr(state, name) for name in (*_TEXTS, "release", "runs")}
    said |= {"paraphrases": list(state.paraphrases), "groups": list(state.groups), "status": state.status}
    said |= {name: value and value.isoformat() for name, value in (("valid_from", state.valid_from), ("valid_to", state.valid_to))}
    said["supersedes"] = [{"document": one.document, "quote": one.quote} for one in marked]
    salt = connection.scalar(sa.select(correction_texts.c.salt).where(correction_texts.c.correction_id == state.id))
    row = {"correction_id": state.id, "version": state.version, "seq": seq, "salt": salt, "said": said}
    connection.execute(correction_versions.insert().values(author_id=state.author_id, author=state.author, **row))


def _mark(connection: Connection, state: CorrectionState, wrong: tuple[WrongQuote, ...]) -> None:
    connection.execute(supersessions.delete().where(supersessions.c.correction_id == state.id))
    marks = [
        {
            "id": str(uuid.uuid4()),
            "correction_id": state.id,
            "collection_id": state.collection_id,
            "document": one.document,
            "quote": one.quote,
            "sentence": sentence,
        }
        for one in wrong
        for sentence in marked_sentences(one.quote)
    ]
    if marks:
        connection.execute(supersessions.insert(), marks)


def _deed(line: Any, old: Any) -> Deed:
    told = line.metadata
    by = line.name or ("owner" if line.principal_id else "")
    fields = tuple(told.get("fields", ()))
    return Deed(line.seq, line.kind, line.at, by, told.get("status"), told.get("version"), fields, None if old is None else old.said)
