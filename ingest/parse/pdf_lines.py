"""Lines of a PDF's pages: what the file's text layer gives, cleaned, without what repeats on every page."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from ingest.parse.decode import scrub

MARGIN = 0.1  # of the page's height, above and below: where running heads and page numbers stand
_OUTER_MARGIN = 0.18  # the first and last line of a page may stand as far in, with a gap to the text
_GAP = 1.7  # in units of the type's size
_CELL_GAP = 0.95  # of the type size; TeX puts 1.0 or more between columns and stretches a space to some .6
_COLUMN_ROWS = 0.4  # of a page's rows: what makes it a page of two columns
_REPEATED = 0.5  # of the pages
_REPEATED_ON_ONE_SIDE = 0.3  # left and right pages may have heads of their own

_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\u00ad": "", "\u00a0": " "})
_COMBINING = {"¨": "\u0308", "´": "\u0301", "ˇ": "\u030c", "¸": "\u0327", "˚": "\u030a", "˝": "\u030b"}
_ACCENT = re.compile(r"(?:(?<=\w) (?=.[a-zı]))?([¨´ˇ¸˚˝])([A-Za-zı])")  # old TeX fonts draw accent and letter apart
_SPACES = re.compile(r"[ \t\u2000-\u200a\u202f\u205f]+")
_LEADERS = re.compile(r"(?:\s?\.){4,}\s*(?:\d+|[ivxlc]+)?\s*$|(?:\s?[·…]){3,}\s*\d*\s*$")
_PAGE_NUMBER = re.compile(r"(?i)^[-–—\s]*(?:page\s+|第\s*)?(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:/|of)\s*\d{1,4})?(?:\s*页)?[-–—\s]*$")
_NOT_LETTERS = re.compile(r"[\W\d_]+")
_LABEL = re.compile(r"^(?:(?:\d{1,3}|[A-Z])(?:\.\d{1,2})*\.?|[IVX]{1,5}\.|\(?\w{1,3}[.)]|\[\w{1,12}\]|\W)$")
_EQUATION_NUMBER = re.compile(r"^\(\w{1,3}(?:\.\d{1,3})?\w?\)$")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text; x and y in points from the page's lower left corner, y of the baseline."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool = False
    mono: bool = False
    hyphen: bool = False  # its last word goes on in the next line
    term: bool = False  # starts in bold and goes on without: the word that a definition explains
    cells: int = 1  # parts with wide gaps between them, joined by " | ": a row of a table


@dataclass(frozen=True, slots=True)
class Page:
    number: int
    width: float
    height: float
    lines: tuple[Line, ...]
    images: bool = False
    """Whether it shows something that is no text."""


def clean(text: str) -> str:
    """Ligatures taken apart, accents put on their letters, one space between words."""
    if any("\ud800" <= c <= "\udfff" for c in text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = _ACCENT.sub(_compose, text.translate(_LIGATURES))
    return _SPACES.sub(" ", scrub(text)).strip()


def _compose(match: re.Match[str]) -> str:
    letter = "i" if match[2] == "ı" else match[2]
    composed = unicodedata.normalize("NFC", letter + _COMBINING[match[1]])
    return composed if len(composed) == 1 else match[0]


def rows(pieces: Iterable[Line]) -> list[Line]:
    """Lines out of the pieces that the text layer gives: those side by side are one line, or cells of a row."""
    found: list[list[Line]] = []
    for piece in pieces:
        if found and not found[-1][-1].hyphen and _beside(found[-1][-1], piece):
            found[-1].append(piece)
        else:
            found.append([piece])
    split = _column_split(found)
    if split:
        found = [half for group in _by_columns(found, split) for half in group]
    return [_row(row) for row in found]


def without_lone_rows(lines: Sequence[Line]) -> list[Line]:
    """One line with a wide gap is no table: its gap becomes a space."""
    kept: list[Line] = []
    for index, line in enumerate(lines):
        near = [
            other for other in (*lines[max(0, index - 1) : index], *lines[index + 1 : index + 2]) if abs(other.y - line.y) < 2.6 * line.size
        ]
        alone = line.cells > 1 and all(other.cells == 1 for other in near)
        kept.append(replace(line, text=line.text.replace(" | ", " "), cells=1) if alone else line)
    return kept


def _beside(last: Line, piece: Line) -> bool:
    size = max(last.size, piece.size)
    return abs(piece.y - last.y) < 0.35 * size and piece.x0 - last.x1 > -0.3 * size


def _column_split(found: Sequence[Sequence[Line]]) -> float:
    """Where the second of two columns begins on a page that is written across both; 0.0 where there are none."""
    starts = Counter(round(row[1].x0 / 4) for row in found if len(row) == 2 and min(len(piece.text) for piece in row) > 15)
    if not starts:
        return 0.0
    start, count = starts.most_common(1)[0]
    return 4.0 * start - 4 if count >= 8 and count >= _COLUMN_ROWS * len(found) else 0.0


def _by_columns(found: Sequence[list[Line]], split: float) -> Iterable[list[list[Line]]]:
    """Left halves, then right halves, of each stretch between lines that span both."""
    left: list[list[Line]] = []
    right: list[list[Line]] = []
    for row in found:
        if any(piece.x0 < split < piece.x1 - piece.size for piece in row):
            yield [*left, *right, row]
            left, right = [], []
        else:
            left += [[piece for piece in row if piece.x0 < split]] if row[0].x0 < split else []
            right += [[piece for piece in row if piece.x0 >= split]] if row[-1].x0 >= split else []
    yield [*left, *right]


def _row(pieces: Sequence[Line]) -> Line:
    """One line; a number before a heading or behind an equation is no cell."""
    line = pieces[0]
    for index, piece in enumerate(pieces[1:], 1):
        gap = piece.x0 - line.x1
        size = max(line.size, piece.size)
        apart = (
            gap > _CELL_GAP * size
            and not (line.mono and piece.mono)
            and not (index == 1 and _LABEL.match(line.text))
            and not _EQUATION_NUMBER.match(piece.text)
        )
        glue = " | " if apart else "" if gap < 0.12 * size or piece.text[0] in ",.;:)" else " "
        larger = line if line.size >= piece.size else piece
        line = replace(
            line,
            text=line.text + glue + piece.text,
            x1=piece.x1,
            y=larger.y,
            size=size,
            bold=line.bold and piece.bold,
            mono=line.mono and piece.mono,
            hyphen=piece.hyphen,
            term=line.term or (line.bold and not piece.bold),
            cells=line.cells + apart,
        )
    return line


def body_size(pages: Sequence[Page]) -> float:
    """The size that most characters have."""
    sizes = Counter[float]()
    for page in pages:
        for line in page.lines:
            sizes[round(2 * line.size) / 2] += len(line.text)
    return max(sizes, key=lambda size: (sizes[size], size), default=10.0)


def is_deck(pages: Sequence[Page]) -> bool:
    """Whether the pages are slides: wider than high, with few words."""
    wide = sum(page.width > page.height for page in pages)
    words = [sum(len(line.text.split()) for line in page.lines) for page in pages]
    return bool(pages) and 2 * wide > len(pages) and median(words) < 160


def without_furniture(pages: Sequence[Page], body: float) -> list[Page]:
    """Pages without running heads and feet, page numbers and the dotted lines of a table of contents."""
    sides = (Counter[tuple[str, bool]](), Counter[tuple[str, bool]]())
    for page in pages:
        sides[page.number % 2].update({_key(line, page) for line in page.lines if _in_margin(line, page)})
    least, one_side = max(3.0, _REPEATED * len(pages)), max(3.0, _REPEATED_ON_ONE_SIDE * len(pages))
    common = {
        key for key, count in (sides[0] + sides[1]).items() if count >= least or (count >= one_side and 0 in (sides[0][key], sides[1][key]))
    }

    def is_furniture(line: Line, page: Page) -> bool:
        if _LEADERS.search(line.text):
            return True
        if not _in_margin(line, page) or line.size > 1.15 * body:
            return False
        return (_key(line, page) in common and _key(line, page)[0] != "") or _PAGE_NUMBER.match(line.text) is not None

    return [replace(page, lines=tuple(without_lone_rows([line for line in page.lines if not is_furniture(line, page)]))) for page in pages]


def _in_margin(line: Line, page: Page) -> bool:
    if not MARGIN * page.height < line.y < (1 - MARGIN) * page.height:
        return True
    if _OUTER_MARGIN * page.height < line.y < (1 - _OUTER_MARGIN) * page.height:
        return False
    above = [other.y for other in page.lines if other.y > line.y + 0.5 * line.size]
    below = [other.y for other in page.lines if other.y < line.y - 0.5 * line.size]
    gap = _GAP * line.size
    if line.y > page.height / 2:
        return not above and (not below or line.y - max(below) > gap)
    return not below and (not above or min(above) - line.y > gap)


def _key(line: Line, page: Page) -> tuple[str, bool]:
    return _NOT_LETTERS.sub("", line.text.casefold()), line.y > page.height / 2
