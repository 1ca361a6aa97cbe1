"""What RAGFlow's clients send. Parameters that we do not know are left alone, as they do themselves."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.schemas import Name, Question, Text

MOST_A_PAGE = 1000


def _listed(value: Any) -> Any:
    return [] if value is None else value


Texts = Annotated[list[Text], BeforeValidator(_listed)]
Names = Annotated[list[Name], BeforeValidator(_listed), Field(max_length=100)]
Share = Annotated[float, Field(ge=0, le=1)]


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(extra="ignore", json_schema_extra={"examples": [values]})


class DatasetBody(BaseModel):
    """A collection to be made."""

    model_config = _example(name="bes3")
    name: Name


class IdsBody(BaseModel):
    """What is to be deleted. RAGFlow takes none for all; here it is refused."""

    model_config = _example(ids=["4c9ab5f6-0b3f-4f7f-a0e5-55a4b5a4a7de"])
    ids: Names = []


class ChunkIdsBody(BaseModel):
    """Corrections to be taken back."""

    model_config = _example(chunk_ids=["4c9ab5f6-0b3f-4f7f-a0e5-55a4b5a4a7de"])
    chunk_ids: Names = []


class ParseBody(BaseModel):
    """Documents that should be read: here they are from the moment they are sent."""

    model_config = _example(document_ids=["4c9ab5f6-0b3f-4f7f-a0e5-55a4b5a4a7de"])
    document_ids: Names = []


class DocumentBody(BaseModel):
    """What a client would change about a document."""

    model_config = _example(name="mdc.md")
    name: Text | None = None


class ChunkBody(BaseModel):
    """Knowledge: with `questions` a correction (the first is its question, the others are other ways to ask), without any a note."""

    model_config = _example(content="BOSS 7.1.2 since October 2026.", questions=["Which BOSS release is recommended?"])
    content: Question
    important_keywords: Texts = []
    questions: Texts = []


class ChunkChange(BaseModel):
    """What is to change about a correction."""

    model_config = _example(content="BOSS 7.1.3 since November 2026.")
    content: Question | None = None
    important_keywords: Texts | None = None
    questions: Texts | None = None


class RetrievalBody(BaseModel):
    """A search. Of neither datasets nor documents: in all that the key may read."""

    model_config = _example(question="Which BOSS release is recommended?", dataset_ids=["bes3"])
    question: Question
    dataset_ids: Names = []
    document_ids: Names = []
    page: Annotated[int, Field(ge=1, le=10_000)] = 1
    page_size: Annotated[int, Field(ge=1, le=MOST_A_PAGE)] = 30
    similarity_threshold: Share = 0.2
    vector_similarity_weight: Share = 0.3
    metadata_condition: Any = None
