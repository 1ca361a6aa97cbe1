"""The read side of the graph in SQL, within one look at the database."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import sqlalchemy as sa

from graph import packing
from graph.facts import Entity, Kind, Stated
from graph.ports import LOOKED_AT
from jitl.sql.frequencies import slices
from jitl.sql.graph_tables import graph_collections, graph_nodes, graph_passages, graph_postings, graph_stated, graph_words

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

MOST_IDS = 1000
_VAGUE = (Kind.NAME.value, Kind.TERM.value)

Place: TypeAlias = tuple[int, int, str]
"""0 where the passage's document is called so, else 1; the passage's number; its chunk's id. They sort as contracts ask."""


@dataclass(frozen=True, slots=True)
class Node:
    """A name's row."""

    id: int
    key: str
    collection: str
    passages: int
    titled: int


def entity(node: Node, forms: str, aliases: Sequence[str]) -> Entity:
    spellings: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for name, kind, passages in json.loads(forms):
        spellings[name] += passages
        kinds[kind] += passages
    name = min(spellings, key=lambda spelling: (-spellings[spelling], spelling))
    kind = min(kinds, key=lambda kind: (kind in _VAGUE, -kinds[kind], kind))
    return Entity(node.key, name, Kind(kind), node.collection, node.passages, aliases)


