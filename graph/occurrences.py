"""What stands where in one collection: the names of its published passages, aliases taken together, and what stands together.

Read from the graph's store passage by passage, for passages that SQL has published: so nothing unpublished counts.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from graph.facts import Kind
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
VAGUE: Final = frozenset({Kind.NAME, Kind.TERM})


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
    """Names as they are read, before aliases are taken together."""

    numbers: dict[str, int] = field(default_factory=dict)
    spellings: defaultdict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    spelled: defaultdict[tuple[int, str], list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))  # document, passage
    kinds: defaultdict[int, Counter[Kind]] = field(default_factory=lambda: defaultdict(Counter))
    within: list[list[int]] = field(default_factory=list)

    def add(self, document: int, mentions: Sequence[Mention]) -> None:
        here = []
        for mention in mentions:
            number = self.numbers.setdefault(mention.key, len(self.numbers))
            self.spellings[number][mention.name] += 1
            self.kinds[number][mention.kind] += 1
            places = self.spelled[number, mention.name]
            if len(places) < EVIDENCE and (not places or places[-1][0] != document):
                places.append((document, len(self.within)))
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
    first = _classes(store, collection_id, {key: found.spellings[number].total() for key, number in found.numbers.items()})
    keys = sorted(set(first.values()))
    number = {key: at for at, key in enumerate(keys)}
    of_old = {old: number[first[key]] for key, old in found.numbers.items()}
    within = [array("i", sorted({of_old[old] for old in here})) for here in found.within]
    where = [array("i") for _ in keys]
    for place, here in enumerate(within):
        for name in here:
            where[name].append(place)
    return Occurrences(passages, documents, _named(keys, of_old, found), within, where)


def _named(keys: Sequence[str], of_old: Mapping[int, int], found: _Read) -> list[Named]:
    spellings: list[Counter[str]] = [Counter() for _ in keys]
    kinds: list[Counter[Kind]] = [Counter() for _ in keys]
    spelled: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for old, now in of_old.items():
        spellings[now].update(found.spellings[old])
        kinds[now].update(found.kinds[old])
        for name in found.spellings[old]:
            spelled[now, name] += [place for _, place in found.spelled[old, name]]
    shown = [_most(spellings[at]) for at in range(len(keys))]
    return [Named(key, shown[at], _kind(kinds[at]), sorted(spelled[at, shown[at]])[:EVIDENCE]) for at, key in enumerate(keys)]


def _classes(store: GraphStore, collection_id: str, passages: Mapping[str, int]) -> dict[str, str]:
    """Each key -> the key of its class that stands in most passages, ties by the alphabet."""
    first = {}
    for some in slices(sorted(passages), NAMES):
        others = store.aliases(some, [collection_id])
        for key in some:
            known = [key, *(other for other in others.get(key, ()) if other in passages)]
            first[key] = min(known, key=lambda one: (-passages[one], one))
    return first


def _most(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda name: (-spellings[name], name))


def _kind(kinds: Counter[Kind]) -> Kind:
    telling = {kind: n for kind, n in kinds.items() if kind not in VAGUE} or kinds
    return min(telling, key=lambda kind: (-telling[kind], kind))
