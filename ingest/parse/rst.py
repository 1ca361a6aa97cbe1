"""reStructuredText, Sphinx's dialect included, without its files, its network or its raw HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingest.parse.decode import read_text
from ingest.parse.html_tree import read_fragment
from ingest.parse.outline import Outline
from ingest.parse.plain import read_plain
from jitl.ports import SourceFile
from jitl.types import ParsedDocument

_SETTINGS: dict[str, Any] = {
    "_disable_config": True,
    "doctitle_xform": False,
    "docinfo_xform": False,
    "embed_stylesheet": False,
    "file_insertion_enabled": False,
    "halt_level": 5,
    "initial_header_level": "1",
    "language_code": "en",
    "line_length_limit": 10_000_000,
    "math_output": "latex",
    "raw_enabled": False,
    "report_level": 5,
    "smart_quotes": False,
    "stylesheet_path": None,
    "syntax_highlight": "none",
    "warning_stream": False,
}
_MARKUP_LINES = re.compile(r"(?m)^[ \t]*(?:\.\. [^\n]*|:[\w-]{1,40}:[^\n]*)$")
_FIELD = re.compile(r"(?m)^:(Author|Authors|Date|Title|Version|Status|Keywords|Organization|Revision):[ \t]+(\S[^\n]*)$", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LARGE = 300_000  # characters; docutils would take minutes over a generated file
_MANY_LINES = 5_000


class RstParser:
    """One document a file. Unknown roles and directives keep their text."""

    name = "rst"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        source = read_text(file.path)
        outline = Outline()
        outline.notices.extend(source.notices)
        html = _html(source.text)
        if html is None:
            outline.notices.append("the file is too large or too deeply nested for reStructuredText and was read as plain text")
            read_plain(_MARKUP_LINES.sub("", source.text), outline)
        else:
            read_fragment(html, outline)
        metadata = _metadata(source.text[:5000])
        yield outline.document("rst", file.name, title=metadata.pop("title", ""), metadata=metadata)


def _html(text: str) -> str | None:
    """The document as docutils writes it; None where it cannot."""
    from docutils.core import publish_parts  # a heavy import, for few files
    from docutils.parsers.rst import Parser

    from ingest.parse.rst_dialect import bounded_inliner, tolerate

    if len(text) > _LARGE or text.count("\n") > _MANY_LINES:
        return None
    tolerate(text)
    try:
        parts = publish_parts(text, parser=Parser(inliner=bounded_inliner()), writer="html5", settings_overrides=_SETTINGS)
    except RecursionError:
        return None
    return str(parts["html_body"])


def _metadata(head: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _FIELD.finditer(head):
        name = {"authors": "author"}.get(match[1].lower(), match[1].lower())
        if name == "date":
            date = _DATE.search(match[2])
            found.setdefault("date", date[0] if date else "")
        elif name in {"author", "title", "revision", "version"}:
            found.setdefault(name, match[2].strip()[:300])
    return found
