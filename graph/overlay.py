"""What corrections state, laid over what faces show of the documents' graph, whose own names, numbers and ways stay as they are.

`places` are ids of collections that the caller may read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from graph.explorer import CLASS, LISTED, PROOFS, Step, unknown
from graph.keys import key
from graph.paths import shortest
from jitl.errors import NotFound

if TYPE_CHECKING:
    from graph.explorer import Explorer, Fact, Name, Near
    from jitl.overlay import TaughtStatement, TaughtStatements

_Shown = TypeVar("_Shown")


@dataclass(frozen=True, slots=True)
class TaughtStep:
    """`taught`: what corrections state between the two names, where no passage holds both."""

    step: Step
    taught: Sequence[TaughtStatement] = ()


class Overlay:
    """Safe to call from several threads."""

    def __init__(self, explorer: Explorer, taught: TaughtStatements) -> None:
        self._explorer = explorer
        self._taught = taught

    def entities(self, prefix: str, places: Sequence[str], most: int) -> tuple[list[Name], Sequence[TaughtStatement]]:
        """Names of documents, and what is taught of names that begin so."""
        return self._explorer.entities(prefix, places, most), self._taught.beginning(key(prefix), places, most)

    def neighbours(self, name: str, places: Sequence[str], most: int) -> tuple[list[Name], list[Near], Sequence[TaughtStatement]]:
        """As the documents have it, and what is taught of it. Raises `NotFound` for a name that neither knows."""
        nothing: tuple[list[Name], list[Near]] = ([], [])
        (own, near), taught = self._both(lambda: self._explorer.neighbours(name, places, most), nothing, name, places, most)
        return own, near, taught

    def facts(self, name: str, places: Sequence[str], most: int) -> tuple[list[Fact], Sequence[TaughtStatement]]:
        """What documents state about a name, and what is taught of it. Raises `NotFound` for a name that neither knows."""
        return self._both(lambda: self._explorer.facts(name, places, most), [], name, places, most)

    def path(self, first: str, second: str, places: Sequence[str], most_steps: int) -> list[TaughtStep]:
        """A shortest way over passages or, where they lead nowhere, over what is taught too.

        Raises `NotFound` for a name that neither knows.
        """
        ends = [self._explorer.keys_of(name, places) for name in (first, second)]
        try:
            if found := self._explorer.path(first, second, places, most_steps):
                return [TaughtStep(step) for step in found]
        except NotFound:
            self._known((first, second), ends, places)
        if not self._taught.beginning("", places, 1):
            return []
        pairs = [(one, other) for one in ends[0][:CLASS] for other in ends[1][:CLASS]]
        ways = [way for pair in pairs if (way := shortest(*pair, most_steps, self._expand(places)))]
        way = min(ways, key=lambda way: (len(way), way), default=[])
        return [self._step(one, other, places) for one, other in pairwise(way)]

    def _known(self, names: Sequence[str], ends: Sequence[Sequence[str]], places: Sequence[str]) -> None:
        """Raises `NotFound` for a name that neither documents nor corrections know."""
        for name, keys in zip(names, ends, strict=True):
            if not self._explorer.held(keys, places) and not self._taught.about(keys, places, 1):
                raise unknown(name)

    def _both(
        self, ask: Callable[[], _Shown], nothing: _Shown, name: str, places: Sequence[str], most: int
    ) -> tuple[_Shown, Sequence[TaughtStatement]]:
        """What documents say, and what corrections do."""
        taught = self._taught.about(self._explorer.keys_of(name, places), places, most)
        try:
            return ask(), taught
        except NotFound:
            if not taught:
                raise
            return nothing, taught

    def _expand(self, places: Sequence[str]) -> Callable[[set[str]], list[frozenset[str]]]:
        def expand(keys: set[str]) -> list[frozenset[str]]:
            taught = self._taught.about(sorted(keys)[:LISTED], places, LISTED)
            return [*self._explorer.beside(keys, places), *(frozenset((one.said.subject, one.said.object)) for one in taught)]

        return expand

    def _step(self, one: str, other: str, places: Sequence[str]) -> TaughtStep:
        step = self._explorer.step(one, other, places)
        if step.proofs:
            return TaughtStep(step)
        both = [each for each in self._taught.about([one], places, LISTED) if other in (each.said.subject, each.said.object)]
        written = {each.said.subject: each.said.subject_name for each in both} | {each.said.object: each.said.object_name for each in both}
        return TaughtStep(Step(written.get(one, one), written.get(other, other), ()), both[:PROOFS])
