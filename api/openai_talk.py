"""A chat body as this service reads it: the last question, what was asked before it, on which route, within what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.asking import Ask
from api.openai_errors import UnknownModel
from api.openai_schemas import ChatMessage, ChatRequest, Wishes
from api.schemas import MOST_TURNS
from jitl.errors import BadInput
from jitl.text import tokens

MODELS: Final[Mapping[str, str | None]] = {
    "xiwu-auto": None,
    "xiwu-hep": "hep",
    "xiwu-hep-code": "hep_code",
    "xiwu-general": "general",
    "xiwu-general-code": "general_code",
}
"""Name of a model -> the route that it chooses; None: the router does."""

LONGEST_TURN: Final = 2000  # characters of an earlier question that are read
_SYSTEM: Final = frozenset({"system", "developer"})
_WITH_CONTEXT: Final = re.compile(r"\s*#{1,4}\s*\**\s*Task\b.*<context>.*</context>(.*)", re.DOTALL | re.IGNORECASE)
_QUERY: Final = re.compile(r"<user_query>\s*(.*?)\s*</user_query>", re.DOTALL | re.IGNORECASE)
_FORWARDED: Final = frozenset(
    {"tools", "tool_choice", "parallel_tool_calls", "functions", "function_call", "response_format", "seed", "stop", "temperature"}
    | {"top_p", "max_tokens", "max_completion_tokens", "presence_penalty", "frequency_penalty", "logit_bias", "reasoning_effort"}
)
_BOUNDS: Final = frozenset({"max_tokens", "max_completion_tokens"})  # below 1 some clients mean none


@dataclass(frozen=True, slots=True)
class Talk:
    """`messages`: (role, text) as they came, roles in lower case (`developer` counts as `system`)."""

    messages: Sequence[tuple[str, str]]
    ask: Ask

    @property
    def mid_call(self) -> bool:
        """Whether the model waits for what a tool of its own returned."""
        return self.messages[-1][0] in ("tool", "function")

    @property
    def tokens(self) -> int:
        return sum(tokens(text) for _, text in self.messages)


def read(body: ChatRequest) -> Talk:
    """Raises `UnknownModel`, and `BadInput` where the last message of the user holds no text that can be read."""
    if body.model not in MODELS:
        raise UnknownModel("There is no model of this name.", hint=f"There are {', '.join(MODELS)}.")
    asked = [message for message in body.messages if message.role.lower() == "user"]
    if not asked:
        raise BadInput("No message of the user is there to answer.", hint='Send one: {"role": "user", "content": "..."}.')
    _refuse_other_than_text(asked[-1])
    question = question_of(text_of(asked[-1]))
    if not question.strip():
        raise BadInput("The last message of the user is empty.")
    earlier = [text for message in asked[:-1] if (text := question_of(text_of(message))[:LONGEST_TURN]).strip()]
    wishes = body.jitl or Wishes()
    ask = Ask(question, wishes.collections, wishes.as_of, wishes.release, wishes.run, tuple(earlier[-MOST_TURNS:]), MODELS[body.model])
    return Talk([(_role(message), text_of(message)) for message in body.messages], ask)


def text_of(message: ChatMessage) -> str:
    if isinstance(message.content, str) or message.content is None:
        return message.content or ""
    return "\n".join(part.text for part in message.content if part.text)


def question_of(text: str) -> str:
    """The person's own words, where a frontend has wrapped them in a task with context that it found itself."""
    wrapped = _WITH_CONTEXT.match(text)
    if wrapped is None:
        return text
    query = _QUERY.search(text)
    return query[1] if query else wrapped[1].strip() or text


def forwarded(body: ChatRequest, talk: Talk) -> dict[str, Any]:
    """The body for a model that takes part in the conversation itself: what the protocol knows, text only."""
    sent = body.model_dump(exclude_none=True)
    messages = [
        {name: value for name, value in message.items() if value is not None} | {"content": text}
        for message, (_, text) in zip(sent["messages"], talk.messages, strict=True)
    ]
    known = {name: value for name, value in sent.items() if name in _FORWARDED and not (name in _BOUNDS and value < 1)}
    return known | {"messages": messages}


def _role(message: ChatMessage) -> str:
    role = message.role.lower()
    return "system" if role in _SYSTEM else role


def _refuse_other_than_text(message: ChatMessage) -> None:
    if isinstance(message.content, list) and (kinds := sorted({part.type for part in message.content if not part.type.endswith("text")})):
        raise BadInput(f"Only text can be read here, not parts of type {', '.join(kinds)[:200]}.", hint="Say in words what they show.")
