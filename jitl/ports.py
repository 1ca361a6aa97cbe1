"""What the core asks of everything around it. Each docstring is the contract; `tests/contract` runs every backend through it.

An implementation inherits nothing from here. Unless a method says otherwise it is safe to call from several threads,
raises `jitl.errors.Unavailable` when its backend does not answer, and changes nothing when it raises.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from jitl.speech import LanguageModel as LanguageModel  # noqa: PLC0414  # of the same contracts
from jitl.speech import Message as Message  # noqa: PLC0414
from jitl.speech import Models as Models  # noqa: PLC0414

if TYPE_CHECKING:
    from jitl.types import Chunk, Consultation, Hit, Matrix, ParsedDocument, Passage, Query, Route, Vector


class Encoder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def id(self) -> str:
        """Name and digest of the weights; collections are bound to it."""
        ...

    @property
    def dimension(self) -> int: ...

    def covers(self, text: str) -> bool:
        """Whether the text is in a language that the encoder knows. Others are never embedded."""
        ...

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Shape (len(texts), dimension), float32, unit length, in the order given. Never NaN: raises `Unavailable`."""
        ...

    def embed_question(self, text: str) -> Vector:
        """One text on the question path: a single thread, never behind a batch."""
        ...

    def tokens(self, text: str) -> Sequence[tuple[int, int]]:
        """Character spans of the text's tokens, special tokens left out; their number is the text's length in tokens."""
        ...


class SparseEncoder(Protocol):
    """Our terms: what a text is counted by. Pure and deterministic across processes and engines."""

    @property
    def id(self) -> str:
        """Name and version; part of the pipeline fingerprint."""
        ...

    def terms(self, text: str) -> Mapping[int, int]:
        """Hashed term (u32) -> occurrences."""
        ...

    def passage(self, text: str) -> Mapping[int, float]:
        """Hashed term -> BM25 term weight with a fixed mean length; no IDF."""
        ...

    def question(self, text: str, frequencies: Mapping[int, int], passages: int) -> Mapping[int, float]:
        """Hashed term -> weight with the IDF of `frequencies` (passages that hold the term) among `passages`."""
        ...


@dataclass(frozen=True, slots=True)
class Point:
    """What a vector store holds of a passage: never its text."""

    id: str  # the chunk's UUID
    collection_id: str
    dense: Vector | None
    sparse: Mapping[int, float]


