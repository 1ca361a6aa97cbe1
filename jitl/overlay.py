"""What corrections state of names, beside the documents' graph: contracts between whoever reads, keeps and shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from jitl.types import CorrectionState


@dataclass(frozen=True, slots=True)
class NamedStatement:
    """`subject` and `object` are keys, as the documents' graph folds names; `*_name` are the names as written."""

    subject: str
    relation: str
    object: str
    subject_name: str
    object_name: str


@dataclass(frozen=True, slots=True)
class TaughtStatement:
    """A statement and the correction that makes it."""

    said: NamedStatement
    correction: CorrectionState


class StatementReader(Protocol):
    """Finds what a correction states of names. Pure and deterministic across processes."""

    @property
    def id(self) -> str:
        """Name and version: what another one has read is read again."""
        ...

    def read(self, question: str, answer: str, subject: str | None, statement: str | None) -> Sequence[NamedStatement]:
        """No two are equal; [] where the form of the words leaves doubt. Reads so many characters of each text at most."""
        ...


class TaughtStatements(Protocol):
    """Statements of approved corrections that hold now, the latest correction first. `places` are ids of collections."""

    def about(self, keys: Sequence[str], places: Sequence[str], most: int) -> Sequence[TaughtStatement]:
        """Those whose subject or object is one of these keys."""
        ...

    def beginning(self, prefix: str, places: Sequence[str], most: int) -> Sequence[TaughtStatement]:
        """Those with a name whose key, or a word of it, begins with the folded prefix."""
        ...
