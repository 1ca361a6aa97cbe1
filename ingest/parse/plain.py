"""Plain text with the structure that people give it by hand, and tables of values."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from ingest.parse.decode import read_text
from ingest.parse.outline import Outline, table_text, unwrap
from jitl.ports import SourceFile
from jitl.types import BlockKind, ParsedDocument

_UNDERLINE = re.compile(r"^([=~^\"'*#+-])\1{2,}\s*$")
_UNDERLINE_LEVEL = {"=": 1, "#": 1, "*": 1, "-": 2}
_NUMBERED = re.compile(r"^(\d{1,3}(?:\.\d{1,3}){1,4})\.?[ \t]+(\S.{0,100})$")
_CHAPTER = re.compile(r"^(?:第[一二三四五六七八九十百\d]{1,4}[章节部分篇]|[一二三四五六七八九十]{1,3}、)\s*\S.{0,60}$")
_ENDS_SENTENCE = re.compile(r"[.;:,!?。；：，！？]\s*$")
_BULLET = re.compile(r"^(\s*)(?:[-*+•·]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+(?=\S)")
_HASH = re.compile(r"^(#{1,6})[ \t]+(\S.*?)[ \t#]*$")
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_COLUMNS = re.compile(r"\S {2,}(?=\S)")
_CODE_SIGN = re.compile(r"[{}<>=\\|;]|\w\(|^\s*(?:#|//|\$ )|::|->")
_BLOCK_LINES = 100
_WRAPPED = 45  # characters: shorter lines were broken on purpose
_ROW_GROUP = 800  # characters of a block of table rows


class PlainParser:
    """Text without markup: paragraphs, underlined and numbered headings, lists, quotes, columns."""

    name = "plain"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        source = read_text(file.path)
        outline = Outline()
        outline.notices.extend(source.notices)
        read_plain(source.text, outline)
        yield outline.document("text", file.name)


class TableParser:
    """CSV and TSV: rows as `a | b`, in groups that each start with the header row."""

    name = "table"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        source = read_text(file.path)
        outline = Outline()
        outline.notices.extend(source.notices)
        lines = source.text.split("\n")
        comments = [line.lstrip("# ") for line in lines if line.startswith("#")]
        outline.add("\n".join(comments))
        for group in _grouped(_rows([line for line in lines if not line.startswith("#")])):
            outline.add(group, BlockKind.TABLE)
        yield outline.document("text", file.name)


def read_plain(text: str, outline: Outline, *, marked: bool = False) -> None:
    """Blocks of plain text appended to `outline`; `marked` text has Markdown's headings and fences."""
    for number, group in enumerate(_groups(text.expandtabs(4) if "\t" in text and not marked else text, marked=marked)):
        _read_group(group, outline, opening=number == 0, marked=marked)


def _groups(text: str, *, marked: bool) -> Iterator[list[str]]:
    """Lines between blank lines; a fence is one group, blank lines included."""
    group: list[str] = []
    fenced = False
    for line in text.split("\n"):
        if marked and _FENCE.match(line):
            fenced = not fenced
            if fenced and group:
                yield group
                group = []
        if line.strip() or fenced:
            group.append(line)
        elif group:
            yield group
            group = []
    if group:
        yield group


def _read_group(lines: list[str], outline: Outline, *, opening: bool, marked: bool) -> None:
    if marked and _FENCE.match(lines[0]):
        outline.add("\n".join(line for line in lines if not _FENCE.match(line)), BlockKind.CODE)
        return
    lines = _without_heading(lines, outline, opening=opening, marked=marked)
    for start in range(0, len(lines), _BLOCK_LINES):
        _read_lines(lines[start : start + _BLOCK_LINES], outline)


