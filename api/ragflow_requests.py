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


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


class DatasetBody(_Lenient):
    """A collection to be made."""

    name: Name


class IdsBody(_Lenient):
    """What is to be deleted. RAGFlow takes none for all; here it is refused."""

    ids: Names = []


class ChunkIdsBody(_Lenient):
    """Corrections to be taken back."""

    chunk_ids: Names = []


class ParseBody(_Lenient):
    """Documents that should be read: here they are from the moment they are sent."""

    document_ids: Names = []


class DocumentBody(_Lenient):
    """What a client would change about a document."""

    name: Text | None = None


class ChunkBody(_Lenient):
    """Knowledge: with `questions` a correction (the first is its question, the others are other ways to ask), without any a note."""

    content: Question
    important_keywords: Texts = []
    questions: Texts = []


class ChunkChange(_Lenient):
    """What is to change about a correction."""

    content: Question | None = None
    important_keywords: Texts | None = None
    questions: Texts | None = None


class RetrievalBody(_Lenient):
    """A search. Of neither datasets nor documents: in all that the key may read."""

    question: Question
    dataset_ids: Names = []
    document_ids: Names = []
    page: Annotated[int, Field(ge=1, le=10_000)] = 1
    page_size: Annotated[int, Field(ge=1, le=MOST_A_PAGE)] = 30
    similarity_threshold: Share = 0.2
    vector_similarity_weight: Share = 0.3
