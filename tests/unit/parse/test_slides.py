"""PowerPoint decks: everything a viewer or a speaker reads is there, with its slide's number."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pptx
import pytest
from lxml import etree
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ingest.parse.decks import ranges, steps
from ingest.parse.registry import parser_for
from ingest.parse.slides import SlidesParser
from jitl.errors import Unreadable
from jitl.ports import SourceFile
from jitl.types import BlockKind, ParsedDocument
from tests.data import corpora

Read = Callable[[Any], ParsedDocument]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def run(deck: Any) -> ParsedDocument:
        path = tmp_path / "deck.pptx"
        if isinstance(deck, bytes):
            path.write_bytes(deck)
        else:
            deck.save(str(path))
        (document,) = SlidesParser().parse(SourceFile(path.as_uri(), path.name, path))
        return document

    return run


def slide(deck: Any, title: str = "", body: str = "", notes: str = "", layout: int = 1) -> Any:
    made = deck.slides.add_slide(deck.slide_layouts[layout])
    if title:
        made.shapes.title.text = title
    if body:
        made.placeholders[1].text = body
    if notes:
        made.notes_slide.notes_text_frame.text = notes
    return made


def box(shapes: Any, text: str, top: float = 1, left: float = 1) -> Any:
    shape = shapes.add_textbox(Inches(left), Inches(top), Inches(2), Inches(0.5))
    shape.text_frame.text = text
    return shape


def shown(document: ParsedDocument) -> list[tuple[str, str]]:
    return [(block.kind.value, block.text) for block in document.blocks]


def png() -> io.BytesIO:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b""))


def test_titles_points_and_notes_carry_the_slide(read: Read) -> None:
    deck = pptx.Presentation()
    slide(deck, "Upgrade", "Three layers\nTriple GEM", "Say hello.\n\nMention the gas.")
    second = slide(deck, "Status")
    second.placeholders[1].text = "Ready"
    second.placeholders[1].text_frame.add_paragraph().text = "since May"
    second.placeholders[1].text_frame.paragraphs[1].level = 1
    document = read(deck)
    assert (document.title, document.kind) == ("Upgrade", "slides")
    assert shown(document) == [
        ("heading", "Upgrade"),
        ("list", "- Three layers\n- Triple GEM"),
        ("notes", "Say hello.\nMention the gas."),
        ("heading", "Status"),
        ("list", "- Ready\n  - since May"),
    ]
    assert [block.slide for block in document.blocks] == [1, 1, 1, 2, 2]
    assert document.blocks[2].section == ("Upgrade",)


def test_tables_groups_charts_and_labels(read: Read) -> None:
    deck = pptx.Presentation()
    one = slide(deck, "Numbers", layout=5)
    table = one.shapes.add_table(2, 2, Inches(1), Inches(5), Inches(4), Inches(1)).table
    for row, cells in enumerate((("Run", "Rate"), ("17", "4 kHz"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    group = one.shapes.add_group_shape()
    inner = group.shapes.add_group_shape()
    box(inner.shapes, "A sentence in a group within a group.", 2)
    for left, label in ((1, "server"), (3, "client"), (5, "server"), (7, "=")):
        box(one.shapes, label, 3, left)
    data = CategoryChartData()
    data.categories = ["2023", "2024"]
    data.add_series("Luminosity", (1.0, 2.0))
    chart = one.shapes.add_chart(XL_CHART_TYPE.LINE, Inches(1), Inches(6), Inches(4), Inches(1), data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Growth"
    assert shown(read(deck)) == [
        ("heading", "Numbers"),
        ("paragraph", "A sentence in a group within a group."),
        ("table", "Run | Rate\n17 | 4 kHz"),
        ("paragraph", "Chart: Growth; Luminosity; 2023, 2024"),
        ("paragraph", "server; client"),
    ]


def test_listings_keep_their_lines(read: Read) -> None:
    deck = pptx.Presentation()
    one = slide(deck, "Commands", layout=5)
    shape = box(one.shapes, "$ boss.exe job.txt\n  BesRdm.g = 1\nThat is all there is to it.")
    for paragraph in shape.text_frame.paragraphs[:2]:
        paragraph.runs[0].font.name = "Courier New"
    assert shown(read(deck))[1:] == [("code", "$ boss.exe job.txt\n  BesRdm.g = 1"), ("paragraph", "That is all there is to it.")]


def test_formulas_are_part_of_their_sentence(read: Read) -> None:
    deck = pptx.Presentation()
    one = slide(deck, "Mass", "The mass is ")
    math = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="a14">'
        '<m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:r><m:t>m=3.097</m:t></m:r></m:oMath></mc:Choice>'
        '<mc:Fallback><a:r xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:t>[picture]</a:t></a:r></mc:Fallback>'
        "</mc:AlternateContent>"
    )
    one.placeholders[1].text_frame.paragraphs[0]._p.append(etree.fromstring(math))
    assert shown(read(deck))[1] == ("paragraph", "The mass is m=3.097")


def test_a_slide_without_a_title_is_named_by_its_first_line(read: Read) -> None:
    deck = pptx.Presentation()
    one = slide(deck, layout=6)
    box(one.shapes, "Overview of the year, from a box on top", 0.2)
    box(one.shapes, "What happened this year was a lot of calibration work.", 2)
    document = read(deck)
    assert document.blocks[1].section == ("Overview of the year, from a box on top",)


def test_properties(read: Read) -> None:
    deck = pptx.Presentation()
    slide(deck, "Title", "Text")
    deck.core_properties.author = "Li Ming"
    deck.core_properties.keywords = "GEM, upgrade"
    metadata = read(deck).metadata
    assert metadata["author"] == "Li Ming"
    assert metadata["labels"] == ["GEM", "upgrade"]
    assert metadata["date"].startswith("2013-01-27T")
    assert metadata["slides"] == 1


def test_properties_that_are_missing_are_not_made_up(read: Read, tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide(deck, "Title", "Text")
    deck.save(str(tmp_path / "with.pptx"))
    content = io.BytesIO()
    with zipfile.ZipFile(tmp_path / "with.pptx") as old, zipfile.ZipFile(content, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "_rels/.rels":
                data = b"".join(
                    part for part in data.replace(b"<Relationship ", b"\n<Relationship ").split(b"\n") if b"core-properties" not in part
                )
                data += b"" if data.endswith(b"</Relationships>") else b"</Relationships>"
            if "core.xml" not in name:
                new.writestr(name, data.replace(b'<Override PartName="/docProps/core.xml"', b'<Override PartName="/docProps/none.xml"'))
    assert read(content.getvalue()).metadata == {"slides": 1}


def test_pictures_without_text_are_reported(read: Read) -> None:
    deck = pptx.Presentation()
    slide(deck, "Title", "Text")
    for _ in range(2):
        slide(deck, layout=6).shapes.add_picture(png(), 0, 0)
    noted = slide(deck, notes="What the picture shows.", layout=6)
    noted.shapes.add_picture(png(), 0, 0)
    document = read(deck)
    assert document.notices == ("slides 2-4 hold only images",)
    assert document.blocks[-1].text == "What the picture shows."
    pictures = pptx.Presentation()
    slide(pictures, layout=6).shapes.add_picture(png(), 0, 0)
    with pytest.raises(Unreadable, match="images only"):
        read(pictures)
    with pytest.raises(Unreadable, match="empty"):
        read(pptx.Presentation())


def test_steps_of_one_slide_are_read_once(read: Read) -> None:
    deck = pptx.Presentation()
    slide(deck, "Plan", "First point")
    slide(deck, "Plan", "First point\nSecond point")
    slide(deck, "Plan", "Other", "with a note")
    slide(deck, "Plan", "Other\nMore")
    assert [block.slide for block in read(deck).blocks] == [2, 2, 3, 3, 3, 4, 4]


@pytest.mark.parametrize("keep", [0.2, 0.6, 0.95])
def test_a_truncated_deck_is_refused(read: Read, tmp_path: Path, keep: float) -> None:
    deck = pptx.Presentation()
    slide(deck, "Title", "Text")
    deck.save(str(tmp_path / "whole.pptx"))
    data = (tmp_path / "whole.pptx").read_bytes()
    with pytest.raises(Unreadable, match="damaged"):
        read(data[: int(len(data) * keep)])


def test_what_is_no_presentation_is_refused(read: Read) -> None:
    with pytest.raises(Unreadable, match="password"):
        read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(Unreadable, match="damaged"):
        read(content.getvalue())


def test_the_real_decks() -> None:
    for path in sorted(corpora("slides").rglob("*.pptx")):
        file = SourceFile(path.as_uri(), path.name, path)
        parser = parser_for(file)
        assert isinstance(parser, SlidesParser)
        (document,) = parser.parse(file)
        (again,) = parser.parse(file)
        assert document == again
        assert len({block.slide for block in document.blocks}) > 0.7 * document.metadata["slides"]
        assert document.blocks[0].kind is BlockKind.HEADING
        assert all(block.slide for block in document.blocks)


def test_numbers_as_people_write_them() -> None:
    assert ranges("page", [2]) == "page 2 holds"
    assert ranges("slide", [1, 3, 4, 5, 9]) == "slides 1, 3-5, 9 hold"
    assert steps([["a", "b"], ["a", "b", "c"], ["a"], ["a", "x"]]) == {0}
