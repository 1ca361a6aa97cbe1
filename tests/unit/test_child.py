"""What parent and child say to each other survives the way, and nothing else gets through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.parse import wire
from jitl.types import Block, BlockKind, ParsedDocument

ANY_TEXT = st.text(st.characters())  # lone surrogates and NUL among them
BLOCKS = st.builds(
    Block,
    ANY_TEXT,
    st.sampled_from(BlockKind),
    st.lists(ANY_TEXT, max_size=2).map(tuple),
    st.integers(0, 6),
    st.none() | st.integers(1),
    st.none() | st.integers(1),
    st.none() | ANY_TEXT,
)
VALUES = ANY_TEXT | st.integers() | st.booleans() | st.lists(ANY_TEXT)
DOCUMENTS = st.builds(
    ParsedDocument, ANY_TEXT, st.lists(BLOCKS, max_size=3).map(tuple), st.just("text"), ANY_TEXT, st.dictionaries(ANY_TEXT, VALUES)
)


@given(DOCUMENTS)
def test_a_document_arrives_clean_and_whole(document: ParsedDocument) -> None:
    packed = wire.pack({"documents": [wire.dump(document)]})
    size = wire.HEADER.unpack(packed[: wire.HEADER.size])[0]
    assert size == len(packed) - wire.HEADER.size
    arrived = wire.load(wire.unpack(packed[wire.HEADER.size :])["documents"][0])
    assert len(arrived.blocks) == len(document.blocks)
    for before, after in zip(document.blocks, arrived.blocks, strict=True):
        assert after.text == wire.sanitize(before.text)
        assert (after.kind, after.level, after.page, after.slide) == (before.kind, before.level, before.page, before.slide)
    repr(arrived).encode()
    assert wire.load(wire.dump(arrived)) == arrived, "cleaning twice changes nothing"


@given(ANY_TEXT)
def test_clean_text_can_be_stored(text: str) -> None:
    clean = wire.sanitize(text)
    assert "\0" not in clean
    clean.encode()
    assert len(clean) == len(text) - text.count("\0")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b"\xff", b"null"])
def test_what_is_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        wire.unpack(body)
