"""Classes of names for one thing: what alias facts connect, a function of their set alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import sqlalchemy as sa

from graph.ports import MOST_ALIASES
from jitl.sql.graph_tables import graph_aliases, graph_collections
from jitl.sql.prepared import Among, Prepared

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


Look: TypeAlias = Callable[[set[str]], Iterable[tuple[str, str, int]]]
"""Keys -> (key, what it is said to be another name of, in how many facts)."""


def classes(connection: Connection, keys: Sequence[str], collections: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """As `connected`, of the alias facts in SQL."""
    return connected(keys, partial(_look, connection, collections))


def connected(keys: Sequence[str], look: Look) -> dict[str, tuple[str, ...]]:
    """Key -> the other keys of its class, sorted; see `GraphStore.aliases` for classes that run away."""
    stated: dict[str, dict[str, int]] = {}
    frontier = set(keys)
    for _ in range(MOST_ALIASES + 1):  # a class's longest way is shorter, or it has run away
        stated |= {key: {} for key in frontier}
        for key, other, facts in look(frontier):
            stated[key][other] = facts
        frontier = set().union(*(stated[key] for key in frontier if len(stated[key]) <= MOST_ALIASES)) - set(stated)
        if not frontier:
            break
    return {key: others for key in keys if (others := _others(key, stated))}


def _others(key: str, stated: Mapping[str, Mapping[str, int]]) -> tuple[str, ...]:
    members, frontier = {key}, [key]
    while frontier and len(members) <= MOST_ALIASES + 1:
        frontier = sorted({other for one in frontier for other in stated.get(one, ())} - members)
        members.update(frontier)
    if len(members) > MOST_ALIASES + 1:
        return tuple(sorted(sorted(stated[key], key=lambda other: (-stated[key][other], other))[:MOST_ALIASES]))
    return tuple(sorted(members - {key}))


def _look(connection: Connection, collections: Sequence[str], keys: set[str]) -> list[tuple[str, str, int]]:
    return [(key, other, int(facts)) for key, other, facts in _STATED.rows(connection, keys=sorted(keys), collections=list(collections))]


def _statement(among: Among) -> sa.Select[tuple[str, str, int]]:
    a, c = graph_aliases.c, graph_collections.c
    numbers = sa.select(c.id).where(among(c.collection_id, "collections"))
    wanted = sa.select(a.key, a.other, sa.func.sum(a.passages).label("facts")).where(among(a.key, "keys"), a.collection.in_(numbers))
    return wanted.group_by(a.key, a.other)


_STATED = Prepared(_statement)
