"""Replies to frontends' task prompts without a language model: built by rule from what the person said in the conversation."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from api.task_prompts import Task, TaskPrompt
from graph.extract import Extractor
from jitl.text import language, sentences

READ: Final = 4000  # characters of the conversation that are read for names
MOST_TAGS: Final = 3
LONGEST_TITLE: Final = {"en": 40, "zh": 16}  # characters
LONGEST_QUERY: Final = 200  # characters
_ASKING: Final = re.compile(
    r"^(?:(?:please|can|could|would|will|you|tell|explain|show|me|us|what|which|who|where|when|why|how|is|are|was|were|do|does|did|"
    r"i|we|the|a|an|to|to me|in|there)\s+)+|^(?:请问|请|什么是|如何|怎么|怎样|为什么|帮我)",
    re.IGNORECASE,
)
_ENDS: Final = " \t\n.,;:?!。，；：？！"
_SAID: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "general": "General",
        "untitled": "New conversation",
        "where": "Where is that documented?",
        "changed": "Has anything about {name} changed recently?",
        "more": "What else is known about {name}?",
        "it": "this",
    },
    "zh": {
        "general": "综合",
        "untitled": "新对话",
        "where": "这在哪里有记录？",
        "changed": "{name} 最近有变化吗？",
        "more": "关于 {name} 还知道些什么？",
        "it": "这个问题",
    },
}


def reply(prompt: TaskPrompt) -> str:
    """The text of the reply, JSON where it was asked for; the same for the same prompt."""
    value = _MADE[prompt.task](prompt.asked)
    if not prompt.json:
        return value if isinstance(value, str) else ", ".join(value)
    return json.dumps({str(prompt.task): value}, ensure_ascii=False)


def names(asked: Sequence[str]) -> list[str]:
    """What the person named, the most often named first."""
    text = "\n".join(asked)[-READ:]
    mentions = [one for one in Extractor().extract(text, "", "").mentions if one.start >= 0]
    longest = [one for one in mentions if not any(one is not other and _inside(one.key, other.key) for other in mentions)]
    return [one.name for one in sorted(longest, key=lambda one: (-one.count, one.start))]


def _title(asked: Sequence[str]) -> str:
    first = " ".join(asked[0].split()) if asked else ""
    tongue = language(first)
    spans = sentences(first)
    sentence = first[spans[0][0] : spans[0][1]] if spans else first
    bare = (_ASKING.sub("", sentence) or sentence).strip(_ENDS)
    if not bare:
        return _SAID[tongue]["untitled"]
    most = LONGEST_TITLE[tongue]
    if len(bare) > most:
        cut = bare[: most + 1]
        bare = (cut.rpartition(" ")[0] if tongue == "en" and " " in cut else cut[:most]).strip(_ENDS)
    return bare[0].upper() + bare[1:]


def _tags(asked: Sequence[str]) -> list[str]:
    return names(asked)[:MOST_TAGS] or [_SAID[_tongue(asked)]["general"]]


def _follow_ups(asked: Sequence[str]) -> list[str]:
    said = _SAID[_tongue(asked)]
    name = next(iter(names(asked[-1:])), said["it"])
    return [said["where"], said["changed"].format(name=name), said["more"].format(name=name)]


def _queries(asked: Sequence[str]) -> list[str]:
    last = " ".join(asked[-1].split()) if asked else ""
    return [last[:LONGEST_QUERY]] if last else []


def _image(asked: Sequence[str]) -> str:
    return " ".join(asked[-1].split()) if asked else ""


_MADE: Final[Mapping[Task, Callable[[Sequence[str]], str | list[str]]]] = {
    Task.TITLE: _title,
    Task.TAGS: _tags,
    Task.FOLLOW_UPS: _follow_ups,
    Task.QUERIES: _queries,
    Task.IMAGE: _image,
    Task.AUTOCOMPLETE: lambda _: "",  # what a person goes on to write is not guessed by rule
    Task.TOOL_CALLS: lambda _: [],  # no tool is called without a model that chose it
}


def _tongue(asked: Sequence[str]) -> str:
    return language("\n".join(asked))


def _inside(one: str, other: str) -> bool:
    return len(one) < len(other) and one in other
