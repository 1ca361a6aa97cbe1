"""How an answer's text ends for clients that show its text alone: numbered sources, who corrected it, a link to the answer.

Markdown that reads well as plain text too. A key with the right `plain_answers` gets none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from jitl.prompts import day, say
from jitl.text import language

if TYPE_CHECKING:
    from jitl.principals import Principal
    from jitl.types import Answer, Candidate, Source

LONGEST_TITLE: Final = 160  # characters
_WEB: Final = re.compile(r"https?://[^\s<>\"']+")
_INERT: Final = {"](": "] (", "![": "! [", "<": "‹", "`": "'"}


def wanted(who: Principal) -> bool:
    return "plain_answers" not in who.key_rights


def trailer(answer: Answer, base: str, *, kept: bool) -> str:
    """What follows the answer's text, blank line first; "" where there is nothing to say.

    `base`: the service's address as people reach it. `kept`: whether the answer can be looked up there.
    """
    tongue = language(answer.question)
    parts = []
    if answer.sources:
        lines = [_line(source, answer.correction, base, tongue) for source in answer.sources]
        parts.append("\n".join((say("sources", tongue), *lines)))
    if kept:
        parts.append(say("answer_link", tongue, link=answer_link(base, answer.id)))
    return "".join(f"\n\n{part}" for part in parts)


def answer_link(base: str, answer_id: str) -> str:
    return f"{base.rstrip('/')}/a/{answer_id}"


def source_link(source: Source, base: str) -> str | None:
    """Where the source can be read: on the web, where its document is named by an address; else in this service."""
    if source.document is not None and _WEB.fullmatch(source.document):
        return source.document
    if source.document_id is None:
        return None if source.correction is None else f"{base.rstrip('/')}/v1/corrections/{quote(source.correction)}"
    passage = f"?chunk={quote(source.chunk)}" if source.chunk else ""
    return f"{base.rstrip('/')}/v1/documents/{quote(source.document_id)}/source{passage}"


def _line(source: Source, fired: Candidate | None, base: str, tongue: str) -> str:
    struck = say("superseded", tongue) if source.superseded_by else ""
    where = ", ".join(plain(part) for part in (_title(source, fired, tongue), source.location) if part)
    link = source_link(source, base)
    return f"- [{source.number}] {struck}{where}" + (f" <{link}>" if link else "")


def _title(source: Source, fired: Candidate | None, tongue: str) -> str:
    if source.kind != "correction":
        return source.title or source.document or ""
    if fired is not None and fired.correction.id == source.correction:
        taught = fired.correction
        return say("confirmed" if taught.confirmed else "corrected", tongue, author=taught.author, date=day(taught.at)).rstrip(".。")
    return say("taught", tongue, title=source.title)


def plain(text: str) -> str:
    """One line that no Markdown reader takes for a link, an image or markup: titles were written by strangers."""
    flat = " ".join(text.split())
    short = flat if len(flat) <= LONGEST_TITLE else f"{flat[: LONGEST_TITLE - 1]}…"
    for markup, harmless in _INERT.items():
        short = short.replace(markup, harmless)
    return short
