"""What the graph asks of its parts. Each docstring is the contract; `tests/contract` runs every store through it.

As in `jitl.ports`: safe to call from several threads, `Unavailable` when the backend does not answer, nothing changed when it raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from graph.facts import Entity, Facts, Mention, Neighbour, PassageFacts, Posting, Stated

LOOKED_AT = 500
"""Passages that a read looks at of a name that stands in more: the first ones, those titled so first, then by chunk id."""
MOST_ALIASES = 16
"""Other names that a class has; one that alias facts make larger has run away, and its names keep their direct partners alone."""


class FactExtractor(Protocol):
    """Finds names and statements in a passage, without a language model. Pure and deterministic across processes."""

    @property
    def id(self) -> str:
        """Name and version: what was extracted by another one is extracted again."""
        ...

    def extract(self, text: str, header: str, title: str) -> Facts:
        """Of a passage (`jitl.types.Chunk`): its text, its header (title and section) and its document's title."""
        ...

    def names(self, question: str) -> Sequence[str]:
        """Keys of what a question names, longest first; those that no document knows among them."""
        ...


class GraphStore(Protocol):
    """Names and statements of passages; a projection of SQL that may hold passages SQL no longer confirms.

    Every read filters by collection inside the engine, is bounded by its `most`, and sees whole passages only.
    Ids of chunks come back unconfirmed: who shows a passage asks SQL for it.
    """

    def write(self, facts: Sequence[PassageFacts]) -> None:
        """Hold these facts of these passages and no others; harmless to repeat."""
        ...

    def remove(self, version_ids: Sequence[str]) -> None:
        """Forget all of these versions; unknown ids are no error."""
        ...

    def forget(self, collection_id: str) -> None: ...

    def mentions(self, chunk_ids: Sequence[str]) -> Mapping[str, Sequence[Mention]]:
        """Chunk id -> its names, by key; passages that the store does not hold are left out."""
        ...

    def postings(self, keys: Sequence[str], collections: Sequence[str], most: int, *, crowded: bool = True) -> Mapping[str, Posting]:
        """Key -> where it stands under this spelling, at most `most` passages a key; unknown keys are left out.

        Without `crowded`, of a key that stands in more than `most` passages those titled so alone.
        """
        ...

    def aliases(self, keys: Sequence[str], collections: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Key -> the other keys of its class, sorted; keys without any are left out. A function of the set of alias facts alone.

        A class is what alias facts of these collections connect. One of more than `MOST_ALIASES` others has run away (an acronym of
        many meanings, as a rule): its keys have those that they stand in a fact with, the most often stated `MOST_ALIASES` of them.
        """
        ...

    def entities(self, prefix: str, collections: Sequence[str], most: int) -> Sequence[Entity]:
        """Names whose key, or a word of it, begins with the folded prefix; the most frequent first, ties by (key, collection)."""
        ...

    def neighbours(self, key: str, collections: Sequence[str], most: int) -> Sequence[Neighbour]:
        """Names that share a passage or a statement with this one or its aliases; the most shared first, ties by (key, collection).

        Counted in the first `LOOKED_AT` passages of the name and its aliases together, over these collections.
        """
        ...

    def statements(self, keys: Sequence[str], collections: Sequence[str], most: int) -> Sequence[Stated]:
        """Statements whose subject or object is one of the keys, by (chunk id, start)."""
        ...

    def path(self, first: str, second: str, collections: Sequence[str], most_steps: int) -> Sequence[str]:
        """Keys from one name to the other over shared passages, a shortest one, the first by the alphabet; empty: none so short.

        Both ends are in it; a step from a name goes by its first `LOOKED_AT` passages at most.
        """
        ...

    def edges(self, collection_id: str) -> Iterator[tuple[str, str, int]]:
        """Every pair of names (first < second) with the number of passages that hold both, by (first, second)."""
        ...

    def counts(self, collection_id: str | None = None) -> Mapping[str, int]:
        """How many `passages`, `mentions`, `aliases` and `statements` are held."""
        ...

    def flush(self) -> None:
        """Returns when everything written before is on stable storage."""
        ...

    def close(self) -> None: ...
