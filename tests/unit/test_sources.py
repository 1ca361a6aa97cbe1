"""Folders walked safely: order, names, links, noise, and files that are none."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ingest.sources import Refused, find
from jitl.errors import BadInput
from jitl.ports import SourceFile
from jitl.settings import Settings
from tests.data import ROOT, corpora, need

ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", max_file_bytes=1000)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    return root


def fill(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text", encoding="utf-8")


def names(root: Path, settings: Settings) -> list[str]:
    with find([root], settings) as found:
        return [item.name for item in found if isinstance(item, SourceFile)]


def reasons(root: Path, settings: Settings) -> dict[str, str]:
    with find([root], settings) as found:
        return {item.name: item.reason for item in found if isinstance(item, Refused)}


def test_files_come_sorted_with_names_relative_to_the_parent(root: Path, settings: Settings) -> None:
    fill(root, "b.txt", "a/z.txt", "a/B.txt", "a b/中文 #1.txt")
    with find([root], settings) as found:
        files = [item for item in found if isinstance(item, SourceFile)]
    assert [file.name for file in files] == ["root/a/B.txt", "root/a/z.txt", "root/a b/中文 #1.txt", "root/b.txt"]
    assert files[2].uri == (root / "a b" / "中文 #1.txt").as_uri()
    assert [file.path for file in files] == [root / "a/B.txt", root / "a/z.txt", root / "a b/中文 #1.txt", root / "b.txt"]


def test_one_file_is_named_alone(root: Path, settings: Settings) -> None:
    fill(root, "a/x.txt", ".hidden.txt")
    assert names(root / "a" / "x.txt", settings) == ["x.txt"]
    assert names(root / ".hidden.txt", settings) == [".hidden.txt"], "who names it wants it"


def test_noise_is_passed_over(root: Path, settings: Settings) -> None:
    noise = [
        ".git/config",
        "CVS/Root",
        "a.txt~",
        "#a.txt#",
        ".#a.txt",
        "a.bak",
        "Web/T.txt,v",
        "Web/T.txt,pfv/1",
        "Web/T.lease",
        "~$x.pptx",
    ]
    fill(root, "Web/T.txt", "Web/other.lock", *noise)
    assert names(root, settings) == ["root/Web/T.txt", "root/Web/other.lock"]
    assert reasons(root, settings) == {}


def test_a_missing_path_is_refused_at_once(root: Path, settings: Settings) -> None:
    with pytest.raises(BadInput, match="There is no"):
        find([root, root / "absent"], settings)


def test_links_stay_inside_and_end(root: Path, tmp_path: Path, settings: Settings) -> None:
    fill(root, "a/x.txt", ".versions/2/y.txt")
    fill(tmp_path, "secret.txt")
    (root / "a" / "up").symlink_to(root)
    (root / "a" / "self").symlink_to("self")
    (root / "again.txt").symlink_to("a/x.txt")
    (root / "latest").symlink_to(".versions/2")
    (root / "latest2").symlink_to(".versions/2")
    (root / ".versions/2/loop").symlink_to(root / ".versions")
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "gone.txt").symlink_to("nowhere")
    found = names(root, settings)
    assert "root/a/x.txt" in found
    assert "root/latest/y.txt" in found
    assert len(found) <= 3
    assert reasons(root, settings) == {
        "root/a/self": "it is a link that leads nowhere or in a circle",
        "root/gone.txt": "it is a link that leads nowhere or in a circle",
        "root/out.txt": "it is a link that leads out of the folder",
    }


def test_a_link_given_by_name_is_followed(root: Path, tmp_path: Path, settings: Settings) -> None:
    fill(root, "x.txt")
    (tmp_path / "link").symlink_to(root)
    assert names(tmp_path / "link", settings) == ["root/x.txt"]


def test_what_is_no_file_is_refused(root: Path, settings: Settings) -> None:
    os.mkfifo(root / "pipe")
    fill(root, "x.txt")
    (root / "empty.txt").touch()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "socket"))
    (root / "big.txt").write_bytes(b"x" * 1001)
    assert reasons(root, settings) == {
        "root/big.txt": "it is larger than 0 MB (JITL_MAX_FILE_BYTES)",
        "root/pipe": "it is a pipe, not a file",
        "root/socket": "it is a socket, not a file",
    }
    assert names(root, settings) == ["root/empty.txt", "root/x.txt"]
    assert reasons(Path("/dev/zero"), settings) == {"zero": "it is a device, not a file"}


def test_a_mailbox_may_be_larger(root: Path, settings: Settings) -> None:
    (root / "list.mbox").write_bytes(b"From a@b.c Mon Jan  1 00:00:00 2024\nFrom: a\n\n" + b"x\n" * 1000)
    assert names(root, settings) == ["root/list.mbox"]


def test_what_may_not_be_read_is_reported(root: Path, settings: Settings) -> None:
    fill(root, "shut/x.txt", "x.txt", "y.txt")
    (root / "x.txt").chmod(0)
    (root / "shut").chmod(0)
    program = (
        "import sys; from pathlib import Path; from ingest.sources import find; from jitl.settings import Settings\n"
        "for x in find([Path(sys.argv[1])], Settings()): print(x.uri, getattr(x, 'reason', 'ok'))"
    )
    done = subprocess.run(
        [*as_anyone(), sys.executable, "-c", program, str(root)], check=True, capture_output=True, text=True, env=ENVIRONMENT
    )
    (root / "shut").chmod(0o700)
    assert dict(line.split(" ", 1) for line in done.stdout.splitlines()) == {
        f"{root.as_uri()}/shut/": "the folder may not be read (Permission denied)",
        f"{root.as_uri()}/x.txt": "it may not be read (Permission denied)",
        f"{root.as_uri()}/y.txt": "ok",
    }


def as_anyone() -> list[str]:
    """Before a command that must not have root's right to read everything."""
    if os.geteuid() != 0:
        return []
    need(shutil.which("setpriv"), "setpriv", "install util-linux, or run the tests as a plain user")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def test_maildirs_are_read_under_names_that_stay(root: Path, settings: Settings) -> None:
    fill(root, "Mail/cur/17.M1.host:2,S", "Mail/new/18.M2.host", "Mail/tmp/19.M3", "Mail/.Sent/cur/20:2,", "Mail/README.txt")
    (root / "Mail/.Sent/new").mkdir()
    (root / "Mail/.Sent/tmp").mkdir()
    before = names(root, settings)
    assert before == ["root/Mail/17.M1.host.eml", "root/Mail/18.M2.host.eml", "root/Mail/.Sent/20.eml", "root/Mail/README.txt"]
    (root / "Mail/new/18.M2.host").rename(root / "Mail/cur/18.M2.host:2,RS")
    assert names(root, settings) == before


