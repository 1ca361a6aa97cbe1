"""PDF: papers by page, paragraph and section; decks by slide."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from ingest.parse.decks import ranges
from ingest.parse.outline import title_of
from ingest.parse.pdf_blocks import deck_blocks, paper_blocks, plain_key, title_and_author
from ingest.parse.pdf_lines import Line, Page, body_size, clean, is_deck, rows, without_furniture
from jitl.errors import Unreadable
from jitl.ports import SourceFile
from jitl.types import ParsedDocument

if TYPE_CHECKING:
    import pypdfium2

_PASSWORD = 4  # FPDF_ERR_PASSWORD
_MOST_OBJECTS = 5_000  # of a page that are looked at; beyond are plots
_WIDE_GAP = 8.0  # points; what wide means is decided with the size of the type
_FEWEST_CHARACTERS = 8  # on a page with text; a number alone is none
_BOLD = re.compile(r"(?i)bold|black|heavy|demi|CMBX|-bd\b")
_MONO = re.compile(r"(?i)courier|mono|consol|menlo|cmtt|sftt|typewriter|inconsolata|txtt|cmsltt")
_ARXIV = re.compile(r"arXiv:\s?(\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[A-Z]{2})?/\d{7}(?:v\d+)?)")
_DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?")
_MACHINE_TITLE = re.compile(
    r"(?i)^(?:microsoft (?:word|powerpoint)|untitled|powerpoint presentation|slide 1|document\d*|title)\b"
    r"|\.(?:docx?|pptx?|tex|dvi|pdf|odt|ps|eps|indd|rtf|key)$"
)


class PdfParser:
    """One document a file. Its text layer is read; pictures of text are reported, not recognised."""

    name = "pdf"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        """Raises `Unreadable` for what is protected, damaged or holds pictures alone."""
        with _Opened(file) as opened:
            pages = [opened.page(index) for index in range(len(opened))]
            properties, outline = opened.properties(), opened.outline()
        readable = [page for page in pages if sum(len(line.text) for line in page.lines) >= _FEWEST_CHARACTERS]
        pictures = [page.number for page in pages if page.images and page not in readable]
        if not readable:
            raise Unreadable("its pages hold images only", hint="Run it through text recognition (OCR) and ingest the result.")
        body = body_size(readable)
        found_title, found_author = title_and_author(readable[0], body) if readable[0].number <= 2 else ("", "")
        deck = is_deck(readable)
        plain = without_furniture(readable, body)
        blocks = deck_blocks(plain) if deck else paper_blocks(plain, body, outline, found_title)
        title = _title(properties) or found_title or title_of(file.name)
        values: dict[str, Any] = {
            "author": clean(properties.get("Author", "")) or found_author,
            "date": _date(properties.get("CreationDate", "")),
            "pages": len(pages),
            "arxiv": opened.arxiv,
        }
        metadata = {key: value for key, value in values.items() if value}
        notices = [f"{ranges('page', pictures)} images only"] if pictures else []
        if opened.damaged:
            notices.append(f"{ranges('page', opened.damaged)} damage and could not be read")
        yield ParsedDocument(title, tuple(blocks), "pdf", metadata=metadata, notices=tuple(notices))


def _title(properties: dict[str, str]) -> str:
    title = clean(properties.get("Title", ""))
    return "" if len(title) < 4 or _MACHINE_TITLE.search(title) else title


def _date(stored: str) -> str:
    match = _DATE.match(stored)
    if match is None or not 1980 <= int(match[1]) <= 2100:
        return ""
    return "-".join(part for part in match.groups() if part)


@dataclass(slots=True)
class _Opened:
    """An open PDF; a context manager."""

    file: SourceFile
    damaged: list[int] = field(default_factory=list)
    arxiv: str = ""
    _document: pypdfium2.PdfDocument = field(init=False)

    def __enter__(self) -> Self:
        import pypdfium2

        try:
            self._document = pypdfium2.PdfDocument(str(self.file.path))
        except pypdfium2.PdfiumError as error:
            if getattr(error, "err_code", None) == _PASSWORD:
                raise Unreadable("it is protected by a password", hint="Save a copy without one.") from error
            raise Unreadable("the PDF is damaged or incomplete", hint="Download or export it again.") from error
        return self

    def __exit__(self, *_: object) -> None:
        self._document.close()

    def __len__(self) -> int:
        return len(self._document)

    def properties(self) -> dict[str, str]:
        return {str(key): str(value) for key, value in self._document.get_metadata_dict().items()}

    def outline(self) -> dict[str, int]:
        """Headings of the file's own table of contents -> their level, 1 at the top."""
        import pypdfium2

        try:
            return {plain_key(mark.get_title()): mark.level + 1 for mark in self._document.get_toc(max_depth=6)}
        except (pypdfium2.PdfiumError, UnicodeDecodeError, ValueError):
            return {}

    def page(self, index: int) -> Page:
        import pypdfium2

        try:
            page = self._document[index]
        except pypdfium2.PdfiumError:
            self.damaged.append(index + 1)
            return Page(index + 1, 1, 1, ())
        try:
            width, height = page.get_size()
            text = page.get_textpage()
            lines = rows(self._upright(_TextLayer(text.raw, _rules(page.raw)).lines()))
            text.close()
            images = len("".join(line.text for line in lines)) < _FEWEST_CHARACTERS and _shows_something(page)
            return Page(index + 1, width, height, tuple(lines), images)
        except pypdfium2.PdfiumError:
            self.damaged.append(index + 1)
            return Page(index + 1, 1, 1, ())
        finally:
            page.close()

    def _upright(self, lines: list[tuple[Line, bool]]) -> list[Line]:
        """Without what runs up the page: arXiv's stamp (remembered) and labels of axes; a page lying on its side is kept."""
        turned = [line for line, upright in lines if not upright]
        for line in turned:
            if match := _ARXIV.search(line.text):
                self.arxiv = self.arxiv or match[1]
        few = sum(len(line.text) for line in turned) < 0.5 * sum(len(line.text) for line, _ in lines)
        return [line for line, upright in lines if upright or not few]


