"""PowerPoint: every slide with its number, title, text in reading order, tables, diagrams and speaker notes."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ingest.parse.decks import ranges, steps
from ingest.parse.decode import scrub
from ingest.parse.outline import table_text, title_of, unwrap
from jitl.errors import Unreadable
from jitl.ports import SourceFile
from jitl.types import Block, BlockKind, ParsedDocument

if TYPE_CHECKING:
    from pptx.presentation import Presentation
    from pptx.shapes.base import BaseShape
    from pptx.slide import Slide

MAX_UNPACKED_BYTES = 2**30  # all parts of a file together; python-pptx holds them in memory
MAX_GROUPS = 20  # groups within groups
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_ROW = 365_760  # EMU; shapes within .4 inch stand side by side to the eye
_LABEL_CHARACTERS = 30  # a box of a drawing holds a word or two
_MONOSPACE = ("courier", "consol", "mono", "menlo", "monaco", "typewriter", "inconsolata", "source code")
_DECORATION = {"DATE", "FOOTER", "SLIDE_NUMBER", "HEADER", "SLIDE_IMAGE"}
_DEFAULT_TITLES = {"powerpoint presentation", "powerpoint 演示文稿", "presentation", "slide 1", "untitled", ""}


class SlidesParser:
    """One document a file; its sections are the slides' titles."""

    name = "slides"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        """Raises `Unreadable` for what is no presentation, is protected, or shows pictures alone."""
        _check(file)
        try:
            document = _document(file)
        except _broken() as error:
            raise Unreadable("the presentation is damaged or incomplete", hint="Open it in PowerPoint and save it again.") from error
        yield document


def _document(file: SourceFile) -> ParsedDocument:
    import pptx

    presentation = pptx.Presentation(str(file.path))
    slides = [list(_slide(slide, number)) for number, slide in enumerate(presentation.slides, 1)]
    silent = [number for number, blocks in enumerate(slides, 1) if all(block.kind is BlockKind.NOTES for block in blocks)]
    images = [number for number in silent if _has_picture(presentation.slides[number - 1].shapes)]
    repeated = steps([[line for block in blocks for line in block.text.split("\n")] for blocks in slides])
    blocks = [block for index, found in enumerate(slides) if index not in repeated for block in found]
    if not blocks:
        why = "its slides hold images only" if images else "its slides are empty"
        raise Unreadable(why, hint="Export it as a PDF with text, or add notes to the slides.")
    notices = (f"{ranges('slide', images)} only images",) if images else ()
    return ParsedDocument(_title(presentation, blocks, file), tuple(blocks), "slides", metadata=_metadata(presentation), notices=notices)


def _check(file: SourceFile) -> None:
    with file.path.open("rb") as stream:
        if stream.read(8) == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
            raise Unreadable("it is protected by a password, or an old PPT", hint="Save it as PPTX without a password.")
    try:
        with zipfile.ZipFile(file.path) as archive:
            size = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise Unreadable("the presentation is damaged or incomplete", hint="Copy or export it again.") from error
    if size > MAX_UNPACKED_BYTES:
        raise Unreadable(f"it unpacks to {size // 2**20} MB", hint="Compress its pictures, or export it as PDF.")


def _broken() -> tuple[type[Exception], ...]:
    """What zip, XML and python-pptx raise on parts that are cut off, missing or not what they say."""
    from pptx.exc import PythonPptxError

    of_zip = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
    return (*of_zip, PythonPptxError, SyntaxError, LookupError, ValueError, AttributeError, TypeError)


def _slide(slide: Slide, number: int) -> Iterator[Block]:
    title_shape = slide.shapes.title
    title = _one_line(title_shape.text_frame.text) if title_shape is not None else ""
    texts = _shapes(slide.shapes, None if title_shape is None else title_shape.shape_id)
    if not title and texts and texts[0][0] is BlockKind.PARAGRAPH and len(texts[0][1]) < 80 and "\n" not in texts[0][1]:
        title = texts.pop(0)[1]  # a text box on top does for a title
    section = (title,) if title else ()
    if title:
        yield Block(title, BlockKind.HEADING, (), 1, slide=number)
    for kind, text in texts:
        yield Block(text, kind, section, slide=number)
    if slide.has_notes_slide and (notes := _notes(slide)):
        yield Block(notes, BlockKind.NOTES, section, slide=number)


