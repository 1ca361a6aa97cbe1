from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunk import HEADER, StructuredChunker
from ingest.units import CHINESE_CHARACTERS, FULL, WordCounter
from jitl.types import Block, BlockKind, Chunk, ParsedDocument

COUNTER = WordCounter()
CHUNKER = StructuredChunker(COUNTER)
PROSE = "The trigger of the detector accepts four thousand events a second, as Smith et al. found. "


def chunk(*blocks: Block, title: str = "Title") -> list[Chunk]:
    text, chunks = CHUNKER.chunk(ParsedDocument(title, blocks, "text"))
    for passage in chunks:
        assert text[passage.location.start : passage.location.end] == passage.text
    return list(chunks)


def heading(text: str, *above: str) -> Block:
    return Block(text, BlockKind.HEADING, above, len(above) + 1)


texts = st.one_of(
    st.text(max_size=80),
    st.integers(0, 60).map(lambda n: PROSE * n),
    st.integers(0, 900).map(lambda n: "探测器的触发效率很高。" * (n // 10)),
    st.integers(0, 9000).map(lambda n: "A" * n),
    st.integers(0, 200).map(lambda n: "x = f(y)\n" * n),
)
blocks = st.builds(
    Block,
    texts,
    st.sampled_from(BlockKind),
    st.lists(st.sampled_from(["Intro", "Trigger", "Rates"]), max_size=2).map(tuple),
    page=st.sampled_from([None, 1, 2]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(blocks, max_size=6).map(tuple), st.sampled_from(["", "T", PROSE * 3]))
def test_passages_are_slices_that_fit_and_lose_nothing(given_blocks: tuple[Block, ...], title: str) -> None:
    text, chunks = CHUNKER.chunk(ParsedDocument(title, given_blocks, "text"))
    at, left = 0, text
    for number, passage in enumerate(chunks):
        where = passage.location
        assert passage.ordinal == number
        assert text[where.start : where.end] == passage.text
        assert passage.text.strip()
        assert at <= where.start < where.end
        tokens = len(COUNTER.tokens(passage.header)) + len(COUNTER.tokens(passage.text))
        assert tokens <= (FULL + 2) or len(passage.text) <= CHINESE_CHARACTERS
        assert len(COUNTER.tokens(passage.header)) <= HEADER
        at = where.end
        left = left[: where.start] + " " * len(passage.text) + left[where.end :]
    repeated = {word for block in given_blocks for heading in (block.text, *block.section) for word in heading.split()}
    assert not left.strip() or {b.kind for b in given_blocks} & {BlockKind.HEADING}
    assert set(left.split()) <= repeated


def test_a_short_document_is_one_passage() -> None:
    body = "word " * 256
    (only,) = chunk(Block(body))
    assert only.text == body.strip()
    (short,) = chunk(Block("One sentence. Another sentence."))
    assert short.header == "Title"


def test_a_long_paragraph_ends_at_sentences_and_leaves_no_rest() -> None:
    chunks = chunk(Block(PROSE * 40))
    assert all(passage.text.endswith("found.") for passage in chunks)
    sizes = [len(passage.text) for passage in chunks]
    assert min(sizes) > max(sizes) / 2


def test_pages_slides_and_messages_are_never_merged() -> None:
    pages = chunk(Block("One.", page=1), Block("Two.", page=2))
    assert [passage.location.page for passage in pages] == [1, 2]
    slides = chunk(Block("Body.", slide=3), Block("Said aloud.", BlockKind.NOTES, slide=3), Block("Next.", slide=4))
    assert [(passage.location.slide, passage.kind) for passage in slides] == [
        (3, BlockKind.PARAGRAPH),
        (3, BlockKind.NOTES),
        (4, BlockKind.PARAGRAPH),
    ]
    mails = chunk(Block("Yes.", message="a"), Block("Is it?", BlockKind.QUOTE, message="a"), Block("No.", message="b"))
    assert [passage.text for passage in mails] == ["Yes.", "Is it?", "No."]


def test_sections_stay_apart_unless_tiny() -> None:
    long = PROSE * 4
    apart = chunk(heading("A"), Block(long, section=("A",)), heading("B"), Block(long, section=("B",)))
    assert [passage.header for passage in apart] == ["Title > A", "Title > B"]
    assert [passage.text for passage in apart] == [long.strip(), long.strip()]
    (together,) = chunk(heading("A"), Block("a.", section=("A",)), heading("B"), Block("b.", section=("B",)))
    assert together.text == "A\n\na.\n\nB\n\nb."
    assert together.location.section == ()


def test_headings_without_text_are_not_lost() -> None:
    chunks = chunk(Block(PROSE * 5), heading("Contact: Jane Roe"))
    assert chunks[-1].text == "Contact: Jane Roe"
    (titles,) = chunk(Block("Backup", BlockKind.HEADING, slide=9))
    assert (titles.text, titles.location.slide) == ("Backup", 9)


def test_tables_and_code_stay_whole_where_they_fit() -> None:
    code = "\n".join(f"x{i} = {i}" for i in range(40))
    chunks = chunk(Block(PROSE * 12), Block(code, BlockKind.CODE))
    assert sum(code in passage.text for passage in chunks) == 1
    table = "\n".join(f"| {i} | {i * i} |" for i in range(200))
    parts = chunk(Block(table, BlockKind.TABLE))
    assert all(passage.text.startswith("|") and passage.text.endswith("|") for passage in parts)


def test_chinese_is_measured_in_characters() -> None:
    chunks = chunk(Block("北京谱仪的触发系统每秒接受四千个事例。" * 60))
    assert all(len(passage.text) <= CHINESE_CHARACTERS for passage in chunks)
    assert all(passage.text.endswith("。") for passage in chunks)
    assert min(len(passage.text) for passage in chunks) > 150


def test_a_header_keeps_the_title_and_the_nearest_heading() -> None:
    path = tuple(f"Section number {i} of a deep document" for i in range(12))
    (only,) = chunk(Block(PROSE, section=path))
    assert only.header.startswith("Title > ")
    assert only.header.endswith(path[-1])
    assert len(COUNTER.tokens(only.header)) <= HEADER


def test_characters_that_nothing_can_store_are_taken_out() -> None:
    (only,) = chunk(Block("a\x00b \ud800 c"))
    assert only.text == "ab \ufffd c"
