"""Replies in the OpenAI protocol's form: chunks of a completion, and the completion that they add up to."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

from api import render
from api.openai_cut import Cut
from jitl.text import tokens
from jitl.types import Answer, AnswerEvent, Done, Sources, Token

Json = dict[str, Any]
Chunks = Generator[Json, None, None]
"""Chunks of one completion in order: the role first, the reason of its end and its usage last."""

_LEFT_OUT: Final = ("answer", "question", "id")  # of an answer: they stand elsewhere in a completion
_PASSED: Final = ("content", "tool_calls", "function_call", "refusal", "reasoning_content")


@dataclass(frozen=True, slots=True)
class Head:
    """What every chunk of a completion repeats."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def chunk(self, delta: Mapping[str, Any], finish: str | None = None, **more: Any) -> Json:
        choice = {"index": 0, "delta": dict(delta), "logprobs": None, "finish_reason": finish}
        return self._around("chat.completion.chunk", [choice]) | more

    def whole(self, message: Mapping[str, Any], finish: str, **more: Any) -> Json:
        choice = {"index": 0, "message": dict(message), "logprobs": None, "finish_reason": finish}
        return self._around("chat.completion", [choice]) | more

    def _around(self, kind: str, choices: Sequence[Json]) -> Json:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model, "choices": list(choices)}


def answered(events: Iterator[AnswerEvent], model: str, cut: Cut, asked: int, end: Callable[[Answer], str]) -> Chunks:
    """An answer's events as chunks; the completion's id is the answer's. `asked`: tokens of the prompt. `end`: what follows the text.

    All events are read, also behind a stop sequence: only a whole answer can be looked up later.
    """
    head = Head(model)
    for event in events:
        match event:
            case Sources():
                head = Head(model, event.answer_id or head.id)
                yield head.chunk({"role": "assistant", "content": ""}, jitl={"sources": [render.source(one) for one in event.sources]})
            case Token():
                if piece := cut.feed(event.text):
                    yield head.chunk({"content": piece})
            case Done():
                if rest := cut.feed(end(event.answer), counted=False) + cut.end():
                    yield head.chunk({"content": rest})
                yield head.chunk({}, cut.finish, usage=usage(asked, cut.tokens), jitl=told(event.answer))


def ruled(text: str, model: str, asked: int) -> Chunks:
    """A reply that stands already."""
    head = Head(model)
    yield head.chunk({"role": "assistant", "content": text})
    yield head.chunk({}, "stop", usage=usage(asked, tokens(text)))


def passed(chunks: Generator[Mapping[str, Any], None, None], head: Head, asked: int, mark: str = "", **about: Any) -> Chunks:
    """A model's own chunks under our head. `mark` goes before its first words; `about` is told with the last chunk.

    `asked`: tokens of the prompt, for the usage of a model that tells none.
    """
    said, finish, spent = 0, None, None
    with closing(chunks):
        for number, chunk in enumerate(chunks):
            if number == 0:
                yield head.chunk({"role": "assistant"})
            spent = chunk.get("usage") or spent
            for choice in (chunk.get("choices") or [])[:1]:
                finish = choice.get("finish_reason") or finish
                if delta := _delta(choice):
                    words = delta.get("content") or ""
                    if words and mark and not said:
                        delta["content"] = f"{mark}\n\n{words}"
                    said += tokens(words)
                    yield head.chunk(delta)
    yield head.chunk({}, finish or "stop", usage=spent or usage(asked, said), **about)


def _delta(choice: Mapping[str, Any]) -> Json:
    """What of a choice goes on."""
    return {name: value for name, value in (choice.get("delta") or {}).items() if name in _PASSED and value is not None}


def streamed(chunks: Chunks, *, with_usage: bool) -> Chunks:
    """As a stream tells it: usage in a chunk of its own, and only to who asked for it."""
    spent: Json | None = None
    last: Json = {}
    with closing(chunks):
        for chunk in chunks:
            spent = chunk.pop("usage", None) or spent
            last = chunk
            yield chunk | ({"usage": None} if with_usage else {})
    if with_usage:
        yield {name: value for name, value in last.items() if name != "jitl"} | {"choices": [], "usage": spent or usage(0, 0)}


def merged(chunks: Iterable[Json]) -> Json:
    """The completion that the chunks of one stream add up to (at least one)."""
    content, finish = "", "stop"
    calls: dict[int, Json] = {}
    extra: Json = {}
    head: Json = {}
    for chunk in chunks:
        head = {name: chunk[name] for name in ("id", "created", "model")}
        extra |= {name: chunk[name] for name in ("usage", "jitl") if chunk.get(name) is not None}
        for choice in chunk["choices"]:
            content += choice["delta"].get("content") or ""
            _add_calls(calls, choice["delta"].get("tool_calls") or ())
            finish = choice["finish_reason"] or finish
    message: Json = {"role": "assistant", "content": content or (None if calls else "")}
    if calls:
        message["tool_calls"] = [calls[at] for at in sorted(calls)]
    return Head(head["model"], head["id"], head["created"]).whole(message, finish, **extra)


def _add_calls(calls: dict[int, Json], deltas: Iterable[Json]) -> None:
    """A call's name comes at once, its arguments in pieces."""
    for delta in deltas:
        at = int(delta.get("index") or 0)
        call = calls.setdefault(at, {"id": None, "type": "function", "function": {"name": "", "arguments": ""}})
        call["id"] = delta.get("id") or call["id"]
        said = delta.get("function") or {}
        call["function"]["name"] = said.get("name") or call["function"]["name"]
        call["function"]["arguments"] += said.get("arguments") or ""


def usage(prompt: int, completion: int) -> Json:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def told(answer: Answer) -> Json:
    """The extra field `jitl`: what the text alone does not tell programs."""
    return {name: value for name, value in render.answer(answer).items() if name not in _LEFT_OUT}
