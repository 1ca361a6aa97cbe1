"""A language model that plays the roles of seed fission by rule, on pages of our own making: what an endpoint of the tests speaks.

It asks about every sentence `The X of the Y is Z.`, and makes the mistakes that models make where a page tempts it to: it mentions the
passage, invents a quote (`altitude`), adds a number (`weight`), and answers what a careful reader would refuse (`rumoured`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from jitl import prompts

FACT = re.compile(r"The ([\w ]+) of the ([\w /()]+) is ([^.]+)\.")
NUMBERED = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)
FILLER = "It is looked after by the detector group, which meets every second week and keeps its notes where everybody can read them. " * 8


def page(facts: Sequence[tuple[str, str, str]]) -> str:
    """A page with a section for each fact."""
    parts = [f"# {subject}\n\nThe {what} of the {subject} is {value}. {FILLER}" for what, subject, value in facts]
    return "\n\n".join(parts) + "\n"


def question(what: str, subject: str) -> str:
    return f"What is the {what} of the {subject}?"


def speak(body: dict) -> str:
    system, user = (message["content"] for message in body["messages"])
    passage, _, rest = user.partition("</source>")
    facts = {question(what, subject): (match, value) for match in FACT.finditer(passage) for what, subject, value in [match.groups()]}
    if system.startswith(prompts.NEWBEE[:30]):
        return "Here you are:\n" + json.dumps(["What does this passage say?", *facts, *list(facts)[:1]])
    numbered = {int(number): text for number, text in NUMBERED.findall(rest)}
    if system == prompts.EXPERT:
        return f"```json\n{json.dumps([_answer(number, *facts[text]) for number, text in numbered.items() if text in facts])}\n```"
    assert system == prompts.CHECKER
    return json.dumps([{"number": number, "stands": "rumoured" not in text} for number, text in numbered.items()])


def _answer(number: int, match: re.Match[str], value: str) -> dict[str, object]:
    answer = f"{value}, 4711 in all" if match[1] == "weight" else value
    quote = f"As is well known, {match[0]}" if match[1] == "altitude" else match[0]
    return {"number": number, "answer": answer, "quote": quote}
