"""What waits for an expert: questions whose answer somebody disliked, or to which nothing was found, the most asked first.

Who may see a question: experts who may teach in a collection that it was asked of and may read all of these. Answers to keys whose
owner opted out are not kept at all, so no question of theirs is here. A question leaves when a correction answers it (another one than
was disliked, or one that was changed since), or when it is dismissed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import sqlalchemy as sa

from feedback import rows
from feedback.baseline import digest
from feedback.wording import Wording, WordingReader, question_key
from jitl.errors import NotFound
from jitl.sql.tables import correction_events, inbox_dismissals

if TYPE_CHECKING:
    from jitl.ports import Corrections, SparseEncoder
    from jitl.retrieve import Searcher
    from jitl.sql.answers import Answers, Judged
    from jitl.sql.engine import Database
    from jitl.types import Vector

ALIKE: Final = 0.9
"""Cosine from which two questions stand in one line, if their numbers are the same and neither negates what the other affirms. Among the
HEP corrections that joins a third of the paraphrases and one in sixteen of the traps, which are meant to be hard (34 and 6 % on one
half, 31 and 7 % on the other); all wordings are listed, so a wrong join hides nothing."""

LOOKED_AT: Final = 20_000
"""Kept answers at most, the newest."""
CONSIDERED: Final = 500
"""Questions that are open and put in lines, the most asked."""
SECONDS: Final = 4.0
"""A listing looks for corrections that answer by now no longer than this; what it has found is remembered."""
NEWEST: Final = 5
"""Answers named in a line."""
AGE: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Item:
    """A line. `wordings` begin with `question`; `answers` are the ids of the newest; `reasons` what people said against them."""

    id: str
    question: str
    wordings: tuple[str, ...]
    asked: int
    disliked: int
    unanswered: int
    answers: tuple[str, ...]
    collections: tuple[str, ...]
    reasons: tuple[str, ...]
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """`complete`: False where more questions wait than there was time to look at; another call goes on from there."""

    items: tuple[Item, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """What an expert may read, and where they may teach; ids of collections."""

    readable: frozenset[str]
    taught: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Line:
    """One question in its own words."""

    key: str
    asked: int
    waiting: tuple[Judged, ...]  # newest first
    vector: Vector | None = None

    @property
    def rank(self) -> tuple[int, datetime, str]:
        return (-self.asked, self.waiting[-1].at, self.key)


class Inbox:
    """Safe to call from several threads."""

    def __init__(self, db: Database, answers: Answers, searcher: Searcher, corrections: Corrections, sparse: SparseEncoder) -> None:
        self._db = db
        self._answers = answers
        self._searcher = searcher
        self._corrections = corrections
        self._reader = WordingReader(sparse)
        self._guard = threading.Lock()
        self._seq = -1
        self._known: dict[tuple[str, tuple[str, ...]], tuple[str | None, Vector | None]] = {}

    def items(self, reach: Reach, *, limit: int | None = None) -> Listing:
        """The most asked first; of equally often asked ones the newest."""
        lines = self._lines(reach)
        left, complete = self._open(lines)
        found = [self._item(group) for group in self._groups(left)]
        found.sort(key=lambda item: (-item.asked, -item.last.timestamp(), item.id))
        return Listing(tuple(found[:limit]), complete)

    def dismiss(self, item_id: str, reach: Reach, by: str) -> None:
        """Show this question in its wordings no more to experts of the collections that the caller may teach in. Raises `NotFound`."""
        lines = self._lines(reach)
        groups = [*self._groups(self._open(lines)[0]), *([line] for line in lines)]  # also what there was no time to look at
        group = next((group for group in groups if item_id in {_id(line.key) for line in group}), None)
        if group is None:
            raise NotFound("There is no such line in your inbox.", hint="It may have been answered or dismissed meanwhile.")
        now = datetime.now(UTC)
        places = {(place, digest(line.key)) for line in group for one in line.waiting for place in one.collections if place in reach.taught}
        with self._db.write() as connection:
            for place, key in sorted(places):
                row = {"collection_id": place, "question_key": key, "principal_id": by, "at": now}
                connection.execute(self._db.insert(inbox_dismissals).values(row).on_conflict_do_nothing())

    def _lines(self, reach: Reach) -> list[_Line]:
        """Questions that wait and that nobody dismissed, the most asked first."""
        since = datetime.now(UTC) - AGE
        seen: dict[str, list[Judged]] = {}
        for one in self._answers.judged(most=LOOKED_AT):
            asked = set(one.collections)
            if one.at >= since and asked <= reach.readable and asked & reach.taught:
                seen.setdefault(question_key(one.question), []).append(one)
        dismissed = self._dismissed(reach.taught)
        lines: list[_Line] = []
        for key, answers in seen.items():
            gone = dismissed.get(digest(key), set())
            waiting = tuple(one for one in answers if one.waits and not set(one.collections) & reach.taught <= gone)
            if waiting:
                lines.append(_Line(key, len(answers), waiting))
        return sorted(lines, key=lambda line: line.rank)

    def _open(self, lines: Sequence[_Line]) -> tuple[list[_Line], bool]:
        """Those that no correction answers, and whether all were looked at: what is left for want of time comes with the next call."""
        with self._db.read() as connection:
            seq = rows.newest(connection)
        end = time.monotonic() + SECONDS
        left: list[_Line] = []
        for line in lines:
            if len(left) == CONSIDERED or time.monotonic() > end:
                return left, False
            unresolved = self._unresolved(line, seq)
            if unresolved is not None:
                left.append(unresolved)
        return left, True

    def _dismissed(self, taught: Collection[str]) -> dict[str, set[str]]:
        """Digest of a question -> the collections whose experts dismissed it."""
        found: dict[str, set[str]] = {}
        with self._db.read() as connection:
            for row in connection.execute(sa.select(inbox_dismissals)):
                if row.collection_id in taught:
                    found.setdefault(row.question_key, set()).add(row.collection_id)
        return found

    def _unresolved(self, line: _Line, seq: int) -> _Line | None:
        """The line without what a correction answers by now, with its vector; None where nothing is left."""
        left: list[Judged] = []
        vector: Vector | None = None
        for one in line.waiting:
            answer, vector = self._consult(line.key, one, seq)
            if answer is None or (one.down and not self._since(answer, one.at)):
                left.append(one)
        return replace(line, waiting=tuple(left), vector=vector) if left else None

    def _since(self, correction_id: str, moment: datetime) -> bool:
        """Whether the correction was taught, amended or reviewed after that: what it said before may be just what was disliked."""
        e = correction_events.c
        with self._db.read() as connection:
            wanted = sa.select(e.seq).where(e.correction_id == correction_id, e.kind != "vector", e.at > moment)
            return connection.scalar(wanted.limit(1)) is not None

    def _consult(self, key: str, one: Judged, seq: int) -> tuple[str | None, Vector | None]:
        """The correction that answers the question where it was asked; remembered until the ledger goes on."""
        place = (key, tuple(sorted(one.collections)))
        with self._guard:
            if seq > self._seq:
                self._seq, self._known = seq, {}
            known = self._known.get(place) if seq == self._seq else None
        if known is None:
            query = self._searcher.prepare(one.question, place[1])
            answer = self._corrections.consult(query).answer
            known = (None if answer is None else answer.correction.id, query.vector)
            with self._guard:
                if seq == self._seq:
                    self._known[place] = known
        return known

    def _groups(self, lines: Sequence[_Line]) -> list[list[_Line]]:
        """Each line joins the first group whose first line is like it: greedy, exact, in the order of `rank`."""
        groups: list[tuple[Wording, list[_Line]]] = []
        for line in lines:
            wording = self._reader.read(line.waiting[0].question)
            alike = next((group for first, group in groups if _alike(wording, line, first, group[0])), None)
            if alike is None:
                groups.append((wording, [line]))
            else:
                alike.append(line)
        return [group for _, group in groups]

    def _item(self, group: Sequence[_Line]) -> Item:
        waiting = sorted((one for line in group for one in line.waiting), key=lambda one: (one.at, one.id), reverse=True)
        return Item(
            id=_id(group[0].key),
            question=group[0].waiting[0].question,
            wordings=tuple(line.waiting[0].question for line in group),
            asked=sum(line.asked for line in group),
            disliked=sum(one.down > 0 for one in waiting),
            unanswered=sum(not one.grounded for one in waiting),
            answers=tuple(one.id for one in waiting[:NEWEST]),
            collections=tuple(sorted({place for one in waiting for place in one.collections})),
            reasons=tuple(_once(reason for one in waiting for reason in one.reasons)[:NEWEST]),
            first=waiting[-1].at,
            last=waiting[0].at,
        )


def _alike(one: Wording, line: _Line, other: Wording, first: _Line) -> bool:
    if line.vector is None or first.vector is None or one.numbers != other.numbers or one.negated != other.negated:
        return False
    return float(np.vecdot(line.vector, first.vector)) >= ALIKE


def _id(key: str) -> str:
    """Of a question, for addresses: says nothing of it."""
    return digest(key)[:32]


def _once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
