"""Which corrections are weighed at all: the nearest to a question by vector and by terms, found exactly, whatever shelf holds them."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from feedback.features import Weighed
from feedback.shelf import Entry, ShelfView
from feedback.wording import Wording

if TYPE_CHECKING:
    from jitl.types import Vector

NEAREST: Final = 8
"""Candidates by cosine, and as many by terms, that are weighed for one question."""

Scores = NDArray[np.float64] | NDArray[np.float32]


def nearest(
    question: Wording,
    vector: Vector | None,
    weights: Mapping[int, float],
    shelves: Sequence[ShelfView],
    usable: Callable[[Entry], bool],
) -> list[Weighed]:
    """The best by cosine, the best by terms, and whatever is asked in the same words; each once, in the order of their ids."""
    found: dict[str, _Spot] = {}
    by_cosine: list[tuple[float, _Spot]] = []
    by_terms: list[tuple[float, _Spot]] = []
    for shelf in shelves:
        same = [_Spot(shelf, slot) for slot in shelf.same(question.key)]
        found |= {spot.id: spot for spot in same if usable(spot.entry)}
        by_terms += _best(shelf, shelf.overlaps(weights), usable)
        if vector is not None:
            by_cosine += _best(shelf, shelf.cosines(vector), usable)
    for scored in (by_cosine, by_terms):
        for _, spot in heapq.nsmallest(NEAREST, scored, key=lambda pair: (-pair[0], pair[1].id)):
            found[spot.id] = spot
    return [_beside(found[name], vector) for name in sorted(found)]


class _Spot(NamedTuple):
    shelf: ShelfView
    slot: int

    @property
    def entry(self) -> Entry:
        return self.shelf.entries[self.slot]

    @property
    def id(self) -> str:
        return self.entry.state.id


def _best(shelf: ShelfView, scores: Scores, usable: Callable[[Entry], bool]) -> list[tuple[float, _Spot]]:
    """The `NEAREST` usable entries above zero; where scores tie at the end of the list, all of them."""
    above = np.flatnonzero(scores > 0)
    wanted = NEAREST
    while True:
        slots = above
        if wanted < len(above):
            held = scores[above]
            slots = above[held >= np.partition(held, -wanted)[-wanted]]
        chosen = [(float(scores[slot]), _Spot(shelf, slot)) for slot in slots.tolist() if usable(shelf.entries[slot])]
        if len(chosen) >= NEAREST or wanted >= len(above):
            return chosen
        wanted *= 4


def _beside(spot: _Spot, vector: Vector | None) -> Weighed:
    vectors = spot.shelf.vectors(spot.slot)
    return Weighed(spot.entry, None if vector is None or vectors is None else np.vecdot(vectors, vector))
