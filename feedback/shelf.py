"""The corrections of one collection and one standing in memory, laid out to be scored exactly and fast.

A score is a function of the question and of one row alone: `numpy.vecdot` sums each row by itself, in one order, whatever
stands beside it (a matrix product does not: its blocking moves the last bits when the number of rows changes). So scores do
not move when other corrections come or go, and undo is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from feedback.wording import Wording
from jitl.types import CorrectionState

if TYPE_CHECKING:
    from jitl.types import Matrix, Vector

_FEW: Final = 64
"""So many dead entries are kept before a shelf is laid out again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A correction as it is scored: a wording for the question and for each paraphrase. `texts`: where others stand for them."""

    state: CorrectionState
    wordings: tuple[Wording, ...]
    texts: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[str, ...]:
        """What the wordings are of."""
        return self.texts or (self.state.question, *self.state.paraphrases)


class _Grown:
    """An array that only grows. A view taken earlier keeps showing what it showed, so readers need no lock."""

    __slots__ = ("_array", "_length")

    def __init__(self, room: NDArray[Any]) -> None:
        self._array = room
        self._length = 0

    def append(self, rows: NDArray[Any]) -> None:
        end = self._length + len(rows)
        if end > len(self._array):
            grown = np.zeros((max(end, 2 * len(self._array)), *self._array.shape[1:]), self._array.dtype)
            grown[: self._length] = self.view()
            self._array = grown
        self._array[self._length : end] = rows
        self._length = end

    def view(self) -> NDArray[Any]:
        return self._array[: self._length]


@dataclass(frozen=True, slots=True)
class ShelfView:
    """A shelf as it stood at one moment. What it shares with the shelf only ever grows past `alive`'s length."""

    entries: Sequence[Entry]
    alive: NDArray[np.bool_]  # a slot each
    rows: Matrix  # vectors, those of one slot together
    starts: NDArray[np.int64]  # first row of each slot that has vectors
    owners: NDArray[np.int64]  # the slots that have vectors, ascending
    postings: Mapping[int, _Grown]  # slots that hold a term, ascending
    slots_by_key: Mapping[str, Sequence[int]]
    _frequencies: dict[int, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return int(self.alive.sum())

    def frequency(self, term: int) -> int:
        """How many entries hold the term."""
        known = self._frequencies.get(term)
        if known is None:
            known = self._frequencies[term] = len(self.holding(term))
        return known

    def holding(self, term: int) -> NDArray[np.int32]:
        posting = self.postings.get(term)
        if posting is None:
            return np.empty(0, np.int32)
        slots = posting.view()
        slots = slots[: np.searchsorted(slots, len(self.alive))]  # what was added since this view was taken comes after
        held: NDArray[np.int32] = slots[self.alive[slots]]
        return held

    def same(self, key: str) -> list[int]:
        """Slots of the entries that are asked in exactly these words."""
        return [slot for slot in self.slots_by_key.get(key, ()) if slot < len(self.alive) and self.alive[slot]]

    def cosines(self, vector: Vector) -> NDArray[np.float32]:
        """Per slot the best cosine over its vectors; -2 for dead ones, 0 for those without a vector."""
        scores = np.zeros(len(self.alive), np.float32)
        if len(self.starts):
            rows = np.vecdot(self.rows, vector)
            scores[self.owners] = rows if len(rows) == len(self.starts) else np.maximum.reduceat(rows, self.starts)
        scores[~self.alive] = -2
        return scores

    def vectors(self, slot: int) -> Matrix | None:
        """One row a wording; None for an entry without."""
        at = int(np.searchsorted(self.owners, slot))
        if at == len(self.owners) or self.owners[at] != slot:
            return None
        start = int(self.starts[at])
        return self.rows[start : start + len(self.entries[slot].wordings)]

    def overlaps(self, weights: Mapping[int, float]) -> NDArray[np.float64]:
        """Per slot the summed weight of the question's terms that it holds, always summed in the order of the terms."""
        scores = np.zeros(len(self.alive))
        for term in sorted(weights):
            scores[self.holding(term)] += weights[term]
        return scores


class Shelf:
    """The write side; its owner calls it from one thread at a time. Views taken before a change stay as they are."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._lay_out(())

    def _lay_out(self, kept: Iterable[tuple[Entry, Matrix | None]]) -> None:
        self._entries: list[Entry] = []
        self._alive = _Grown(np.zeros(64, np.bool_))
        self._rows = _Grown(np.zeros((64, self._dimension), np.float32))
        self._starts = _Grown(np.zeros(64, np.int64))
        self._owners = _Grown(np.zeros(64, np.int64))
        self._postings: dict[int, _Grown] = {}
        self._slots_by_key: dict[str, list[int]] = {}
        self._slots: dict[str, int] = {}
        for entry, vectors in kept:
            self.put(entry, vectors)

    def put(self, entry: Entry, vectors: Matrix | None) -> None:
        """Add or replace. `vectors` has a row for each wording."""
        self.discard(entry.state.id)
        slot = len(self._entries)
        here = np.array([slot])
        self._entries.append(entry)
        self._alive.append(np.array([True]))
        self._slots[entry.state.id] = slot
        for term in {term for wording in entry.wordings for term in wording.terms}:
            if term not in self._postings:
                self._postings[term] = _Grown(np.zeros(2, np.int32))
            self._postings[term].append(here)
        for key in {wording.key for wording in entry.wordings}:
            self._slots_by_key.setdefault(key, []).append(slot)
        if vectors is not None:
            self._starts.append(np.array([len(self._rows.view())]))
            self._owners.append(here)
            self._rows.append(vectors)

    def discard(self, correction_id: str) -> None:
        slot = self._slots.pop(correction_id, None)
        if slot is None:
            return
        self._alive.view()[slot] = False
        if len(self._entries) - len(self._slots) > max(_FEW, len(self._slots) // 2):
            view = self.view()
            self._lay_out([(view.entries[kept], view.vectors(kept)) for kept in sorted(self._slots.values())])

    def view(self) -> ShelfView:
        return ShelfView(
            entries=self._entries,
            alive=self._alive.view().copy(),
            rows=self._rows.view(),
            starts=self._starts.view(),
            owners=self._owners.view(),
            postings=self._postings,
            slots_by_key=self._slots_by_key,
        )
