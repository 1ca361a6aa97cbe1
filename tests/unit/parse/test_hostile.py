"""Nothing that a file can hold makes a parser crash, hang or lose its process."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.parse.registry import load
from jitl.errors import Unreadable

SIZE = 1_000_000  # bytes
LIMIT_S = 5.0  # of processor time: other tests share the cores

HOSTILE = {
    "twiki": [
        "%A{",
        "%A{}%",
        "[[a][",
        "(*a",
        "=a ",
        "<verbatim>",
        "<verbatim><verbatim></verbatim>",
        "<!--",
        "| a |\n",
        "%$",
        "<b>",
        "a:b:",
    ],
    "html": ["<div>", "<a><b>", "<i></p>", "<", "<table><tr><td>", "<ul><li>", "&", "<math>", "<h1>x</h1>"],
    "markdown": ["[", "**a", "`", "![", "> ", "# a\n", "|a|b|\n", "!!! a\n", "{% a", "\\("],
    "rst": ["*", "`a`_ ", "|a", ".. a::\n", "a\n=\n", ":a", "- "],
    "latex": [
        "{",
        "\\[",
        "\\(",
        "$",
        "\\begin{equation}",
        "\\begin{itemize}\\item ",
        "\\verb|",
        "\\newcommand{\\a}{\\a\\a}\\a",
        "\\item[",
        "%",
    ],
    "bibtex": ["@a{b,c={", "@a{b,", "{"],
    "plain": ["a ", "\n", "- a\n", "a\n=\n", "|a|b\n"],
    "table": [",", '"', '"a'],
    "code": ["def a(", "{", '"""', "/*", "#define a \\\n"],
    "notebook": ['{"cells":[', '"', "\\ud800"],
}


def parse(kind: str, source, content: str) -> None:
    try:
        documents = list(load(kind).parse(source("hostile.dat", content)))
    except Unreadable:
        return
    for document in documents:
        for block in document.blocks:
            assert block.text.strip()
            block.text.encode()
            assert "\x00" not in block.text


@pytest.mark.parametrize(("kind", "piece"), [(kind, piece) for kind, pieces in HOSTILE.items() for piece in pieces])
def test_a_megabyte_of_open_markup_is_read_in_time(source, kind: str, piece: str) -> None:
    started = time.process_time()
    parse(kind, source, piece * (SIZE // len(piece)))
    assert time.process_time() - started < LIMIT_S


@pytest.mark.parametrize("kind", sorted(HOSTILE))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_mixture_of_marks_is_read_or_refused(source, kind: str, data: st.DataObject) -> None:
    pieces = [
        *HOSTILE[kind],
        "word ",
        "字",
        "\x00",
        "\n\n",
        "  ",
        "}",
        "]]",
        "}%",
        "\\end{equation}",
        "</div>",
        "```\n",
        "::\n\n   x\n",
        "$$",
        '"\n',
    ]
    parse(kind, source, "".join(data.draw(st.lists(st.sampled_from(pieces), max_size=60))))
