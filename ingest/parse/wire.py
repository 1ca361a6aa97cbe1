"""What travels between the service and its parsing child: length-prefixed JSON frames.

JSON and not pickle: the child reads hostile files, and whoever took it over must not run code in the parent.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterable
from typing import Any

from jitl.types import Block, BlockKind, ParsedDocument

HEADER = struct.Struct(">Q")
Message = dict[str, Any]

_SURROGATES = re.compile("[\ud800-\udfff]")


def sanitize(text: str) -> str:
    """The text without NUL, lone surrogates replaced by U+FFFD: what SQL, JSON and the tokenizer accept."""
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def pack(message: Message) -> bytes:
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    return HEADER.pack(len(body)) + body


def unpack(body: bytes | bytearray) -> Message:
    """Raises `ValueError` on anything that is no JSON object."""
    message = json.loads(body)
    if not isinstance(message, dict):
        raise ValueError("not an object")  # noqa: TRY004 - as json.loads does for what it cannot read
    return message


def dump(document: ParsedDocument) -> Message:
    return {
        "title": sanitize(document.title),
        "kind": document.kind,
        "member": sanitize(document.member),
        "metadata": {sanitize(key): _plain(value) for key, value in document.metadata.items()},
        "notices": _strings(document.notices),
        "blocks": [_dump_block(block) for block in document.blocks],
    }


def load(message: Message) -> ParsedDocument:
    """Raises `KeyError`, `TypeError` or `ValueError` on a malformed message."""
    return ParsedDocument(
        title=message["title"],
        blocks=tuple(_load_block(row) for row in message["blocks"]),
        kind=message["kind"],
        member=message["member"],
        metadata=message["metadata"],
        notices=tuple(message["notices"]),
    )


def _dump_block(block: Block) -> list[Any]:
    message = None if block.message is None else sanitize(block.message)
    return [sanitize(block.text), block.kind.value, _strings(block.section), block.level, block.page, block.slide, message]


def _load_block(row: list[Any]) -> Block:
    text, kind, section, level, page, slide, message = row
    return Block(text, BlockKind(kind), tuple(section), level, page, slide, message)


def _strings(values: Iterable[str]) -> list[str]:
    return [sanitize(value) for value in values]


def _plain(value: object) -> str | float | bool | list[str] | None:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [sanitize(str(item)) for item in value]
    return sanitize(str(value))