def _notes(slide: Slide) -> str:
    """The notes placeholder, and whatever boxes the speaker drew beside it."""
    shapes: Iterable[Any] = slide.notes_slide.shapes
    frames = [shape.text_frame for shape in shapes if shape.has_text_frame and not _is_decoration(shape)]
    return "\n".join(line for frame in frames for paragraph in frame.paragraphs if (line := _one_line(_paragraph(paragraph))))


def _shapes(shapes: Iterable[BaseShape], title_id: int | None) -> list[tuple[BlockKind, str]]:
    """Kind and text of every shape, top to bottom and left to right; the labels of drawings together at the end."""
    found: list[tuple[BlockKind, str]] = []
    labels: dict[str, None] = {}
    for shape in _flat(shapes, 0):
        if shape.shape_id == title_id or _is_decoration(shape):
            continue
        for kind, text in _shape(shape):
            if kind is BlockKind.PARAGRAPH and len(text) <= _LABEL_CHARACTERS and not shape.is_placeholder:
                labels.setdefault(" ".join(text.split()))
            else:
                found.append((kind, text))
    words = [label for label in labels if any(c.isalnum() for c in label)]
    return [*found, (BlockKind.PARAGRAPH, "; ".join(words))] if words else found


def _flat(shapes: Iterable[Any], depth: int) -> Iterator[Any]:
    for shape in sorted(shapes, key=_position):
        if not hasattr(shape, "shapes"):
            yield shape
        elif depth < MAX_GROUPS:
            yield from _flat(shape.shapes, depth + 1)


def _shape(shape: Any) -> Iterator[tuple[BlockKind, str]]:
    if shape.has_text_frame:
        yield from _frame(shape)
    elif getattr(shape, "has_table", False):
        if rows := table_text([_one_line(cell.text) for cell in row.cells] for row in shape.table.rows):
            yield BlockKind.TABLE, scrub(rows)
    elif getattr(shape, "has_chart", False):
        if text := _chart(shape.chart):
            yield BlockKind.PARAGRAPH, text
    elif text := _graphic(shape):
        yield BlockKind.LIST, text
    alternative = shape._element.xpath(".//p:cNvPr/@descr")  # noqa: SLF001 - python-pptx has no name for the alternative text
    if alternative and len(_one_line(alternative[0])) > 15 and not _is_machine_made(alternative[0]):
        yield BlockKind.PARAGRAPH, f"[{_one_line(alternative[0])}]"


def _frame(shape: Any) -> Iterator[tuple[BlockKind, str]]:
    """A frame's paragraphs: listings as they stand, points with their level, what else a box holds line by line."""
    paragraphs = [(paragraph, text) for paragraph in shape.text_frame.paragraphs if (text := _paragraph(paragraph)).strip()]
    pointed = shape.is_placeholder or any(paragraph._p.xpath("./a:pPr/a:buChar|./a:pPr/a:buAutoNum") for paragraph, _ in paragraphs)  # noqa: SLF001
    listed = [_is_listing(paragraph) for paragraph, _ in paragraphs]
    if not all(listed):  # one line of typewriter among points is a point
        listed = [here and (here in listed[max(0, i - 1) : i] or here in listed[i + 1 : i + 2]) for i, here in enumerate(listed)]
    for is_code, run in groupby(zip(paragraphs, listed, strict=True), key=itemgetter(1)):
        lines = [pair for pair, _ in run]
        if is_code:
            yield BlockKind.CODE, "\n".join(scrub(text.replace("\v", "\n")).rstrip() for _, text in lines)
        elif pointed and len(lines) > 1:
            yield BlockKind.LIST, "\n".join("  " * (paragraph.level or 0) + "- " + _one_line(text) for paragraph, text in lines)
        else:
            yield BlockKind.PARAGRAPH, "\n".join(_one_line(text) for _, text in lines)


def _is_listing(paragraph: Any) -> bool:
    faces = [face.lower() for face in paragraph._p.xpath("./a:r/a:rPr/a:latin/@typeface")]  # noqa: SLF001 - fonts by run
    runs = paragraph._p.xpath("./a:r[normalize-space(a:t)]")  # noqa: SLF001
    return 2 * sum(any(name in face for name in _MONOSPACE) for face in faces) > len(runs)