def _shows_something(page: pypdfium2.PdfPage) -> bool:
    return any(True for _ in page.get_objects(max_depth=3))


def _rules(raw: Any) -> list[tuple[float, float, float]]:
    """Left end, right end and height of short horizontal strokes, where TeX's older fonts have underscores."""
    import pypdfium2.raw as pdfium

    found: list[tuple[float, float, float]] = []
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for index in range(min(pdfium.FPDFPage_CountObjects(raw), _MOST_OBJECTS)):
        item = pdfium.FPDFPage_GetObject(raw, index)
        if pdfium.FPDFPageObj_GetType(item) == pdfium.FPDF_PAGEOBJ_PATH and pdfium.FPDFPageObj_GetBounds(item, left, bottom, right, top):
            width, height = right.value - left.value, top.value - bottom.value
            if 1 < width < 12 and height < 0.3 * width:
                found.append((left.value, right.value, bottom.value))
    return found


class _TextLayer:
    """Reads the lines of one page. U+0002 is how PDFium shows a word split at a line's end."""

    def __init__(self, raw: Any, rules: list[tuple[float, float, float]]) -> None:
        import pypdfium2.raw as pdfium

        self._pdfium = pdfium
        self._raw = raw
        self._rules = rules
        self._letters: dict[int, str] = {}
        self._x, self._y, self._left, self._right, self._bottom, self._top = (ctypes.c_double() for _ in range(6))
        self._matrix = pdfium.FS_MATRIX()
        self._font = ctypes.create_string_buffer(100)

    def lines(self) -> list[tuple[Line, bool]]:
        """Pieces of lines in the layer's order, and whether each is upright."""
        found: list[tuple[Line, bool]] = []
        words: list[list[int]] = [[]]  # indexes of letters
        count = self._pdfium.FPDFText_CountChars(self._raw)
        for index in range(count + 1):
            code = self._pdfium.FPDFText_GetUnicode(self._raw, index) if index < count else 10
            if code in {2, 10, 13}:
                found += self._pieces(self._underscored([word for word in words if word]), hyphen=code == 2)
                words = [[]]
            elif code in {9, 32, 160}:
                words.append([])
            elif code not in {0, 0xFFFE, 0xFFFF}:
                self._letters[index] = chr(code)
                words[-1].append(index)
        return found

    def _underscored(self, words: list[list[int]]) -> list[list[int]]:
        """Words with a short stroke on the baseline between them made one."""
        if not self._rules or not words:
            return words
        found = [words[0]]
        for word in words[1:]:
            end, start = self._edges(found[-1][-1])[1], self._edges(word[0])[0]
            if start - end < 14 and self._is_ruled(end, start, self._baseline(word[0])):
                self._letters[found[-1][-1]] += "_"
                found[-1] = found[-1] + word
            else:
                found.append(word)
        return found

    def _is_ruled(self, end: float, start: float, baseline: float) -> bool:
        return any(end - 1 < left and right < start + 1 and -4 < bottom - baseline < 1.5 for left, right, bottom in self._rules)

    def _pieces(self, words: list[list[int]], *, hyphen: bool) -> Iterator[tuple[Line, bool]]:
        """A line, in pieces where gaps are so wide that they may part the cells of a table."""
        start = 0
        end_x = 0.0
        for position, word in enumerate(words):
            left, right = self._edges(word[0])[0], self._edges(word[-1])[1]
            if position > start and abs(left - end_x) > _WIDE_GAP:
                yield from self._measured(words[start:position], hyphen=False)
                start = position
            end_x = right
        if words:
            yield from self._measured(words[start:], hyphen=hyphen)

    def _measured(self, words: list[list[int]], *, hyphen: bool) -> Iterator[tuple[Line, bool]]:
        """A piece with its place; the largest of three letters stands for all, so that a superscript does not."""
        text = clean(" ".join("".join([self._letters[index] for index in word]) for word in words))
        if not text:
            return
        first, middle, last = words[0][0], words[len(words) // 2][0], words[-1][-1]
        measured, fonts = [], []
        for index in (first, middle, last):
            self._pdfium.FPDFText_GetMatrix(self._raw, index, self._matrix)
            self._pdfium.FPDFText_GetFontInfo(self._raw, index, self._font, 100, None)
            scale = (self._matrix.c**2 + self._matrix.d**2) ** 0.5
            size = self._pdfium.FPDFText_GetFontSize(self._raw, index) * scale
            measured.append((size, self._baseline(index), abs(self._matrix.a) >= abs(self._matrix.b)))
            fonts.append(self._font.value.decode("utf-8", "replace"))
        size, baseline, upright = max(measured)
        bold = [_BOLD.search(font) is not None for font in fonts]
        mono = all(_MONO.search(font) for font in fonts)
        x0, x1 = self._edges(first)[0], self._edges(last)[1]
        yield Line(text, x0, x1, baseline, max(size, 0.5), all(bold), mono, hyphen, bold[0] and not bold[-1]), upright

    def _baseline(self, index: int) -> float:
        self._pdfium.FPDFText_GetCharOrigin(self._raw, index, self._x, self._y)
        return self._y.value

    def _edges(self, index: int) -> tuple[float, float]:
        """Left and right edge of a letter."""
        self._pdfium.FPDFText_GetCharBox(self._raw, index, self._left, self._right, self._bottom, self._top)
        return self._left.value, self._right.value
