"""What the corrections would say if one more were taught: the same decision over the same memory, and nothing stored.

What is imagined stands on shelves of its own beside those of the memory, as the latest of all.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from feedback.memory import Memory, MemoryView, Place
from feedback.quantities import agree
from feedback.retriever import TaughtCorrections
from feedback.shelf import Entry, Shelf, ShelfView
from feedback.teaching import LATER_WINS, Clash, Teaching
from feedback.timeline import FIRES, Limits
from feedback.validity import first_run, spans
from jitl import text as texts
from jitl.types import CorrectionState, Query

if TYPE_CHECKING:
    from jitl.types import Candidate, Matrix, Vector

FEW_EVENTS: Final = 64
"""A memory that is further behind is not waited for by whoever teaches."""
_Period = tuple[datetime | None, datetime | None]
PATIENCE_S: Final = 60.0


class Foresight(TaughtCorrections):
    """Corrections as their readers see them, and some that are only imagined. One thread at a time."""

    def __init__(self, taught: TaughtCorrections, *, quick: bool = False) -> None:
        """`quick`: decide by what is measured alone, without reading pairs or walking on; a few milliseconds."""
        vars(self).update(vars(taught))
        self._held = self._memory
        self._memory = _Imagining(self._held)
        self._imagines = False
        self._quick = quick
        if quick:
            self._pairs = None

    def imagine(self, state: CorrectionState, vectors: Matrix | None) -> None:
        """From now on decide as if this had been taught; `vectors` as it would be stored."""
        assert isinstance(self._memory, _Imagining)
        if not self._imagines:  # what the live memory remembers of its shelves is not true of imagined ones
            self._imagines, self._limits = True, Limits()
        known = vectors is not None and bool(vectors.any())
        for place, (entry, rows) in self._held.standing(state, vectors if known else None).items():
            self._memory.put(place, entry, rows)

    def _answer(self, text: str, query: Query, shelves: Sequence[ShelfView]) -> Candidate | None:
        return None if self._quick else super()._answer(text, query, shelves)

    def question(self, text: str, vector: Vector | None, collections: Sequence[str]) -> Query:
        """A question that is put to corrections alone; `vector` as a correction of this wording would have it."""
        query = Query(text, texts.language(text), None, {}, tuple(collections), time.monotonic() + PATIENCE_S)
        if vector is None or not vector.any():
            return query
        if self._tongues.known(text):
            return replace(query, vector=vector)
        return replace(query, rewritten=self._tongues.gloss(text), rewritten_vector=vector)

    def ready(self) -> bool:
        """Whether asking now waits for no long reading of the ledger."""
        return self._held.behind() <= FEW_EVENTS

    def rivals(self, teaching: Teaching, collection_id: str, vectors: Matrix | None, *, wordings: int | None = None) -> tuple[Clash, ...]:
        """Corrections of any standing that answer the same question otherwise where this one holds; best first.

        `wordings`: so many of question and paraphrases are asked; None: all. Raises `Unavailable`.
        """
        found: dict[str, Candidate] = {}
        for at, asked in enumerate(teaching.asked[:wordings]):
            query = self.question(asked, None if vectors is None else vectors[at], (collection_id,))
            for moment in _moments(teaching):
                limited = replace(query, as_of=moment, release=teaching.release, run=first_run(teaching.runs))
                for candidate in self.consult(limited).candidates:
                    other = candidate.correction
                    says_otherwise = candidate.strength in FIRES and not agree(other.answer, teaching.answer, teaching.question)
                    if says_otherwise and _beside(teaching, other):
                        found.setdefault(other.id, candidate)
        return tuple(contradiction(each.correction) for each in sorted(found.values(), key=lambda one: (-one.same, -one.correction.seq)))


class _Imagining(Memory):
    """A memory that is another's, with some shelves beside."""

    def __init__(self, held: Memory) -> None:
        vars(self).update(vars(held))
        self._held = held
        self._imagined: dict[Place, Shelf] = {}

    def put(self, place: Place, entry: Entry, vectors: Matrix | None) -> None:
        self._imagined.setdefault(place, Shelf(self._dimension)).put(entry, vectors)

    @property
    def thresholds(self) -> Mapping[str, float]:
        return self._held.thresholds

    def refresh(self) -> MemoryView:
        held = self._held.refresh()
        views = {place: shelf.view() for place, shelf in self._imagined.items()}
        alone = {place: view for place, view in views.items() if place not in held.places}
        beside = {place: view for place, view in views.items() if place in held.places}
        return replace(held, places={**held.places, **alone}, imagined=beside)


def contradiction(other: CorrectionState) -> Clash:
    """That a correction says otherwise, with what it says: both are shown to whoever teaches."""
    return Clash("contradicts", other.id, LATER_WINS, other.question, other.answer, other.author, other.status)


def _moments(teaching: Teaching) -> list[datetime]:
    """When to look: now where it holds now, and where its time begins and ends."""
    now = datetime.now(UTC)
    first, last = teaching.valid_from, teaching.valid_to
    inside = (first is None or first <= now) and (last is None or now <= last)
    return [moment for moment in (now if inside else None, first, last) if moment is not None]


def _beside(teaching: Teaching, other: CorrectionState) -> bool:
    """Whether both are records for the same: limited alike in time, release and runs, and not to apart ones.

    What holds for one release or one period stands beside what holds in general and contradicts nothing.
    """
    dated = [(one.valid_from, one.valid_to) for one in (teaching, other)]
    if any(dated[0]) != any(dated[1]) or not _overlap(*dated):
        return False
    if texts.fold(teaching.release or "") != texts.fold(other.release or ""):
        return False
    mine, theirs = (spans(one.runs or "") for one in (teaching, other))
    if bool(mine) != bool(theirs):
        return False
    return not mine or any(a <= d and c <= b for a, b in mine for c, d in theirs)


def _overlap(one: _Period, other: _Period) -> bool:
    (a, b), (c, d) = one, other
    return (a is None or d is None or a <= d) and (c is None or b is None or c <= b)
