"""PDFs: words whole, paragraphs whole, pages and sections told; what cannot be read says why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ingest.parse.pdf import PdfParser
from ingest.parse.pdf_lines import Line, Page, clean, rows, without_furniture
from ingest.parse.pdf_text import Paragraph, text_of, vocabulary
from ingest.parse.registry import parser_for
from jitl.errors import Unreadable
from jitl.ports import SourceFile
from jitl.types import BlockKind, ParsedDocument
from tests.data import corpora
from tests.pdf_writer import PageOf, pdf

Read = Callable[[bytes], ParsedDocument]
WIDE = "The drift chamber measures momenta of charged particles with a good resolution in the field"  # fills a line at 11 points


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def run(data: bytes) -> ParsedDocument:
        path = tmp_path / "note.pdf"
        path.write_bytes(data)
        (document,) = PdfParser().parse(SourceFile(path.as_uri(), path.name, path))
        return document

    return run


def texts(document: ParsedDocument, kind: BlockKind = BlockKind.PARAGRAPH) -> list[str]:
    return [block.text for block in document.blocks if block.kind is kind]


# --- papers --------------------------------------------------------------------------------------------------------


def test_lines_become_paragraphs_with_their_page(read: Read) -> None:
    one = PageOf().lines([WIDE, "of one tesla.", "    "]).lines([WIDE, "and more."], y=650)
    document = read(pdf([one, PageOf().lines(["The second page."])]))
    assert [(block.text, block.page) for block in document.blocks] == [
        (f"{WIDE} of one tesla.", 1),
        (f"{WIDE} and more.", 1),
        ("The second page.", 2),
    ]
    assert (document.title, document.kind, document.metadata) == ("note", "pdf", {"pages": 2})


def test_an_indented_line_begins_a_paragraph(read: Read) -> None:
    page = PageOf().lines([WIDE, "It works with a mixture of helium and propane, and it has forty three layers of wires."])
    page.text("A new thought starts here and goes on to the end of the line without a stop on its way", 92, 674)
    page.text("to the next.", 72, 661)
    assert len(texts(read(pdf([page])))) == 2


def test_a_sentence_is_whole_across_pages(read: Read) -> None:
    first = (
        PageOf()
        .lines([WIDE, "and in the next year it will be replaced, when the ring is opened for the upgrade, by a"], y=120)
        .text("1", 300, 40)
    )
    second = PageOf().text("A Journal of Notes", 72, 800).lines(["cylindrical detector. It has three layers."]).text("2", 300, 40)
    document = read(pdf([first, second]))
    assert [(block.text, block.page) for block in document.blocks if "Journal" not in block.text] == [
        (f"{WIDE} and in the next year it will be replaced, when the ring is opened for the upgrade, by a cylindrical detector.", 1),
        ("It has three layers.", 2),
    ]


def test_a_word_is_whole_across_pages(read: Read) -> None:
    first = PageOf().lines([WIDE, "and in the next year it will be replaced, when the ring is opened for the upgrade, by cali-"], y=120)
    document = read(pdf([first, PageOf().lines(["brated layers. They are three."])]))
    assert document.blocks[0].text.endswith("by calibrated layers.")


def test_columns_of_a_paper_follow_each_other(read: Read) -> None:
    left = ["The drift chamber measures momenta of", "particles in a field of one tesla, and it", "will be replaced in the next year by a"]
    right = ["cylindrical detector of three layers that", "was built together with colleagues from", "other places. It is ready."]
    document = read(pdf([PageOf().lines(left, 72).lines(right, 320)]))
    assert texts(document) == [" ".join(left + right)]


def test_running_heads_and_page_numbers_are_left_out(read: Read) -> None:
    pages = [
        PageOf().text(f"BES Note {n}", 72, 800, 9).lines([f"Text number {n} of the note."]).text(f"Page {n} of 4", 280, 30, 9)
        for n in range(1, 5)
    ]
    assert texts(read(pdf(pages))) == [f"Text number {n} of the note." for n in range(1, 5)]


def test_sections_by_size_number_and_outline(read: Read) -> None:
    page = PageOf().text("A Note on Gas", 180, 760, 24, "B").text("Li Ming, Anna Schmidt", 200, 730)
    page.text("1 Introduction", 72, 690, 15, "B").lines([WIDE, "as usual."], y=670)
    page.text("1.1 Mixtures", 72, 630, 12.5, "B").lines(["Helium and propane are mixed."], y=610)
    page.text("Safety", 72, 580, 11, "B").lines(["Propane burns."], y=560)
    page.text("Last words", 72, 530, 11).lines(["Thanks to all."], y=500)
    document = read(pdf([page], {"Title": "Microsoft Word - x.doc", "CreationDate": "D:20240304"}, [("Last words", 0)]))
    assert document.title == "A Note on Gas"
    assert document.metadata == {"author": "Li Ming, Anna Schmidt", "date": "2024-03-04", "pages": 1}
    sections = {block.text: block.section for block in document.blocks}
    assert sections["Helium and propane are mixed."] == ("1 Introduction", "1.1 Mixtures")
    assert sections["Propane burns."][-1] == "Safety"
    assert sections["Thanks to all."] == ("Last words",)
    assert texts(document, BlockKind.HEADING)[:3] == ["A Note on Gas", "1 Introduction", "1.1 Mixtures"]


def test_properties_name_the_document(read: Read) -> None:
    document = read(pdf([PageOf().lines(["Some text here."])], {"Title": "Trigger Rates", "Author": "A. Wu", "CreationDate": "D:00000101"}))
    assert (document.title, document.metadata) == ("Trigger Rates", {"author": "A. Wu", "pages": 1})


def test_tables_keep_rows_and_cells(read: Read) -> None:
    page = PageOf().lines([WIDE, "see the table."])
    for index, row in enumerate((("Detector", "Layers", "Gas"), ("MDC", "43", "He"), ("CGEM", "3", "Ar"))):
        for column, cell in enumerate(row):
            page.text(cell, 100 + 90 * column, 640 - 13 * index)
    assert texts(read(pdf([page])), BlockKind.TABLE) == ["Detector | Layers | Gas\nMDC | 43 | He\nCGEM | 3 | Ar"]


def test_two_columns_are_read_one_after_the_other(read: Read) -> None:
    page = PageOf()
    left = [f"left words of line number {n} go" for n in range(12)]
    right = [f"right words of line number {n} go" for n in range(12)]
    for index in range(12):  # written across both, as some programs do
        page.text(left[index], 72, 700 - 13 * index).text(right[index], 320, 700 - 13 * index)
    text = " ".join(block.text.replace("\n", " ") for block in read(pdf([page])).blocks)
    assert text.index("left words of line number 11") < text.index("right words of line number 0")


def test_lists_listings_and_definitions(read: Read) -> None:
    page = (
        PageOf().lines(["• first point of the list which is rather long and goes on to the end of the line here"]).text("and on", 82, 687)
    )
    page.text("• second point", 72, 674).lines(["$ make all", "$ make test"], y=640, font="M")
    page.text("job", 72, 600, font="B").text("The name of the job.", 95, 600).text("run", 72, 587, font="B").text(
        "The number of the run.", 95, 587
    )
    document = read(pdf([page]))
    assert [text.splitlines()[0] for text in texts(document, BlockKind.LIST)] == [
        "• first point of the list which is rather long and goes on to the end of the line here and on",
        "• second point",
    ]
    assert texts(document, BlockKind.CODE) == ["$ make all\n$ make test"]
    assert texts(document)[-2:] == ["job The name of the job.", "run The number of the run."]


def test_drawn_underscores_are_part_of_the_name(read: Read) -> None:
    page = PageOf().text("see job", 72, 700, 12).text("id for more", 117, 700, 12).stroke(112.2, 699.5, 4)
    assert texts(read(pdf([page]))) == ["see job_id for more"]


def test_a_stamp_up_the_margin_is_metadata(read: Read) -> None:
    page = PageOf().lines([WIDE, "as usual."]).text("arXiv:2404.02100v2 [hep-ex] 15 Apr 2024", 30, 200, 20, up=True)
    document = read(pdf([page]))
    assert document.metadata["arxiv"] == "2404.02100v2"
    assert texts(document) == [f"{WIDE} as usual."]


def line(text: str, y: float = 100, x0: float = 72, x1: float = 500, *, hyphen: bool = False) -> Line:
    return Line(text, x0, x1, y, 11, hyphen=hyphen)


@pytest.mark.parametrize(
    ("before", "after", "known", "whole"),
    [
        ("the informa", "tion here", "", "the information here"),
        ("a well", "defined sum", "well and defined apart", "a well-defined sum"),
        ("a data", "base of", "the database, data and base", "a database of"),
        ("an HSF-TN", "2016 note", "", "an HSF-TN-2016 note"),
        ("of Monte", "Carlo runs", "", "of Monte-Carlo runs"),
        ("low-energy elec", "trons", "", "low-energy electrons"),
    ],
)
def test_split_words_are_put_together(before: str, after: str, known: str, whole: str) -> None:
    lines = (line(known or "x", 130), line(before, 113, hyphen=True), line(after, 100))
    page = Page(1, 595, 842, lines)
    assert text_of(Paragraph(1, list(lines[1:])), page, vocabulary([page])) == whole


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("ﬁnd the eﬃciency", "find the efficiency"),
        ("M¨unchen, Garc´ıa, ˇCern´y", "München, García, Černý"),
        ("soft\u00adhyphen\u00a0x\x00", "softhyphen x"),
        ("a\ud835\udc5ab", "a\U0001d45ab"),
        ("it is 5´ wide", "it is 5´ wide"),
    ],
)
def test_text_is_cleaned(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_a_number_before_a_heading_is_no_cell() -> None:
    assert [row.cells for row in rows([Line("1", 72, 80, 700, 14), Line("Introduction", 95, 180, 700, 14)])] == [1]
    assert rows([Line("E = mc", 200, 240, 700, 11), Line("(3)", 480, 495, 700, 11)])[0].text == "E = mc (3)"


def test_dotted_lines_of_contents_are_left_out() -> None:
    page = Page(1, 595, 842, (line("2 Gas . . . . . . . . . 7"), line("Gas ......... 7"), line("and so on ...")))
    assert [kept.text for kept in without_furniture([page], 11)[0].lines] == ["and so on ..."]


# --- decks ---------------------------------------------------------------------------------------------------------


def deck_page(title: str, points: Sequence[str], number: int) -> PageOf:
    page = PageOf(720, 405).text("A Conference", 20, 10, 9).text(str(number), 690, 10, 9)
    for index, point in enumerate(points):
        page.text(f"• {point}", 60, 280 - 32 * index, 20)
    return page.text(title, 60, 350, 32, "B")  # last in the file, first on the slide


def test_a_deck_is_read_by_slide(read: Read) -> None:
    pages = [
        deck_page("Upgrade", ["Three layers"], 1),
        deck_page("Upgrade", ["Three layers", "Triple GEM"], 2),
        deck_page("Status", ["Ready", "Since May"], 3),
    ]
    document = read(pdf(pages))
    assert [(block.kind.value, block.text, block.slide) for block in document.blocks] == [
        ("heading", "Upgrade", 2),
        ("list", "- Three layers\n- Triple GEM", 2),
        ("heading", "Status", 3),
        ("list", "- Ready\n- Since May", 3),
    ]
    assert document.blocks[1].section == ("Upgrade",)
    assert document.title == "Upgrade"


# --- what cannot be read -------------------------------------------------------------------------------------------


def test_pages_of_pictures_are_reported(read: Read) -> None:
    pages = [PageOf().lines(["A page with text."]), PageOf().picture(), PageOf().picture().text("3", 300, 40), PageOf()]
    assert read(pdf(pages)).notices == ("pages 2-3 hold images only",)
    with pytest.raises(Unreadable, match="images only"):
        read(pdf([PageOf().picture()]))


def test_a_password_is_asked_for(read: Read) -> None:
    with pytest.raises(Unreadable, match="protected by a password"):
        read(pdf([PageOf().lines(["secret"])], locked=True))


@pytest.mark.parametrize("data", [b"%PDF-1.4\n", b"%PDF-1.7\n" + bytes(range(256)) * 40, pdf([PageOf().lines(["x"])])[:200]])
def test_a_corrupt_file_is_refused(read: Read, data: bytes) -> None:
    with pytest.raises(Unreadable, match="damaged"):
        read(data)


def test_a_truncated_file_gives_what_is_there_or_says_so(read: Read) -> None:
    whole = pdf([PageOf().lines([f"Text of page {n}."]) for n in range(1, 6)])
    for keep in range(10, 100, 5):
        try:
            document = read(whole[: len(whole) * keep // 100])
        except Unreadable:
            continue
        assert document.blocks


def test_five_hundred_pages(read: Read) -> None:
    document = read(pdf([PageOf().lines([WIDE, f"on page {n}."]) for n in range(1, 501)]))
    assert {block.page for block in document.blocks} == set(range(1, 501))


# --- real ones -----------------------------------------------------------------------------------------------------


def real(name: str) -> ParsedDocument:
    (path,) = corpora().rglob(name)
    file = SourceFile(path.as_uri(), path.name, path)
    parser = parser_for(file)
    assert isinstance(parser, PdfParser)
    (document,) = parser.parse(file)
    return document


def test_a_real_paper() -> None:
    document = real("2404.02100v2.pdf")
    assert document.title == "Analysis Facilities White Paper"
    assert document.metadata["arxiv"] == "2404.02100v2"
    sections = {block.section[0] for block in document.blocks if block.section}
    assert {"Abstract", "1 Introduction", "2 User perspective", "References"} <= sections
    assert "ﬁ" not in "".join(block.text for block in document.blocks)


def test_identifiers_of_a_real_note() -> None:
    text = "\n".join(block.text for block in real("HSF-TN-2016-04.pdf").blocks)
    assert "$JOBFEATURES/job_id" in text
    assert "shared filesystem" in text


@pytest.mark.parametrize("name", ["osgus19-day1-part4-intro-to-dhtc.pdf", "osgus19-day3-part1-license-modules.pdf"])
def test_a_real_deck(name: str) -> None:
    document = real(name)
    assert all(block.slide == block.page for block in document.blocks)
    assert not any("OSG User School" in block.text for block in document.blocks if block.kind is BlockKind.LIST)
    headings = [block for block in document.blocks if block.kind is BlockKind.HEADING]
    assert len(headings) > 0.75 * document.metadata["pages"]


def test_every_real_pdf_is_read() -> None:
    for path in corpora().rglob("*.pdf"):
        document = real(path.name)
        assert len(document.title) > 5
        assert len({block.page for block in document.blocks}) >= 0.7 * document.metadata["pages"]


def test_chinese_lines_are_joined_without_spaces() -> None:
    texts = ("北京谱仪用来研究粲物理和", "陶轻子物理，", "还有新粒子。")
    lines = tuple(Line(text, 72, 72 + 12 * len(text), 700 - 18 * index, 12) for index, text in enumerate(texts))
    page = Page(1, 595, 842, lines)
    assert text_of(Paragraph(1, list(lines)), page, vocabulary([page])) == "北京谱仪用来研究粲物理和陶轻子物理，\n还有新粒子。"
