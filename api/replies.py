"""What the service answers, as a client sees it: JSON objects with the keys that `api/render.py` writes.

A newer service may send more keys; they are kept, so that `--json` prints what came.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, Required, TypedDict

Strength = Literal["same", "paraphrase"]


class RouteReply(TypedDict):
    label: str
    confidence: float
    by: str
    guess: NotRequired[str]


class LessonReply(TypedDict):
    id: str
    question: str
    label: str
    everyone: bool
    by: str
    at: str


class SourceReply(TypedDict, total=False):
    number: Required[int]
    kind: Required[str]
    document: Required[str | None]
    chunk: Required[str | None]
    title: Required[str]
    location: Required[str]
    quote: Required[str]
    document_id: str
    correction: str
    superseded_by: str


class FiredReply(TypedDict):
    """The correction that became the answer."""

    id: str
    strength: Strength
    author: str
    at: str
    status: str


class CandidateReply(TypedDict):
    correction: str
    same: float
    dependent: float
    strength: str


class AnswerReply(TypedDict):
    id: str
    question: str
    answer: str
    grounded: bool
    route: RouteReply
    sources: list[SourceReply]
    correction: FiredReply | None
    evidence_corrections: list[str]
    notices: list[str]
    read_as: NotRequired[str]
    model: NotRequired[str]
    candidates: NotRequired[list[CandidateReply]]


class VoteReply(TypedDict):
    answer: str
    vote: str
    reason: str
    at: str


class HitReply(TypedDict, total=False):
    document: Required[str | None]
    chunk: Required[str | None]
    kind: Required[str]
    score: Required[float]
    title: str
    location: str
    text: str
    document_id: str
    collection: str
    correction: str
    superseded_by: str
    path: list[str]
    also: list[str]


class SearchReply(TypedDict):
    hits: list[HitReply]
    notices: list[str]


class ClashReply(TypedDict, total=False):
    """Of what contradicts, its words too."""

    kind: Required[str]
    correction: Required[str]
    note: Required[str]
    question: str
    answer: str
    author: str
    status: str


class ReceiptReply(TypedDict):
    id: str
    seq: int
    status: str
    conflicts: list[ClashReply]


class ProblemReply(TypedDict, total=False):
    """RFC 9457; `errors` names refused fields."""

    type: str
    title: str
    status: int
    detail: str
    hint: str
    errors: list[dict[str, str]]
    request_id: str


class TaughtReply(TypedDict, total=False):
    """One line of a batch: a receipt or an error."""

    id: Required[str | None]
    correction: str
    seq: int
    status: str
    conflicts: list[ClashReply]
    error: ProblemReply


class CorrectionReply(TypedDict):
    id: str
    seq: int
    status: str
    collection: str
    question: str
    answer: str
    subject: str | None
    statement: str | None
    paraphrases: list[str]
    author: str
    at: str
    confirmed: bool
    valid_from: str | None
    valid_to: str | None
    release: str | None
    runs: str | None
    groups: list[str]
    version: int
    batch: str | None


class CollectionReply(TypedDict):
    id: str
    name: str
    documents: int
    passages: int
    encoder: str | None
    created_at: str
    personal: bool


class DocumentReply(TypedDict):
    document: str
    id: str
    collection: str
    title: str
    kind: str
    passages: int
    metadata: dict[str, Any]
    published_at: str | None


class PassageReply(TypedDict):
    """Which characters of a document's text a passage is."""

    chunk: str
    start: int
    end: int
    location: str


class SourceTextReply(DocumentReply):
    text: str
    passage: PassageReply | None


class ProgressReply(TypedDict, total=False):
    done: int
    total: int
    unit: str
    rate: float
    eta_s: float | None
    note: str


class JobReply(TypedDict):
    id: str
    kind: str
    state: str
    collection: str | None
    progress: ProgressReply
    counts: dict[str, int]
    attempts: int
    error: str | None
    created_at: str
    started_at: str | None
    finished_at: str | None
    cancelling: bool


class JobItemReply(TypedDict):
    id: int
    uri: str
    status: str
    reason: str
    document_id: str | None
    chunks: int


class KeyReply(TypedDict):
    """`key` itself is there once, in the reply that makes it."""

    id: str
    name: str
    principal: str
    rights: list[str]
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    key: NotRequired[str]


class PartReply(TypedDict):
    name: str
    state: str
    todo: str
    detail: NotRequired[str]


class StatusReply(TypedDict):
    version: str
    status: str
    profile: str
    parts: list[PartReply]
    data_dir: NotRequired[str]
