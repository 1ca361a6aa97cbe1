from __future__ import annotations

import subprocess
import sys

import pytest

from ingest.parse.registry import load, parser_for
from ingest.parse.sniff import is_binary, kind_of
from jitl.ports import Parser

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("Topic.txt", b'%META:TOPICINFO{author="A" date="1"}%\n---+ T\n', "twiki"),
        ("Topic.txt", b"---+ Trigger\n\n%TOC%\ntext\n", "twiki"),
        ("notes.txt", b"Plain words about the run.\n", "plain"),
        ("LICENSE", b"Permission is granted\n", "plain"),
        ("script", b"#!/bin/sh\necho\n", "code"),
        ("page.txt", b"<!DOCTYPE html>\n<html><body>x</body></html>", "html"),
        ("paper.txt", b"\\documentclass{article}\n\\begin{document}\nx\n", "latex"),
        ("2015-November.txt", b"From a at b.org  Thu Mar  3 18:20:35 2016\nFrom: a at b.org\nDate: x\n\nhi\n", "mail"),
        ("single.txt", b"From: a@b.org\nTo: c@d.org\nSubject: s\nDate: x\n\nhi\n", "mail"),
        ("talk.txt", b"From: what I heard\nnothing else\n", "plain"),
        ("msg0001.html", b"<html><!-- MHonArc v2.6 --><body>x</body></html>", "archive-page"),
        ("000123.html", b"<HTML><BODY><PRE>\n<!--beginarticle-->\nhi", "archive-page"),
        ("page.html", b"<html><body>x</body></html>", "html"),
        ("a.md", b"# x\n", "markdown"),
        ("README", b"# x\n\n```\ny\n```\n", "markdown"),
        ("a.rst", b"x\n=\n", "rst"),
        ("a.txt", b".. note:: x\n\n.. code-block:: sh\n\n   y\n", "rst"),
        ("a.tex", b"x", "latex"),
        ("a.bib", b"@article{a,}", "bibtex"),
        ("a.ipynb", b"{}", "notebook"),
        ("a.csv", b"a,b\n", "table"),
        ("run.py", b"x = 1\n", "code"),
        ("CMakeLists.txt", b"project(x)\n", "code"),
        ("jobOptions_sim.txt", b'#include "$A/b.txt"\nRealizationSvc.RunIdList = {-9989};\nA.b += {"c"};\nD.e = 5;\n', "code"),
        ("paper.pdf", b"%PDF-1.5\n", "pdf"),
        ("paper.bin", b"%PDF-1.5\n", "pdf"),
        ("talk.pptx", b"PK\x03\x04", "slides"),
        ("lists.mbox", b"From a", "mail"),
        ("message.eml", b"Subject: x\n\ny", "mail"),
        ("thesis.docx", b"PK\x03\x04", None),
        ("letter.rtf", b"{\\rtf1 x}", None),
        ("plot.png", PNG, None),
        ("plot.eps", b"%!PS-Adobe", None),
        ("drawing.svg", b"<svg/>", None),
        ("tuple.root", b"root\x00\x00\xf3\x05", None),
        ("data", bytes(range(256)) * 8, None),
        ("empty.txt", b"", "plain"),
    ],
)
def test_the_kind_is_told_by_bytes_then_name_then_markup(name: str, head: bytes, kind: str | None) -> None:
    assert kind_of(name, head) == kind


def test_an_unknown_kind_has_no_parser(source) -> None:
    assert parser_for(source("plot.png", PNG)) is None


def test_wide_text_is_no_binary() -> None:
    assert not is_binary("Trigger rates of the run".encode("utf-16-le"))
    assert is_binary(bytes(range(32)) * 40)


@pytest.mark.parametrize("kind", ["bibtex", "code", "html", "latex", "markdown", "notebook", "plain", "rst", "table", "twiki"])
def test_every_parser_names_itself_and_its_version(kind: str) -> None:
    parser: Parser = load(kind)
    assert parser.name
    assert parser.version
    assert load(kind) is parser


def test_choosing_a_parser_imports_no_vendor() -> None:
    code = (
        "import sys, pathlib, tempfile; from ingest.parse.registry import parser_for; from jitl.ports import SourceFile\n"
        "p = pathlib.Path(tempfile.mkdtemp()) / 'a.md'; p.write_text('# a')\n"
        "parser_for(SourceFile('u', 'a.md', p))\n"
        "print([m for m in ('docutils', 'markdown_it', 'selectolax', 'pptx', 'pypdfium2', 'charset_normalizer') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
