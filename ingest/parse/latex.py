"""LaTeX sources: papers, notes and talks. Formulas stay as their authors wrote them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingest.parse.decode import read_text
from ingest.parse.latex_commands import HANDLERS
from ingest.parse.latex_reader import LatexReader
from ingest.parse.latex_source import prepare
from ingest.parse.outline import Outline
from jitl.ports import SourceFile
from jitl.types import Block, ParsedDocument

_BODY = re.compile(r"\\begin[ \t]*\{document\}")
_END = re.compile(r"\\end[ \t]*\{document\}")
_FRONT = re.compile(
    r"\\(title|author|date|affiliation|institute|address|affil|subtitle|keywords|abstract|preprint|collaboration)(?![A-Za-z])"
)
_HUGE = re.compile(r"\\(?:huge|Huge|LARGE)(?![A-Za-z])")
_HUGE_END = re.compile(r"\n[ \t]*\n|\\end\{|\\vspace|\\par(?![A-Za-z])")
_INPUT_ENCODING = re.compile(
    rb"\\(?:usepackage\s*\[([\w-]{2,20})\]\s*\{inputenc\}|inputencoding\s*\{([\w-]{2,20})\}|begin\{CJK\*?\}\{(\w{2,10})\})"
)
_CODECS = {
    "latin1": "cp1252",
    "ansinew": "cp1252",
    "latin9": "iso8859-15",
    "applemac": "mac-roman",
    "gbk": "gb18030",
    "gb": "gb18030",
    "bg5": "big5",
}
_ARXIV = re.compile(r"(?i)\b(?:arxiv[:/ ]*)?(\d{4}\.\d{4,5})(?:v\d+)?\b")
_ARXIV_NAMED = re.compile(r"(?i)arxiv:\s*(\d{4}\.\d{4,5}|[a-z-]+/\d{7})")
_ARXIV_OLD = re.compile(r"(?<![a-z])((?:hep|nucl|astro|gr|cond|quant|math)-(?:ex|ph|th|lat|qc|mat)|physics)[-_/]?(\d{7})(?!\d)")
_LONGEST_ABSTRACT = 5_000
_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})")
_MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]
_DATE = re.compile(
    r"(?i)\b(?:(\d{1,2})\s+)?(january|february|march|april|may|june|july|august|september|october|november|december)\s+(?:(\d{1,2}),?\s+)?(\d{4})\b"
)


class LatexParser:
    """One document a file: what it draws in by its name is a document of its own."""

    name = "latex"
    version = "2"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        source = read_text(file.path, _declared(file))
        prepared = prepare(source.text)
        outline = Outline()
        outline.notices.extend(source.notices)
        reader = LatexReader(prepared, outline, HANDLERS)
        _read(reader)
        front = reader.front
        authors = ", ".join(dict.fromkeys(name for name in front.get("author", []) + front.get("collaboration", []) if name))
        places = "; ".join(
            dict.fromkeys(place for key in ("affiliation", "affil", "institute", "address") for place in front.get(key, []) if place)
        )
        if authors:
            outline.blocks.insert(0, Block(f"Authors: {authors}" + (f"\nAffiliations: {places}" if places else "")))
        included = list(dict.fromkeys(reader.included))
        if included:
            outline.notices.append(f"the text of {', '.join(included[:20])} is a document of its own")
        metadata: dict[str, Any] = {
            "author": authors[:1000],
            "date": _date(" ".join(front.get("date", []))),
            "arxiv": _arxiv(file.name, source.text),
            "abstract": _abstract(outline),
            "includes": included[:100],
        }
        title = " ".join(front.get("title", [])[:1]) or _large_print(reader)
        yield outline.document("latex", file.name, title=title, metadata=metadata)


def _read(reader: LatexReader) -> None:
    """The preamble for its title page alone, then the body; a file without one is all body."""
    start = _BODY.search(reader.text)
    if start is None:
        reader.read()
        return
    at = 0
    while (word := _FRONT.search(reader.text, at, start.start())) is not None:
        at = max(word.end(), HANDLERS[word[1]](reader, word[1], word.end()))
    stop = _END.search(reader.text, start.end())
    reader.read(start.end(), stop.start() if stop else None)


def _abstract(outline: Outline) -> str:
    return "\n".join(block.text for block in outline.blocks if block.section[:1] == ("Abstract",))[:_LONGEST_ABSTRACT]


def _large_print(reader: LatexReader) -> str:
    """The title of a hand-made title page: what is set in huge letters."""
    body = _BODY.search(reader.text)
    start = body.end() if body else 0
    match = _HUGE.search(reader.text, start, start + 4000)
    if match is None:
        return ""
    stop = _HUGE_END.search(reader.text, match.end(), match.end() + 600)
    text = reader.text_of(match.end(), stop.start()) if stop else ""
    return text if 8 <= len(text) <= 250 else ""


def _declared(file: SourceFile) -> str | None:
    with file.path.open("rb") as stream:
        match = _INPUT_ENCODING.search(stream.read(20_000))
    if match is None:
        return None
    name = (match[1] or match[2] or match[3]).decode("ascii").lower()
    return _CODECS.get(name, name)


def _arxiv(name: str, text: str) -> str:
    """The paper's own number: of its file's name, or named near its beginning."""
    if old := _ARXIV_OLD.search(name):
        return f"{old[1]}/{old[2]}"
    match = _ARXIV.search(name) or _ARXIV_NAMED.search(text[:4000])
    return match[1] if match else ""


def _date(text: str) -> str:
    if iso := _ISO.search(text):
        return iso[1]
    match = _DATE.search(text)
    if match is None:
        return ""
    day = int(match[1] or match[3] or 0)
    month = f"{match[4]}-{_MONTHS.index(match[2].lower()) + 1:02d}"
    return f"{month}-{day:02d}" if 0 < day <= 31 else month
