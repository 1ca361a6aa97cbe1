"""jitl graph, as people and scripts run it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest

from graph.communities import installed
from tests.graphs import AURORA, HARBOUR
from tests.terminal import Terminal, eventually


@pytest.fixture(scope="module")
def jitl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    folder = tmp_path_factory.mktemp("graph")
    (folder / "aurora.md").write_text(f"# The array\n\n{AURORA}")
    (folder / "harbour.md").write_text(f"# The ring\n\n{HARBOUR}")
    terminal = Terminal(folder / "data")
    with terminal.serving():
        terminal.ok("ingest", folder / "aurora.md", folder / "harbour.md", "-c", "alps")
        eventually(lambda: terminal.json("graph", "entities", "Lantern"))
        yield terminal


def test_names_and_what_stands_beside_them(jitl: Terminal) -> None:
    assert "Lantern Array" in jitl.ok("graph", "entities", "lan").out
    assert "Maria Olsen" in [one["name"] for one in jitl.json("graph", "neighbours", "lantern array", "-c", "alps")]
    ran = jitl("graph", "neighbours", "Nobody at all")
    assert ran.code == 1
    assert "Nobody at all" in ran.err
    assert "jitl graph entities" in ran.err


def test_a_fact_is_told_with_its_sentence_and_document(jitl: Terminal) -> None:
    told = jitl.ok("graph", "facts", "Maria Olsen").out
    assert "aurora.md" in told
    assert "Maria Olsen leads the Aurora Project since 2019." in told
    (fact, *_) = jitl.json("graph", "facts", "Maria Olsen")
    assert {"subject", "relation", "object", "quote", "document", "location"} <= set(fact)


def test_a_way_or_none_in_both_languages(jitl: Terminal) -> None:
    assert "Maria Olsen — Mount Kestrel" in jitl.ok("graph", "path", "Maria Olsen", "Mount Kestrel").out
    assert jitl.json("graph", "path", "Maria Olsen", "Delta Ring") == []
    assert "There is no way so short." in jitl.ok("graph", "path", "Maria Olsen", "Delta Ring").err
    assert "没有这么短的路径。" in jitl.ok("--lang", "zh", "graph", "path", "Maria Olsen", "Delta Ring").err


def test_an_export_goes_to_stdout_or_to_a_file(jitl: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "graph.graphml"
    (told,) = jitl.json("graph", "export", "-c", "alps", "-o", file)
    assert told == {"file": str(file), "bytes": file.stat().st_size}
    assert "Delta Ring" in nx.get_node_attributes(nx.read_graphml(file), "name").values()
    assert jitl.ok("graph", "export", "-c", "alps").out == file.read_text(encoding="utf-8")
    assert jitl("graph", "export", "-c", "nowhere", "-o", file).code == 1
    assert list(tmp_path.iterdir()) == [file]


def test_communities_are_computed_or_it_says_what_to_install(jitl: Terminal) -> None:
    ran = jitl("graph", "refresh", "-c", "alps")
    if not installed():
        assert ran.code == 1
        assert "pip install 'jitl[graph]'" in ran.err
        assert "pip install 'jitl[graph]'" in jitl.ok("graph", "communities").err
        return
    assert ran.code == 0
    (one, *_) = jitl.json("graph", "communities", "-c", "alps")
    shown = jitl.ok("graph", "communities", one["id"]).out
    assert one["title"] in shown
    assert one["summary"][0]["text"] in shown


def test_what_is_taught_of_a_name_is_told_with_its_correction(jitl: Terminal) -> None:
    (taught,) = jitl.json(
        "teach",
        "-c",
        "alps",
        "--question",
        "What did Maria Olsen found?",
        "--answer",
        "Quill",
        "--statement",
        "Maria Olsen founded the Quill Observatory.",
    )
    id_ = taught["id"]
    for command in (("facts", "Maria Olsen"), ("neighbours", "Maria Olsen"), ("entities", "quill")):
        told = jitl.ok("graph", *command).out
        assert "Maria Olsen — founded — Quill Observatory" in told
        assert f"correction {id_}, taught by " in told
    assert [one["correction"] for one in jitl.json("graph", "facts", "Quill Observatory")] == [id_]
    assert f"更正 {id_}，由 " in jitl.ok("--lang", "zh", "graph", "path", "Maria Olsen", "Quill Observatory").out
    jitl.ok("retract", id_)
    assert jitl("graph", "facts", "Quill Observatory").code == 1
