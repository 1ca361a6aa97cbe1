"""The first passages of names, read from their postings without looking at the others."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa

from jitl.sql.frequencies import slices
from jitl.sql.graph_tables import graph_passages, graph_postings
from jitl.sql.prepared import Prepared

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

MOST_IDS = 1000
_LAST = (1 << 63) - 1  # number of a passage

Place: TypeAlias = tuple[Any, ...]
"""A row: the name's node; 0 where the passage's document is called so, else 1; the passage's number; its chunk's id. Those of a name sort
as contracts ask.
"""


@dataclass(frozen=True, slots=True)
class Node:
    """A name's row."""

    id: int
    key: str
    collection: str
    passages: int
    titled: int


def places(
    connection: Connection, nodes: Sequence[Node], most: int, *, chunks: bool = False, titled: bool = False
) -> dict[int, list[Place]]:
    """Node id -> its first places, in order; without `chunks` the id of the chunk is left empty. `titled`: none but those titled so."""
    asked = _NAMED if chunks else _NUMBERED
    found: dict[int, list[Place]] = {node.id: [] for node in nodes}
    if most <= 0:
        return found
    for statement, parameters in _asked(nodes, most, asked, titled=titled):
        for place in statement.plain(connection, **parameters):
            found[place[0]].append(place)
    for node in nodes:
        if len(found[node.id]) < min(most, _count(node, titled=titled)):  # its passages are not as evenly spread as others are
            found[node.id] = list(asked.first.plain(connection, node=node.id, most=most, last=int(not titled)))
        found[node.id].sort()
        del found[node.id][most:]
    return found


@dataclass(frozen=True, slots=True)
class _Statements:
    """Made once; `within`: up to a bound, of titled or untitled ones."""

    every: Prepared
    within: Prepared
    first: Prepared


def _statements(*, chunks: bool) -> _Statements:
    p, q = graph_postings.c, graph_passages.c
    rows: sa.Select[Any] = sa.select(p.node, p.untitled, p.passage, q.chunk_id if chunks else sa.literal_column("''").label("chunk_id"))
    if chunks:
        rows = rows.select_from(graph_postings.join(graph_passages, q.passage == p.passage))
    bound = p.untitled == sa.bindparam("untitled"), p.passage <= sa.bindparam("bound")
    one = rows.where(p.node == sa.bindparam("node"), p.untitled <= sa.bindparam("last")).order_by(p.untitled, p.passage)
    return _Statements(
        Prepared(lambda among: rows.where(among(p.node, "nodes"))),
        Prepared(lambda among: rows.where(among(p.node, "nodes"), *bound)),
        Prepared(lambda _: one.limit(sa.bindparam("most", type_=sa.Integer))),
    )


_NAMED, _NUMBERED = _statements(chunks=True), _statements(chunks=False)


def _asked(nodes: Sequence[Node], most: int, asked: _Statements, *, titled: bool) -> Iterator[tuple[Prepared, dict[str, Any]]]:
    """What gives the first `most` postings of each name, and as few others as may be."""
    few = [node.id for node in nodes if 0 < _count(node, titled=titled) <= most]
    for some in slices(few, MOST_IDS):
        yield (asked.within, {"nodes": list(some), "untitled": 0, "bound": _LAST}) if titled else (asked.every, {"nodes": list(some)})
    by_bound: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for node in (node for node in nodes if _count(node, titled=titled) > most):
        for untitled, number, of in ((0, most, node.titled), (1, most - node.titled, node.passages - node.titled)):
            if number > 0 and of > 0 and untitled <= (not titled):
                by_bound[untitled, _bound(number, of)].append(node.id)
    for (untitled, bound), ids in by_bound.items():
        for some in slices(ids, MOST_IDS):
            yield asked.within, {"nodes": list(some), "untitled": untitled, "bound": bound}


def _count(node: Node, *, titled: bool) -> int:
    return node.titled if titled else node.passages


def _bound(number: int, of: int) -> int:
    """The largest number of a passage that needs looking at: one of few, so that names are asked for together.

    Passages' numbers are bits of digests: of n, the first m lie below m/n of their range, give or take some square roots of m.
    """
    share = (number + 2.5 * math.sqrt(number) + 3) / of
    return (1 << 63 + min(0, math.ceil(math.log2(share)))) - 1