class VectorStore(Protocol):
    """Index of passages by vector and by terms; a projection of SQL that may hold points SQL no longer confirms.

    Searches are exact, filter by collection inside the engine, and return (chunk id, score) by descending score;
    the order of equal scores is not defined. Writes are searchable when they return and survive the process being
    killed; only what came before a `flush` survives power loss.

    `in_process`: a search runs in this process and holds the interpreter's lock; nothing else runs beside it.
    """

    in_process: bool

    def upsert(self, points: Sequence[Point]) -> None:
        """Write or overwrite. The store splits large calls so that searches never wait long."""
        ...

    def delete(self, ids: Sequence[str]) -> None:
        """Forget points; unknown ids are no error."""
        ...

    def delete_collection(self, collection_id: str) -> None: ...

    def search_dense(
        self, vector: Vector, collections: Sequence[str], limit: int, *, among: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """By cosine similarity; `among` names the points to choose from."""
        ...

    def search_sparse(
        self, terms: Mapping[int, float], collections: Sequence[str], limit: int, *, among: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """By dot product of term weights; points without a common term are left out."""
        ...

    def count(self, collection_id: str | None = None) -> int: ...

    def flush(self) -> None:
        """Returns when everything written before is on stable storage."""
        ...

    def close(self) -> None: ...


class Indexer(Protocol):
    """A projection's write side: brought in line with what SQL says now about one version of a document."""

    name: str

    def project(self, version_ids: Sequence[str]) -> None:
        """Write what is published or about to be, remove what is not. Harmless to repeat."""
        ...

    def forget(self, collection_id: str) -> None:
        """Remove everything of a deleted collection. Harmless to repeat."""
        ...

    def flush(self) -> None: ...


class Retriever(Protocol):
    """A source of knowledge, read side: one leg of a search.

    `inline`: it waits for nobody else and holds the interpreter's lock, so that a thread of its own would gain nothing.
    """

    name: str
    inline: bool

    def retrieve(self, query: Query, k: int) -> Sequence[Hit]:
        """Up to k hits that SQL confirms, best first, ties by (document_id, ordinal); fewer only if none are left.

        Honours `query.collections` and `query.deadline`.
        """
        ...


@runtime_checkable
class Stepwise(Protocol):
    """A leg that leaves it to whoever drives it to ask SQL, so that one statement confirms what several legs found."""

    def steps(self, query: Query, k: int) -> Generator[Sequence[str], Mapping[str, tuple[str, int]], Sequence[Hit]]:
        """Returns what `retrieve` would. Yields the chunk ids that it found, others each time; is sent, as chunk id -> (document id,
        ordinal), those that SQL confirms, and may be sent more.
        """
        ...


@runtime_checkable
class Weigher(Protocol):
    """A leg that can say what it gives to hits of other legs, so that a score never depends on where a leg's list was cut."""

    def weigh(self, query: Query, chunk_ids: Sequence[str]) -> Mapping[str, float]:
        """Chunk id -> the score that `retrieve` would give it; those it gives none are left out.

        Not asked where `retrieve` returned fewer than k: none were left, so it gives none of the others any.
        """
        ...


@dataclass(frozen=True, slots=True)
class Mark:
    """A passage that carries a sentence which a correction superseded."""

    chunk_id: str
    correction_id: str


class PairReader(Protocol):
    """Reads a question beside what a correction was taught for. A pair's value does not depend on what is read with it."""

    def load(self) -> None:
        """Load now what the first question would wait for. Raises `MissingPart` where the model is not installed."""
        ...

    def covers(self, text: str) -> bool:
        """Whether the text is in a language that the reader knows."""
        ...

    def read(self, question: str, taught: Sequence[str]) -> Matrix:
        """Shape (len(taught), 2): log odds that each answers the question, and that the question depends on it.

        Raises `MissingPart` where the model is not installed.
        """
        ...


class Corrections(Protocol):
    """What experts taught, as the question path reads it. Needs SQL alone."""

    def consult(self, query: Query) -> Consultation:
        """Weigh every correction acknowledged before the call against the question."""
        ...

    def marks(self, query: Query, passages: Sequence[Passage]) -> Mapping[str, str]:
        """Chunk id -> id of the correction that supersedes it, for those that are superseded."""
        ...


class Router(Protocol):
    def route(self, question: str, vector: Vector | None, history: Sequence[str] = (), principal_id: str | None = None) -> Route:
        """Which kind of model suits the question, before anything is looked up. `history`: what was asked before, oldest first."""
        ...


class RouteLessons(Protocol):
    """What people taught about routes. Needs SQL alone."""

    def taught(self, question: str, vector: Vector | None, principal_id: str | None) -> str | None:
        """The route that was taught, to everybody or to this principal, for this question or one near to it; None where none was."""
        ...


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read: its identity in the collection, its public name, where its bytes lie, and what its place says of it: that goes
    before what the file says of itself in the metadata; `about` in it, a sentence for readers, becomes the first block.
    """

    uri: str
    name: str
    path: Path
    provenance: Mapping[str, str | float | Sequence[str]] = field(default_factory=dict, hash=False)


class Parser(Protocol):
    """One format. Runs in a child process with limits on time and memory; touches no network."""

    name: str
    version: str  # part of the pipeline fingerprint: change it whenever the output changes

    def parse(self, file: SourceFile) -> Iterable[ParsedDocument]:
        """The documents in the file, in order. Raises `Unreadable` with a reason its owner can act on."""
        ...


class Chunker(Protocol):
    @property
    def id(self) -> str: ...

    def chunk(self, document: ParsedDocument) -> tuple[str, Sequence[Chunk]]:
        """The document's canonical text and its passages; every `Location` span is a slice of that text."""
        ...


@runtime_checkable
class Closable(Protocol):
    def close(self) -> None: ...


Progress = Mapping[str, int | float | str]
"""A job's progress: done, total, unit, rate (a second), eta_s."""


class Reporter(Protocol):
    """How a job says where it is; called often, writes seldom."""

    def advance(self, done: int, total: int, note: str = "") -> None: ...

    def outcome(self, uri: str, status: str, reason: str = "", document_id: str | None = None, chunks: int = 0) -> None:
        """status: added, changed, unchanged, removed, skipped, failed."""
        ...

    def cancelled(self) -> bool: ...
