"""A shortest way from one name to another over passages that hold both of each step, searched from both ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

Expand: TypeAlias = Callable[[set[str]], Sequence[frozenset[str]]]
"""Names -> the names of each of the first passages that hold one of them."""


def shortest(first: str, second: str, most_steps: int, expand: Expand) -> list[str]:
    """The names from the first to the second, of the shortest ways the first by the alphabet; empty where none is so short."""
    if first == second:
        return [first] if expand({first}) else []
    ends = _End(first), _End(second)
    while not ends[0].layers[-1] & ends[1].layers[-1]:
        nearer = min(ends, key=lambda end: len(end.layers[-1]))
        if ends[0].steps + ends[1].steps >= most_steps or not nearer.grow(expand):
            return []
    layers = [*ends[0].layers[:-1], ends[0].layers[-1] & ends[1].layers[-1], *reversed(ends[1].layers[:-1])]
    return _walk(layers, [*ends[0].links, *reversed(ends[1].links)])


class _End:
    """One end of the search: the names at each distance from it, and the passages that led on."""

    def __init__(self, key: str) -> None:
        self.layers: list[set[str]] = [{key}]
        self.links: list[Sequence[frozenset[str]]] = []
        self._seen = {key}

    @property
    def steps(self) -> int:
        return len(self.links)

    def grow(self, expand: Expand) -> bool:
        """One step further; False where nothing new is reached."""
        passages = expand(self.layers[-1])
        reached = set().union(*passages) - self._seen
        self.links.append(passages)
        self.layers.append(reached)
        self._seen |= reached
        return bool(reached)


def _walk(layers: Sequence[set[str]], links: Sequence[Sequence[frozenset[str]]]) -> list[str]:
    """Through every layer, by the first name each time that leads on to the end."""
    leading = [layers[-1]]
    for layer, passages in zip(reversed(layers[:-1]), reversed(links), strict=True):
        leading.append(layer & set().union(*(passage for passage in passages if passage & leading[-1])))
    leading.reverse()
    way = [min(leading[0])]
    for layer, passages in zip(leading[1:], links, strict=True):
        way.append(min(layer & set().union(*(passage for passage in passages if way[-1] in passage))))
    return way
