"""A PDF's pages to blocks: sections of a paper, slides of a deck."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise, takewhile
from statistics import median

from ingest.parse.decks import steps
from ingest.parse.outline import unwrap
from ingest.parse.pdf_lines import Line, Page
from ingest.parse.pdf_text import BULLET, Paragraph, ends, is_cut, paragraphs, tail, text_of, vocabulary, without_hyphen
from jitl.types import Block, BlockKind

MAX_TITLE = 250
_NUMBER = re.compile(r"^(?:(?:chapter|section|appendix|part)\s+)?((?:\d{1,2}|[A-Z])(?:\.\d{1,2})*)\.?\s+(?=\S)", re.IGNORECASE)
_ITEM = re.compile(r"^(?:\d{1,2}|[a-z])[.)]\s+\S")
_CAPTION = re.compile(r"(?i)^(?:fig(?:ure|\.)?|tab(?:le|\.)?|listing|algorithm|图|表)\s*\d")
_CONTENTS = {"contents", "tableofcontents", "目录", "目次"}
_ENDS_IN_PAGE = re.compile(r"(?:\s|\.)(?:\d{1,3}|[ivx]{1,5})$")
_UNNUMBERED = {
    "abstract",
    "introduction",
    "references",
    "acknowledgements",
    "acknowledgments",
    "conclusions",
    "conclusion",
    "summary",
    "摘要",
}
_MAX_AUTHORS = 400  # characters
_INSTITUTE = re.compile(
    r"(?i)universit|institut|laborator|\b(?:cern|fnal|desy|kek|ihep|slac|infn|department|college|school|centre|center)\b"
)
_NAME = re.compile(r"^(?:[A-Z][\w.’'-]*|van|von|de|der|di|del|la|le|and|&|et)$")


def plain_key(text: str) -> str:
    """What two writings of one heading share: letters and digits, without its number."""
    return re.sub(r"\W+", "", _NUMBER.sub("", text)).casefold()


def title_and_author(page: Page, body: float) -> tuple[str, str]:
    """The largest text in the upper part of the first page, and the names right below it; "" for what is not there."""
    upper = [line for line in page.lines if line.y > 0.3 * page.height and sum(c.isalpha() for c in line.text) > 3]
    largest = max((line.size for line in upper), default=0.0)
    if largest < 1.15 * body:
        return "", ""
    start = next(index for index, line in enumerate(upper) if line.size > 0.95 * largest)
    end = next((index for index in range(start, len(upper)) if upper[index].size <= 0.95 * largest), len(upper))
    title = unwrap("\n".join(line.text for line in upper[start:end]))
    below = takewhile(lambda line: _is_names(line.text), (line for line in upper[end:] if line.size > 0.75 * body))
    return (title, _without_marks(" ".join(line.text for line in below))) if len(title) <= MAX_TITLE else ("", "")


def _is_names(text: str) -> bool:
    if text[0].isdigit() or plain_key(text) in _UNNUMBERED | _CONTENTS:
        return False
    words = re.sub(r"(?<=\w)\d+\b|[,;∗*†‡§()|]+", " ", text).split()
    names = all(_NAME.match(word) or len(word) == 1 for word in words)
    return 2 <= len(words) <= 40 and names and any(len(word) > 2 for word in words) and not _INSTITUTE.search(text)


def _without_marks(text: str) -> str:
    """Names parted by commas, without the numbers of their institutes."""
    text = re.sub(r"(?<=\w)[\d∗*†‡§]+(?:,\s?(?:\d+|[a-z])\b)*|\|", ",", text[:_MAX_AUTHORS])
    text = re.sub(r",\s*\d+\b|[∗*†‡§]", "", text)
    return ", ".join(part for part in (unwrap(part) for part in text.split(",")) if len(part) > 2)


# --- papers --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Sections:
    """The headings above the place where reading is."""

    path: list[tuple[int, str]] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for _, name in self.path)

    def enter(self, level: int, name: str) -> None:
        while self.path and self.path[-1][0] >= level:
            self.path.pop()
        self.path.append((level, name))


def paper_blocks(pages: Sequence[Page], body: float, outline: Mapping[str, int], title: str) -> list[Block]:
    """Headings by the file's own contents, else by size and weight; paragraphs whole across a page's end up to their sentence."""
    words = vocabulary(pages)
    found = [(paragraph, text) for page in pages for paragraph in paragraphs(page, body) if (text := text_of(paragraph, page, words))]
    found = [(p, text) for p, text in _without_contents(found) if len(text) > 3 or any(c.isalpha() for c in text)]
    levels = _levels([(p, text) for p, text in found if p.page > 1 or plain_key(text) != plain_key(title)], body)
    sections = _Sections()
    sheets = {page.number: page for page in pages}
    cut = {index for index, (paragraph, _) in enumerate(found) if is_cut(paragraph, sheets[paragraph.page])}
    blocks: list[Block] = []
    titled = not title
    for paragraph, text in found:
        if not titled and paragraph.page <= 2 and plain_key(text) == plain_key(title):
            titled = True
            blocks.append(Block(text.replace("\n", " "), BlockKind.HEADING, (), 1, page=paragraph.page))
            continue
        level = _level(paragraph, text, body, outline, levels)
        if level and (titled or plain_key(text) in outline or plain_key(text) in _UNNUMBERED):
            name = unwrap(text)
            blocks.append(Block(name, BlockKind.HEADING, sections.names, level, page=paragraph.page))
            sections.enter(level, name)
        else:
            blocks.append(Block(text, _kind(paragraph, text), sections.names, page=paragraph.page))
    terms = {index for index, (paragraph, _) in enumerate(found) if paragraph.lines[0].term}
    return _mended(blocks, cut, terms, words)


def _without_contents(found: Sequence[tuple[Paragraph, str]]) -> Iterator[tuple[Paragraph, str]]:
    """Without the table of contents: lines below that heading that end in a page number."""
    inside = False
    for paragraph, text in found:
        if plain_key(text) in _CONTENTS:
            inside = True
            continue
        rows = text.split("\n")
        if inside and sum(_ENDS_IN_PAGE.search(row) is not None for row in rows) * 2 >= len(rows):
            continue
        inside = False
        yield paragraph, text


def _levels(found: Sequence[tuple[Paragraph, str]], body: float) -> list[float]:
    """Sizes of headings, the largest first, sizes that look alike as one."""
    sizes = sorted({round(2 * p.size) / 2 for p, text in found if p.size > 1.08 * body and _may_head(p, text)}, reverse=True)
    return [size for index, size in enumerate(sizes) if index == 0 or size < 0.95 * sizes[index - 1]]


def _may_head(paragraph: Paragraph, text: str) -> bool:
    letters = sum(c.isalpha() for c in text)
    return (
        len(paragraph.lines) <= 3
        and 3 <= len(text) <= 200
        and 2 * letters > len(text)
        and not _CAPTION.match(text)
        and not text.endswith((",", ";"))
    )


def _level(paragraph: Paragraph, text: str, body: float, outline: Mapping[str, int], levels: Sequence[float]) -> int:
    """1 at the top, 0 for what is no heading."""
    if not _may_head(paragraph, text):
        return 0
    if level := outline.get(plain_key(text), 0):
        return level if paragraph.bold or paragraph.size > 1.03 * body or len(paragraph.lines) == 1 else 0
    number = _NUMBER.match(text)
    if paragraph.size > 1.08 * body:
        by_size = next((index + 1 for index, size in enumerate(levels) if paragraph.size > 0.95 * size), len(levels))
        return number[1].count(".") + 1 if number else by_size
    if plain_key(text) in _UNNUMBERED and len(paragraph.lines) == 1:
        return 1
    if not paragraph.bold or ends(text) or (paragraph.listed and not number):
        return 0
    return number[1].count(".") + 1 if number else len(levels) + 1


def _kind(paragraph: Paragraph, text: str) -> BlockKind:
    if paragraph.tabular and len(paragraph.lines) > 1:
        return BlockKind.TABLE
    if paragraph.mono:
        return BlockKind.CODE
    return BlockKind.LIST if BULLET.match(text) else BlockKind.PARAGRAPH


def _mended(blocks: list[Block], cut: Collection[int], terms: Collection[int], words: Collection[str]) -> list[Block]:
    """A sentence that a page's end cuts in two is put together on the page where it begins.

    Between its halves may stand what floats: a caption, a footnote, a running head. `cut` are the blocks that end amid a
    sentence, `terms` those that begin with a word to define.
    """
    mended = list(blocks)
    pages = [list(run) for _, run in groupby(range(len(blocks)), key=lambda index: blocks[index].page)]
    for before, after in pairwise(pages):
        last = next((i for i in reversed(before[-3:]) if _is_prose(mended[i]) and i in cut), None)
        first = next((i for i in after[:3] if _is_prose(mended[i]) and mended[i].text[0].islower() and i not in terms), None)
        if last is None or first is None or mended[last].section != mended[first].section:
            continue
        text = mended[first].text
        end = tail(text)
        begun, rest = mended[last].text, text[:end].strip()
        mended[last] = replace(mended[last], text=without_hyphen(begun, rest, words) if begun.endswith("-") else unwrap(f"{begun}\n{rest}"))
        mended[first] = replace(mended[first], text=text[end:].strip())
    return [block for block in mended if block.text]


def _is_prose(block: Block) -> bool:
    return block.kind in {BlockKind.PARAGRAPH, BlockKind.LIST} and len(block.text) > 1 and not _CAPTION.match(block.text)


# --- decks ---------------------------------------------------------------------------------------------------------


def deck_blocks(pages: Sequence[Page]) -> list[Block]:
    """Each page is a slide; steps of one slide are read once."""
    repeated = steps([[line.text for line in page.lines] for page in pages])
    blocks: list[Block] = []
    for index, page in enumerate(pages):
        if index in repeated:
            continue
        heading, rest = _slide_title(page)
        section = (heading,) if heading else ()
        if heading:
            blocks.append(Block(heading, BlockKind.HEADING, (), 1, page=page.number, slide=page.number))
        for kind, text in _points(rest):
            blocks.append(Block(text, kind, section, page=page.number, slide=page.number))
    return blocks


def _slide_title(page: Page) -> tuple[str, list[Line]]:
    """The largest lines, if they stand out from the others; on a slide of one size, its top line."""
    lines = sorted(page.lines, key=lambda line: (-round(line.y), line.x0))
    largest = max((line.size for line in lines), default=0.0)
    start = next((index for index, line in enumerate(lines) if line.size > 0.93 * largest), 0)
    end = start + 1
    while end < len(lines) and lines[end].size > 0.93 * largest and lines[end - 1].y - lines[end].y < 1.6 * largest:
        end += 1
    others = lines[:start] + lines[end:]
    stands_out = not others or largest > 1.08 * median(line.size for line in others)
    if not stands_out or end - start > 3 or (start and lines[0].y - lines[start].y > 0.35 * page.height):
        start, end = 0, 1 if lines and lines[0].y > 0.75 * page.height else 0
    title = unwrap(" ".join(line.text.replace(" | ", " ") for line in lines[start:end]))
    if len(title) > 200:
        return "", list(page.lines)
    return title, [line for line in page.lines if line not in lines[start:end]]


def _points(lines: Sequence[Line]) -> Iterator[tuple[BlockKind, str]]:
    """Points with their level, and lines of a drawing or a listing as they stand."""
    rows: list[tuple[BlockKind, float, str]] = []
    last: Line | None = None
    for line in lines:
        bullet = None if line.mono else BULLET.match(line.text)
        if _ITEM.match(line.text) and not line.mono:
            rows.append((BlockKind.LIST, line.x0, line.text))
        elif bullet:
            rows.append((BlockKind.LIST, line.x0, "- " + line.text[bullet.end() :]))
        elif rows and last is not None and rows[-1][0] is BlockKind.LIST and _hangs(rows[-1][1], last, line):
            kind, x0, text = rows[-1]
            rows[-1] = (kind, x0, unwrap(f"{text}\n{line.text}"))
        else:
            kind = BlockKind.CODE if line.mono else BlockKind.TABLE if line.cells > 1 else BlockKind.PARAGRAPH
            rows.append((kind, line.x0, line.text))
        last = line
    edges = sorted({round(x0 / 8) for kind, x0, _ in rows if kind is BlockKind.LIST})
    for kind, run in groupby(rows, key=lambda row: row[0]):
        if kind is BlockKind.LIST:
            yield kind, "\n".join("  " * min(edges.index(round(x0 / 8)), 4) + text for _, x0, text in run)
        else:
            yield kind, "\n".join(text for _, _, text in run)


def _hangs(x0: float, last: Line, line: Line) -> bool:
    """Whether the line goes on with the point above it."""
    return x0 < line.x0 + 1 and 0 < last.y - line.y < 1.8 * max(last.size, line.size) and abs(last.size - line.size) < 0.25 * last.size
