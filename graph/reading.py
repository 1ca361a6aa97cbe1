"""The read side of the graph in SQL, within one look at the database."""

from __future__ import annotations

import json
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
"""0 where the passage's document is called so, else 1; the passage's id; its chunk's id. They sort as contracts ask."""


@dataclass(frozen=True, slots=True)
class Node:
    """A name's row."""

    id: int
    key: str
    collection: str
    passages: int
    forms: str


def entity(node: Node, aliases: Sequence[str]) -> Entity:
    spellings: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for name, kind, passages in json.loads(node.forms):
        spellings[name] += passages
        kinds[kind] += passages
    name = min(spellings, key=lambda spelling: (-spellings[spelling], spelling))
    kind = min(kinds, key=lambda kind: (kind in _VAGUE, -kinds[kind], kind))
    return Entity(node.key, name, Kind(kind), node.collection, node.passages, aliases)


class GraphReader:
    """What callers may read: these collections alone."""

    def __init__(self, connection: Connection, collections: Sequence[str]) -> None:
        self._connection = connection
        self._collections = list(collections)

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

    def places(self, nodes: Sequence[Node], most: int) -> dict[int, list[Place]]:
        """Node id -> its first places."""
        p, q = graph_postings.c, graph_passages.c
        joined = graph_postings.join(graph_passages, q.id == p.passage)
        wanted = sa.select(p.node, p.untitled, p.passage, q.chunk_id).select_from(joined)
        found: dict[int, list[Place]] = {node.id: [] for node in nodes}
        few = [node.id for node in nodes if node.passages <= most]
        for some in slices(few, MOST_IDS):
            for row in self._connection.execute(wanted.where(p.node.in_(some))):
                found[row[0]].append((row[1], row[2], row[3]))
        for node in nodes:
            if node.passages > most:
                rows = self._connection.execute(wanted.where(p.node == node.id).order_by(p.untitled, p.passage).limit(most))
                found[node.id] = [(row[1], row[2], row[3]) for row in rows]
        return {id_: sorted(places) for id_, places in found.items()}

    def beside(self, own: Sequence[Node]) -> Counter[int]:
        """Ids of the names in the first passages of these -> in how many of those they stand."""
        first = sorted({place for places in self.places(own, LOOKED_AT).values() for place in places})
        passages = list(dict.fromkeys(passage for _, passage, _ in first))[:LOOKED_AT]
        held = self.names_of(passages)
        if not held:
            return Counter()
        ids, counts = np.unique(np.concatenate(held), return_counts=True)
        return Counter({int(id_): int(n) for id_, n in zip(ids, counts, strict=True)}) - Counter({node.id: len(passages) for node in own})

    def names_of(self, passages: Sequence[int]) -> list[np.ndarray[Any, np.dtype[np.uint32]]]:
        q = graph_passages.c
        packed: list[bytes] = []
        for some in slices(passages, MOST_IDS):
            packed += self._connection.scalars(sa.select(q.nodes).where(q.id.in_(some)))
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
        s, q, c = graph_stated.c, graph_passages.c, graph_collections.c
        passages: set[int] = set()
        for node in nodes:
            wanted = sa.select(s.passage).where(s.node == node.id).order_by(s.passage).limit(most)
            passages.update(self._connection.scalars(wanted))
        joined = graph_passages.join(graph_collections, c.id == q.collection)
        columns = sa.select(q.chunk_id, c.collection_id, q.statements).select_from(joined)
        found: list[Stated] = []
        for some in slices(sorted(passages)[:most], MOST_IDS):
            for row in self._connection.execute(columns.where(q.id.in_(some)).order_by(q.id)):
                about = [one for one in packing.unpack_statements(row.statements) if one.subject in keys or one.object in keys]
                found += [Stated(one, row.chunk_id, row.collection_id) for one in about]
        return found[:most]

    def relations(self, keys: set[str], own: Sequence[Node], others: set[str]) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """(collection, other key) -> relation phrases between it and the keys, the most frequent first."""
        phrases: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for stated in self.statements(keys, own, LOOKED_AT):
            one = stated.statement
            other = one.object if one.subject in keys else one.subject
            if other in others:
                phrases[stated.collection_id, other][one.relation] += 1
        return {pair: tuple(sorted(counts, key=lambda phrase: (-counts[phrase], phrase))) for pair, counts in phrases.items()}

    def holding(self, keys: set[str]) -> list[frozenset[str]]:
        """The names of the first passages that hold one of these."""
        first = {place for places in self.places(self.nodes(keys), LOOKED_AT).values() for place in places}
        passages = list(dict.fromkeys(passage for _, passage, _ in sorted(first)))[:MOST_IDS]
        held = self.names_of(passages)
        ids = sorted({id_ for nodes in held for id_ in nodes.tolist()})
        n = graph_nodes.c
        key_of: dict[int, str] = {}
        for some in slices(ids, MOST_IDS):
            key_of |= {row.id: row.key for row in self._connection.execute(sa.select(n.id, n.key).where(n.id.in_(some)))}
        return [frozenset(key_of[id_] for id_ in nodes.tolist()) for nodes in held]

    def _nodes(self, condition: sa.ColumnElement[bool], most: int | None = None) -> list[Node]:
        n, c = graph_nodes.c, graph_collections.c
        joined = graph_nodes.join(graph_collections, c.id == n.collection)
        wanted = sa.select(n.id, n.key, c.collection_id, n.passages, n.forms).select_from(joined)
        wanted = wanted.where(condition, c.collection_id.in_(self._collections))
        if most is not None:
            wanted = wanted.order_by(n.passages.desc(), n.key, c.collection_id).limit(most)
        return [Node(*row) for row in self._connection.execute(wanted)]


def _after(prefix: str) -> str:
    """The first text behind all that begin with the prefix."""
    return prefix + "\U0010ffff"
