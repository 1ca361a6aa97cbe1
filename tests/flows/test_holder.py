"""One process holds a data folder, whatever starts, ends or is killed when."""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import api.holder
from api import folder as folders
from api import socket as sockets
from api.folder import FolderLock
from api.holder import FolderTransport, Holder
from jitl.errors import Busy, Unavailable
from tests.holding import ENVIRONMENT, JOURNAL, client, opened

WHO = "/v1/who"


def command(folder: Path, requests: int = 1, path: str = WHO) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-m", "tests.holding", str(folder), str(requests), path]
    return subprocess.Popen(arguments, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str]) -> tuple[int, list[str], str]:
    assert process.stdout is not None
    begun = process.stdout.read()  # what a first readline left in the buffer, which communicate would pass over
    out, err = process.communicate(timeout=60)
    out = begun + out
    return process.returncode, out.splitlines(), err


def journal(folder: Path, *kinds: str) -> list[str]:
    lines = (folder / JOURNAL).read_text().splitlines() if (folder / JOURNAL).exists() else []
    return [line for line in lines if line.split()[0] in kinds]


def eventually(condition, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_only_the_owner_may_enter(data: Path) -> None:
    holder = Holder.take(data, opened=opened)
    assert holder is not None
    try:
        modes = {name: stat.S_IMODE((data / name).stat().st_mode) for name in (".", sockets.NAME, folders.LOCK, JOURNAL)}
    finally:
        holder.close()
    assert modes == {".": 0o700, sockets.NAME: 0o600, folders.LOCK: 0o600, JOURNAL: 0o600}
    assert not (data / sockets.NAME).exists()


def test_an_empty_folder_is_closed_to_others_and_a_used_one_is_left_alone(tmp_path: Path) -> None:
    empty, used = tmp_path / "empty", tmp_path / "used"
    for place in (empty, used):
        place.mkdir()
        place.chmod(0o755)
    (used / "mine.txt").write_text("x")
    folders.prepare(empty)
    folders.prepare(used)
    assert (stat.S_IMODE(empty.stat().st_mode), stat.S_IMODE(used.stat().st_mode)) == (0o700, 0o755)


def test_a_second_holder_is_refused(data: Path) -> None:
    first = Holder.take(data, opened=opened)
    assert first is not None
    assert Holder.take(data, opened=opened) is None
    first.close()
    second = Holder.take(data, opened=opened)
    assert second is not None
    second.close()


def test_a_service_that_does_not_open_gives_the_folder_back(data: Path) -> None:
    def broken(_: Path):
        raise Unavailable("no database")

    with pytest.raises(Unavailable, match="no database"):
        Holder.take(data, opened=broken)
    again = Holder.take(data, opened=opened)
    assert again is not None
    again.close()


@pytest.mark.parametrize("descriptors", [sockets.DESCRIPTORS, Path("/nowhere")], ids=["descriptor", "link"])
def test_a_path_too_long_for_the_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, descriptors: Path) -> None:
    monkeypatch.setattr(sockets, "DESCRIPTORS", descriptors)
    deep = tmp_path / ("d" * 120) / "é物理" / ("e" * 60)
    speaker, transport = client(deep)
    with speaker:
        assert speaker._json("GET", WHO)["pid"] == os.getpid()
        assert transport.holder is not None
        assert sockets.answers(deep)
        other, joined = client(deep)
        with other:
            assert other._json("GET", WHO)["pid"] == os.getpid()
            assert joined.holder is None
    assert not sockets.answers(deep)


def test_many_at_once_have_one_holder_at_any_time(data: Path) -> None:
    results = [finished(process) for process in [command(data, 15) for _ in range(5)]]
    assert [code for code, _, _ in results] == [0] * 5, [err for _, _, err in results]
    assert all(len(lines) == 15 for _, lines, _ in results)
    turns = journal(data, "open", "close")
    assert turns[::2] == [turn.replace("close", "open") for turn in turns[1::2]], "two processes held the folder at once"


def test_what_a_killed_holder_left_is_no_obstacle(data: Path) -> None:
    holder = command(data, 10_000)
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.kill()
    finished(holder)
    assert (data / sockets.NAME).exists()
    assert not sockets.answers(data)
    speaker, transport = client(data)
    with speaker:
        assert speaker._json("GET", WHO)["pid"] == os.getpid()
        assert transport.holder is not None


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_command_outlives_its_holder(data: Path, number: signal.Signals) -> None:
    holder = command(data, 10_000)
    assert holder.stdout is not None
    holder.stdout.readline()
    other = command(data, 100)
    assert other.stdout is not None
    first = other.stdout.readline()
    holder.send_signal(number)
    code, lines, err = finished(other)
    finished(holder)
    assert code == 0, err
    assert first == f"{holder.pid} False\n"
    assert lines[-1] == f"{other.pid} True"
    assert len(lines) == 99
    assert err.split() == ["holder_ended"]


