"""What leads from a passage to others: its document's title named there, a title that it names, a rare name in both."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from graph.facts import Kind

if TYPE_CHECKING:
    from graph.facts import Mention, Posting
    from graph.ports import GraphStore

FORWARD, BACK, SHARED = "forward", "back", "shared"
MOST: Final = 16
"""Passages of a name that are looked at, those titled so first; a title that more passages name leads back to none."""
TITLES: Final = 8
"""Documents of one title, at most, that it leads to."""
RARE: Final = 6
"""Passages that a name brings together though neither is titled so; of `MOST` where both are in the pool already."""
_ASKED_ABOUT: Final = 0.3
"""What a link over a name of the question is worth: who asks knows it already."""


@dataclass(frozen=True, slots=True)
class Link:
    """`weight`: from 0 to 1, the rarer the name the more; `start`: where the name stands in the passage that it leads from, or -1."""

    chunk_id: str
    kind: str
    name: str
    weight: float
    start: int = -1


class Links:
    """Of the passages that were looked up; asks the store for each once."""

    def __init__(
        self, graph: GraphStore, collections: Sequence[str], passages: int, known: Mapping[str, Posting], asked: frozenset[str]
    ) -> None:
        self._graph = graph
        self._collections = collections
        self._scale = math.log(1 + max(passages, 1))
        self._postings = dict(known)
        self._asked = asked
        self._mentions: dict[str, Sequence[Mention]] = {}
        self._links: dict[str, Sequence[Link]] = {}

    def look_up(self, chunk_ids: Iterable[str]) -> None:
        new = [id_ for id_ in dict.fromkeys(chunk_ids) if id_ not in self._mentions]
        if not new:
            return
        found = self._graph.mentions(new)
        names = {id_: [one for one in found.get(id_, ()) if one.titled or one.kind is not Kind.TERM] for id_ in new}
        keys = sorted({one.key for some in names.values() for one in some} - self._postings.keys())
        self._postings |= self._graph.postings(keys, self._collections, MOST, crowded=False)
        self._mentions |= names

    def known(self, chunk_id: str) -> bool:
        return chunk_id in self._mentions

    def over(self, names: Iterable[str]) -> Iterator[Link]:
        """From a text that names these and is no passage."""
        for name in names:
            yield from self._of(name, -1, "", titled=False)

    def of(self, chunk_id: str) -> Sequence[Link]:
        """From a passage that was looked up; to others, some more than once. None of one that was not."""
        if chunk_id not in self._links and chunk_id in self._mentions:
            found = (self._of(one.key, one.start, chunk_id, titled=one.titled) for one in self._mentions[chunk_id])
            self._links[chunk_id] = list(chain.from_iterable(found))
        return self._links.get(chunk_id, ())

    def leads(self, link: Link) -> bool:
        """Whether it is worth fetching where it leads to."""
        return link.kind != SHARED or self._postings[link.name].passages <= RARE

    def name(self, chunk_id: str, key: str) -> str:
        """As the passage writes it."""
        return next((one.name for one in self._mentions.get(chunk_id, ()) if one.key == key), key)

    def _of(self, name: str, start: int, own: str, *, titled: bool) -> Iterator[Link]:
        posting = self._postings.get(name)
        if posting is None or not posting.chunks:
            return
        called = posting.titled
        factor = _ASKED_ABOUT if name in self._asked else 1.0
        for chunk_id, title in posting.chunks:
            if chunk_id == own:
                continue
            if title and called <= TITLES:
                yield Link(chunk_id, FORWARD, name, factor * self._rarity(called), start)
            if titled and posting.passages <= MOST:
                yield Link(chunk_id, BACK, name, factor * self._rarity(called), start)
            if posting.passages <= MOST and name not in self._asked:
                yield Link(chunk_id, SHARED, name, self._rarity(posting.passages), start)

    def _rarity(self, passages: int) -> float:
        return max(0.0, 1 - math.log(max(passages, 1)) / self._scale)
