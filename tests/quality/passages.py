"""Passages of the real documents as ingest makes them: parsed and chunked, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ingest.chunk import StructuredChunker
from ingest.parse.registry import parser_for
from ingest.units import WordCounter
from jitl.errors import Unreadable
from jitl.ports import Parser, SourceFile
from jitl.types import Chunk, ParsedDocument
from tests.data import DATA, corpora


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage: its document's path below `corpora/` (with the member after `#`), title, and canonical text's chunk."""

    document: str
    title: str
    chunk: Chunk


def pieces(*folders: str) -> Iterator[Piece]:
    """Of every file of these folders of `corpora/` that a parser reads."""
    chunker = StructuredChunker(WordCounter())
    for folder in folders:
        for path in sorted(corpora(folder).rglob("*")):
            if not path.is_file():
                continue
            file = SourceFile(path.as_uri(), path.name, path)
            parser = parser_for(file)
            if parser is None:
                continue
            for document in _documents(parser, file):
                name = str(path.relative_to(DATA / "corpora")) + (f"#{document.member}" if document.member else "")
                for chunk in chunker.chunk(document)[1]:
                    yield Piece(name, document.title, chunk)


def _documents(parser: Parser, file: SourceFile) -> Iterator[ParsedDocument]:
    try:
        yield from parser.parse(file)
    except Unreadable:
        return
