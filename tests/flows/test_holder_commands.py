"""Real commands side by side on one data folder, with and without a server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from api.client import Client
from api.folder import FolderLock, data_folder, holding
from api.holder import FolderTransport
from api.socket import answers
from jitl.settings import load_settings
from tests.terminal import Terminal, eventually

TEXT = "The drift chamber of detector number {n} has {n} wires of gold-plated tungsten and a gas of helium and propane. "
MANY = 60
"""Papers whose reading takes seconds."""


def papers(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"paper{number}.md").write_text(f"# Detector {number}\n\n" + TEXT.format(n=number) * 8)
    return folder


@pytest.fixture
def jitl(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "data")


def running(jitl: Terminal, process: subprocess.Popen[str]) -> subprocess.Popen[str]:
    """The process, once the job that it follows has begun and is not over."""
    eventually(lambda: answers(jitl.data) or process.poll() is not None)
    with Client(transport=FolderTransport(jitl.data)) as client:
        eventually(lambda: [job["state"] for job in client.jobs()] == ["running"] or process.poll() is not None)
    assert process.poll() is None, jitl.end(process)
    return process


def held_by(jitl: Terminal) -> int:
    found = holding(jitl.data)
    assert found is not None
    return found.pid


def test_the_folder_is_the_one_that_settings_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for named in (None, "relative/place", "~/place"):
        if named is None:
            monkeypatch.delenv("JITL_DATA_DIR", raising=False)
        else:
            monkeypatch.setenv("JITL_DATA_DIR", named)
        assert data_folder() == load_settings().data_dir
    assert data_folder(Path("x")) == load_settings(Path("x")).data_dir


def test_a_question_is_answered_while_another_process_ingests(jitl: Terminal, tmp_path: Path) -> None:
    jitl.json("teach", "-c", "papers", "--question", "What gas does the drift chamber have?", "--answer", "Helium.")
    reader = running(jitl, jitl.start("ingest", papers(tmp_path / "papers", MANY), "-c", "papers", "--json"))
    assert held_by(jitl) == reader.pid
    [answer] = jitl.json("ask", "What gas does the drift chamber have?", "-c", "papers")
    assert "Helium" in answer["answer"]
    ran = jitl.end(reader)
    assert ran.code == 0, ran
    assert ran.lines[-1]["counts"] == {"added": MANY}
    assert len(ran.lines) == MANY + 1


def test_two_ingests_at_once_on_a_fresh_folder(jitl: Terminal, tmp_path: Path) -> None:
    started = [jitl.start("ingest", papers(tmp_path / name, 5), "-c", name, "--json") for name in ("one", "two")]
    for process in started:
        ran = jitl.end(process)
        assert ran.code == 0, ran
        assert ran.lines[-1]["counts"] == {"added": 5}
    assert {line["name"]: line["documents"] for line in jitl.json("collections")} == {"one": 5, "two": 5}


def test_who_follows_a_job_goes_on_with_it_when_its_holder_is_killed(jitl: Terminal, tmp_path: Path) -> None:
    asker = jitl.start("route", "--batch", "-")  # holds the folder until its input ends
    assert asker.stdin is not None
    assert asker.stdout is not None
    asker.stdin.write('{"id": 1, "question": "q"}\n')
    asker.stdin.flush()
    assert json.loads(asker.stdout.readline())["id"] == 1
    reader = running(jitl, jitl.start("ingest", papers(tmp_path / "papers", MANY), "-c", "papers", "--json"))
    assert held_by(jitl) == asker.pid
    asker.kill()
    jitl.end(asker)
    ran = jitl.end(reader)
    assert ran.code == 0, ran
    assert "has ended" in ran.err
    assert ran.lines[-1]["counts"] == {"added": MANY}
    assert len({line["uri"] for line in ran.lines[:-1]}) == MANY
    assert jitl.json("collections")[0]["documents"] == MANY


def test_a_killed_ingest_leaves_a_folder_that_others_use_at_once(jitl: Terminal, tmp_path: Path) -> None:
    files = papers(tmp_path / "papers", MANY)
    reader = running(jitl, jitl.start("ingest", files, "-c", "papers", "--json"))
    reader.kill()
    jitl.end(reader)
    assert len(jitl.json("ask", "What gas does the drift chamber have?", "-c", "papers")) == 1
    assert [job["state"] for job in jitl.json("jobs")] == ["queued"], "a question does not take up old work"
    last = jitl.json("ingest", files, "-c", "papers")[-1]
    assert last["counts"].get("failed", 0) == 0
    assert {job["state"] for job in jitl.json("jobs")} == {"done"}
    assert jitl.json("collections")[0]["documents"] == MANY


def test_interrupting_an_ingest_cancels_it_and_keeps_what_is_done(jitl: Terminal, tmp_path: Path) -> None:
    files = papers(tmp_path / "papers", MANY)
    reader = running(jitl, jitl.start("ingest", files, "-c", "papers", "--json"))
    reader.send_signal(signal.SIGINT)
    ran = jitl.end(reader)
    assert ran.code == 130, ran
    assert "Traceback" not in ran.err
    [job] = jitl.json("jobs")
    assert job["state"] == "cancelled"
    assert jitl.json("ingest", files, "-c", "papers")[-1]["state"] == "done"
    assert jitl.json("collections")[0]["documents"] == MANY


def test_a_server_waits_for_a_command_that_holds_the_folder(jitl: Terminal, tmp_path: Path) -> None:
    asker = jitl.start("route", "--batch", "-")
    assert asker.stdin is not None
    asker.stdin.write('{"id": 1, "question": "q"}\n')
    asker.stdin.flush()
    eventually(lambda: answers(jitl.data))
    server = jitl.start("serve", "--port", 0)
    assert server.stderr is not None
    assert str(asker.pid) in server.stderr.readline()
    assert jitl.end(asker).code == 0
    assert server.stdout is not None
    assert "http://127.0.0.1:" in server.stdout.readline()
    server.terminate()
    assert jitl.end(server).code == 0


def test_a_server_ends_in_order(jitl: Terminal) -> None:
    keys = []
    for number in (signal.SIGTERM, signal.SIGINT):
        with jitl.serving() as announced:
            keys.append(announced["admin_key"])
            jitl.ok("collections")
            os.kill(held_by(jitl), number)
            lock = FolderLock(jitl.data)
            eventually(lambda lock=lock: lock.take(), 20)
            assert not (jitl.data / "jitl.sock").exists()
            lock.release()
    assert keys[0].startswith("jitl_")
    assert keys[1] is None


def test_deep_folders(tmp_path: Path) -> None:
    jitl = Terminal(tmp_path / ("deep" * 30) / "数据")
    with jitl.serving():
        jitl.ok("collections", "create", "x")
        assert [line["name"] for line in jitl.json("collections")] == ["x"]
    assert [line["name"] for line in jitl.json("collections")] == ["x"]
