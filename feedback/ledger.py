"""The ledger of corrections: taught, reviewed, retracted, in one sequence that every process reads.

What it has acknowledged is on stable storage and takes part in the very next question. Before the acknowledgement nothing is
called but the encoder, within a time limit, and SQL.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from feedback import access, journal, overlay, rows
from feedback.amend import quotes
from feedback.batch import GROUP, Press
from feedback.embedding import TimedEncoder
from feedback.foresight import Foresight
from feedback.teaching import Clash, Line, Outcome, Receipt, Teaching, WrongQuote
from jitl.errors import BadInput, Conflict, NotFound
from jitl.ports import Encoder, SparseEncoder
from jitl.principals import Principal, Right
from jitl.sql import audit
from jitl.sql.engine import Database
from jitl.sql.tables import collections, correction_events, corrections
from jitl.types import CorrectionState

if TYPE_CHECKING:
    from feedback.retriever import TaughtCorrections
    from jitl.overlay import StatementReader
    from jitl.settings import Settings

MAX_KEY: Final = 200
_VERDICTS: Final = {"approve": "approved", "dispute": "disputed"}


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a correction's history; it holds no text."""

    seq: int
    kind: str
    at: datetime
    principal_id: str


class Ledger:
    """Safe to call from several threads. `encoder` None: corrections are found by their terms until one is there."""

    def __init__(
        self,
        db: Database,
        encoder: Encoder | TimedEncoder | None,
        sparse: SparseEncoder,
        settings: Settings,
        taught: TaughtCorrections | None = None,
        reader: StatementReader | None = None,
    ) -> None:
        """`taught`: what receipts are compared with, beyond corrections of the very same words. `reader` None: no overlay is kept."""
        self._db = db
        self._encoder = TimedEncoder.of(encoder)
        self._sparse = sparse
        self._settings = settings
        self._taught = taught
        self._reader = reader

    def teach(self, teaching: Teaching, principal: Principal, collection_id: str, *, key: str | None = None) -> Receipt:
        """Keep a correction; it holds from the moment this returns. The same key and body again gives the same receipt.

        Raises `BadInput`, `NotFound` (collection), `Conflict` (the key was used with another body), `Unavailable` (SQL).
        """
        teaching.check(self._settings)
        if key is not None and not 0 < len(key) <= MAX_KEY:
            raise BadInput(f"An idempotency key has 1 to {MAX_KEY} characters.")
        status = access.standing(principal, collection_id)
        vectors = self._encoder.embed_within(teaching.asked, self._settings.teach_embed_timeout_s)
        draft = journal.Draft(teaching, key, vectors, overlay.stated(self._reader, teaching))
        near = self._near(teaching, collection_id, vectors)
        with self._db.write(urgent=True) as connection:
            (entered,) = journal.enter(self._db, connection, journal.Desk(principal, collection_id, status, self._encoder.id), [draft])
        if entered.error is not None:
            raise entered.error
        if entered.receipt.id != draft.id:
            return entered.receipt
        known = {clash.correction for clash in entered.receipt.conflicts}
        return replace(entered.receipt, conflicts=(*entered.receipt.conflicts, *(clash for clash in near if clash.correction not in known)))

    def _near(self, teaching: Teaching, collection_id: str, vectors: Any) -> tuple[Clash, ...]:
        """What contradicts it in other words, as far as that is known without waiting."""
        if self._taught is None:
            return ()
        foresight = Foresight(self._taught, quick=True)
        return foresight.rivals(teaching, collection_id, vectors, wordings=1) if foresight.ready() else ()

    def teach_many(self, lines: Iterable[Line], principal: Principal, collection_id: str, *, batch: str | None = None) -> Iterator[Outcome]:
        """One outcome a line, in order, as they are kept; a line that is refused stops no other. `batch`: a UUID they share.

        Raises `NotFound` (collection) before the first outcome.
        """
        status = access.standing(principal, collection_id)
        press = Press(self._db, self._encoder, self._settings, self._reader)
        desk = journal.Desk(principal, collection_id, status, self._encoder.id, batch or str(uuid.uuid4()))
        return press.run(lines, desk)

    def retract(self, correction_id: str, principal: Principal) -> Receipt:
        """From now on it is as if it had never been taught. Retracting again changes nothing."""
        with self._db.write(urgent=True) as connection:
            row = access.readable(connection, correction_id, principal)
            access.require_change(row, principal, "retract")
            if row.status == "retracted":
                return Receipt(row.id, row.last_seq, row.status)
            seq = self._change(connection, row.id, "retracted", principal, status="retracted")
            overlay.remove(connection, [row.id])
        return Receipt(correction_id, seq, "retracted")

    def review(self, correction_id: str, principal: Principal, verdict: str) -> Receipt:
        """`approve` gives a correction authority, `dispute` takes it; by an expert who is not its author."""
        if verdict not in _VERDICTS:
            raise BadInput("A verdict is `approve` or `dispute`.")
        with self._db.write(urgent=True) as connection:
            row = access.readable(connection, correction_id, principal)
            access.require_review(row, principal)
            if row.status == "retracted":
                raise Conflict("This correction has been retracted.", hint="Teach it anew.")
            seq = self._change(connection, row.id, "reviewed", principal, status=_VERDICTS[verdict])
        return Receipt(correction_id, seq, _VERDICTS[verdict])

    def _change(self, connection: sa.Connection, correction_id: str, kind: str, principal: Principal, *, status: str) -> int:
        seq = journal.append_event(self._db, connection, correction_id, kind, principal.id, {"status": status})
        connection.execute(corrections.update().where(corrections.c.id == correction_id).values(status=status))
        audit.record(connection, principal.id, f"corrections.{kind}", correction_id, {"status": status})
        return seq

    def fill_vectors(self, limit: int = 256) -> int:
        """Embed corrections without a vector that can be read, or with another encoder's; how many. Harmless to repeat until it says 0.

        Raises `Unavailable` while the encoder does not answer.
        """
        damaged = sorted(self._taught.damaged())[:limit] if self._taught is not None and self._encoder.id else []
        lacking = corrections.c.vectors.is_(None) | (corrections.c.encoder != self._encoder.id) | corrections.c.id.in_(damaged)
        with self._db.read() as connection:
            waiting = rows.TAUGHT.where(lacking, corrections.c.status != "retracted").order_by(corrections.c.seq).limit(limit)
            found = [rows.state_of(row) for row in connection.execute(waiting)] if self._encoder.id else []
        filled = 0
        for start in range(0, len(found), GROUP):
            group = found[start : start + GROUP]
            vectors = [self._encoder.embed((state.question, *state.paraphrases)) for state in group]
            with self._db.write() as connection:
                for state, matrix in zip(group, vectors, strict=True):
                    filled += self._fill(connection, state, matrix)
        return filled

    def _fill(self, connection: sa.Connection, state: CorrectionState, vectors: Any) -> bool:
        """Unless it was retracted or amended meanwhile."""
        values = {"encoder": self._encoder.id, "vectors": vectors.tobytes()}
        c = corrections.c
        still = corrections.update().where(c.id == state.id, c.status != "retracted", c.version == state.version)
        if not connection.execute(still.values(**values)).rowcount:
            return False
        journal.append_event(self._db, connection, state.id, "vector", "", {"encoder": self._encoder.id})
        return True

    def show(self, correction_id: str, principal: Principal) -> CorrectionState:
        """As it stands now, retracted ones included. Raises `NotFound`."""
        with self._db.read() as connection:
            access.readable(connection, correction_id, principal)
            row = connection.execute(rows.TAUGHT.where(corrections.c.id == correction_id)).first()
        if row is None:
            raise NotFound("The texts of this correction were erased.", hint="Its history is left.")
        return rows.state_of(row)

    def supersedes(self, correction_id: str, principal: Principal) -> tuple[WrongQuote, ...]:
        """What it declares wrong, as its author quoted it."""
        with self._db.read() as connection:
            access.readable(connection, correction_id, principal)
            return quotes(connection, correction_id)

    def history(self, correction_id: str, principal: Principal) -> tuple[Event, ...]:
        """Oldest first."""
        with self._db.read() as connection:
            access.readable(connection, correction_id, principal)
            events = correction_events.select().where(correction_events.c.correction_id == correction_id)
            found = connection.execute(events.order_by(correction_events.c.seq))
            return tuple(Event(row.seq, row.kind, row.at, row.principal_id) for row in found)

    def list(
        self,
        principal: Principal,
        collection_ids: Sequence[str] | None = None,
        *,
        since: datetime | None = None,
        status: str | None = None,
        limit: int = 100,
        before: int | None = None,
    ) -> tuple[CorrectionState, ...]:
        """Those the principal may read, newest first. `since`: changed at or after it. `before`: seq of the last one already seen."""
        wanted = rows.TAUGHT.join(collections, collections.c.id == corrections.c.collection_id).where(collections.c.deleted_at.is_(None))
        with self._db.read() as connection:
            visible = [id_ for id_ in connection.scalars(sa.select(collections.c.id)) if principal.may(Right.READ, id_)]
            wanted = wanted.where(corrections.c.collection_id.in_(set(visible) & set(collection_ids or visible)))
            if status is not None:
                wanted = wanted.where(corrections.c.status == status)
            if before is not None:
                wanted = wanted.where(corrections.c.seq < before)
            if since is not None:
                recent = sa.select(correction_events.c.correction_id).where(correction_events.c.at >= since)
                wanted = wanted.where(corrections.c.id.in_(recent))
            return tuple(rows.state_of(row) for row in connection.execute(wanted.order_by(corrections.c.seq.desc()).limit(limit)))
