"""What the OpenAI protocol's clients send. Parameters unknown here are tolerated: clients send many that mean nothing to this service."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import Collections, Moment, Text

MOST_MESSAGES = 2000
MOST_INPUTS = 256
MOST_STOPS = 16


class Part(BaseModel):
    """A piece of a message; only text is read."""

    model_config = ConfigDict(extra="ignore")
    type: Text = "text"
    text: Text | None = None


class ChatMessage(BaseModel):
    """What somebody said. Of a conversation the last message of the user is the question, those before it its history."""

    model_config = ConfigDict(extra="allow")  # tool calls and their results go on to a model as they came
    role: Text
    content: Text | list[Part] | None = None


class StreamOptions(BaseModel):
    model_config = ConfigDict(extra="ignore")
    include_usage: bool | None = False


class Wishes(BaseModel):
    """What this service takes beyond the protocol; an unknown field is refused here, so that a misspelt one widens nothing."""

    model_config = ConfigDict(extra="forbid")
    collections: Collections = None
    as_of: Moment | None = Field(default=None, description="Answer with the corrections that held at this time.")
    release: Annotated[Text, Field(max_length=100)] | None = None
    run: int | None = Field(default=None, ge=0, le=2**53)


class ChatRequest(BaseModel):
    """A conversation whose last question is to be answered."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {"model": "xiwu-auto", "messages": [{"role": "user", "content": "What is the momentum resolution of the drift chamber?"}]}
            ]
        },
    )
    model: Text = "xiwu-auto"
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=MOST_MESSAGES)]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    stop: Text | Annotated[list[Text], Field(max_length=MOST_STOPS)] | None = None
    max_tokens: int | None = Field(
        default=None, description="Of the answer's own words; the list of sources after it is not counted. Below 1: no bound."
    )
    max_completion_tokens: int | None = None
    tools: list[dict[str, Any]] | None = Field(default=None, description="For the general routes; the others take them and call none.")
    jitl: Wishes | None = None

    @property
    def most_tokens(self) -> int | None:
        return next((most for most in (self.max_completion_tokens, self.max_tokens) if most is not None and most > 0), None)


class EmbeddingsRequest(BaseModel):
    """Texts to turn into vectors."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"examples": [{"model": "xiwu-embedding", "input": ["drift chamber"]}]})
    model: Text = "xiwu-embedding"
    input: Text | list[Text] | list[int] | list[list[int]]
    encoding_format: Literal["float", "base64"] | None = "float"
    dimensions: int | None = None