class GraphReader:
    """What callers may read: these collections alone."""

    def __init__(self, connection: Connection, collections: Sequence[str]) -> None:
        self._connection = connection
        self.collections = list(dict.fromkeys(collections))
        c = graph_collections.c
        wanted = sa.select(c.id, c.collection_id).where(c.collection_id.in_(self.collections))
        self._names: dict[int, str] = {row.id: row.collection_id for row in connection.execute(wanted)}

    def nodes(self, keys: Iterable[str]) -> list[Node]:
        """Of each key, in every collection that knows it."""
        return [node for some in slices(sorted(set(keys)), MOST_IDS) for node in self._nodes(graph_nodes.c.key.in_(some))]

    def beginning(self, prefix: str, most: int) -> list[Node]:
        """Names with a word that begins with the prefix (several words: the key's first), the most frequent first."""
        n, w = graph_nodes.c, graph_words.c
        within = n.key >= prefix, n.key < _after(prefix)
        later = n.id.in_(sa.select(w.node).where(w.word >= prefix, w.word < _after(prefix)))
        found = {node.id: node for condition in (sa.and_(*within), later) for node in self._nodes(condition, most)}
        return sorted(found.values(), key=lambda node: (-node.passages, node.key, node.collection))[:most]

    def forms(self, nodes: Sequence[Node]) -> dict[int, str]:
        n = graph_nodes.c
        return {row.id: row.forms for row in self._connection.execute(sa.select(n.id, n.forms).where(n.id.in_([one.id for one in nodes])))}

    def places(self, nodes: Sequence[Node], most: int, *, chunks: bool = False) -> dict[int, list[Place]]:
        """Node id -> its first places, in order; without `chunks` the id of the chunk is left empty."""
        found: dict[int, list[Place]] = {node.id: [] for node in nodes}
        if most <= 0:
            return found
        for condition in _first_rows(nodes, most):
            for id_, place in self._places(condition, chunks=chunks):
                found[id_].append(place)
        for node in nodes:
            if len(found[node.id]) < min(most, node.passages):  # its passages are not as evenly spread as others are
                found[node.id] = [place for _, place in self._places(graph_postings.c.node == node.id, chunks=chunks, most=most)]
            found[node.id] = sorted(found[node.id])[:most]
        return found

    def _places(self, condition: sa.ColumnElement[bool], *, chunks: bool, most: int | None = None) -> list[tuple[int, Place]]:
        p, q = graph_postings.c, graph_passages.c
        wanted = sa.select(p.node, p.untitled, p.passage, q.chunk_id if chunks else sa.literal_column("''"))
        if chunks:
            wanted = wanted.select_from(graph_postings.join(graph_passages, q.passage == p.passage))
        if most is not None:
            wanted = wanted.order_by(p.untitled, p.passage).limit(most)
        rows = self._connection.execute(wanted.where(condition)).all()
        return [(id_, (untitled, number, chunk)) for id_, untitled, number, chunk in rows]

    def beside(self, own: Sequence[Node], passages: Sequence[int]) -> Counter[int]:
        """Ids of other names in these passages -> in how many of them they stand."""
        held = self.names_of(passages)
        if not held:
            return Counter()
        ids, counts = np.unique(np.concatenate(held), return_counts=True)
        found = Counter(dict(zip(ids.tolist(), counts.tolist(), strict=True)))
        for node in own:
            del found[node.id]
        return found

    def holding(self, keys: set[str]) -> list[frozenset[str]]:
        """The names of the first passages that hold one of these."""
        held = self.names_of(self.first(self.nodes(keys)))
        ids = sorted({id_ for nodes in held for id_ in nodes.tolist()})
        n = graph_nodes.c
        key_of: dict[int, str] = {}
        for some in slices(ids, MOST_IDS):
            key_of |= {id_: key for id_, key in self._connection.execute(sa.select(n.id, n.key).where(n.id.in_(some)))}  # noqa: C416  # rows are no pairs to mypy
        return [frozenset(key_of[id_] for id_ in nodes.tolist()) for nodes in held]

    def first(self, nodes: Sequence[Node]) -> list[int]:
        """Numbers of the first passages of these names together."""
        places = sorted(place for some in self.places(nodes, LOOKED_AT).values() for place in some)
        return list(dict.fromkeys(number for _, number, _ in places))[:LOOKED_AT]

    def names_of(self, passages: Sequence[int]) -> list[np.ndarray[Any, np.dtype[np.uint32]]]:
        q = graph_passages.c
        packed: list[bytes] = []
        for some in slices(passages, MOST_IDS):
            packed += self._connection.scalars(sa.select(q.nodes).where(q.passage.in_(some))).all()
        return [packing.unpack_nodes(one) for one in packed]

    def most_shared(self, counts: Counter[int], most: int) -> list[Node]:
        """The most frequent, ties by (key, collection)."""
        if not counts or most <= 0:
            return []
        least = sorted(counts.values(), reverse=True)[:most][-1]
        ids = sorted(id_ for id_, n in counts.items() if n >= least)
        nodes = [node for some in slices(ids, MOST_IDS) for node in self._nodes(graph_nodes.c.id.in_(some))]
        return sorted(nodes, key=lambda node: (-counts[node.id], node.key, node.collection))[:most]

    def statements(self, keys: set[str], nodes: Sequence[Node], most: int) -> list[Stated]:
        """By (chunk id, start)."""
        s = graph_stated.c
        passages: set[int] = set()
        for node in nodes:
            wanted = sa.select(s.passage).where(s.node == node.id).order_by(s.passage).limit(most)
            passages.update(self._connection.scalars(wanted))
        return self._stated(keys, sorted(passages)[:most])[:most]

    def relations(self, own: Sequence[Node], passages: Sequence[int], others: set[str]) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """(collection, other key) -> relation phrases between it and these names in these passages, the most frequent first."""
        s, keys = graph_stated.c, {node.key for node in own}
        held: list[int] = []
        for some in slices(passages, MOST_IDS):
            held += self._connection.scalars(sa.select(s.passage).where(s.node.in_([node.id for node in own]), s.passage.in_(some))).all()
        phrases: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for stated in self._stated(keys, sorted(set(held))):
            one = stated.statement
            other = one.object if one.subject in keys else one.subject
            if other in others:
                phrases[stated.collection_id, other][one.relation] += 1
        return {pair: tuple(sorted(counts, key=lambda phrase: (-counts[phrase], phrase))) for pair, counts in phrases.items()}

    def _stated(self, keys: set[str], passages: Sequence[int]) -> list[Stated]:
        """What these passages, in order, state about the keys."""
        q = graph_passages.c
        found: list[Stated] = []
        for some in slices(passages, MOST_IDS):
            wanted = sa.select(q.chunk_id, q.collection, q.statements).where(q.passage.in_(some)).order_by(q.passage)
            for chunk, number, packed in self._connection.execute(wanted).all():
                about = [one for one in packing.unpack_statements(packed) if one.subject in keys or one.object in keys]
                found += [Stated(one, chunk, self._names[number]) for one in about]
        return found

    def _nodes(self, condition: sa.ColumnElement[bool], most: int | None = None) -> list[Node]:
        n, names = graph_nodes.c, self._names
        wanted = sa.select(n.id, n.key, n.collection, n.passages, n.titled).where(condition, n.collection.in_(list(names)))
        if most is not None and names:
            rank = {number: at for at, number in enumerate(sorted(names, key=lambda number: names[number]))}
            wanted = wanted.order_by(n.passages.desc(), n.key, sa.case(rank, value=n.collection)).limit(most)
        return [Node(id_, key, names[number], *counts) for id_, key, number, *counts in self._connection.execute(wanted).all()]


def _first_rows(nodes: Sequence[Node], most: int) -> list[sa.ColumnElement[bool]]:
    """Conditions that hold for the first `most` postings of each name, and for as few others as may be.

    Passages' numbers are digests' bits: of n, the first m lie below m/n of their range, give or take some square roots of m.
    """
    p = graph_postings.c
    by_bound: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for node in nodes:
        for untitled, number, of in ((0, most, node.titled), (1, most - node.titled, node.passages - node.titled)):
            if number > 0 and of > 0:
                by_bound[untitled, _bound(number, of)].append(node.id)
    return [
        p.node.in_(some) & (p.untitled == untitled) & (p.passage <= bound)
        for (untitled, bound), ids in by_bound.items()
        for some in slices(ids, MOST_IDS)
    ]


def _bound(number: int, of: int) -> int:
    """The largest number of a passage that needs looking at: one of few, so that names are asked for together."""
    share = (number + 4 * math.sqrt(number) + 8) / of
    return (1 << 63 + min(0, math.ceil(math.log2(share)))) - 1


def _after(prefix: str) -> str:
    """The first text behind all that begin with the prefix."""
    return prefix + "\U0010ffff"
