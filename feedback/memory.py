"""What experts taught, held in the process and brought up to date by sequence number at every question.

Readers work on an immutable view. The check for news is one tiny SELECT; a lock is taken only where there is news, and whoever
asks after an acknowledgement sees what it acknowledged. Corrections with and without authority stand on shelves apart, so that
what was merely proposed takes no part in weighing what was approved.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from feedback import rows
from feedback.shelf import Entry, Shelf, ShelfView
from feedback.supersede import NO_MARKS, MarkedSentences, WrongSentence
from feedback.tongues import Tongues
from feedback.wording import WordingReader
from jitl.sql.engine import Database

if TYPE_CHECKING:
    from jitl.types import CorrectionState, Matrix


_log = logging.getLogger(__name__)


class Place(NamedTuple):
    """`glossed`: what stands there is said in the encoder's language by the glossary, beside its own words elsewhere."""

    collection_id: str
    authoritative: bool
    glossed: bool = False


@dataclass(frozen=True, slots=True)
class MemoryView:
    """Everything that events up to `seq` say."""

    seq: int = 0
    places: Mapping[Place, ShelfView] = field(default_factory=dict)
    wrong: Mapping[str, MarkedSentences] = field(default_factory=dict)  # by collection
    thresholds: Mapping[str, float] = field(default_factory=dict)  # of the scope decision, by collection, where one was fitted
    imagined: Mapping[Place, ShelfView] = field(default_factory=dict)  # beside what was taught; see `feedback/foresight.py`
    damaged: frozenset[str] = frozenset()  # corrections whose vectors cannot be read

    def concerns(self, collections: Iterable[str]) -> bool:
        """Whether anything stands, or ever stood, in one of them."""
        asked = frozenset(collections)
        return any(place.collection_id in asked for place in (*self.places, *self.imagined))

    def shelves(self, collections: Iterable[str], *, authoritative: bool, glossed: bool = False) -> list[ShelfView]:
        """Those of the collections, in the order of their ids."""
        places = [Place(collection, authoritative, glossed) for collection in sorted(set(collections))]
        return [shelves[place] for shelves in (self.places, self.imagined) for place in places if place in shelves]

    def wrong_sentences(self, collection_id: str) -> MarkedSentences:
        return self.wrong.get(collection_id, NO_MARKS)


