"""The block of `key: value` lines at the top of Markdown files and notebooks."""

from __future__ import annotations

import re
from typing import Any

_FRONT = re.compile(r"\A\s*---[ \t]*\n(.{0,20000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TOML = re.compile(r"\A\s*\+\+\+[ \t]*\n(.{0,20000}?)\n\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL)
_PAIR = re.compile(r"^([A-Za-z][\w .-]{0,40}?)[ \t]*[:=][ \t]*(.*)$")
_ITEM = re.compile(r"^\s*-\s+(.*)$")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ][\d:.]+(?:Z|[+-][\d:]+)?)?")
_LABELS = {"tags": "labels", "keywords": "labels", "categories": "labels", "labels": "labels"}


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """What the front matter says (title, author, date, labels, description) and the text after it."""
    match = _FRONT.match(text) or _TOML.match(text)
    if match is None or not any(_PAIR.match(line) for line in match[1].split("\n")):
        return {}, text
    return _known(_pairs(match[1])), text[match.end() :]


def _pairs(block: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    key = ""
    for line in block.split("\n"):
        if pair := _PAIR.match(line):
            key = pair[1].strip().lower()
            found[key] = _values(pair[2])
        elif key and (item := _ITEM.match(line)):
            named = _PAIR.match(item[1])
            found[key].append(_bare(named[2] if named else item[1]))
        elif key and line.startswith(" ") and not _PAIR.match(line.strip()):
            found[key].append(line.strip())
    return found


def _values(text: str) -> list[str]:
    text = text.strip()
    if text in {"", ">", "|", ">-", "|-"}:
        return []
    if text.startswith("[") and text.endswith("]"):
        return [_bare(part) for part in text[1:-1].split(",") if _bare(part)]
    return [_bare(text)]


def _bare(text: str) -> str:
    text = text.strip().rstrip(",")
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'" else text


def _known(pairs: dict[str, list[str]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key in ("title", "description", "abstract"):
        if pairs.get(key):
            out["description" if key == "abstract" else key] = " ".join(pairs[key])
    for key in ("author", "authors"):
        if pairs.get(key):
            out["author"] = ", ".join(pairs[key])[:500]
    for key in ("date", "updated", "last_modified_at"):
        if pairs.get(key) and (date := _DATE.match(pairs[key][0])) and "date" not in out:
            out["date"] = date[0].replace(" ", "T")
    labels = [label for key in _LABELS for label in pairs.get(key, [])]
    if labels:
        out["labels"] = labels[:50]
    return out