def test_unpacked_files_live_until_the_consumer_is_done(root: Path, settings: Settings) -> None:
    for letter in "ab":
        with zipfile.ZipFile(root / f"{letter}.zip", "w") as archive:
            archive.writestr("x.txt", letter)
    scratch = settings.data_dir / "tmp"
    with find([root], settings) as found:
        files = [item for item in found if isinstance(item, SourceFile)]
        assert [file.path.read_text() for file in files] == ["a", "b"], "also after the last was handed out"
    assert not list(scratch.iterdir())

    with find([root], settings) as found:
        first = next(found)
    assert isinstance(first, SourceFile)
    assert not first.path.exists(), "stopping early cleans up"
    with pytest.raises(StopIteration):
        next(found)

    found = find([root], settings)
    next(found)
    assert list(scratch.iterdir())
    del found
    assert not list(scratch.iterdir()), "so does forgetting it"


def test_what_a_killed_process_left_is_swept(root: Path, settings: Settings) -> None:
    with zipfile.ZipFile(root / "a.zip", "w") as archive:
        archive.writestr("x.txt", "a")
    program = (
        "import os, sys; from pathlib import Path; from ingest.sources import find; from jitl.settings import Settings\n"
        "found = find([Path(sys.argv[1])], Settings(data_dir=Path(sys.argv[2]))); next(found); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(root), str(settings.data_dir)], check=False, env=ENVIRONMENT)
    scratch = settings.data_dir / "tmp"
    assert len(list(scratch.iterdir())) == 2, "a folder and its lock"
    with find([root], settings) as mine:
        next(mine)
        with find([root], settings) as other:
            next(other)
            assert len(list(scratch.iterdir())) == 4, "the dead one's are gone, the living ones' stay"
    assert not list(scratch.iterdir())


def test_every_file_of_the_corpora_is_found(settings: Settings) -> None:
    folder = corpora()
    shown = {path.relative_to(folder.parent).as_posix() for path in folder.rglob("*") if path.is_file()}
    with find([folder], Settings(data_dir=settings.data_dir)) as found:
        assert {item.name for item in found} == {name for name in shown if "/." not in name}
