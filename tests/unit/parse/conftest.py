"""Files written on the spot and read by the parser that the registry chooses for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.parse.registry import parser_for
from jitl.ports import SourceFile
from jitl.types import BlockKind, ParsedDocument

Read = Callable[..., ParsedDocument]


@pytest.fixture
def source(tmp_path: Path) -> Callable[[str, str | bytes], SourceFile]:
    def write(name: str, content: str | bytes) -> SourceFile:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return SourceFile(path.as_uri(), name, path)

    return write


@pytest.fixture
def read(source: Callable[[str, str | bytes], SourceFile]) -> Read:
    """The one document of a file called `name` that holds `content`."""

    def parse(name: str, content: str | bytes) -> ParsedDocument:
        file = source(name, content)
        parser = parser_for(file)
        assert parser is not None
        (document,) = parser.parse(file)
        return document

    return parse


def texts(document: ParsedDocument, kind: BlockKind | None = None) -> list[str]:
    return [block.text for block in document.blocks if kind is None or block.kind is kind]


@pytest.fixture
def blocks() -> Callable[..., list[str]]:
    """Texts of a document's blocks, of one kind perhaps."""
    return texts
