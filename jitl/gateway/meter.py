"""Reads what passes: whether a reply has begun and ended, its words, and how many tokens it took."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from jitl.text import tokens

if TYPE_CHECKING:
    from jitl.speech import Chunk

SAYS: Final = ("content", "reasoning_content", "reasoning", "refusal", "tool_calls", "function_call")
"""Fields of a delta that are part of a reply."""
A_MESSAGE: Final = 8
"""Tokens around each message."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Tokens; `estimated`, on the safe side, where the endpoint did not say."""

    prompt: int
    completion: int
    estimated: bool


def prompt_tokens(body: Mapping[str, Any]) -> int:
    """Of a chat body; an upper estimate. Pictures and sounds count by their addresses' letters."""
    messages = body.get("messages") or ()
    said = sum(A_MESSAGE + _size(message.get("content")) + _size(message.get("tool_calls")) for message in messages)
    return said + _size(body.get("tools"))


def _size(value: object) -> int:
    if not value:
        return 0
    return tokens(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


class Meter:
    """Of one call."""

    def __init__(self, prompt: int) -> None:
        """`prompt`: tokens of what was asked, as estimated."""
        self._prompt = prompt
        self._said = 0
        self._usage: tuple[int, int] | None = None
        self.begun = False
        self.finished = False

    def read(self, chunk: Chunk) -> None:
        usage = chunk.get("usage")
        if isinstance(usage, Mapping):
            self._usage = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
        for choice in _choices(chunk):
            self.finished = self.finished or choice.get("finish_reason") is not None
            size = sum(_size(_delta(choice).get(field)) for field in SAYS)
            self.begun = self.begun or size > 0
            self._said += size

    def taken(self) -> Taken:
        if self._usage is not None and (self.finished or self._usage[1]):
            return Taken(*self._usage, estimated=False)
        return Taken(self._prompt, self._said, estimated=True)


def words(chunk: Chunk) -> str:
    """The text in a chunk; some endpoints close with a choice that has no delta at all."""
    for choice in _choices(chunk):
        content = _delta(choice).get("content")
        return content if isinstance(content, str) else ""
    return ""


def thoughtless(pieces: Iterator[str]) -> Iterator[str]:
    """A reply without the `<think>` element that some models begin with."""
    held = ""
    for piece in pieces:
        held += piece
        start = held.lstrip()
        if start.startswith(_OPEN):
            _, closed, rest = start.partition(_CLOSE)
            if not closed:
                continue
            held = rest.lstrip()
        elif _OPEN.startswith(start):
            continue
        if held:
            yield held
        yield from pieces
        return
    if not held.lstrip().startswith(_OPEN) and held:
        yield held


_OPEN: Final = "<think>"
_CLOSE: Final = "</think>"


def _choices(chunk: Chunk) -> Sequence[Mapping[str, Any]]:
    choices = chunk.get("choices")
    return [one for one in choices if isinstance(one, Mapping)] if isinstance(choices, list) else []


def _delta(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    delta = choice.get("delta")
    return delta if isinstance(delta, Mapping) else {}


def _count(usage: Mapping[str, Any], name: str) -> int:
    value = usage.get(name)
    return max(0, int(value)) if isinstance(value, int | float) and not isinstance(value, bool) else 0
