"""replay, export, inbox and feedback as people and scripts run them."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from api.client import Client
from api.holder import FolderTransport
from tests.terminal import Terminal

QUESTION = "What is the recommended release for Aurora data?"


@pytest.fixture(scope="module")
def jitl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path_factory.mktemp("folder") / "data")
    with terminal.serving(), Client(transport=FolderTransport(terminal.data)) as client:
        client.create_collection("aurora")
        client.teach({"question": QUESTION, "answer": "7.1.3", "paraphrases": ["Which release suits Aurora?"]}, collection="aurora")
        yield terminal


def test_a_replay_exits_1_on_a_regression_and_says_why(jitl: Terminal) -> None:
    (report,) = jitl.json("replay")
    assert (report["state"], report["regressions"], report["notes"]) == ("done", [], [])
    assert report["progress"]["done"] == report["progress"]["total"] == 4
    with closing(sqlite3.connect(jitl.data / "jitl.db")) as db, db:
        ((vectors,),) = db.execute("SELECT vectors FROM corrections").fetchall()
        db.execute("UPDATE corrections SET vectors = zeroblob(length(vectors))")
    ran = jitl("replay", "--json", "-c", "aurora")
    assert ran.code == 1
    found = {(one["wording"], one["why"]) for one in ran.lines[0]["regressions"]}
    assert found >= {("question", "vector_false"), ("paraphrase 1", "vector_false")}
    ran = jitl("--lang", "zh", "replay")
    assert ran.code == 1
    assert f"：{QUESTION}" in ran.out
    assert "7.1.3" in ran.out
    with closing(sqlite3.connect(jitl.data / "jitl.db")) as db, db:
        db.execute("UPDATE corrections SET vectors = ?", (vectors,))
    assert "0 regressions" in jitl.ok("replay").out


def test_an_export_goes_to_stdout_or_takes_the_place_of_a_file(jitl: Terminal, tmp_path: Path) -> None:
    (row,) = jitl.json("export", "--format", "qa")
    assert (row["question"], row["answer"]) == (QUESTION, "7.1.3")
    file = tmp_path / "qa.jsonl"
    file.write_text("old")
    (told,) = jitl.json("export", "--format", "qa", "-c", "aurora", "-o", file)
    assert told == {"file": str(file), "rows": 1}
    assert [json.loads(line) for line in file.read_text().splitlines()] == [row]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    ran = jitl("export", "--format", "qa", "-c", "nowhere", "-o", file)
    assert ran.code == 1
    assert [json.loads(line) for line in file.read_text().splitlines()] == [row]
    assert list(tmp_path.iterdir()) == [file]


def test_what_nothing_was_found_for_waits_until_it_is_dismissed(jitl: Terminal) -> None:
    asked = jitl.ok("ask", "Who has the key of the laser hut?", "-c", "aurora")
    answer = asked.err.split("jitl feedback ")[1].split()[0]
    jitl.ok("feedback", answer, "down", "--reason", "Somebody must know.")
    assert "Who has the key of the laser hut?" in jitl.ok("inbox").out
    (item,) = jitl.json("inbox", "-c", "aurora")
    assert (item["answers"], item["reasons"], item["asked"]) == ([answer], ["Somebody must know."], 1)
    assert item["id"] in jitl.ok("inbox", "dismiss", item["id"]).out
    assert jitl.json("inbox") == []
    assert jitl("inbox", "dismiss", item["id"]).code == 1


def test_a_route_is_taught_shown_and_taken_back(jitl: Terminal) -> None:
    question = "Which tag do we use for the new release?"
    before = jitl.json("route", question)
    (lesson,) = jitl.json("route", question, "--correct", "hep_code")
    assert (lesson["label"], lesson["everyone"]) == ("hep_code", True)
    (taught,) = jitl.json("route", question.lower())
    assert (taught["label"], taught["by"]) == ("hep_code", "taught")
    assert "taught" in jitl.ok("route", question).out
    assert lesson["id"] in jitl.ok("route", "--lessons").out
    jitl.ok("route", "--undo", lesson["id"])
    assert jitl.json("route", question) == before
    assert jitl("route", "--undo", lesson["id"]).code == 1
    assert jitl("route", "--correct", "hep").code == 2
    assert "Python" not in jitl.ok("route", "And in descending order?", "--after", "How do I sort a list in Python?").out
