"""The values that travel between packages: frozen, without behaviour beyond their own invariants.

Vectors are `numpy.float32` arrays of unit length. Ids are UUID strings. Times are aware UTC datetimes.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]  # shape (dimension,)
    Matrix = NDArray[np.float32]  # shape (texts, dimension)


class BlockKind(enum.StrEnum):
    """What a stretch of a document is; chunking keeps unlike kinds apart."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    TABLE = "table"
    CODE = "code"
    FORMULA = "formula"
    QUOTE = "quote"
    NOTES = "notes"  # a slide's speaker notes


@dataclass(frozen=True, slots=True)
class Block:
    """A structural unit of a parsed document.

    `section`: headings above it, outermost first. `level`: a heading's depth (1: the top). `page`, `slide` from 1. `message`: a Message-ID.
    """

    text: str
    kind: BlockKind = BlockKind.PARAGRAPH
    section: tuple[str, ...] = ()
    level: int = 0
    page: int | None = None
    slide: int | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """One document as a parser returns it; a mailbox yields one a message.

    `member` tells documents of one file apart (a Message-ID, say); "" where a file is one document. `metadata` values are strings, numbers,
    booleans or lists of strings: author, date (ISO 8601), parent, revision, thread, arxiv, labels. `notices` are remarks for the owner.
    """

    title: str
    blocks: tuple[Block, ...]
    kind: str  # twiki, html, latex, pdf, slides, mail, markdown, rst, notebook, text, code, record, alert, issue, chat, event
    member: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Location:
    """Where a passage stands: `start` and `end` count characters of the document's canonical text."""

    section: tuple[str, ...] = ()
    page: int | None = None
    slide: int | None = None
    message: str | None = None
    start: int = 0
    end: int = 0

    @property
    def label(self) -> str:
        """Short text for people: `page 3`, `slide 12`, `Trigger > Rates`."""
        at = [f"{name} {number}" for name, number in (("page", self.page), ("slide", self.slide)) if number is not None]
        return ", ".join([*at, " > ".join(self.section)] if self.section else at)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage to be indexed. `text` is verbatim; `header` (title and section) is indexed with it, never shown as it."""

    ordinal: int
    text: str
    header: str
    location: Location
    kind: BlockKind = BlockKind.PARAGRAPH


@dataclass(frozen=True, slots=True)
class Passage:
    """A published chunk as SQL confirms it for one caller."""

    id: str
    ordinal: int
    text: str
    header: str
    location: Location
    document_id: str
    document: str  # the public name: a record's id, or a file's path
    title: str
    collection_id: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Query:
    """A question made ready once and shared by every leg.

    `vector` is None where the encoder does not cover the text's language. `terms`: hashed term (u32) -> weight, IDF of `collections`
    included. `collections` are ids that the caller may read; a leg returns nothing for an empty tuple. `deadline` is a `time.monotonic()`.
    """

    text: str
    language: str  # "en" or "zh", by script
    vector: Vector | None
    terms: Mapping[int, float]
    collections: tuple[str, ...]
    deadline: float
    as_of: datetime | None = None
    release: str | None = None
    run: int | None = None
    frequencies: Mapping[int, int] = field(default_factory=dict)  # term, of `rewritten` too -> passages that hold it
    passages: int = 0  # published passages of `collections`; N of the IDF
    rewritten: str | None = None  # in the other language, by the glossary; None where it knows no name in the question
    rewritten_vector: Vector | None = None  # of `rewritten`, where `vector` is None and the encoder covers it
    rewritten_terms: Mapping[int, float] = field(default_factory=dict)  # of it and aliases, as shares of its weight; none of `terms`


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that one leg found and SQL confirmed. Ties are ordered by (document_id, ordinal)."""

    chunk_id: str
    document_id: str
    ordinal: int
    score: float
    leg: str
    path: tuple[str, ...] = ()  # how a graph walk reached it


