"""Prompts that chat frontends send to the model of a conversation on their own behalf: a title for it, tags, follow-up questions,
queries for a web search, the rest of what is being typed.

They are known by their structure: a task set under a heading or around a `<chat_history>`, and a reply asked for in a stated form.
They are no questions of a person: nothing is looked up for them and nothing of them is kept.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


class Task(enum.StrEnum):
    """What is asked for; the value is the key of the JSON that frontends expect."""

    TITLE = "title"
    TAGS = "tags"
    FOLLOW_UPS = "follow_ups"
    QUERIES = "queries"
    AUTOCOMPLETE = "text"
    IMAGE = "prompt"
    TOOL_CALLS = "tool_calls"


@dataclass(frozen=True, slots=True)
class TaskPrompt:
    """`turns`: (role, text) of the conversation that the prompt quotes, oldest first. `json`: whether the reply is to be JSON."""

    task: Task
    turns: Sequence[tuple[str, str]] = ()
    json: bool = True

    @property
    def asked(self) -> Sequence[str]:
        """What the person said."""
        return [text for role, text in self.turns if role == "user"]


_HISTORY: Final = re.compile(r"<chat_history>\s*(.*?)\s*</chat_history>", re.DOTALL | re.IGNORECASE)
_MATERIAL: Final = re.compile(r"<(chat_history|context|source)\b[^>]*>.*?</\1>", re.DOTALL | re.IGNORECASE)
_HEADING: Final = re.compile(r"\s*#{1,4}\s*\**\s*(?:Task|任务)\b\s*\**\s*[:：]?", re.IGNORECASE)
_WISH: Final = re.compile(r'\{\s*\\?"(' + "|".join(Task) + r')\\?"\s*:', re.IGNORECASE)
_TOOLS: Final = re.compile(r"\bavailable tools\b", re.IGNORECASE)
_QUERY: Final = re.compile(r"^\s*Query:\s*", re.IGNORECASE)
_ROLE: Final = re.compile(r"^\s*\**(USER|HUMAN|ASSISTANT|AI|BOT|SYSTEM|TOOL|用户|助手)\**\s*[:：]\s*", re.IGNORECASE | re.MULTILINE)
_PERSONS: Final = frozenset({"user", "human", "用户"})
_WORDS: Final = (
    (Task.FOLLOW_UPS, re.compile(r"follow-?\s?ups?\b|追问|后续问题", re.IGNORECASE)),
    (Task.AUTOCOMPLETE, re.compile(r"auto-?complet|补全", re.IGNORECASE)),
    (Task.QUERIES, re.compile(r"\bsearch quer|\bqueries\b|搜索词|查询词", re.IGNORECASE)),
    (Task.TITLE, re.compile(r"\btitle\b|标题", re.IGNORECASE)),
    (Task.TAGS, re.compile(r"\btags?\b|标签", re.IGNORECASE)),
)
_OPENING: Final = 400  # characters in which a task says what it is

# Frontends without such structure ask for a title in a sentence, as the last message of the conversation itself.
_NAMES: Final = re.compile(r"\b(?:title|name|topic)\b|标题|主题|题目", re.IGNORECASE)
_TALK: Final = re.compile(r"\b(?:conversation|chat|dialogue?)\b|对话|会话|聊天|这句话", re.IGNORECASE)
_LIMITS: Final = re.compile(
    r"\b(?:\d+|two|three|four|five|six|ten)(?:-\d+)?\W+(?:words?|characters?)\b|\bpunctuation\b|\bquot\w+|\d+\s*个?字|[三四五六十]个?字|标点|引号",
    re.IGNORECASE,
)
_LONGEST_SENTENCE: Final = 800  # characters


def recognise(messages: Sequence[tuple[str, str]]) -> TaskPrompt | None:
    """The task that a chat body of (role, text) messages sets; None for what a person asks."""
    said = [text for role, text in messages if role == "user"]
    if not said:
        return None
    if len(said) == 1:
        system = "\n".join(text for role, text in messages if role == "system")
        if _TOOLS.search(system) and _WISH.search(system):
            return TaskPrompt(Task.TOOL_CALLS, [("user", _QUERY.sub("", said[0]))])
        return _structured(said[0]) or _plain(messages[:-1], system or said[0], said[0])
    return _plain(messages[:-1], said[-1], said[-1])


def _structured(prompt: str) -> TaskPrompt | None:
    history = _last(_HISTORY, prompt)
    orders = _MATERIAL.sub(" ", prompt)
    wish = _WISH.search(orders)
    heading = _HEADING.match(prompt) is not None
    if not (heading and (wish or history is not None)) and not (wish and history is not None):
        return None
    opening = orders[:_OPENING]
    task = Task(wish[1].lower()) if wish else next((task for task, words in _WORDS if words.search(opening)), None)
    if task is None:
        return None
    if task is Task.AUTOCOMPLETE:
        typed = prompt.rpartition("<text>")[2].partition("</text>")[0]
        return TaskPrompt(task, [*_turns(history or ""), ("user", typed.strip())])
    return TaskPrompt(task, _turns(history or ""), wish is not None)


def _plain(before: Sequence[tuple[str, str]], order: str, last: str) -> TaskPrompt | None:
    """A title asked for in a sentence: of the turns before it, of a transcript after it or, by a system message, of what follows."""
    mark = _ROLE.search(order)
    sentence = order[: mark.start()] if mark else order
    if len(sentence) > _LONGEST_SENTENCE or not all(sign.search(sentence) for sign in (_NAMES, _TALK, _LIMITS)):
        return None
    talk = [(role, text) for role, text in before if role != "system"]
    if not talk:
        talk = _turns(order[mark.start() :] if mark else "") if order is last else _turns(last)
    return TaskPrompt(Task.TITLE, talk, json=False) if talk else None  # else there is no conversation to name


def _turns(transcript: str) -> list[tuple[str, str]]:
    """`USER: ...` and `ASSISTANT: ...` lines, each with those that follow it; a transcript without any is the person's."""
    marks = list(_ROLE.finditer(transcript))
    if not marks:
        return [("user", transcript.strip())] if transcript.strip() else []
    ends = [mark.start() for mark in marks[1:]] + [len(transcript)]
    return [
        ("user" if mark[1].lower() in _PERSONS else "assistant", transcript[mark.end() : end].strip())
        for mark, end in zip(marks, ends, strict=True)
    ]


def _last(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.findall(text)
    return found[-1] if found else None
