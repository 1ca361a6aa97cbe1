"""What the graph's routes return."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from pydantic import BaseModel, Field

from graph.shelf import FIRST

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graph.explorer import Fact, Name, Near
    from graph.overlay import TaughtStep
    from graph.shelf import Shown
    from jitl.overlay import TaughtStatement
    from jitl.types import Passage


class NameReply(BaseModel):
    """A name in one collection."""

    key: str = Field(description="Its folded form: names with equal keys are one.")
    name: str
    kind: str
    collection: str
    passages: int = Field(description="Published passages that hold it.")
    more: bool = Field(description="Only the first of many passages were counted.")
    aliases: list[str] = Field(default_factory=list, description="Keys of other names of the same thing.")


class NearReply(NameReply):
    """`passages` hold both names."""

    relations: list[str] = Field(description="What is stated between the two, the most frequent first.")


class TaughtReply(BaseModel):
    """What a correction states: one that has authority and holds now. No number of documents counts it."""

    subject: str
    relation: str
    object: str
    collection: str
    correction: str = Field(description="Its id.")
    author: str
    at: datetime = Field(description="When it was taught or last amended.")
    release: str | None = Field(default=None, description="The software release that it is limited to.")
    runs: str | None = Field(default=None, description="The runs that it is limited to.")


class EntitiesReply(BaseModel):
    entities: list[NameReply]
    taught: list[TaughtReply] = Field(default_factory=list, description="What corrections state of names that begin so.")


class NeighboursReply(BaseModel):
    names: list[NameReply] = Field(description="The name itself, in each collection that has it.")
    neighbours: list[NearReply]
    taught: list[TaughtReply] = Field(default_factory=list, description="What corrections state of it.")


class PlaceReply(BaseModel):
    """Words of a document and where they stand."""

    document: str
    chunk: str
    title: str
    location: str
    collection: str
    quote: str = Field(description="A sentence, verbatim; empty where no single sentence says it.")
    superseded_by: str | None = Field(default=None, description="The correction that declares it wrong.")


class StatementReply(PlaceReply):
    """A statement and the sentence that makes it."""

    subject: str
    relation: str
    object: str


class StatementsReply(BaseModel):
    statements: list[StatementReply]
    taught: list[TaughtReply] = Field(default_factory=list, description="What corrections state of the name, the latest first.")


class StepReply(BaseModel):
    first: str
    second: str
    passages: list[PlaceReply] = Field(description="Some that hold both.")
    taught: list[TaughtReply] = Field(default_factory=list, description="What corrections state of both, where no passage holds both.")


class PathReply(BaseModel):
    steps: list[StepReply] = Field(description="Empty where there is no way so short.")


class SentenceReply(BaseModel):
    text: str
    worded: bool = Field(description="By a model; else it is the source's own sentence.")
    sources: list[PlaceReply]


class CommunityReply(BaseModel):
    """Names that stand together more than with others; of what was deleted since nothing is told."""

    id: str
    collection: str
    level: int = Field(description="0 is the top.")
    parent: str | None
    rank: int
    title: str
    size: int = Field(description="Names in it.")
    names: list[str] = Field(description="The most central first.")
    summary: list[SentenceReply]


class WholeCommunityReply(CommunityReply):
    below: list[CommunityReply] = Field(description="What it divides into.")


class ComputedReply(BaseModel):
    collection: str
    at: datetime | None = Field(description="When its communities were computed; null: not yet.")
    changed: float = Field(description="Share of its passages that came or went since.")


class CommunitiesReply(BaseModel):
    communities: list[CommunityReply]
    next: int | None = Field(description="`after` of the next page.")
    computed: list[ComputedReply]
    notice: str | None = Field(default=None, description="What keeps communities from being computed.")


Wrong: TypeAlias = "Callable[[Passage, str], str | None]"
"""The correction that declares a sentence of a passage wrong."""


def name(one: Name) -> NameReply:
    counted = {"passages": one.passages, "more": one.more}
    return NameReply(key=one.key, name=one.name, kind=one.kind, collection=one.collection_id, aliases=list(one.aliases), **counted)


def near(one: Near) -> NearReply:
    return NearReply(**name(one.name).model_dump(), relations=list(one.relations))


def place(passage: Passage, quote: str, wrong: Wrong) -> PlaceReply:
    return PlaceReply(
        document=passage.document,
        chunk=passage.id,
        title=passage.title,
        location=passage.location.label,
        collection=passage.collection_id,
        quote=quote,
        superseded_by=wrong(passage, quote) if quote else None,
    )


def statement(one: Fact, wrong: Wrong) -> StatementReply:
    where = place(one.passage, one.sentence, wrong).model_dump()
    return StatementReply(**where, subject=one.subject, relation=one.relation, object=one.object)


def taught(found: Sequence[TaughtStatement]) -> list[TaughtReply]:
    return [
        TaughtReply(
            subject=one.said.subject_name,
            relation=one.said.relation,
            object=one.said.object_name,
            collection=one.correction.collection_id,
            correction=one.correction.id,
            author=one.correction.author,
            at=one.correction.at,
            release=one.correction.release,
            runs=one.correction.runs,
        )
        for one in found
    ]


def step(one: TaughtStep, wrong: Wrong) -> StepReply:
    passages = [place(passage, quote, wrong) for passage, quote in one.step.proofs]
    return StepReply(first=one.step.first, second=one.step.second, passages=passages, taught=taught(one.taught))


def community(one: Shown, wrong: Wrong, *, most: int | None = FIRST) -> CommunityReply:
    summary = [
        SentenceReply(text=said.text, worded=said.worded, sources=[place(passage, quote, wrong) for passage, quote in said.sources])
        for said in one.said
    ]
    names = [each.name for each in one.names[:most]]
    said = {"id": one.id, "level": one.level, "parent": one.parent, "rank": one.rank, "title": one.title}
    return CommunityReply(**said, collection=one.collection_id, size=one.size, names=names, summary=summary)


def whole(one: Shown, below: Sequence[Shown], wrong: Wrong) -> WholeCommunityReply:
    return WholeCommunityReply(**community(one, wrong, most=None).model_dump(), below=[community(each, wrong) for each in below])
