"""Parsing children: contained, reused, replaced, and gone with their parent."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.child import ParserPool
from jitl.errors import Unavailable, Unreadable
from jitl.ports import SourceFile
from jitl.settings import Settings
from tests.data import ROOT

HOSTILE = "tests.hostile:parser_for"


@pytest.fixture(autouse=True)
def the_tests_are_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[ParserPool]:
    pool = ParserPool(Settings(data_dir=tmp_path, parse_timeout_s=2, parse_memory_mb=512), finder=HOSTILE)
    yield pool
    pool.close()


@pytest.fixture
def named(tmp_path: Path) -> Callable[[str], SourceFile]:
    def make(name: str) -> SourceFile:
        path = tmp_path / f"{name}.txt"
        path.write_text("some text", encoding="utf-8")
        return SourceFile(path.as_uri(), path.name, path)

    return make


Named = Callable[[str], SourceFile]


def test_a_child_is_used_again(pool: ParserPool, named: Named) -> None:
    first, second = pool.parse(named("good")), pool.parse(named("good"))
    assert first == second, "the title holds the process id"
    assert first[0].blocks[0].text == "some text"


def test_a_child_is_not_charged_for_the_memory_of_who_started_it(pool: ParserPool, named: Named) -> None:
    ours = bytearray(os.urandom(2**20)) * 400
    first, second = pool.parse(named("good")), pool.parse(named("good"))
    assert first == second, f"our {len(ours)} bytes wore it out"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("sleep", "took longer than 2 s"),
        ("hold", "took longer than 2 s"),
        ("memory", "more than 512 MB"),
        ("crash", "crashed (SIGSEGV)"),
        ("kill", "was killed"),
        ("bug", "ZeroDivisionError at hostile.py"),
        ("refuse", "it is empty"),
    ],
)
def test_a_bad_file_costs_itself_alone(pool: ParserPool, named: Named, name: str, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    assert pool.parse(named("good"))
    with pytest.raises(Unreadable, match=re.escape(reason)) as caught:
        pool.parse(named(name))
    assert caught.value.hint
    assert "secret" not in str(caught.value) + caplog.text, "what a file holds stays out of logs"
    assert pool.parse(named("good"))[0].blocks[0].text == "some text"


def test_a_file_that_vanished_is_reported(pool: ParserPool, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        pool.parse(SourceFile("file:///good", "good", tmp_path / "good"))


def test_a_file_nobody_reads_is_reported(pool: ParserPool, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="no parser"):
        pool.parse(SourceFile("file:///x.none", "x", tmp_path / "x.none"))


def test_what_leaves_is_clean(pool: ParserPool, named: Named) -> None:
    (document,) = pool.parse(named("dirty"))
    block = document.blocks[0]
    assert (document.title, block.text, block.section, block.message) == ("t\ufffd", "nul  lone \ufffd end", ("a",), "\ufffd")
    assert document.metadata == {"author": "\ufffd", "labels": ["x"], "n": 1, "b": True}


def test_output_of_a_library_harms_nothing(pool: ParserPool, named: Named, capfd: pytest.CaptureFixture[str]) -> None:
    assert pool.parse(named("talk"))[0].blocks[0].text == "said"
    assert capfd.readouterr().out == ""


def test_a_stream_waits_for_its_reader(pool: ParserPool, named: Named) -> None:
    stream = pool.stream(named("many-100000"))  # 1 GB of text: neither side may hold it
    assert next(stream).title == "0"
    assert child_rss(os.getpid()) < 200 * 2**20
    stream.close()
    assert pool.parse(named("good")), "an abandoned stream frees its place"


def test_a_slow_reader_is_no_timeout(pool: ParserPool, named: Named) -> None:
    stream = pool.stream(named("many-300"))
    next(stream)
    time.sleep(2.5)
    assert sum(1 for _ in stream) == 299


def test_threads_share_the_children(tmp_path: Path, named: Named) -> None:
    pool = ParserPool(Settings(data_dir=tmp_path, parse_workers=2), finder=HOSTILE)
    files = [named(f"many-{n}") for n in range(1, 9)]
    counts: list[int] = []
    threads = [threading.Thread(target=lambda f=f: counts.append(len(pool.parse(f)))) for f in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == list(range(1, 9))
    assert len(children(os.getpid(), "process import serve")) <= 2
    pool.close()


def test_closing_ends_a_busy_child(pool: ParserPool, named: Named) -> None:
    file = named("sleep")
    errors: list[Exception] = []

    def read() -> None:
        try:
            pool.parse(file)
        except Unreadable as error:
            errors.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    wait_for(file.path.with_suffix(".started").exists)
    pool.close()
    thread.join(2)
    assert errors
    with pytest.raises(Unavailable):
        pool.parse(file)


PARENT = """
import fcntl, sys, threading
from pathlib import Path
from ingest.child import ParserPool
from jitl.ports import SourceFile
from jitl.settings import Settings
lock = open(sys.argv[1], "w")
fcntl.flock(lock, fcntl.LOCK_EX)
import os
os.set_inheritable(lock.fileno(), True)
path = Path(sys.argv[2])
pool = ParserPool(Settings(data_dir=path.parent), finder="tests.hostile:parser_for")
def read():
    pool.parse(SourceFile("", "", path))
thread = threading.Thread(target=read)
thread.start()
thread.join()
"""


@pytest.mark.parametrize("name", ["sleep", "hold"])
def test_a_busy_child_dies_with_its_parent_and_holds_no_lock(tmp_path: Path, named: Named, name: str) -> None:
    file, lock = named(name), tmp_path / "store.lock"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(lock), str(file.path)], env=os.environ | {"PYTHONPATH": str(ROOT)})
    wait_for(file.path.with_suffix(".started").exists)
    found = children(parent.pid, "process import serve")
    assert len(found) == 1
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    with lock.open("w") as again:
        fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
    wait_for(lambda: not alive(found[0]), seconds=2)


def test_start_up_is_short(tmp_path: Path, named: Named) -> None:
    pool = ParserPool(Settings(data_dir=tmp_path), finder=HOSTILE)
    started = time.monotonic()
    pool.parse(named("good"))
    assert time.monotonic() - started < 2, "typically .15 s; the bound allows for a busy machine"
    pool.close()


def children(parent: int, marker: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_text()
        except OSError:
            continue
        if int(stat[1]) == parent and marker in command:
            found.append(int(folder.name))
    return found


def child_rss(parent: int) -> int:
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in children(parent, "process import serve")]
    return sum(pages) * os.sysconf("SC_PAGE_SIZE")


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def wait_for(condition: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