def test_a_repeatable_request_is_made_again_when_its_holder_dies_over_it(data: Path) -> None:
    holder = command(data, 10_000)
    assert holder.stdout is not None
    pid = holder.stdout.readline().split()[0]
    speaker, _ = client(data)
    with speaker:
        assert speaker._json("GET", f"{WHO}?then=die&pid={pid}")["pid"] == os.getpid()
    finished(holder)


def test_another_request_is_not(data: Path) -> None:
    holder = command(data, 10_000)
    assert holder.stdout is not None
    pid = holder.stdout.readline().split()[0]
    speaker, _ = client(data)
    with speaker:
        with pytest.raises(Unavailable, match="not known"):
            speaker._json("POST", f"{WHO}?then=die&pid={pid}", {}, once=True)
        assert speaker._json("GET", WHO)["pid"] == os.getpid()
    finished(holder)
    assert len(journal(data, "asked")) >= 2


def test_a_holder_that_is_done_answers_what_others_asked(data: Path) -> None:
    told = []
    speaker, transport = client(data, lambda key, **_: told.append(key))
    assert speaker._json("GET", WHO)["pid"] == os.getpid()
    other = command(data, 1, f"{WHO}?wait=1.5")
    eventually(lambda: transport.holder is not None and transport.holder.wanted)
    speaker.close()
    code, lines, err = finished(other)
    assert (code, lines, err) == (0, [f"{os.getpid()} False"], "")
    assert told == ["others_use_folder"]


def test_a_holder_that_is_done_finishes_the_jobs_of_others(data: Path) -> None:
    speaker, _ = client(data)
    assert speaker._json("GET", WHO)["pid"] == os.getpid()
    assert finished(command(data, 1, f"{WHO}?job=1"))[0] == 0
    assert not journal(data, "finished")
    speaker.close()
    assert journal(data, "finished", "close")[-2:] == [f"finished {os.getpid()}", f"close {os.getpid()}"]


def test_only_who_asks_for_it_resumes_old_jobs(data: Path) -> None:
    with client(data)[0] as speaker:
        speaker._json("GET", WHO)
    assert not journal(data, "resumed")
    transport = FolderTransport(data, resume=True, opened=opened)
    with api.holder.httpx.Client(transport=transport, base_url="http://jitl") as raw:
        raw.get(WHO)
    assert journal(data, "resumed") == [f"resumed {os.getpid()}"]


def test_a_holder_that_does_not_answer_is_named_in_time(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.holder, "WAIT_S", 0.4)
    monkeypatch.setattr(api.holder, "PATIENT_S", 0.1)
    folders.prepare(data)
    lock = FolderLock(data)
    assert lock.take()
    told = []
    speaker, _ = client(data, lambda key, **values: told.append((key, values["pid"])))
    with speaker, pytest.raises(Busy, match=str(os.getpid())):
        speaker._json("GET", WHO)
    lock.release()
    assert told == [("waiting_for_holder", os.getpid())]


def test_threads_of_one_command_share_one_hold(data: Path) -> None:
    speaker, transport = client(data)
    seen = []
    with speaker:
        threads = [threading.Thread(target=lambda: seen.append(speaker._json("GET", WHO)["pid"])) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert transport.holder is not None
    assert seen == [os.getpid()] * 8
    assert len(journal(data, "open")) == 1


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_commands_come_go_and_are_killed_at_random(data: Path) -> None:
    """Whoever is not killed has every answer, and the folder never has two holders."""
    dice = random.Random(7)
    killed: set[int] = set()
    for _ in range(25):
        processes = [command(data, dice.randint(1, 60)) for _ in range(4)]
        time.sleep(dice.uniform(0.2, 1.5))
        for process in dice.sample(processes, 2):
            killed.add(process.pid)
            process.kill()
        for process in processes:
            code, _, err = finished(process)
            assert process.pid in killed or code == 0, err
    holders: list[str] = []
    for event, pid in (line.split() for line in journal(data, "open", "close")):
        if event == "open":
            assert all(int(other) in killed for other in holders), "two processes held the folder at once"
            holders = [pid]
        else:
            assert holders == [pid]
            holders = []