def _without_heading(lines: list[str], outline: Outline, *, opening: bool, marked: bool) -> list[str]:
    """What is left of a group when its heading, if it has one, has been read."""
    first = lines[0].strip()
    if len(lines) >= 2 and (rule := _UNDERLINE.match(lines[1])) and len(first) <= 120 and not _UNDERLINE.match(lines[0]):
        outline.heading(first, _UNDERLINE_LEVEL.get(rule[1], 3))
        return lines[2:]
    if len(lines) >= 3 and _UNDERLINE.match(lines[0]) and _UNDERLINE.match(lines[2]) and len(lines[1]) <= 120:
        outline.heading(lines[1], 1)
        return lines[3:]
    if marked and (mark := _HASH.match(lines[0])):
        outline.heading(mark[2], len(mark[1]))
        return lines[1:]
    if len(lines) == 1 and (level := _heading_level(first, opening=opening)):
        outline.heading(first, level)
        return []
    return lines if not _UNDERLINE.match(lines[0]) else lines[1:]


def _heading_level(line: str, *, opening: bool) -> int:
    """The depth of a heading that stands alone on its line, 0 where the line is none."""
    if len(line) > 100 or _ENDS_SENTENCE.search(line):
        return 0
    if numbered := _NUMBERED.match(line):
        return 2 + numbered[1].count(".")
    letters = [c for c in line if c.isalpha()]
    shouted = len(letters) >= 4 and len(line) <= 80 and all(c.isupper() and c.isascii() for c in letters)
    if _CHAPTER.match(line) or (shouted and not opening):
        return 2
    return 1 if opening and letters and not _BULLET.match(line) else 0


def _read_lines(lines: Sequence[str], outline: Outline) -> None:
    if not lines:
        return
    text = "\n".join(lines)
    if all(line.lstrip().startswith(">") for line in lines):
        outline.add("\n".join(line.lstrip("> ") for line in lines), BlockKind.QUOTE)
    elif _BULLET.match(lines[0]):
        outline.add("\n".join(_items(lines)), BlockKind.LIST)
    elif len(lines) >= 2 and all(line.count("|") >= 2 for line in lines):
        outline.table([cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines if line.strip("|+-=: \t"))
    elif len(lines) >= 3 and sum(bool(_COLUMNS.search(line.strip())) for line in lines) >= 0.8 * len(lines):
        outline.add(text, BlockKind.TABLE)
    elif all(line.startswith("    ") for line in lines) and len(lines) >= 2 and not _is_prose(lines):
        outline.add(text, BlockKind.CODE)
    elif _is_wrapped(lines):
        outline.paragraph(text)
    else:
        outline.add("\n".join(line.strip() for line in lines))


def _is_wrapped(lines: Sequence[str]) -> bool:
    body = lines[:-1]
    return all(_width(line) >= _WRAPPED for line in body) if len(body) < 3 else sum(map(_width, body)) >= _WRAPPED * len(body)


def _is_prose(lines: Sequence[str]) -> bool:
    """Indented text that is no code: wrapped lines of words."""
    return _is_wrapped(lines) and sum(bool(_CODE_SIGN.search(line)) for line in lines) <= 0.2 * len(lines)


def _width(line: str) -> int:
    """Columns on a screen: a Chinese character takes two."""
    line = line.strip()
    return len(line) + sum(c > "\u2e7f" for c in line)


def _items(lines: Sequence[str]) -> Iterator[str]:
    """One line an item; what continues an item is joined to it."""
    item: list[str] = []
    for line in lines:
        if _BULLET.match(line) and item:
            yield _item(item)
            item = []
        item.append(line)
    yield _item(item)


def _item(lines: Sequence[str]) -> str:
    indent = len(lines[0]) - len(lines[0].lstrip())
    return " " * min(indent, 8) + unwrap("\n".join(lines))


def _rows(lines: Sequence[str]) -> list[list[str]]:
    sample = lines[:20]
    delimiter = max("\t,;|", key=lambda mark: sum(line.count(mark) for line in sample))
    try:
        return list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
    except csv.Error:  # a field beyond the module's limit: an unclosed quote
        return [line.split(delimiter) for line in lines]


def _grouped(rows: list[list[str]]) -> Iterator[str]:
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        return
    header = table_text(rows[:1])
    lines = table_text(rows[1:]).split("\n") if len(rows) > 1 else []
    group, size = [header], len(header)
    for line in lines:
        if size + len(line) > _ROW_GROUP and len(group) > 1:
            yield "\n".join(group)
            group, size = [header], len(header)
        group.append(line)
        size += len(line)
    yield "\n".join(line for line in group if line)
