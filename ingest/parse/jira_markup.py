"""Jira's two ways of writing: its wiki markup, and the document format of its cloud (ADF), which is brought into the former."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ingest.parse.outline import Outline
from jitl.types import BlockKind

DEEPEST = 30
_FENCE = re.compile(r"\{(code|noformat)(?::[^}\n]{0,200})?\}(.*?)\{\1\}", re.DOTALL)
_QUOTE = re.compile(r"\{quote\}(.*?)\{quote\}", re.DOTALL)
_HEADING = re.compile(r"^h([1-6])\.\s+(.+)$")
_ITEM = re.compile(r"^\s*[*#-]{1,6}\s+")
_ROW = re.compile(r"^\s*\|")
_LINK = re.compile(r"\[([^\]|\n]{1,300})\|([^\]\n]{1,500})\]")
_MENTION = re.compile(r"\[~(?:accountid:)?([^\]\n]{1,100})\]")
_MARKS = re.compile(r"(?<![\w{])(?:\{\{(?P<mono>[^{}\n]{1,300})\}\}|[*_+](?P<word>[^\s*_+](?:[^*_+\n]{0,300}[^\s*_+])?)[*_+])(?!\w)")
_MACRO = re.compile(r"\{(?:color|panel|anchor|toc|expand)(?:[:=][^}\n]{0,200})?\}|![^!\s|][^!\n]{0,200}!")
_BLOCK = {"paragraph", "heading", "codeBlock", "blockquote", "bulletList", "orderedList", "table"}


def read_markup(text: str, outline: Outline) -> None:
    """Blocks of a text in wiki markup appended to the outline."""
    at = 0
    for fence in _FENCE.finditer(text):
        _prose(text[at : fence.start()], outline)
        outline.add(fence[2], BlockKind.CODE)
        at = fence.end()
    _prose(text[at:], outline)


def _prose(text: str, outline: Outline) -> None:
    at = 0
    for quote in _QUOTE.finditer(text):
        _paragraphs(text[at : quote.start()], outline)
        outline.add(_plain(quote[1]), BlockKind.QUOTE)
        at = quote.end()
    _paragraphs(text[at:], outline)


def _paragraphs(text: str, outline: Outline) -> None:
    for paragraph in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        run: list[str] = []
        for line in paragraph.split("\n"):
            if heading := _HEADING.match(line.strip()):
                _lines(run, outline)
                run = []
                outline.heading(_plain(heading[2]), 2 + int(heading[1]))
            else:
                run.append(line)
        _lines(run, outline)


def _lines(lines: list[str], outline: Outline) -> None:
    if not "".join(lines).strip():
        return
    if all(_ROW.match(line) for line in lines if line.strip()):
        outline.table([_plain(cell) for cell in re.split(r"\|\|?", line.strip().strip("|"))] for line in lines if line.strip())
    elif _ITEM.match(lines[0]):
        outline.add("\n".join(_plain(line) for line in lines), BlockKind.LIST)
    else:
        outline.add("\n".join(_plain(line).strip() for line in lines))


def _plain(text: str) -> str:
    text = _MENTION.sub(r"@\1", _LINK.sub(r"\1 (\2)", _MACRO.sub("", text)))
    return _MARKS.sub(lambda match: match["mono"] or match["word"], text)


def text_of(value: Any) -> str:
    """Wiki markup of a field: a string as it is, an ADF document node by node."""
    return _node(value, 0).strip() if isinstance(value, Mapping) else str(value or "")


def _node(node: Any, depth: int) -> str:
    if not isinstance(node, Mapping) or depth > DEEPEST:
        return ""
    kind, attributes = node.get("type"), node.get("attrs")
    attributes = attributes if isinstance(attributes, Mapping) else {}
    inner = "".join(_node(child, depth + 1) for child in node.get("content") or ())
    match kind:
        case "text":
            inner = str(node.get("text", ""))
        case "hardBreak":
            inner = "\n"
        case "mention" | "emoji" | "inlineCard":
            inner = str(attributes.get("text") or attributes.get("url") or "")
        case "heading":
            inner = f"h{attributes.get('level', 2)}. {inner}"
        case "codeBlock":
            inner = f"{{code}}{inner}{{code}}"
        case "listItem":
            inner = f"\n* {inner.strip()}"
        case "tableHeader" | "tableCell":
            inner = f"|{inner.strip()}"
        case "tableRow":
            inner = f"\n{inner}|"
    return f"\n\n{inner}\n\n" if kind in _BLOCK else inner
