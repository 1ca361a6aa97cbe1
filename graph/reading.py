"""The read side of the graph in SQL, within one look at the database."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

from graph import packing
from graph.facts import Entity, Kind, Stated, usual_kind, usual_name
from graph.places import MOST_IDS, Place, places
from graph.places import Node as Node  # noqa: PLC0414  # a name as it is read
from graph.ports import LOOKED_AT
from jitl.sql.frequencies import slices
from jitl.sql.graph_tables import graph_collections, graph_nodes, graph_passages, graph_stated, graph_words
from jitl.sql.prepared import Prepared

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def entity(node: Node, forms: str, aliases: Sequence[str]) -> Entity:
    spellings: Counter[str] = Counter()
    kinds: Counter[Kind] = Counter()
    for name, kind, passages in json.loads(forms):
        spellings[name] += passages
        kinds[Kind(kind)] += passages
    return Entity(node.key, usual_name(spellings), usual_kind(kinds), node.collection, node.passages, aliases)


class GraphReader:
    """What callers may read: these collections alone."""

    def __init__(self, connection: Connection, collections: Sequence[str]) -> None:
        self._connection = connection
        self.collections = list(dict.fromkeys(collections))
        rows = _NUMBERS.rows(connection, ids=self.collections)
        self._names: dict[int, str] = {row.id: row.collection_id for row in rows}

    def nodes(self, keys: Iterable[str]) -> list[Node]:
        """Of each key, in every collection that knows it."""
        found: list[Node] = []
        for some in slices(sorted(set(keys)), MOST_IDS):
            rows = _NODES_OF.rows(self._connection, keys=list(some), numbers=list(self._names))
            found += [Node(id_, key, self._names[number], *counts) for id_, key, number, *counts in rows]
        return found

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

    def places(self, nodes: Sequence[Node], most: int, *, chunks: bool = False, titled: bool = False) -> dict[int, list[Place]]:
        return places(self._connection, nodes, most, chunks=chunks, titled=titled)

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
        places = sorted(tuple(place[1:3]) for some in self.places(nodes, LOOKED_AT).values() for place in some)
        return list(dict.fromkeys(number for _, number in places))[:LOOKED_AT]

    def names_of(self, passages: Sequence[int]) -> list[np.ndarray[Any, np.dtype[np.uint32]]]:
        packed: list[bytes] = []
        for some in slices(passages, MOST_IDS):
            packed += self._connection.scalars(_NAMES_IN, {"passages": some}).all()
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


def _after(prefix: str) -> str:
    """The first text behind all that begin with the prefix."""
    return prefix + "\U0010ffff"


def _among(column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    return column.in_(sa.bindparam(name, expanding=True))


_N, _P, _C = graph_nodes.c, graph_passages.c, graph_collections.c
_NODES_OF = Prepared(
    lambda among: sa.select(_N.id, _N.key, _N.collection, _N.passages, _N.titled).where(
        among(_N.key, "keys"), among(_N.collection, "numbers")
    )
)
_NAMES_IN = sa.select(_P.nodes).where(_among(_P.passage, "passages"))
_NUMBERS = Prepared(lambda among: sa.select(_C.id, _C.collection_id).where(among(_C.collection_id, "ids")))