class Memory:
    """One a process. Vectors of another encoder than `encoder_id` are left aside until they are made anew."""

    def __init__(self, db: Database, reader: WordingReader, encoder_id: str | None, dimension: int, tongues: Tongues) -> None:
        self._db = db
        self._reader = reader
        self._tongues = tongues
        self._encoder_id = encoder_id
        self._dimension = dimension
        self._lock = threading.Lock()
        self._view = MemoryView()
        self._forget()

    def refresh(self) -> MemoryView:
        """A view of everything acknowledged before the call. Raises `Unavailable` when SQL does not answer."""
        view = self._view
        with self._db.read() as connection:
            if rows.newest(connection) == view.seq:
                return view
        with self._lock:
            return self._catch_up()

    @property
    def thresholds(self) -> Mapping[str, float]:
        """As the last refresh read them."""
        return self._view.thresholds

    @property
    def read(self) -> bool:
        """Whether anything was read so far."""
        return self._view.seq > 0

    def behind(self) -> int:
        """How many events a refresh would have to read."""
        with self._db.read() as connection:
            return abs(rows.newest(connection) - self._view.seq)

    def _catch_up(self) -> MemoryView:
        with self._db.read() as connection:
            seq, known = rows.newest(connection), self._view
            if seq == known.seq:  # another thread was here
                return known
            if known.seq == 0 or seq < known.seq:  # the latter after a restored backup
                self._forget()
                touched = {place for page in rows.active(connection) for place in self._replace(set(), page)}
            else:
                touched = self._replace(*rows.changed(connection, known.seq))
            thresholds = rows.thresholds(connection)
        places = {place: shelf.view() if place in touched else known.places[place] for place, shelf in self._shelves.items()}
        self._view = MemoryView(seq, places, dict(self._wrong), thresholds, damaged=frozenset(self._damaged))
        return self._view

    def _forget(self) -> None:
        self._shelves: dict[Place, Shelf] = {}
        self._places: dict[str, tuple[Place, ...]] = {}
        self._damaged: set[str] = set()
        self._wrong: dict[str, MarkedSentences] = {}
        self._marks: dict[str, tuple[str, tuple[WrongSentence, ...]]] = {}

    def _replace(self, ids: set[str], found: Sequence[rows.Stored]) -> set[Place]:
        """Bring these corrections in line with what SQL says; returns the shelves that changed."""
        touched = set[Place]()
        self._damaged -= ids
        for stored in found:
            if stored.damaged or self._unfit(stored):
                _log.warning("The vectors of correction %s are damaged: its terms find it until they are made anew.", stored.state.id)
                self._damaged.add(stored.state.id)
        standing = {stored.state.id: self.standing(stored.state, self._vectors(stored)) for stored in found}
        for known in ids & self._places.keys():
            gone = [place for place in self._places[known] if place not in standing.get(known, {})]
            for place in gone:
                self._shelves[place].discard(known)
            touched.update(gone)
            if known not in standing:
                del self._places[known]
        for name, placed in standing.items():
            self._places[name] = tuple(placed)
            for place, (entry, vectors) in placed.items():
                self._shelves.setdefault(place, Shelf(self._dimension)).put(entry, vectors)
            touched.update(placed)
        self._remark(ids, found)
        return touched

    def standing(self, state: CorrectionState, vectors: Matrix | None) -> dict[Place, tuple[Entry, Matrix | None]]:
        """Where it stands, as what: in its own words, and where the encoder knows no such language in those of the glossary too."""
        asked = (state.question, *state.paraphrases)
        place = Place(state.collection_id, state.authoritative)
        glosses = {at: gloss for at, text in enumerate(asked) if (gloss := self._tongues.gloss(text)) is not None}
        placed = {}
        if glosses:
            entry = Entry(state, tuple(map(self._reader.read, glosses.values())), tuple(glosses.values()))
            placed[place._replace(glossed=True)] = (entry, None if vectors is None else vectors[list(glosses)])
            vectors = _without(vectors, list(glosses))
        return {place: (Entry(state, tuple(map(self._reader.read, asked))), vectors)} | placed

    def _vectors(self, stored: rows.Stored) -> Matrix | None:
        vectors = stored.vectors
        if vectors is None or stored.encoder != self._encoder_id or self._unfit(stored) or not vectors.any():
            return None
        return vectors

    def _unfit(self, stored: rows.Stored) -> bool:
        """Whether the vectors are none that this encoder makes, though they are said to be its own."""
        vectors = stored.vectors
        return vectors is not None and stored.encoder == self._encoder_id and vectors.shape[1] != self._dimension

    def _remark(self, ids: set[str], found: Sequence[rows.Stored]) -> None:
        """Only what has authority marks anything."""
        removed: dict[str, list[WrongSentence]] = {}
        added: dict[str, list[WrongSentence]] = {}
        for gone in ids & self._marks.keys():
            collection, marks = self._marks.pop(gone)
            removed.setdefault(collection, []).extend(marks)
        for stored in found:
            if stored.marks and stored.state.authoritative:
                self._marks[stored.state.id] = (stored.state.collection_id, stored.marks)
                added.setdefault(stored.state.collection_id, []).extend(stored.marks)
        for collection in removed.keys() | added.keys():
            known = self._wrong.get(collection, NO_MARKS)
            self._wrong[collection] = known.changed(removed.get(collection, ()), added.get(collection, ()))


def _without(vectors: Matrix | None, gone: Sequence[int]) -> Matrix | None:
    """Zeros in those rows; None where nothing is left."""
    if vectors is None:
        return None
    left = vectors.copy()
    left[gone] = 0
    return left if left.any() else None