def _paragraph(paragraph: Any) -> str:
    """Its runs, formulas included, which python-pptx leaves out; of alternatives the first is what PowerPoint shows."""
    parts: list[str] = []
    for node in paragraph._p.iter():  # noqa: SLF001 - formulas are in the XML alone
        if node.tag in {f"{_A}t", f"{_M}t"}:
            if not any(above.tag == f"{_MC}Fallback" for above in node.iterancestors()):
                parts.append(node.text or "")
        elif node.tag == f"{_A}br":
            parts.append("\v")
    return "".join(parts)


def _chart(chart: Any) -> str:
    """Title and names; the numbers of a plot say nothing to a search."""
    try:
        title = _one_line(chart.chart_title.text_frame.text) if chart.has_title and chart.chart_title.has_text_frame else ""
        names = [str(series.name) for plot in chart.plots for series in plot.series if series.name]
        categories = [str(label) for plot in list(chart.plots)[:1] for label in plot.categories][:20]
    except (KeyError, ValueError, AttributeError, NotImplementedError):
        return ""
    text = "; ".join(filter(None, (title, ", ".join(names), ", ".join(categories))))
    return f"Chart: {scrub(text)}" if text else ""


def _graphic(shape: Any) -> str:
    """Texts of a SmartArt diagram, which live in a part of their own."""
    from pptx.oxml import parse_xml

    for related in shape._element.xpath(".//*[local-name()='relIds']/@*[local-name()='dm']"):  # noqa: SLF001
        try:
            part = shape.part.related_part(related)
        except KeyError:
            continue
        try:
            tree = parse_xml(part.blob)
        except SyntaxError:
            continue
        points = [
            _one_line("".join(node.text or "" for node in body.iter(f"{_A}t")))
            for body in tree.iter()
            if body.tag.endswith("}t") and len(body)
        ]
        return "\n".join(f"- {point}" for point in points if point)
    return ""


def _position(shape: Any) -> tuple[int, int]:
    return ((shape.top or 0) // _ROW, shape.left or 0)


def _is_decoration(shape: BaseShape) -> bool:
    return shape.is_placeholder and shape.placeholder_format.type.name in _DECORATION


def _is_machine_made(text: str) -> bool:
    lower = text.lower()
    return (
        "automatically generated" in lower
        or "自动生成" in text
        or lower.endswith((".png", ".jpg", ".jpeg", ".gif", ".emf", ".pdf", ".tiff"))
    )


def _has_picture(shapes: Iterable[Any]) -> bool:
    return any(hasattr(shape, "image") or (hasattr(shape, "shapes") and _has_picture(shape.shapes)) for shape in shapes)


def _title(presentation: Presentation, blocks: list[Block], file: SourceFile) -> str:
    """The first slide's heading; the file's own property is most often a leftover of the template."""
    first = next((block.text for block in blocks if block.kind is BlockKind.HEADING and block.slide == 1), "")
    stored = _one_line(presentation.core_properties.title or "") if _has_properties(presentation) else ""
    return first or (stored if stored.lower() not in _DEFAULT_TITLES else "") or title_of(file.name)


def _metadata(presentation: Presentation) -> dict[str, Any]:
    slides = len(presentation.slides)
    if not _has_properties(presentation):
        return {"slides": slides}
    properties = presentation.core_properties
    values: dict[str, Any] = {
        "author": _one_line(properties.author or ""),
        "date": _iso(properties.modified or properties.created),
        "slides": slides,
        "labels": [label for label in (_one_line(part) for part in (properties.keywords or "").split(",")) if label],
        "subject": _one_line(properties.subject or ""),
    }
    return {key: value for key, value in values.items() if value}


def _has_properties(presentation: Presentation) -> bool:
    """Asking for properties that are not there would make them up, with the date of today."""
    return any(part.partname.endswith("/core.xml") for part in presentation.part.package.iter_parts())


def _iso(date: datetime | None) -> str:
    return "" if date is None else (date if date.tzinfo else date.replace(tzinfo=UTC)).isoformat()


def _one_line(text: str) -> str:
    return unwrap(scrub(text.replace("\v", " ")))
