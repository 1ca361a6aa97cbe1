"""What the documents' graph knows: names and statements of passages, as the extractor finds them and the stores keep them.

A node is a name in its folded form (`key`), within one collection; an edge is that two names stand in one passage, or that a
sentence states a relation between them. Stored numbers are counts, so that any sequence of changes ends equal to a rebuild.
"""

from __future__ import annotations

import bisect
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


class Kind(enum.StrEnum):
    """What a name names, as far as its form or its surroundings tell."""

    PERSON = "person"
    EXPERIMENT = "experiment"
    DETECTOR = "detector"
    PARTICLE = "particle"
    DECAY = "decay"
    SOFTWARE = "software"
    RELEASE = "release"
    PAPER = "paper"
    CODE = "code"
    NAME = "name"  # a proper name of an unknown kind
    TERM = "term"  # a noun phrase


VAGUE: Final = frozenset({Kind.NAME, Kind.TERM})
"""Kinds that tell nothing of what is named."""


def usual_name(spellings: Mapping[str, int]) -> str:
    """The most frequent spelling, ties by the alphabet."""
    return min(spellings, key=lambda spelling: (-spellings[spelling], spelling))


def usual_kind(kinds: Mapping[Kind, int]) -> Kind:
    """The most frequent one that tells something; a vague one where there is no other."""
    return min(kinds, key=lambda kind: (kind in VAGUE, -kinds[kind], kind))


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a passage. `start` and `end` count characters of the passage's text; both -1 where it stands in the header alone."""

    key: str  # folded: names with equal keys are the same node
    name: str  # as written
    kind: Kind
    count: int = 1
    titled: bool = False  # the passage's document is called so or, where it has no title, the passage opens with it
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class Alias:
    """Two keys that the passage says are names of one thing: an acronym and its expansion, a spelling."""

    key: str
    other: str


@dataclass(frozen=True, slots=True)
class Statement:
    """`subject` and `object` are keys of mentions of the same passage; the span is the sentence that says so."""

    subject: str
    relation: str  # the relation phrase, folded
    object: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one passage. No two mentions have one key, no two aliases or statements are equal."""

    mentions: tuple[Mention, ...] = ()
    aliases: tuple[Alias, ...] = ()
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class PassageFacts:
    """A passage's facts and where they belong."""

    chunk_id: str
    version_id: str
    collection_id: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Entity:
    """A node of one collection; counts are of published passages."""

    key: str
    name: str  # `usual_name` of its spellings
    kind: Kind  # `usual_kind` of its kinds
    collection_id: str
    passages: int
    aliases: Sequence[str] = ()  # other keys of its class, sorted


@dataclass(frozen=True, slots=True)
class Posting:
    """Where a name stands: the number of passages, and the first of them (those titled so first, then by chunk id)."""

    passages: int
    chunks: Sequence[tuple[str, bool]]  # chunk id, whether the name is its document's title

    @property
    def titled(self) -> int:
        """Passages among `chunks` whose document is called so: the first ones."""
        return bisect.bisect_left(self.chunks, True, key=lambda chunk: not chunk[1])  # noqa: FBT003  # found


@dataclass(frozen=True, slots=True)
class Neighbour:
    """`passages`: how many hold both. `relations`: phrases of statements between them, the most frequent first."""

    entity: Entity
    passages: int
    relations: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement where it stands; what a face shows as the origin of a fact."""

    statement: Statement
    chunk_id: str
    collection_id: str
