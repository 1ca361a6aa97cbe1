"""From what stands where to communities: which names take part, which are central, which passages speak for them.

Everything here is a function of the occurrences alone, whatever the order in which they came to be.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graph.communities import Cluster, cluster
from graph.facts import Kind

if TYPE_CHECKING:
    from graph.occurrences import Occurrences

MOST_NAMES: Final = 20_000
MOST_EDGES: Final = 200_000
MOST_COMMUNITIES: Final = 300
"""Of each level; those that most passages speak of."""
FEW: Final = 20
"""Passages up to which a name may take part that stands in one alone."""
OFTEN: Final = 5
"""A name in more than one passage of so many tells none of them apart."""
ALWAYS: Final = 8
"""Passages in which every name may stand."""
PASSAGES: Final = 10
"""Of a community, from which its sentences are chosen."""
A_DOCUMENT: Final = 3
"""Of these, from one document."""
_LETTER: Final = re.compile(r"[^\W\d_]")
_STOP: Final = frozenset(
    re.findall(
        r"\S+",
        "figure fig figures table tables section sections chapter introduction abstract summary conclusion conclusions references appendix "
        "page slide slides note notes overview contents acknowledgements acknowledgments et al example examples see today yes no "
        "thread date from to cc subject "
        "图 表 摘要 引言 结论 参考文献 附录 目录 概述 总结 示例 注 致谢",
    )
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A community as it was found. Names and passages are numbers of the occurrences."""

    cluster: Cluster
    members: Sequence[int]  # the most central first
    weights: dict[int, int]  # member -> passages that it shares with other members, added up
    passages: Sequence[int]  # those that say most of it, best first
    weight: int  # passages that hold two members at least


def telling(found: Occurrences) -> list[bool]:
    """Which names take part: neither rare, nor everywhere, nor words that name nothing; the most frequent ones of too many."""
    least = 1 if len(found.passages) <= FEW else 2
    most = max(ALWAYS, len(found.passages) // OFTEN)
    good = [least <= len(places) <= most and _names(named.key) for named, places in zip(found.names, found.where, strict=True)]
    chosen = sorted((at for at, says in enumerate(good) if says), key=lambda at: (-len(found.where[at]), at))[:MOST_NAMES]
    kept = frozenset(chosen)
    return [at in kept for at in range(len(good))]


def strongest(found: Occurrences, among: Sequence[bool]) -> list[tuple[int, int, int]]:
    """The edges between these names, the strongest of too many, by (first, second)."""
    kept: list[tuple[int, int, int]] = []
    for edge in found.edges(among):
        kept.append(edge)
        if len(kept) > 3 * MOST_EDGES:
            kept = _best(kept)
    return sorted(_best(kept))


def survey(found: Occurrences) -> list[Drawn]:
    """Communities by level, those that most passages speak of first. Raises `MissingPart`."""
    edges = strongest(found, telling(found))
    number = {named.key: at for at, named in enumerate(found.names)}
    clusters = cluster((found.names[a].key, found.names[b].key, float(n)) for a, b, n in edges)
    beside: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for a, b, n in edges:
        beside[a].append((b, n))
        beside[b].append((a, n))
    return [_drawn(found, one, [number[key] for key in one.members], beside) for one in clusters]


def chosen(drawn: Sequence[Drawn]) -> list[int]:
    """Indices of the communities that are kept: of each level those of most weight, each with its parent; ties by their order."""
    kept: set[int] = set()
    for level in sorted({one.cluster.level for one in drawn}):
        here = [at for at, one in enumerate(drawn) if one.cluster.level == level and one.weight and _rooted(one.cluster, kept)]
        kept.update(sorted(here, key=lambda at: (-drawn[at].weight, at))[:MOST_COMMUNITIES])
    return sorted(kept)


def _rooted(one: Cluster, kept: set[int]) -> bool:
    return one.parent is None or one.parent in kept


def _names(key: str) -> bool:
    return len(key) > 1 and key not in _STOP and _LETTER.search(key) is not None


def _best(edges: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    return sorted(edges, key=lambda edge: (-edge[2], edge[0], edge[1]))[:MOST_EDGES]


def _drawn(found: Occurrences, one: Cluster, members: Sequence[int], beside: defaultdict[int, list[tuple[int, int]]]) -> Drawn:
    ours = frozenset(members)
    weights = {name: sum(n for other, n in beside[name] if other in ours) for name in members}
    central = sorted(members, key=lambda name: (-weights[name] * _worth(found.names[name].kind), found.names[name].key))
    says: Counter[int] = Counter()
    holds: Counter[int] = Counter()
    for name in members:
        for place in found.where[name]:
            says[place] += weights[name]
            holds[place] += 1
    speaking = [place for place in says if holds[place] > 1]
    return Drawn(one, central, weights, _spread(found, sorted(speaking, key=lambda place: (-says[place], place))), len(speaking))


def _worth(kind: Kind) -> float:
    """A proper name says more of what a community is about than a noun phrase of the same weight."""
    return 0.5 if kind is Kind.TERM else 1.0


def _spread(found: Occurrences, places: Sequence[int]) -> list[int]:
    """The first ones, a few of each document."""
    taken: Counter[int] = Counter()
    kept = []
    for place in places:
        if taken[found.documents[place]] < A_DOCUMENT:
            taken[found.documents[place]] += 1
            kept.append(place)
        if len(kept) == PASSAGES:
            break
    return kept
