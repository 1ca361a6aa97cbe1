"""What REST takes. Unknown fields are refused: a misspelt filter must not silently widen a search."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from jitl.errors import BadInput
from jitl.principals import Right, Role
from jitl.text import clean

MOST_HITS = 200
MOST_TURNS = 50


def _storable(text: str) -> str:
    try:
        return clean(text)
    except BadInput as error:
        raise ValueError(str(error)) from None


def _spoken(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty")
    return _storable(text)


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


Text = Annotated[str, AfterValidator(_storable)]
Question = Annotated[str, AfterValidator(_spoken), Field(description="In English or Chinese.")]
History = Annotated[list[Question], Field(max_length=MOST_TURNS, description="What was asked before it, oldest first.")]
Name = Annotated[str, AfterValidator(_spoken), Field(max_length=200)]
Moment = Annotated[datetime, AfterValidator(_aware)]
Collections = Annotated[
    list[Name] | None, Field(max_length=100, description="Names or ids of collections; left out: all that the key may read.")
]


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [values]})


class Asked(BaseModel):
    """What a question is asked of, and as of when."""

    question: Question
    collections: Collections = None
    as_of: Moment | None = Field(default=None, description="Answer with the corrections that held at this time.")
    release: Annotated[Text, Field(max_length=100)] | None = Field(
        default=None, description="Software release, for corrections limited to some."
    )
    run: int | None = Field(default=None, ge=0, le=2**53, description="Run number, for corrections limited to a run period.")


class AskRequest(Asked):
    """A question."""

    model_config = _example(question="What is the momentum resolution of the BESIII drift chamber?", collections=["bes3"])
    history: History = []
    route: Literal["hep", "hep_code", "general", "general_code"] | None = Field(
        default=None, description="Answer on this route, whatever the question looks like."
    )
    stream: bool = Field(default=False, description="Answer as server-sent events: sources, token (many), done.")
    explain: bool = Field(default=False, description="Add the corrections that were weighed, with their probabilities.")


class SearchRequest(Asked):
    """A search."""

    model_config = _example(question="boss 7.1.2 installation", collections=["bes3"], k=5)
    k: int = Field(default=10, ge=1, le=MOST_HITS, description="Hits at most.")


class RouteRequest(BaseModel):
    """A question whose model is to be chosen."""

    model_config = _example(question="Write a C++ loop over the events of a DST file")
    question: Question
    history: History = []


class LessonRequest(BaseModel):
    """The route that a question should have had."""

    model_config = _example(question="Write a C++ loop over the events of a DST file", label="hep_code")
    question: Question
    label: Literal["hep", "hep_code", "general", "general_code"]


class WrongQuoteRequest(BaseModel):
    """A stretch of a document that the correction declares wrong."""

    model_config = _example(document="Releases.txt", quote="The recommended release is 7.0.5.")
    document: Text | None = None
    quote: Text


class TeachRequest(BaseModel):
    """A correction."""

    model_config = _example(
        question="Which BOSS release is recommended for new analyses?",
        answer="BOSS 7.1.2 since October 2026.",
        subject="BOSS",
        statement="The recommended release is BOSS 7.1.2.",
        collection="bes3",
        supersedes=[{"document": "twiki/BossReleases.txt", "quote": "We recommend BOSS 7.0.9 for all new analyses."}],
    )
    question: Question
    answer: Question
    subject: Text | None = Field(default=None, description="What the correction is about.")
    statement: Text | None = Field(default=None, description="The corrected fact as one sentence.")
    paraphrases: list[Text] = Field(default_factory=list, description="Other ways to ask.")
    supersedes: list[WrongQuoteRequest] = Field(default_factory=list, description="The sentences that were wrong.")
    valid_from: Text | None = Field(default=None, description="Date or time (ISO 8601) from which it holds.", examples=["2026-10-01"])
    valid_to: Text | None = Field(default=None, description="Date or time until which it holds; a day counts in full.")
    release: Text | None = Field(default=None, description="Software release it is limited to.")
    runs: Text | None = Field(default=None, description="Run numbers it is limited to.", examples=["9947-10878, 11000"])
    groups: list[Text] = Field(default_factory=list, description="Groups it concerns.")
    confirmed: bool = Field(default=False, description="The answer stood already; an expert vouches for it.")
    collection: Name | None = Field(default=None, description="Name or id; may be left out where the key may teach in one only.")
    id: Name | None = Field(default=None, description="Your own id; stands for the Idempotency-Key where that header is absent.")


class AmendRequest(BaseModel):
    """What a correction says from now on; fields left out stay, null clears one."""

    model_config = _example(answer="BOSS 7.1.3 since December 2026.", version=1)
    answer: Question | None = None
    subject: Text | None = None
    statement: Text | None = None
    paraphrases: list[Text] | None = None
    supersedes: list[WrongQuoteRequest] | None = Field(default=None, description="All of them: those left out are lifted.")
    valid_from: Text | None = None
    valid_to: Text | None = None
    release: Text | None = None
    runs: Text | None = None
    groups: list[Text] | None = None
    version: int | None = Field(default=None, ge=1, description="The version you saw; another one by now is a conflict.")


class RevertRequest(BaseModel):
    """Whose corrections to take back: of an author (name or id) or of a batch."""

    model_config = _example(author="mallory")
    author: Name | None = None
    batch: Name | None = None


class ProposalsRequest(BaseModel):
    """A question whose answer was wrong, and the right answer."""

    model_config = _example(
        question="Which BOSS release is recommended for new analyses?", answer="BOSS 7.1.2", wrong="BOSS 7.0.9", collection="bes3"
    )
    question: Question
    answer: Question
    wrong: Annotated[Text, Field(max_length=20_000)] = Field(default="", description="The wrong answer's words.")
    wrong_answer: Name | None = Field(default=None, description="Its id: what it quoted is proposed first.")
    collection: Name | None = None


class ConfirmRequest(BaseModel):
    """Where an answer is confirmed."""

    model_config = _example(collection="bes3")
    collection: Name | None = Field(default=None, description="Needed where the answer was asked of several.")


class ReviewRequest(BaseModel):
    """A second expert's word on a proposed correction."""

    model_config = _example(verdict="approve")
    verdict: Literal["approve", "refuse"] = Field(description="Give it authority, or leave it disputed.")


