"""BibTeX and BibLaTeX files: one block an entry, written as a reader would cite it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.parse.decode import read_text
from ingest.parse.latex_commands import HANDLERS
from ingest.parse.latex_reader import LatexReader
from ingest.parse.latex_source import prepare
from ingest.parse.outline import Outline
from jitl.ports import SourceFile
from jitl.types import BlockKind, ParsedDocument

_ENTRY = re.compile(r"@([A-Za-z]{1,40})\s{0,20}[{(]\s{0,20}([^\s,{}=\"#]{1,200})\s{0,20},")
_FIELD = re.compile(r"([A-Za-z][\w:-]{0,40})\s{0,20}=\s{0,20}(?=[{\"\w])")
_VALUE_TOKEN = re.compile(r"\\.|[{}\"]", re.DOTALL)
_BARE = re.compile(r"[\w.-]{1,200}")
_ARXIV = re.compile(r"\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7}")
_NEXT_ENTRY = re.compile(r"\n@[A-Za-z]{1,40}\s{0,20}[{(]")
_MARKUP = re.compile(r"[\\{}$~]|--|``")
_SHOWN = ("author", "editor", "title", "journal", "booktitle", "volume", "number", "pages", "year", "date", "publisher", "doi")
_ALSO = {
    "collaboration": "collaboration",
    "reportnumber": "report",
    "institution": "at",
    "url": "at",
    "note": "note",
    "keywords": "keywords",
}
_LONG = ("abstract", "annote", "annotation")
_MAX_VALUE = 20_000


class BibtexParser:
    """One document a file; arXiv numbers of its entries are in its metadata."""

    name = "bibtex"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        source = read_text(file.path)
        outline = Outline()
        outline.notices.extend(source.notices)
        numbers: list[str] = []
        for key, fields in _entries(source.text):
            outline.add(_cited(key, fields), BlockKind.LIST)
            for long in _LONG:
                outline.paragraph(fields.get(long, ""))
            if number := _arxiv(fields):
                numbers.append(number)
        yield outline.document("latex", file.name, metadata={"arxiv": list(dict.fromkeys(numbers))[:500]})


def _entries(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    at = 0
    while (entry := _ENTRY.search(text, at)) is not None:
        following = _NEXT_ENTRY.search(text, entry.end())
        stop = following.start() if following else len(text)
        fields, at = _fields(text, entry.end(), stop)
        if entry[1].lower() not in {"string", "preamble", "comment"} and fields:
            yield entry[2], fields


def _fields(text: str, at: int, stop: int) -> tuple[dict[str, str], int]:
    found: dict[str, str] = {}
    while (name := _FIELD.search(text, at, stop)) is not None:
        value, at = _value(text, name.end(), stop)
        found.setdefault(name[1].lower(), _readable(value))
    return found, stop


def _value(text: str, at: int, stop: int) -> tuple[str, int]:
    """A value in braces or quotes, or a bare number or abbreviation, and the place after it."""
    opener = text[at]
    if opener not in '{"':
        bare = _BARE.match(text, at, stop)
        return (bare[0], bare.end()) if bare else ("", at + 1)
    depth = 0
    for token in _VALUE_TOKEN.finditer(text, at + 1, min(stop, at + _MAX_VALUE)):
        mark = token[0]
        if depth == 0 and mark == ("}" if opener == "{" else '"'):
            return text[at + 1 : token.start()], token.end()
        depth += {"{": 1, "}": -1}.get(mark, 0)
    return text[at + 1 : min(stop, at + _MAX_VALUE)], stop  # never closed: what follows cannot be told from it


def _readable(value: str) -> str:
    if not _MARKUP.search(value):
        return " ".join(value.split())
    source = prepare(value)
    return LatexReader(source, Outline(), HANDLERS).text_of(0, len(source.text))


def _cited(key: str, fields: dict[str, str]) -> str:
    people = fields.get("author") or fields.get("editor") or fields.get("collaboration", "")
    title = fields.get("title", "")
    place = " ".join(fields[name] for name in ("journal", "journaltitle", "booktitle", "volume", "number") if fields.get(name))
    year = fields.get("year") or fields.get("date", "")
    parts = [people.replace(" and ", "; "), f"“{title}”" if title else "", place + (f" ({year})" if year else "")]
    parts += [f"p. {fields['pages']}" if fields.get("pages") else "", fields.get("publisher", "")]
    parts += [f"doi:{fields['doi']}" if fields.get("doi") else "", f"arXiv:{number}" if (number := _arxiv(fields)) else ""]
    parts += [f"{label} {fields[name]}" for name, label in _ALSO.items() if fields.get(name)]
    return f"[{key}] " + ", ".join(part.strip() for part in parts if part.strip())


def _arxiv(fields: dict[str, str]) -> str:
    match = _ARXIV.search(fields.get("eprint", "")) or _ARXIV.search(fields.get("arxiv", ""))
    return match[0] if match else ""
