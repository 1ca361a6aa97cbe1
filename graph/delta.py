"""What a change of some passages means for every count and index of the graph: the new facts in, the old ones out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from graph.facts import Facts
from graph.packing import unpack

Node: TypeAlias = tuple[int, str]
"""Collection's number and key."""


@dataclass(frozen=True, slots=True)
class Held:
    """A passage with its packed facts; `ordered` are the same where they need not be unpacked."""

    passage: int
    chunk_id: str
    version_id: str
    collection: int
    packed: tuple[bytes, bytes, bytes]
    ordered: Facts | None = field(default=None, compare=False)

    @property
    def facts(self) -> Facts:
        return unpack(*self.packed) if self.ordered is None else self.ordered


@dataclass(slots=True)
class Delta:
    """Rows are named by node, counts by what they count; what comes and goes with one change is left out."""

    titled: Counter[Node] = field(default_factory=Counter)
    forms: defaultdict[Node, Counter[tuple[str, str]]] = field(default_factory=lambda: defaultdict(Counter))  # (spelling, kind) -> passages
    postings: Counter[tuple[Node, int, int]] = field(default_factory=Counter)  # (node, untitled, passage)
    stated: Counter[tuple[Node, int]] = field(default_factory=Counter)  # (node, passage)
    aliases: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    totals: Counter[tuple[int, str]] = field(default_factory=Counter)

    @classmethod
    def of(cls, old: Iterable[Held], new: Iterable[Held]) -> Delta:
        delta = cls()
        for passage in new:
            delta._count(passage, 1)
        for passage in old:
            delta._count(passage, -1)
        return delta

    @property
    def nodes(self) -> set[Node]:
        return set(self.forms)

    def _count(self, passage: Held, sign: int) -> None:
        c, facts = passage.collection, passage.facts
        for mention in facts.mentions:
            node = (c, mention.key)
            self.forms[node][mention.name, mention.kind.value] += sign
            self.titled[node] += sign * mention.titled
            self.postings[node, int(not mention.titled), passage.passage] += sign
        for key in {key for statement in facts.statements for key in (statement.subject, statement.object)}:
            self.stated[(c, key), passage.passage] += sign
        for alias in facts.aliases:
            self.aliases[c, alias.key, alias.other] += sign
            self.aliases[c, alias.other, alias.key] += sign
        parts = {"passages": 1, "mentions": len(facts.mentions), "aliases": len(facts.aliases), "statements": len(facts.statements)}
        for name, number in parts.items():
            self.totals[c, name] += sign * number
