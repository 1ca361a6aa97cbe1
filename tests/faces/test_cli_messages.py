"""What the command line says: the same in both languages, and nothing that is not in the table."""

from __future__ import annotations

import ast
import io
import os
import pty
import re
import sys
import threading
from pathlib import Path

import pytest

from api import socket as sockets
from api.cli.messages import LANGUAGES, TABLE, language, say
from api.cli.output import Output, encode, safe
from api.cli.serving import _loopback
from api.folder import FolderLock
from jitl.errors import BadInput, Unavailable
from tests.data import ROOT
from tests.terminal import Terminal

FIELD = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("key", sorted(TABLE))
def test_both_languages_tell_the_same(key: str) -> None:
    english, chinese = TABLE[key]
    fields = set(FIELD.findall(english))
    assert set(FIELD.findall(chinese)) == fields
    for lang in LANGUAGES:
        assert say(key, lang, **dict.fromkeys(fields, "x"))


def test_every_message_is_in_the_table_and_used() -> None:
    used = set()
    for path in [*(ROOT / "api" / "cli").glob("*.py"), ROOT / "api" / "holder.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[a-z_]+", node.value):
                used.add(node.value)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("tell", "said"):
                first = node.args[0]
                assert not isinstance(first, ast.Constant) or first.value in TABLE, f"{path.name}: {ast.unparse(node)}"
    assert set(TABLE) <= used, set(TABLE) - used


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, "en"), ({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"), ({"LC_MESSAGES": "zh_TW"}, "zh")],
)
def test_the_language_is_the_locales(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], expected: str) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert language() == expected
    assert language("zh") == "zh"


def test_json_lines_are_utf8_whatever_is_in_them() -> None:
    assert encode({"a": "物理"}) == '{"a": "物理"}'
    assert encode({"a": "\ud800"}) == '{"a": "\\ud800"}'
    assert "\n" not in encode({"a": "x\ny\u2028z"})


def test_text_for_a_terminal_keeps_its_lines_and_nothing_else() -> None:
    assert safe("a\tb\nc\r\nd") == "a\tb\nc\nd"
    assert set(safe("\x1b\x07\x9b\u202e\u2066")) == {"\N{REPLACEMENT CHARACTER}"}


def test_progress_without_a_terminal_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    err = io.StringIO()
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setattr("api.cli.output.LINE_S", 0.0)
    with Output().progress("reading", 4, lines=True) as bar:
        bar.stand(1, 4, 2.5, "a.md", "files")
        bar.stand(4, 4, 2.5, "", "files")
    first, last = err.getvalue().splitlines()
    assert re.fullmatch(r"Reading 1/4 2\.5 files/s -0:00 a\.md", first)
    assert last == "Reading 4/4 2.5 files/s"


def test_a_terminal_gets_a_bar_and_a_pipe_gets_json(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    for number in range(20):
        (tmp_path / "files" / f"{number}.md").write_text(f"# {number}\n\nSome text about detector number {number}.\n")
    controller, terminal = pty.openpty()
    shown = bytearray()

    def read() -> None:
        try:
            while piece := os.read(controller, 4096):
                shown.extend(piece)
        except OSError:
            return

    reader = threading.Thread(target=read)
    reader.start()
    process = Terminal(tmp_path / "data").start("ingest", tmp_path / "files", "--json", stderr=terminal, TERM="xterm")
    os.close(terminal)
    out, _ = process.communicate(timeout=100)
    reader.join(20)
    os.close(controller)
    assert process.returncode == 0
    assert len(out.splitlines()) == 21
    assert b"Reading" in shown
    assert "━".encode() in shown


def test_what_the_disk_refuses_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "jitl.lock").mkdir()
    with pytest.raises(BadInput, match=r"jitl\.lock cannot be opened"):
        FolderLock(tmp_path).take()
    (tmp_path / "no-folder").write_text("")
    ran = Terminal(tmp_path / "no-folder")("collections")
    assert (ran.code, "Traceback" in ran.err) == (1, False)
    assert "no-folder" in ran.err


def test_a_folder_that_takes_no_socket_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("")
    with pytest.raises(Unavailable, match="No socket can be made"):
        sockets.listen(tmp_path / "folder")


@pytest.mark.parametrize(
    ("address", "own"), [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("fe80::1%e", False)]
)
def test_what_other_machines_can_reach_is_known(address: str, own: bool) -> None:
    assert _loopback(address) is own
