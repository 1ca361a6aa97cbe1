"""Communities of names: hierarchical Leiden over what stands together, with ids that stay when a community mostly stays.

Leiden is graphrag's own (`graphrag.graphs.hierarchical_leiden`). Its `cluster_graph` gives the same communities, and is a copy of
the edges into a pandas table around that call: 0.9 s and 90 MB of imports that nothing here needs. A test holds the two together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from graph import extra
from jitl.errors import MissingPart

SEED: Final = 20_261_121
LARGEST: Final = 60
"""Names of a community above which Leiden divides it again, one level down."""
SMALLEST: Final = 3
"""Names; less is no community."""
LEVELS: Final = 3
SAME: Final = 0.5
"""Share of common names (Jaccard) from which a community is the one that it was."""
NOT_INSTALLED: Final = "Communities need graphrag, which is not installed."
NOTICE: Final = f"{NOT_INSTALLED} {extra.WHAT_TO_INSTALL}"


@dataclass(frozen=True, slots=True)
class Cluster:
    """`members` are sorted; `parent` is the index of the cluster of the level above that holds them all, None at level 0."""

    level: int
    parent: int | None
    members: tuple[str, ...]


def require() -> None:
    """Raises `MissingPart` where the extra is not installed; imports nothing."""
    if not installed():
        raise MissingPart(NOT_INSTALLED, hint=extra.WHAT_TO_INSTALL)


def installed() -> bool:
    return extra.installed()


def cluster(edges: Iterable[tuple[str, str, float]]) -> list[Cluster]:
    """Communities of an undirected graph, by level and then by their members; the same whatever the order of the edges.

    `edges`: two names and a weight above 0; each pair at most once, in either direction. Names that belong to no community of
    `SMALLEST` names are in none. Raises `MissingPart`.
    """
    require()
    listed = sorted((min(a, b), max(a, b), float(weight)) for a, b, weight in edges if a != b)
    if not listed:
        return []
    found: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    above: dict[str, str] = {}
    for one in extra.leiden(listed, largest=LARGEST, seed=SEED):
        if one.level < LEVELS:
            found[one.level, str(one.cluster)].append(one.node)
            if one.parent_cluster is not None:
                above[str(one.cluster)] = str(one.parent_cluster)
    return _ordered({key: tuple(sorted(members)) for key, members in found.items() if len(members) >= SMALLEST}, above)


def _ordered(found: Mapping[tuple[int, str], tuple[str, ...]], above: Mapping[str, str]) -> list[Cluster]:
    order = sorted(found, key=lambda key: (key[0], found[key]))
    at = {number: index for index, (_, number) in enumerate(order)}
    return [Cluster(level, at.get(above.get(number, "")), found[level, number]) for level, number in order]


def keep_ids(place: str, new: Sequence[Cluster], old: Mapping[str, tuple[int, Sequence[str]]]) -> list[str]:
    """An id for each new cluster: that of the old one of its level which it mostly is, else one of its own.

    `place` tells collections apart; `old`: id -> level and members. Greedy by the share of common names, ties by id and then by the
    order of `new`: a function of its arguments, whatever the order of `old`. No id is given twice.
    """
    given: dict[int, str] = {}
    taken: set[str] = set()
    for _, id_, at in sorted(_overlaps(new, old)):
        if at not in given and id_ not in taken:
            given[at] = id_
            taken.add(id_)
    for at, one in enumerate(new):
        if at not in given:
            given[at] = _fresh(place, one, taken | old.keys())
            taken.add(given[at])
    return [given[at] for at in range(len(new))]


def _overlaps(new: Sequence[Cluster], old: Mapping[str, tuple[int, Sequence[str]]]) -> Iterable[tuple[float, str, int]]:
    """(- share of common names, old id, index of the new one) of those that are the same."""
    holders: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    for id_, (level, members) in old.items():
        for name in members:
            holders[level, name].append(id_)
    for at, one in enumerate(new):
        common = Counter(id_ for name in one.members for id_ in holders.get((one.level, name), ()))
        for id_, shared in common.items():
            share = shared / (len(one.members) + len(old[id_][1]) - shared)
            if share >= SAME:
                yield -share, id_, at


def _fresh(place: str, one: Cluster, taken: Iterable[str]) -> str:
    known, attempt = set(taken), 0
    while (id_ := str(uuid5(NAMESPACE_URL, "\n".join((place, str(one.level), str(attempt), *one.members))))) in known:
        attempt += 1
    return id_
