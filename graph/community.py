"""Communities as a refresh computed them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from graph.facts import Kind

Span = tuple[str, int, int]
"""Chunk id, start and end of characters of its text."""


@dataclass(frozen=True, slots=True)
class Base:
    """The published versions of a collection's documents, by id, each with its number of passages."""

    epoch: int
    versions: tuple[tuple[str, int], ...]

    @property
    def passages(self) -> int:
        return sum(passages for _, passages in self.versions)


@dataclass(frozen=True, slots=True)
class Member:
    key: str
    name: str
    kind: Kind
    chunks: Sequence[str]  # passages in which it is spelled so


@dataclass(frozen=True, slots=True)
class Sentence:
    """`said`: a model's words; None: the first of the spans, verbatim."""

    said: str | None
    sources: Sequence[Span]


@dataclass(frozen=True, slots=True)
class Community:
    """As it was computed; what of it still stands in published passages is for the reader to check."""

    id: str
    collection_id: str
    level: int
    parent: str | None
    rank: int
    members: Sequence[Member]
    sentences: Sequence[Sentence]
    title: str | None = None
    report: str | None = None
    size: int | None = None  # how many members there are, where some were left out


@dataclass(frozen=True, slots=True)
class Edition:
    id: str
    collection_id: str
    epoch: int
    at: datetime