class Strength(enum.StrEnum):
    """How far a correction covers a question."""

    SAME = "same"
    PARAPHRASE = "paraphrase"
    DEPENDENT = "dependent"
    UNRELATED = "unrelated"


@dataclass(frozen=True, slots=True)
class CorrectionState:
    """A correction as it stands now: what the memory holds of it and the faces show."""

    id: str
    seq: int
    collection_id: str
    question: str
    answer: str
    subject: str | None
    statement: str | None
    paraphrases: tuple[str, ...]
    author: str
    author_id: str
    at: datetime
    status: str  # proposed, approved, disputed, retracted
    confirmed: bool = False
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    release: str | None = None
    runs: str | None = None
    groups: tuple[str, ...] = ()
    version: int = 1  # counts amendments
    batch: str | None = None  # what it was taught together with

    @property
    def authoritative(self) -> bool:
        return self.status == "approved"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A correction weighed against a question; probabilities of the scope decision."""

    correction: CorrectionState
    same: float
    dependent: float
    strength: Strength


@dataclass(frozen=True, slots=True)
class Consultation:
    """What the corrections say to one question.

    `answer`: the authoritative correction that fires, if any. `evidence`: dependent ones and, beside an original answer, visible ones
    without authority, at most five. `candidates`: the weighed ones. `onward`: what dependent ones leave to be asked of the passages,
    with their answers in the place of what they answer. Each best first.
    """

    answer: Candidate | None = None
    evidence: tuple[Candidate, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    onward: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    label: str  # hep, hep_code, general, general_code
    confidence: float  # of the model, in the label that it chose
    by: str = "model"  # or default (the model was not sure), taught, asked (by the caller), settled (the collections answered)
    guess: str | None = None  # what the model chose, where something else decided


@dataclass(frozen=True, slots=True)
class Source:
    """Something an answer rests on, numbered from 1 in the order shown. `quote` is verbatim."""

    number: int
    kind: str  # passage, correction
    quote: str
    title: str
    location: str
    document: str | None = None
    document_id: str | None = None
    chunk: str | None = None
    collection_id: str | None = None
    correction: str | None = None
    superseded_by: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The finished answer. `grounded` is False when nothing in the collections supports it."""

    id: str
    question: str
    text: str
    grounded: bool
    route: Route
    sources: tuple[Source, ...]
    correction: Candidate | None = None
    evidence_corrections: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    notices: tuple[str, ...] = ()  # failed legs, fallbacks; for people
    read_as: str | None = None  # a follow-up as the question that it was searched by
    model: str | None = None  # whose words these are, where a language model's


@dataclass(frozen=True, slots=True)
class Sources:
    """First event of an answer's stream."""

    sources: tuple[Source, ...]
    notices: tuple[str, ...] = ()
    answer_id: str = ""  # of the answer that it begins
    grounded: bool = True  # False: nothing in the collections answers; a model's own words may follow


@dataclass(frozen=True, slots=True)
class Token:
    text: str  # a piece of the answer's, in order


@dataclass(frozen=True, slots=True)
class Done:
    """Last event; carries the whole answer."""

    answer: Answer


AnswerEvent = Sources | Token | Done


@dataclass(frozen=True, slots=True)
class RankedHit:
    """One line of a search result, best first."""

    kind: str  # passage, correction, graph
    score: float
    passage: Passage | None = None
    correction: CorrectionState | None = None
    superseded_by: str | None = None
    path: tuple[str, ...] = ()
    legs: Mapping[str, float] = field(default_factory=dict)  # leg -> its own score (dense: cosine); legs that did not find it left out
    also: tuple[str, ...] = ()  # documents that say the same there and are not shown for it


@dataclass(frozen=True, slots=True)
class SearchResult:
    hits: Sequence[RankedHit]
    consultation: Consultation
    query: Query
    notices: tuple[str, ...] = ()  # legs that failed, by name and reason
    onward: tuple[tuple[Query, Sequence[RankedHit]], ...] = ()  # what was asked onward, and its hits
