"""What the tools take and return, as JSON Schema tells it to agents. Unknown arguments are refused by name."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import Asked, Collections, History, Moment, Question, Text

Route = Literal["hep", "hep_code", "general", "general_code"]


class SearchArguments(BaseModel):
    """A search."""

    model_config = ConfigDict(extra="forbid")
    query: Annotated[Question, Field(description="What to look for, in English or Chinese: a question, names or terms.")]
    collections: Collections = None
    k: int = Field(default=10, ge=1, le=50, description="Results at most.")
    as_of: Moment | None = Field(default=None, description="Use the corrections that held at this time (ISO 8601).")
    release: Annotated[Text, Field(max_length=100)] | None = Field(default=None, description="Software release that you work with.")
    run: int | None = Field(default=None, ge=0, le=2**53, description="Run number that you ask about.")


class FetchArguments(BaseModel):
    """What to fetch."""

    model_config = ConfigDict(extra="forbid")
    id: Annotated[Text, Field(min_length=1, max_length=2000, description="The id of a search result, a document's id or name.")]
    offset: int | None = Field(default=None, ge=0, le=2**53, description="Character to begin at: `next_offset` of the page before.")


class AskArguments(Asked):
    """A question."""

    model_config = ConfigDict(extra="forbid")
    history: History = Field(default_factory=list)
    route: Route | None = Field(default=None, description="Answer on this route, whatever the question looks like.")


class Found(BaseModel):
    """One search result."""

    id: str = Field(description="For `fetch`.")
    title: str
    url: str = Field(description="Where it can be read and cited from.")
    text: str = Field(description="The passage, or the corrected answer.")
    kind: str = Field(description="passage, graph (reached over the graph of names) or correction (taught by an expert).")
    location: str = Field(description="Where in the document.")
    document: str | None = Field(description="The document's name; null where a correction leads to none.")
    superseded_by: str | None = Field(description="Id of the correction that declares this passage wrong.")


class SearchResults(BaseModel):
    """What was found, best first."""

    results: list[Found]
    notices: list[str] = Field(description="What was limited or degraded.")


class Fetched(BaseModel):
    """A document's text, or a piece of it, or a correction."""

    id: str
    title: str
    text: str
    url: str
    metadata: dict[str, Any] = Field(
        description="kind, collection, document; total_chars, offset and next_offset of a long text; passage, where the id names one."
    )


class AnswerRoute(BaseModel):
    """Which kind of model the question suits."""

    label: Route
    confidence: float
    by: str


class Answered(BaseModel):
    """An answer as REST shows it; there may be more fields."""

    model_config = ConfigDict(extra="allow")
    id: str = Field(description="Takes feedback; names the answer where it is kept.")
    answer: str
    grounded: bool = Field(description="False: the collections hold no answer.")
    route: AnswerRoute
    sources: list[dict[str, Any]] = Field(description="number, title, location, quote, document, chunk, superseded_by.")
    correction: dict[str, Any] | None = Field(description="The correction that became the answer: id, strength, author, at, status.")
    evidence_corrections: list[str] = Field(description="Corrections that the answer rests on besides.")
    notices: list[str]


class Taught(BaseModel):
    """A receipt: what was taught is safe."""

    id: str
    seq: int
    status: str = Field(description="approved: holds from the next question on; proposed: shown, labelled, until an expert approves it.")
    awaits_review: bool
    conflicts: list[dict[str, Any]] = Field(description="Other corrections that it contradicts.")
