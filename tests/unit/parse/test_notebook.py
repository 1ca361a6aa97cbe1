from __future__ import annotations

import json

import pytest

from jitl.errors import Unreadable
from jitl.types import BlockKind


def book(*cells: object, **metadata: object) -> str:
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def test_prose_code_and_short_outputs(read, blocks) -> None:
    outputs = [
        {"output_type": "stream", "text": ["mean = 0.5478 GeV\n", "100%|####| 5/5\n"]},
        {"output_type": "execute_result", "data": {"text/plain": ["<Figure size 6x4>"], "image/png": "AAAA"}},
        {
            "output_type": "display_data",
            "data": {"text/html": "<table><tr><th>a</th></tr><tr><td>1</td></tr></table>", "text/plain": "a 1"},
        },
        {"output_type": "error", "ename": "ValueError", "evalue": "no peak", "traceback": ["long"]},
        {"output_type": "stream", "text": "line\n" * 5000},
    ]
    found = read(
        "fit.ipynb",
        book(
            {"cell_type": "markdown", "source": ["# Fitting the peak\n", "with $x$"]},
            {"cell_type": "code", "source": "fit()", "outputs": outputs},
            kernelspec={"language": "python"},
            authors=[{"name": "Li Wei"}],
        ),
    )
    assert found.title == "Fitting the peak"
    assert found.metadata == {"language": "python", "author": "Li Wei"}
    code = blocks(found, BlockKind.CODE)
    assert code[:3] == ["fit()", "mean = 0.5478 GeV", "ValueError: no peak"]
    assert len(code[3]) <= 2000
    assert blocks(found, BlockKind.TABLE) == ["a\n1"]
    assert found.notices


def test_old_and_odd_notebooks(read, blocks) -> None:
    old = {"worksheets": [{"cells": [{"cell_type": "heading", "level": 2, "source": "H"}, {"cell_type": "code", "input": "x"}, 7, None]}]}
    assert blocks(read("a.ipynb", json.dumps(old))) == ["H", "x"]
    assert blocks(read("b.ipynb", book({"cell_type": "code", "source": None, "outputs": 3}, {"cell_type": "raw", "source": "raw"}))) == [
        "raw"
    ]
    assert blocks(read("c.ipynb", '{"cells": [{"cell_type": "raw", "source": "a\\ud800b"}]}')) == ["ab"]
    assert read("d.ipynb", "").blocks == ()


@pytest.mark.parametrize("content", ["{", "[1]", '{"a": 1}', "[" * 100_000])
def test_what_is_no_notebook_is_refused_with_a_reason(read, content: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read("a.ipynb", content)
    assert caught.value.hint
