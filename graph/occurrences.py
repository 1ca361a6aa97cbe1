"""What stands where in one collection: the names of its published passages, aliases taken together, and what stands together.

Read from the graph's store passage by passage, for passages that SQL has published: so nothing unpublished counts.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from graph.facts import VAGUE, Kind
from graph.pairs import pairs
from jitl.sql.frequencies import slices

if TYPE_CHECKING:
    from graph.facts import Mention
    from graph.ports import GraphStore

WINDOW: Final = 400
"""Passages asked of the store at once."""
NAMES: Final = 400
"""Names whose aliases are asked of the store at once."""
EVIDENCE: Final = 4
"""Passages kept of each spelling, each of another document."""


@dataclass(frozen=True, slots=True)
class Named:
    """A name as it is shown: its most frequent spelling (ties by the alphabet), its most frequent telling kind, and some passages
    (numbers) in which it is spelled so.
    """

    key: str
    name: str
    kind: Kind
    spelled: Sequence[int]


@dataclass(slots=True)
class Occurrences:
    """Names and passages are numbered. `within[p]`: the names of passage p; `where[n]`: the passages of name n; both ascending."""

    passages: Sequence[str]  # chunk ids
    documents: Sequence[int]  # passage -> number of its document
    names: Sequence[Named]  # by key
    numbers: Mapping[str, int]  # of every key, aliases included
    within: Sequence[array[int]]
    where: Sequence[array[int]]

    def edges(self, among: Sequence[bool] | None = None) -> Iterator[tuple[int, int, int]]:
        """(first, second, passages that hold both), first < second, by (first, second). `among`: which names take part; None: all."""
        kept = [among is None or among[at] for at in range(len(self.names))]
        number = {named.key: at for at, named in enumerate(self.names)}
        held = [np.array([name for name in here if kept[name]], np.int64) for here in self.within]
        keys = [(named.key, at) for at, named in enumerate(self.names) if kept[at]]
        for first, second, passages in pairs(keys, [here for here in held if len(here) > 1]):
            yield number[first], number[second], passages


@dataclass(slots=True)
class _Read:
    """Names as they are read, before aliases are taken together; flat, since most names stand in one passage alone."""

    numbers: dict[str, int] = field(default_factory=dict)
    passages: list[int] = field(default_factory=list)  # by number
    spelled: dict[tuple[int, str], list[int]] = field(default_factory=dict)  # how often, the last passage's document, some passages
    kinds: dict[tuple[int, Kind], int] = field(default_factory=dict)
    within: list[array[int]] = field(default_factory=list)

    def add(self, document: int, mentions: Sequence[Mention]) -> None:
        here, place = array("i"), len(self.within)
        for mention in mentions:
            number = self.numbers.setdefault(mention.key, len(self.passages))
            if number == len(self.passages):
                self.passages.append(0)
            self.passages[number] += 1
            self.kinds[number, mention.kind] = self.kinds.get((number, mention.kind), 0) + 1
            known = self.spelled.setdefault((number, mention.name), [0, -1])
            known[0] += 1
            if len(known) < EVIDENCE + 2 and known[1] != document:
                known[1] = document
                known.append(place)
            here.append(number)
        self.within.append(here)


def read(
    store: GraphStore,
    collection_id: str,
    versions: Sequence[Sequence[str]],
    advance: Callable[[int], bool] = lambda _: True,
    *,
    headers: bool = True,
) -> Occurrences | None:
    """`versions`: the passages (chunk ids) of each published document. `advance` is told how many passages are read, and says
    whether to go on; None where it said no. `headers`: what a passage's header alone names stands in it too; else only in the first
    of its document, lest a title tie together all that a long document says.
    """
    passages = [chunk for chunks in versions for chunk in chunks]
    documents = [number for number, chunks in enumerate(versions) for _ in chunks]
    found = _Read()
    ids = iter(passages)
    while some := list(islice(ids, WINDOW)):
        mentions = store.mentions(some)
        for chunk in some:
            at = len(found.within)
            whole = headers or at == 0 or documents[at - 1] != documents[at]
            found.add(documents[at], [one for one in mentions.get(chunk, ()) if whole or one.start >= 0])
        if not advance(len(found.within)):
            return None
    return _together(store, collection_id, passages, documents, found)


def _together(store: GraphStore, collection_id: str, passages: Sequence[str], documents: Sequence[int], found: _Read) -> Occurrences:
    """Names of one class become one, under the key that stands in most passages."""
    first = _classes(store, collection_id, {key: found.passages[number] for key, number in found.numbers.items()})
    keys = sorted(set(first.values()))
    number = {key: at for at, key in enumerate(keys)}
    of_old = [0] * len(found.passages)
    for key, old in found.numbers.items():
        of_old[old] = number[first[key]]
    within = [array("i", sorted({of_old[old] for old in here})) for here in found.within]
    where = [array("i") for _ in keys]
    for place, here in enumerate(within):
        for name in here:
            where[name].append(place)
    numbers = {key: of_old[old] for key, old in found.numbers.items()}
    return Occurrences(passages, documents, _named(keys, of_old, found), numbers, within, where)


def _named(keys: Sequence[str], of_old: Sequence[int], found: _Read) -> list[Named]:
    counts: dict[tuple[int, str], int] = {}
    for (old, spelling), known in found.spelled.items():
        counts[of_old[old], spelling] = counts.get((of_old[old], spelling), 0) + known[0]
    shown: dict[int, tuple[int, str]] = {}  # the most frequent first, ties by the alphabet
    for (now, spelling), count in counts.items():
        shown[now] = min(shown.get(now, (1, "")), (-count, spelling))
    places: defaultdict[int, list[int]] = defaultdict(list)
    for (old, spelling), known in found.spelled.items():
        if shown[of_old[old]][1] == spelling:
            places[of_old[old]] += known[2:]
    telling: dict[int, tuple[bool, int, Kind]] = {}
    kinds: dict[tuple[int, Kind], int] = {}
    for (old, kind), count in found.kinds.items():
        kinds[of_old[old], kind] = kinds.get((of_old[old], kind), 0) + count
    for (now, kind), count in kinds.items():
        told = (kind in VAGUE, -count, kind)
        telling[now] = min(telling.get(now, told), told)
    return [Named(key, shown[at][1], telling[at][2], sorted(places[at])[:EVIDENCE]) for at, key in enumerate(keys)]


def _classes(store: GraphStore, collection_id: str, passages: Mapping[str, int]) -> dict[str, str]:
    """Each key -> the key of its class that stands in most passages, ties by the alphabet."""
    first = {}
    for some in slices(sorted(passages), NAMES):
        others = store.aliases(some, [collection_id])
        for key in some:
            known = [key, *(other for other in others.get(key, ()) if other in passages)]
            first[key] = min(known, key=lambda one: (-passages[one], one))
    return first
