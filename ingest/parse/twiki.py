"""Raw TWiki and Foswiki topics, as they lie in a wiki's data folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from ingest.parse.decode import read_text
from ingest.parse.html_tree import TreeReader, tree_of
from ingest.parse.outline import Outline, unwrap
from ingest.parse.tml import to_html
from ingest.parse.tml_macros import Macros, arguments
from jitl.ports import SourceFile
from jitl.types import ParsedDocument

_META = re.compile(r"(?m)^%META:([A-Z]+)\{(.*)\}%[ \t]*\n?")
_ENCODED = re.compile(r"%(25|0[aAdD]|22|7[bBdD])")
_OLD_ENCODED = {"%_N_%": "\n", "%_Q_%": '"', "%_P_%": "%"}
_VIEW_RIGHT = re.compile(r"(?m)^(?:\t| {3})+\* +Set +((?:ALLOW|DENY)(?:TOPIC|WEB)VIEW) *= *(\S[^\n]*)$")
_LONG_FIELD = 200


@dataclass(slots=True)
class _Meta:
    """What the META lines say."""

    info: dict[str, str] = field(default_factory=dict)
    parent: str = ""
    form: str = ""
    fields: dict[str, tuple[str, str]] = field(default_factory=dict)  # name -> (title, value)
    attachments: list[tuple[str, str]] = field(default_factory=list)  # (file name, comment)
    view_rights: list[str] = field(default_factory=list)


class TwikiParser:
    """One topic a file; the file's folder is its web."""

    name = "twiki"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        source = read_text(file.path)
        path = PurePosixPath(file.name)
        topic, web = path.stem, path.parent.name or file.path.parent.name
        meta = _read_meta(source.text)
        macros = Macros(topic, web, {name: value for name, (_, value) in meta.fields.items()})
        outline = Outline()
        outline.notices.extend(source.notices)
        _read_body(_META.sub("", source.text), macros, outline)
        _read_fields(meta, macros, outline)
        outline.leave()
        outline.add(_information(topic, meta))
        rights = [*meta.view_rights, *(f"{m[1]} = {m[2].strip()}" for m in _VIEW_RIGHT.finditer(source.text))]
        if rights:
            outline.notices.append(f"the topic limits who may view it ({'; '.join(rights)[:200]}); grant its collection accordingly")
        yield outline.document("twiki", file.name, metadata=_metadata(topic, web, meta, macros))


def _read_body(text: str, macros: Macros, outline: Outline) -> None:
    body = tree_of(to_html(text, macros)).body
    if body is not None:
        TreeReader(outline).read(body)


def _read_meta(text: str) -> _Meta:
    meta = _Meta()
    for match in _META.finditer(text):
        _, values = arguments(match[2])
        values = {key: _decoded(value) for key, value in values.items()}
        name = values.get("name", "")
        match match[1]:
            case "TOPICINFO":
                meta.info = values
            case "TOPICPARENT":
                meta.parent = name
            case "FORM":
                meta.form = name
            case "FIELD":
                meta.fields[name] = (values.get("title") or name, values.get("value", ""))
            case "FILEATTACHMENT":
                meta.attachments.append((name, unwrap(values.get("comment", ""))))
            case "PREFERENCE" if name in {"ALLOWTOPICVIEW", "DENYTOPICVIEW"} and values.get("value", "").strip(" *"):
                meta.view_rights.append(f"{name} = {values['value']}")
    return meta


def _decoded(value: str) -> str:
    for code, character in _OLD_ENCODED.items():
        value = value.replace(code, character)
    return _ENCODED.sub(lambda match: chr(int(match[1], 16)), value)


def _read_fields(meta: _Meta, macros: Macros, outline: Outline) -> None:
    """Long form fields hold topic markup of their own."""
    for title, value in meta.fields.values():
        if len(value) > _LONG_FIELD or "\n" in value.strip():
            outline.heading(title, 2)
            _read_body(value, macros, outline)


def _information(topic: str, meta: _Meta) -> str:
    """A block that makes parent, form and attachments findable."""
    lines = [f"Parent topic: {meta.parent}"] if meta.parent else []
    if meta.form:
        lines.append(f"Form: {meta.form}")
    short = ((title, unwrap(value)) for title, value in meta.fields.values() if len(value) <= _LONG_FIELD and "\n" not in value.strip())
    lines += [f"{title}: {value}" for title, value in short if value]
    if meta.attachments:
        lines.append("Attachments: " + "; ".join(f"{name} ({comment})" if comment else name for name, comment in meta.attachments[:100]))
    return "\n".join([f"Topic: {topic}", *lines]) if lines else ""


def _metadata(topic: str, web: str, meta: _Meta, macros: Macros) -> dict[str, Any]:
    return {
        "topic": topic,
        "web": web,
        "author": meta.info.get("author", ""),
        "date": _iso(meta.info.get("date", "")),
        "revision": meta.info.get("version", "").removeprefix("1."),
        "parent": meta.parent,
        "form": meta.form,
        "fields": [f"{title}: {unwrap(value)}"[:500] for title, value in meta.fields.values() if value.strip()][:100],
        "attachments": [name for name, _ in meta.attachments[:100]],
        "includes": list(dict.fromkeys(name for name in macros.includes if name))[:50],
    }


def _iso(epoch: str) -> str:
    try:
        return datetime.fromtimestamp(int(epoch), UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""
