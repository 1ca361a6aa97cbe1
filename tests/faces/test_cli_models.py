"""The command line with models behind it: several routes side by side, follow-ups, what it cost, caps, the doctor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.endpoint import Endpoint, serving
from tests.terminal import Terminal

PAGE = "# Drift chamber\n\nThe drift chamber has 43 layers of sense wires. The drift chamber was built by the Chen group in 2006.\n"
LAYERS = "How many layers of sense wires does the drift chamber have?"
FILE = """
[endpoints.a]
url = "{0}"
model = "xiwu"
[endpoints.gone]
url = "http://127.0.0.1:9/v1"
model = "nobody"
key_env = "KEY_OF_NOBODY"
[routes.hep]
use = ["a"]
[routes.general]
use = ["gone"]
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Terminal, Endpoint]]:
    folder = tmp_path_factory.mktemp("cli")
    (folder / "mdc.md").write_text(PAGE, encoding="utf-8")
    (folder / "data").mkdir()
    jitl = Terminal(folder / "data")
    with ExitStack() as stack:
        endpoint = stack.enter_context(serving())
        (folder / "data" / "models.toml").write_text(FILE.format(endpoint.url), encoding="utf-8")
        stack.enter_context(jitl.serving())
        jitl.ok("ingest", folder / "mdc.md", "--collection", "detector")
        yield jitl, endpoint


def test_compare_usage_cap_and_doctor(stage: tuple[Terminal, Endpoint]) -> None:
    jitl, endpoint = stage
    endpoint.pieces = ("The drift chamber has 43 layers of sense wires. [1]",)
    compared = jitl.ok("ask", LAYERS, "--compare", "hep,hep_code").out
    assert "== hep (xiwu) ==" in compared
    assert "== hep_code (no model) ==" in compared
    assert compared.count("43 layers of sense wires.") >= 2
    (told,) = jitl.json("ask", LAYERS, "--compare", "hep,hep_code")
    assert [one["compared"] for one in told["answers"]] == ["hep", "hep_code"]

    (spent,) = jitl.json("usage")
    assert spent["you"]["calls"] >= 2
    assert spent["collections"][0]["name"] == "detector"
    assert f"detector\t{spent['collections'][0]['calls']}" in jitl.ok("usage").out
    (capped,) = jitl.json("usage", "cap", "collection", "detector", "--tokens", 1, "--per", "month")
    assert (capped["cap"]["tokens"], capped["cap"]["per"]) == (1, "month")
    refused = jitl("ask", LAYERS, "--compare", "hep")
    assert refused.code == 1
    assert "1 tokens a month" in refused.err
    assert "jitl usage cap collection" in refused.err
    assert jitl.json("usage", "cap", "collection", "detector", "--default")[0]["cap"] is None
    assert jitl("usage", "cap", "collection", "detector").code == 2

    (doctor,) = jitl.json("doctor")
    parts = {part["name"]: part for part in doctor["parts"]}
    assert parts["model a"]["state"] == "ready"
    assert (parts["model gone"]["state"], "KEY_OF_NOBODY" in parts["model gone"]["todo"]) == ("degraded", True)


def test_a_follow_up_says_how_it_was_read(stage: tuple[Terminal, Endpoint]) -> None:
    jitl, endpoint = stage
    endpoint.pieces = ("The drift chamber was built by the Chen group in 2006. [1]",)
    ran = jitl.ok("ask", "Who built it?", "--after", LAYERS)
    assert "Who built the drift chamber?" in ran.err
    assert "Chen group" in ran.out