class FeedbackRequest(BaseModel):
    """Thumbs on an answer."""

    model_config = _example(answer="5f0c7c2e-6f0d-4b7e-9a53-0c9f3d7a5b11", vote="down", reason="The release is outdated.")
    answer: Name = Field(description="The answer's id.")
    vote: Literal["up", "down"]
    reason: Annotated[Text, Field(max_length=4000)] = ""


class FissionRequest(BaseModel):
    """What to propose questions and answers about: a topic or a document."""

    model_config = _example(collection="bes3", topic="drift chamber calibration")
    collection: Name
    topic: Question | None = Field(default=None, description="In words; passages are found by it.")
    document: Text | None = Field(default=None, max_length=1000, description="Name or id.")
    budget: int = Field(default=100_000, ge=1, le=10**9, description="Tokens it may take, asked and replied together.")
    calls: int = Field(default=300, ge=1, le=10**6, description="Calls of the model it may take.")


class ReplayRequest(BaseModel):
    """Which corrections to ask again."""

    model_config = _example(collections=["bes3"])
    collections: Annotated[list[Name], Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="Names or ids; left out: all that you may teach in."
    )
    accept: bool = Field(default=False, description="Hold later replays against what is right and wrong now.")


class FitRequest(BaseModel):
    """Whose corrections to fit the scope decision's threshold on."""

    model_config = _example(collections=["bes3"])
    collections: Annotated[list[Name], Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="Names or ids; left out: all that you may teach in."
    )
    dry_run: bool = Field(default=False, description="Only report; nothing is changed.")


class ExtractionRequest(BaseModel):
    """What a model may spend on reading a collection's passages."""

    model_config = _example(collection="bes3", budget=200_000)
    collection: Name
    budget: int | None = Field(
        default=None, ge=1, le=10**9, description="Tokens it may take, asked and replied together; left out: what the service allows."
    )
    calls: int = Field(default=10**6, ge=1, le=10**6, description="Calls of the model it may take.")


class CommunitiesRequest(BaseModel):
    """Whose communities to compute anew."""

    model_config = _example(collection="bes3")
    collection: Name


class CollectionRequest(BaseModel):
    """A new collection."""

    model_config = _example(name="bes3")
    name: Name
    personal: bool = Field(default=False, description="Your own: seen by nobody else, filled, taught in and deleted by you.")


class PersonRequest(BaseModel):
    """What a principal may do."""

    model_config = _example(roles=["expert"], collections={"bes3": "teach", "public": "read"})
    roles: list[Role] = Field(default_factory=lambda: [Role.READER], max_length=3)
    collections: dict[Name, Right] = Field(default_factory=dict, description="Collection (name, id, or * for all) to right.")
    suspended: bool = Field(default=False, description="Refuse all its keys until this is taken back.")


class KeyRequest(BaseModel):
    """A new key. A principal that does not exist yet is made with `roles` and `collections`."""

    model_config = _example(principal="alice", name="laptop", roles=["expert"], collections={"bes3": "teach"})
    principal: Name
    name: Annotated[Text, Field(max_length=200)] = ""
    roles: list[Role] | None = Field(default=None, max_length=3)
    collections: dict[Name, Right] | None = Field(default=None, description="Collection (name, id, or * for all) to right.")
    rights: list[Literal["acts_for", "import", "no_logging", "plain_answers"]] = Field(default_factory=list, max_length=4)
    expires_at: Moment | None = None


class LocalIngestRequest(BaseModel):
    """Files of the service's own machine; taken only through the data folder's socket."""

    model_config = _example(paths=["docs"], collection="bes3")
    paths: list[Text] = Field(min_length=1, max_length=10_000)
    collection: Name
    records: bool = Field(default=False, description="The paths are JSON-lines files of records.")
    force: bool = Field(default=False, description="Read again what has not changed.")


class BackupRequest(BaseModel):
    """A new file of the service's own machine; taken only through the data folder's socket."""

    model_config = _example(file="/backups/jitl.tar.gz")
    file: Text = Field(max_length=4000, description="Absolute path; nothing lies there yet.")
