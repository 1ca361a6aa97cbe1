"""Extraction by a model killed in the middle, twice: it goes on where it stopped, and pays for no passage twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from graph import extra
from tests.data import need
from tests.endpoint import Endpoint, serving
from tests.flows.test_fission import kill_after
from tests.reader_model import speak
from tests.terminal import Terminal

NAMES = ("TrackFit", "GeoStore", "HitMaker", "BeamLog", "RunBook", "DataTap")
KILLS = (2, 5)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    need(extra.installed(), "graphrag", "pip install 'jitl[graph]'")
    with serving() as endpoint:
        endpoint.speaks, endpoint.pause_s = speak, 0.2
        yield endpoint


def page(name: str) -> str:
    return f"# {name}\n\nAna Ruiz wrote {name}. " + f"It is looked after at night by those who know {name} well. " * 16


def test_killed_and_resumed(tmp_path: Path, endpoint: Endpoint) -> None:
    model = {"JITL_MODEL_URL": endpoint.url, "JITL_MODEL_NAME": "reader"}
    jitl = Terminal(tmp_path / "data")
    (tmp_path / "software.md").write_text("\n\n".join(map(page, NAMES)))
    jitl.ok("ingest", tmp_path / "software.md", "--collection", "hep")
    priced = jitl.ok("graph", "extract", "-c", "hep", "--estimate", "--json", **model).lines[0]["estimate"]
    assert priced["calls"] == priced["passages"] >= len(NAMES)
    first, second = KILLS
    kill_after(jitl.start("graph", "extract", "-c", "hep", "--budget", priced["most_tokens"] * 2, "--json", **model), endpoint, first)
    with closing(sqlite3.connect(tmp_path / "data" / "jitl.db")) as left:
        ((job,),) = left.execute("select id from jobs where kind = 'extraction'").fetchall()
    kill_after(jitl.start("jobs", "watch", job, "--json", **model), endpoint, second)
    endpoint.pause_s = 0.0
    jitl.ok("jobs", "watch", job, "--json", **model)
    asked = len(endpoint.requests)
    assert asked <= priced["calls"] + len(KILLS), "a reply that a kill cut short is asked for again"
    again = jitl.ok("graph", "extract", "-c", "hep", "--budget", "100000", **model)
    assert (len(endpoint.requests), "0 passages read" in again.out) == (asked, True)
    bare = jitl.json("graph", "facts", "Ana Ruiz")
    assert {one["object"] for one in bare if one["relation"] == "made"} == set(NAMES), "no model is there now"
    with closing(sqlite3.connect(tmp_path / "data" / "jitl.db")) as left:
        assert left.execute("select count(reply), sum(calls) from fission_calls").fetchone() == (0, asked)
