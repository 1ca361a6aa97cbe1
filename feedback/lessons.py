"""What people taught about routes: kept in SQL, held in the process, brought up to date by sequence number at every question.

A lesson holds for the question it was taught for and for those near to it: close by vector and sharing most of their words, with the
same numbers; without vectors, by words alone. An expert's or an admin's holds for everybody, another's for its author. The nearest
lesson decides; of equally near ones one's own before others', then the later. Nothing else is changed by it, and taking it back undoes it.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import sqlalchemy as sa

from jitl.errors import BadInput, NotFound
from jitl.principals import Principal
from jitl.routewords import ROUTES
from jitl.sql import audit
from jitl.sql.engine import Database
from jitl.sql.prepared import Prepared
from jitl.sql.route_tables import route_lessons
from jitl.text import clean, fold

if TYPE_CHECKING:
    from jitl.ports import Encoder, SparseEncoder
    from jitl.types import Vector

CLOSE: Final = 0.8
"""Cosine from which a question may follow a lesson."""
SHARED: Final = 0.5
"""Share of their words (Dice) that both must have then; without vectors, `SHARED_ALONE`."""
SHARED_ALONE: Final = 0.7
LONGEST: Final = 2_000
"""Characters of a question that can be taught."""
_NEWEST = Prepared(lambda _: sa.select(sa.func.max(route_lessons.c.seq)))


@dataclass(frozen=True, slots=True)
class Lesson:
    id: str
    seq: int
    principal_id: str
    everyone: bool
    question: str
    label: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Held:
    lesson: Lesson
    folded: str
    terms: frozenset[int]
    numbers: frozenset[str]
    vector: Vector | None

    def nearness(self, folded: str, terms: frozenset[int], numbers: frozenset[str], vector: Vector | None) -> float:
        """0 where the lesson does not hold; 2 for its own question."""
        if folded == self.folded:
            return 2.0
        both = len(terms) + len(self.terms)
        shared = 2 * len(terms & self.terms) / both if both else 0.0
        if numbers != self.numbers:
            return 0.0
        if vector is None or self.vector is None:
            return shared if shared >= SHARED_ALONE else 0.0
        cosine = float(vector @ self.vector)
        return cosine if cosine >= CLOSE and shared >= SHARED else 0.0


class Lessons:
    """Implements `jitl.ports.RouteLessons`. Safe to call from several threads and processes."""

    def __init__(self, db: Database, encoder: Encoder | None, sparse: SparseEncoder) -> None:
        self._db = db
        self._encoder = encoder
        self._sparse = sparse
        self._lock = threading.Lock()
        self._seq = 0
        self._held: dict[str, _Held] = {}

    def taught(self, question: str, vector: Vector | None, principal_id: str | None) -> str | None:
        held = [one for one in self._fresh() if one.lesson.everyone or one.lesson.principal_id == principal_id]
        if not held:
            return None
        asked = (fold(question), *self._words(question), vector)
        near = [(one.nearness(*asked), one.lesson.principal_id == principal_id, one.lesson.seq, one.lesson.label) for one in held]
        nearness, _, _, label = max(near)
        return label if nearness > 0 else None

    def teach(self, question: str, label: str, by: Principal) -> Lesson:
        """Safe and known to the next question when it returns. Raises `BadInput`."""
        asked = clean(question).strip()
        if not asked or len(asked) > LONGEST:
            raise BadInput(f"The question has {len(asked)} characters.", hint=f"Teach one of 1 to {LONGEST}.")
        if label not in ROUTES:
            raise BadInput(f"{label!r} is no route.", hint=f"One of {', '.join(ROUTES)}.")
        vector = self._encoder.embed_question(asked) if self._encoder is not None and self._encoder.covers(asked) else None
        row = {
            "id": str(uuid.uuid4()),
            "principal_id": by.id,
            "everyone": by.is_expert or by.is_admin,
            "question": asked,
            "label": label,
            "vector": None if vector is None else vector.astype(np.float32).tobytes(),
            "encoder": self._encoder.id if self._encoder is not None and vector is not None else None,
            "at": datetime.now(UTC),
        }
        with self._db.write(urgent=True) as connection:
            row["seq"] = self._next(connection)
            connection.execute(route_lessons.insert().values(row))
            audit.record(connection, by.id, "route.teach", str(row["id"]), {"label": label, "everyone": row["everyone"]})
        return _lesson(row)

    def take_back(self, lesson_id: str, by: Principal) -> None:
        """Raises `NotFound` for one that was taken back or is not among those `listed`: who may see it may take it back."""
        t = route_lessons.c
        with self._db.write(urgent=True) as connection:
            self._db.lock_ledger(connection)
            row = connection.execute(sa.select(t.principal_id, t.everyone).where(t.id == lesson_id, t.taken_back_at.is_(None))).first()
            if row is None or not (row.principal_id == by.id or (row.everyone and (by.is_expert or by.is_admin))):
                raise NotFound("No such lesson.")
            gone = {"taken_back_at": datetime.now(UTC), "question": "", "vector": None, "seq": self._next(connection)}
            connection.execute(route_lessons.update().where(t.id == lesson_id).values(gone))
            audit.record(connection, by.id, "route.take_back", lesson_id)

    def listed(self, who: Principal) -> list[Lesson]:
        """One's own, and for experts and admins what holds for everybody; the latest first."""
        wide = who.is_expert or who.is_admin
        seen = [one.lesson for one in self._fresh() if one.lesson.principal_id == who.id or (wide and one.lesson.everyone)]
        return sorted(seen, key=lambda lesson: -lesson.seq)

    def _next(self, connection: sa.Connection) -> int:
        self._db.lock_ledger(connection)
        return int(_NEWEST.scalar(connection) or 0) + 1

    def _fresh(self) -> Sequence[_Held]:
        t = route_lessons
        with self._db.read() as connection:
            if (_NEWEST.scalar(connection) or 0) == self._seq:
                return tuple(self._held.values())
            with self._lock:
                rows = connection.execute(sa.select(t).where(t.c.seq > self._seq).order_by(t.c.seq)).mappings().all()
                held = dict(self._held)
                for row in rows:
                    held.pop(row["id"], None)
                    if row["taken_back_at"] is None:
                        held[row["id"]] = self._hold(row)
                self._held, self._seq = held, max([self._seq, *(row["seq"] for row in rows)])
                return tuple(held.values())

    def _hold(self, row: Any) -> _Held:
        usable = row["vector"] is not None and self._encoder is not None and row["encoder"] == self._encoder.id
        vector = np.frombuffer(row["vector"], np.float32) if usable else None
        return _Held(_lesson(row), fold(row["question"]), *self._words(row["question"]), vector)

    def _words(self, question: str) -> tuple[frozenset[int], frozenset[str]]:
        """Its terms, and its numbers: what differs by a number alone is another question."""
        return frozenset(self._sparse.terms(question)), frozenset(_numbers(question))


def _numbers(question: str) -> list[str]:
    return ["".join(sign for sign in word if sign.isdigit()) for word in fold(question).split() if any(sign.isdigit() for sign in word)]


def _lesson(row: Any) -> Lesson:
    return Lesson(row["id"], row["seq"], row["principal_id"], row["everyone"], row["question"], row["label"], row["at"])
