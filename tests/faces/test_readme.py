"""What the README shows programs and agents to write is run as written, but for the address and the key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from jitl.principals import Role
from tests.agents import call, over_stdio, value
from tests.data import ROOT
from tests.faces.conftest import Live, serve

SECTION = "From programs, agents and pages"
ADDRESS = "http://127.0.0.1:8765"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serve(tmp_path_factory.mktemp("data")) as running:
        running.collection("bes3")
        text = "# Releases\n\nThe recommended BOSS release for the 2018 J/psi data is 7.0.5."
        running.upload(running.admin, "bes3", {"releases.md": text})
        yield running


def shown(language: str, section: str = SECTION) -> str:
    """The section's block in that language."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    text = readme.partition(f"## {section}\n")[2].partition("\n## ")[0]
    (block,) = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return block


def test_the_program(live: Live) -> None:
    known = {"KEY": live.key("eva", Role.EXPERT, bes3="teach")}
    exec(compile(shown("python").replace(ADDRESS, live.url), "README.md", "exec"), known)
    assert "7.0.5" in known["answer"]["answer"]
    assert {node.metadata["kind"] for node in known["nodes"]} >= {"passage"}
    after = live.admin.post("/v1/ask", json={"question": known["answer"]["question"]}).json()
    assert after["answer"].startswith("7.0.8")


def test_an_openai_client(live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    known = {"KEY": live.key("reader", bes3="read")}
    exec(compile(shown("python", "From any OpenAI client").replace(ADDRESS, live.url), "README.md", "exec"), known)
    known["client"].close()
    told = capsys.readouterr().out
    assert "- [1] Releases" in told
    assert known["reply"].id in told


def test_the_agents_command(live: Live, tmp_path) -> None:
    server = json.loads(shown("json"))["mcpServers"]["jitl"]
    assert (server["command"], server["args"]) == ("jitl", ["mcp"])
    environment = {"JITL_URL": live.url, "JITL_KEY": live.key("agent", bes3="read")}
    assert set(environment) == set(server["env"])
    found = value(over_stdio(tmp_path, call("search", query="BOSS release of the 2018 J/psi data"), **environment))
    assert "releases.md" in [one["document"] for one in found["results"]]
