"""Chooses passages one after the other: each for what it says itself, how it is linked to those chosen, and what they leave open.

A conditional logit over features with weights that are not negative: the next passage is the one with the largest weighted sum.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

import numpy as np

from graph.links import BACK, FORWARD, SHARED
from graph.pool import OF_PASSAGE, Floats, order

if TYPE_CHECKING:
    from graph.links import Link, Links
    from graph.pool import Pool

NEXT: Final = (
    "fused", "place", *OF_PASSAGE, "open", "forward", "said_with", "back", "shared", "shared_open", "linked",
    "other",
)  # fmt: skip
"""`open`: share of the question's words that it holds and those chosen do not; `other`: not of another document of a title of theirs."""
_KINDS: Final = (FORWARD, BACK, SHARED)

Weights = Floats
"""Shape (len(NEXT),)."""


@cache
def shipped() -> Weights:
    return read((resources.files("graph") / "walk.json").read_text())


def read(text: str) -> Weights:
    """Raises `ValueError` where a weight is missing or negative."""
    stored: dict[str, float] = json.loads(text)
    if sorted(stored) != sorted(NEXT) or min(stored.values()) < 0:
        raise ValueError("The walk needs a weight of each feature, none negative: " + ", ".join(NEXT))
    return np.array([stored[feature] for feature in NEXT])


class Steps:
    """What was chosen so far, and what that makes of the others. Nothing comes into the pool meanwhile."""

    def __init__(self, pool: Pool, links: Links, begin: tuple[Floats, Sequence[Link]] | None = None) -> None:
        """`begin`: of a text that is no passage, from which the steps go on: the words that it holds and where it leads."""
        self.chosen: list[int] = []
        self._pool = pool
        self._links = links
        fused = pool.fused / pool.fused.max(initial=1e-6)
        self._alone = np.column_stack([fused, 1 / (1 + order(pool.fused)), pool.alone])
        self._named = pool.alone[:, OF_PASSAGE.index("named")] + pool.alone[:, OF_PASSAGE.index("titled")] > 0
        self._held = np.zeros(len(pool.weights))
        self._reached: dict[str, dict[int, float]] = {kind: {} for kind in _KINDS}
        self._said: dict[int, float] = {}
        self.way: dict[int, tuple[float, Link, int | None]] = {}  # over which link each was reached, and from which chosen one
        self._begun = begin is not None
        if begin is not None:
            self._held = begin[0]
            for link in begin[1]:
                self._follow(link, None)

    def take(self, at: int) -> None:
        self.chosen.append(at)
        self._held = np.maximum(self._held, self._pool.words[at])
        passage = self._pool.hits[at].passage
        assert passage is not None
        for link in self._links.of(passage.id):
            self._follow(link, at)

    def scores(self, weights: Weights) -> Floats:
        """Shape (pool,); of those chosen -inf. What a walk begins with is the search's first hit: links tell of the next ones."""
        scores = self.features() @ weights if self.chosen or self._begun else -np.arange(len(self._pool), dtype=float)
        scores[self.chosen] = -np.inf
        return scores

    def features(self) -> Floats:
        """Shape (pool, len(NEXT))."""
        pool = self._pool
        forward, back, shared = (self._vector(self._reached[kind]) for kind in _KINDS)
        linked = (forward + back + shared) > 0
        still = np.maximum(pool.words - self._held, 0) @ pool.weights * (linked | self._named)
        said = self._vector(self._said)
        return np.column_stack([self._alone, still, forward, said, back, shared, (shared > 0) * still, linked, self._others()])

    def _others(self) -> Floats:
        """0 for other documents of a title that one chosen has: parts of one page, as a rule, kept as documents of their own."""
        documents = {self._pool.documents[at] for at in self.chosen}
        titles = {self._pool.titles[at] for at in self.chosen if self._pool.titles[at][1]}
        pairs = zip(self._pool.documents, self._pool.titles, strict=True)
        return np.array([document in documents or title not in titles for document, title in pairs], float)

    def _follow(self, link: Link, source: int | None) -> None:
        at = self._pool.at(link.chunk_id)
        if at is None:
            return
        reached = self._reached[link.kind]
        reached[at] = max(reached.get(at, 0.0), link.weight)
        if link.kind == FORWARD and source is not None:
            said = link.weight * self._pool.said_with(source, link.start)
            self._said[at] = max(self._said.get(at, 0.0), said)
        if at not in self.chosen and (at not in self.way or self.way[at][0] < link.weight):
            self.way[at] = (link.weight, link, source)

    def _vector(self, values: Mapping[int, float]) -> Floats:
        found = np.zeros(len(self._pool))
        found[list(values)] = list(values.values())
        return found
