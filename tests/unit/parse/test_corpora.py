"""Every real document that a text parser takes: no crash, and text out of whatever holds text."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

from ingest.parse.registry import parser_for
from jitl.errors import Unreadable
from jitl.ports import SourceFile
from tests.data import corpora

TEXT_PARSERS = {"twiki", "html", "markdown", "rst", "latex", "bibtex", "notebook", "plain", "table", "code"}


def files(*parts: str) -> Iterator[SourceFile]:
    root = corpora()
    for path in sorted(corpora(*parts).rglob("*")):
        if path.is_file():
            yield SourceFile(path.as_uri(), str(path.relative_to(root)), path)


def words(path: Path) -> list[str]:
    return re.findall(r"\w{4,}", path.read_text(errors="replace"))


def test_text_comes_out_of_every_file_that_holds_text() -> None:
    empty, read, started = [], 0, time.process_time()
    for file in files():
        parser = parser_for(file)
        assert parser is not None, file.name
        if parser.name not in TEXT_PARSERS:
            continue
        try:
            found = sum(len(block.text) for document in parser.parse(file) for block in document.blocks)
        except Unreadable:
            found = 0
        read += found > 0
        if not found and words(file.path):
            empty.append(file.name)
    assert read > 300
    assert len(empty) <= 0.01 * read, empty
    assert time.process_time() - started < 30


def test_every_topic_knows_its_parent() -> None:
    for file in files("twiki"):
        text = file.path.read_text(errors="replace")
        named = re.search(r'%META:TOPICPARENT\{name="([^"]+)"', text)
        if named is None:
            continue
        (document,) = parser_for(file).parse(file)
        assert document.metadata["parent"] == named[1]
        assert f"Parent topic: {named[1]}" in document.blocks[-1].text


def test_most_words_of_the_lessons_survive() -> None:
    for file in files("docs"):
        if file.path.suffix != ".md":
            continue
        (document,) = parser_for(file).parse(file)
        out = " ".join(block.text for block in document.blocks)
        # What a reader of the rendered page does not see: targets, tags, alternative texts of pictures.
        source = re.sub(r"(?s)<!--.*?-->|<style.*?</style>", " ", file.path.read_text(errors="replace"))
        shown = re.sub(r"\]\([^)]*\)|<[^<>]*>|https?://\S+|^\[[^]]+\]:.*$|!\[[^]]*\]", " ", source)
        own = re.findall(r"\w{4,}", shown)
        kept = sum(word in out for word in own)
        assert kept >= 0.9 * len(own), file.name


def test_equations_of_the_papers_are_kept() -> None:
    for file in files("papers"):
        if file.path.suffix != ".tex":
            continue
        source = file.path.read_text(errors="replace")
        (document,) = parser_for(file).parse(file)
        out = " ".join(" ".join(block.text for block in document.blocks).split())
        inline = re.findall(r"(?<!\\)\$([^$]+)\$", re.sub(r"(?m)(?<!\\)%.*$", "", source))
        for formula in (" ".join(one.split()) for one in inline if not set("\\{}~") & set(one)):
            assert f"${formula}$" in out, (file.name, formula)
