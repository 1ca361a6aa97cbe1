"""Source code and configuration: kept as written, each definition under its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ingest.parse.code_units import units_of
from ingest.parse.decode import read_text
from ingest.parse.outline import Outline
from jitl.ports import SourceFile
from jitl.types import BlockKind, ParsedDocument

_OPENING = re.compile(
    r"\A(?:#![^\n]*\n)?(?:[ \t]*\n|#[ \t]*-\*-[^\n]*\n|<\?(?:php|xml)[^\n]*\n){0,20}"
    r"(?:[rRuU]?\"\"\"(?P<doc>.{1,8000}?)\"\"\"|/\*(?P<block>.{1,8000}?)\*/"
    r"|(?P<lines>(?:[ \t]*(?:#(?!include|define|if|pragma|!)|//|--|!|%|;;)[^\n]*\n){2,200}))",
    re.DOTALL,
)
_COMMENT_MARK = re.compile(r"^[ \t]*(?:#+|/{2,}!?|--+|!+|%+|;+|\*+!?)?[ \t]?")
_LICENCE = re.compile(r"(?i)\b(licen[sc]ed? under|permission is hereby granted|all rights reserved|spdx-license)")


class CodeParser:
    """One document a file. The comment or docstring that opens it is read as text."""

    name = "code"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        source = read_text(file.path)
        outline = Outline()
        outline.notices.extend(source.notices)
        text = source.text
        opening = _OPENING.match(text)
        if opening is not None and not _LICENCE.search(opening[0]):
            outline.add(_uncommented(opening["doc"] or opening["block"] or opening["lines"]))
            text = text[opening.end() :]
        for unit in units_of(file.name, text):
            with outline.enclosed():
                outline.enter(unit.path)
                outline.add(unit.text, BlockKind.CODE)
        yield outline.document("code", file.name, title=PurePosixPath(file.name).name)


def _uncommented(text: str) -> str:
    lines = (_COMMENT_MARK.sub("", line).rstrip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line.strip("-=*#/ ") or not line)
