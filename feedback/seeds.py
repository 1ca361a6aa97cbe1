"""Question and answer pairs from one passage, by three roles of a language model: Newbee asks, Expert answers, Checker verifies.

What a model says is taken for no more than it can prove: the evidence must stand in the passage letter by letter, and no number of an
answer may be missing there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jitl import prompts
from jitl.ports import Message
from jitl.types import Passage

QUESTIONS: Final = 4
"""Asked about one passage, at most."""
LONGEST_QUESTION: Final = 300
SHORTEST_QUOTE: Final = 4
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)*")
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_POINTS_AT: Final = re.compile(
    r"\b(?:(?:this|that|above|given|following) (?:source|author|page|table|figure|slide)s?"
    r"|(?:the|this|that|above|given|following) (?:passage|text|document|section|paragraph|excerpt)s?)\b"
    r"|(?:\u672c\u6587|\u6587\u4e2d|\u4e0a\u6587|\u8be5\u6587|\u6587\u6863\u4e2d|\u8fd9\u6bb5|\u8be5\u6bb5)",
    re.IGNORECASE,
)

Ask = Callable[[Sequence[Message]], str | None]
"""The model's reply; None where it may not be asked any more."""


@dataclass(frozen=True, slots=True)
class Pair:
    """`quote` is a stretch of the passage, verbatim."""

    question: str
    answer: str
    quote: str


def pairs(passage: Passage, ask: Ask) -> list[Pair] | None:
    """What the passage answers, in the order of the questions; None where the model could not be asked to the end."""
    reply = ask(prompts.newbee(passage, QUESTIONS))
    if reply is None:
        return None
    questions = dict(enumerate(_questions(reply), 1))
    if not questions:
        return []
    reply = ask(prompts.expert(passage, questions))
    if reply is None:
        return None
    answered = dict(_answers(reply, questions, passage.text))
    if not answered:
        return []
    reply = ask(prompts.checker(passage, {number: (pair.question, pair.answer) for number, pair in answered.items()}))
    if reply is None:
        return None
    stands = {_whole(entry.get("number")) for entry in _entries(reply) if entry.get("stands") is True}
    return [pair for number, pair in sorted(answered.items()) if number in stands]


def _questions(reply: str) -> list[str]:
    """Those that stand by themselves, each once."""
    said = [" ".join(text.split()) for text in _listed(reply) if isinstance(text, str)]
    kept = [text for text in said if text and len(text) <= LONGEST_QUESTION and not _POINTS_AT.search(text)]
    return list(dict.fromkeys(kept))[:QUESTIONS]


def _answers(reply: str, questions: Mapping[int, str], text: str) -> Iterator[tuple[int, Pair]]:
    for entry in _entries(reply):
        number, answer, quote = _whole(entry.get("number")), entry.get("answer"), entry.get("quote")
        if number in questions and isinstance(answer, str) and answer.strip() and isinstance(quote, str):
            stretch = verbatim(quote, text)
            if stretch is not None and _numbers(answer) <= _numbers(text):
                yield number, Pair(questions[number], answer.strip(), stretch)


def verbatim(quote: str, text: str) -> str | None:
    """The stretch of the text that the quote repeats letter by letter, white space aside; None where there is none."""
    words = quote.split()
    if sum(map(len, words)) < SHORTEST_QUOTE:
        return None
    found = re.search(r"\s+".join(map(re.escape, words)), text)
    return None if found is None else found.group()


def _numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(_THOUSANDS.sub("", text)))


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _entries(reply: str) -> list[dict[str, Any]]:
    return [entry for entry in _listed(reply) if isinstance(entry, dict)]


def _listed(reply: str) -> list[Any]:
    """The first JSON list in the reply, whatever stands around it; empty where there is none."""
    decoder = json.JSONDecoder()
    for match in re.finditer(r"\[", reply):
        try:
            found, _ = decoder.raw_decode(reply, match.start())
        except (ValueError, RecursionError):
            continue
        if isinstance(found, list):
            return found
    return []
