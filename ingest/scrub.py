"""What must not be kept is taken out of parsed documents: secrets, and what no database and no tokenizer can hold.

Those are NUL characters and halves of surrogate pairs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ingest.credentials import redacted
from jitl.types import ParsedDocument

_HALF = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """The text without NUL; halves of surrogate pairs become U+FFFD."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text if text.isascii() else _HALF.sub("\ufffd", text)


def keepable(text: str) -> str:
    """The text as it may be stored: `storable`, and without secrets."""
    return redacted(storable(text))


def scrubbed(document: ParsedDocument) -> ParsedDocument:
    blocks = tuple(
        replace(
            block,
            text=keepable(block.text).replace("\r\n", "\n"),
            section=tuple(keepable(heading) for heading in block.section),
            message=None if block.message is None else storable(block.message)[:1000],
        )
        for block in document.blocks
    )
    title = " ".join(keepable(document.title).split())[:2000]
    member = storable(document.member)
    return replace(document, title=title, blocks=blocks, member=member, metadata=_values(document.metadata))


def _values(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {storable(str(key)): _value(value) for key, value in metadata.items()}


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return keepable(value)
    if isinstance(value, list | tuple):
        return [_value(item) for item in value]
    if isinstance(value, Mapping):
        return _values(value)
    return value if isinstance(value, int | float | bool) or value is None else storable(str(value))
