"""Hostile and broken archives: each is refused with its reason, and the rest is read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest import budget
from ingest.sources import Refused, find
from jitl.ports import SourceFile
from jitl.settings import Settings

Read = Callable[..., tuple[dict[str, str], dict[str, str]]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Texts by public name, and reasons by public name, of what `find` makes of one file."""

    def run(path: Path, **limits: int) -> tuple[dict[str, str], dict[str, str]]:
        texts, reasons = {}, {}
        with find([path], Settings(data_dir=tmp_path / "data", **limits)) as found:
            for item in found:
                if isinstance(item, Refused):
                    reasons[item.name] = item.reason
                else:
                    texts[item.name] = item.path.read_text(encoding="utf-8")
        assert not list((tmp_path / "data" / "tmp").glob("*")), "nothing stays"
        return texts, reasons

    return run


def zipped(path: Path, members: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def tarred(path: Path, members: dict[str, bytes], mode: str = "w", extra: list[tarfile.TarInfo] | None = None) -> Path:
    with tarfile.open(path, mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info in extra or []:
            archive.addfile(info)
    return path


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def test_members_are_named_after_their_archive(tmp_path: Path, read: Read) -> None:
    path = zipped(tmp_path / "notes.zip", {"a/b.txt": "one", "c.txt": "two", ".git/x": "no", "c.txt~": "no", "a/": ""})
    assert read(path) == ({"notes.zip!/a/b.txt": "one", "notes.zip!/c.txt": "two"}, {})
    with find([path], Settings(data_dir=tmp_path / "data")) as found:
        first = next(found)
    assert isinstance(first, SourceFile)
    assert first.uri == f"{path.as_uri()}!/a/b.txt"


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_every_tar_is_read_whatever_its_name(tmp_path: Path, read: Read, mode: str) -> None:
    texts, reasons = read(tarred(tmp_path / "2404.02100", {"main.tex": b"text", "fig/x.txt": b"y"}, mode))
    assert texts == {"2404.02100!/main.tex": "text", "2404.02100!/fig/x.txt": "y"}
    assert not reasons


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_a_single_packed_file_keeps_its_name(tmp_path: Path, read: Read, suffix: str, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"2015-November.txt.{suffix}"
    path.write_bytes(pack(b"From a at b.c"))
    assert read(path)[0] == {f"2015-November.txt.{suffix}!/2015-November.txt": "From a at b.c"}


NAMES = {
    "../out.txt": "leads out",
    "a/../../out.txt": "leads out",
    "..\\out.txt": "leads out",
    "/etc/x.txt": "absolute",
    "C:\\x.txt": "absolute",
    "a//b.txt": "not one a file can have",
    "a/./b.txt": "not one a file can have",
    "x" * 300: "not one a file can have",
    "bell\x07.txt": "control characters",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, read: Read, name: str, pack: Callable[..., Path]) -> None:
    (tmp_path / "in").mkdir()
    path = pack(tmp_path / "in" / "x.zip", {name: b"bad", "good.txt": b"good"})
    texts, reasons = read(path)
    assert texts == {"x.zip!/good.txt": "good"}
    assert len(reasons) == 1
    assert NAMES[name] in next(iter(reasons.values()))
    assert not list(tmp_path.rglob("out.txt"))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_second_of_one_name_is_refused(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a.txt", "./a.txt", "a.txt/b.txt"):
            archive.writestr(name, name)
    texts, reasons = read(path)
    assert texts == {"x.zip!/a.txt": "a.txt"}
    assert reasons == {"x.zip!/a.txt": "another member has the same name", "x.zip!/a.txt/b.txt": "its name clashes with another member's"}


def test_links_and_devices_are_refused(tmp_path: Path, read: Read) -> None:
    extra = [special("l", tarfile.SYMTYPE, "/etc/passwd"), special("h", tarfile.LNKTYPE, "a.txt"), special("p", tarfile.FIFOTYPE)]
    texts, reasons = read(tarred(tmp_path / "x.tar", {"a.txt": b"good"}, extra=[*extra, special("d", tarfile.CHRTYPE)]))
    assert texts == {"x.tar!/a.txt": "good"}
    assert {name[-1]: reason for name, reason in reasons.items()} == {
        "l": "it is a link",
        "h": "it is a link",
        "p": "it is a device, not a file",
        "d": "it is a device, not a file",
    }


def test_links_of_a_zip_are_refused(tmp_path: Path, read: Read) -> None:
    info = zipfile.ZipInfo("l")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert read(tmp_path / "x.zip") == ({}, {"x.zip!/l": "it is a link"})


def test_a_bomb_is_stopped_early(tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "RATIO_FLOOR_BYTES", 4 * 2**20)
    texts, reasons = read(zipped(tmp_path / "b.zip", {f"{n}.txt": b"0" * 2**21 for n in range(50)}))
    assert not texts
    assert "200 times its size" in reasons["b.zip"]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_the_unpacked_size_is_limited(tmp_path: Path, read: Read, mode: str) -> None:
    path = tarred(tmp_path / "x.tar", {f"{n}.txt": os.urandom(2**20) for n in range(4)}, mode)
    texts, reasons = read(path, max_archive_bytes=3 * 2**20)
    assert not texts
    assert "more than 3 MB (JITL_MAX_ARCHIVE_BYTES)" in reasons["x.tar"]


def test_a_skipped_giant_counts_too(tmp_path: Path, read: Read) -> None:
    """A tar may announce a terabyte that is only zeros, in a member nobody wants."""
    path = tmp_path / "x.tgz"
    giant = tarfile.TarInfo(".hidden")
    giant.size = 2**40
    path.write_bytes(gzip.compress(giant.tobuf() + bytes(2**20)))
    assert "(JITL_MAX_ARCHIVE_BYTES)" in read(path, max_archive_bytes=2**22)[1]["x.tgz"]


def test_a_huge_header_is_not_read(tmp_path: Path, read: Read) -> None:
    header = special("x", tarfile.XHDTYPE)
    header.size = 2**30
    (tmp_path / "x.tgz").write_bytes(gzip.compress(header.tobuf() + bytes(2**20)))
    assert "table of contents is too large" in read(tmp_path / "x.tgz")[1]["x.tgz"]


def test_members_are_counted(tmp_path: Path, read: Read) -> None:
    path = zipped(tmp_path / "x.zip", {f"{n}.txt": "x" for n in range(11)})
    assert "too many members" in read(path, max_archive_members=10)[1]["x.zip"]
    assert len(read(path, max_archive_members=11)[0]) == 11


def test_a_large_member_is_left_out_unless_it_is_a_mailbox(tmp_path: Path, read: Read) -> None:
    mailbox = b"From a@b.c Mon Jan  1 00:00:00 2024\nFrom: a\n\n" + b"text\n" * 500
    path = zipped(tmp_path / "x.zip", {"big.txt": "b" * 2000, "small.txt": "s", "list.mbox": mailbox})
    texts, reasons = read(path, max_file_bytes=1000)
    assert set(texts) == {"x.zip!/small.txt", "x.zip!/list.mbox"}
    assert "larger than" in reasons["x.zip!/big.txt"]


def test_archives_in_archives_have_one_budget_and_a_depth(tmp_path: Path, read: Read) -> None:
    data = b"deep"
    name = "deep.txt"
    for level in range(5):
        data = gzip.compress(data) if level else zipped(tmp_path / "i.zip", {name: data}).read_bytes()
        name = f"{level}.gz" if level else "i.zip"
    path = tmp_path / "x.zip"
    zipped(path, {"n.gz": data, "i.zip": (tmp_path / "i.zip").read_bytes()})
    texts, reasons = read(path)
    assert texts == {"x.zip!/i.zip!/deep.txt": "deep"}
    assert len(reasons) == 1
    assert "3 archives deep" in next(iter(reasons.values()))


def test_nested_bombs_share_the_limit(tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "RATIO_FLOOR_BYTES", 2**20)
    monkeypatch.setattr(budget, "MAX_RATIO", 0)
    inner = zipped(tmp_path / "i.zip", {"zeros.txt": bytes(600_000)}).read_bytes()
    texts, reasons = read(zipped(tmp_path / "x.zip", {f"{n}.zip": inner for n in range(4)}))
    assert len(texts) == 1
    assert len(reasons) == 3


def test_a_full_disk_stops_it(tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "DISK_RESERVE_BYTES", 2**62)
    monkeypatch.setattr(budget, "_DISK_CHECK_BYTES", 1)
    assert "disk is too full" in read(zipped(tmp_path / "x.zip", {"a.txt": "a"}))[1]["x.zip"]


def test_a_damaged_archive_says_so(tmp_path: Path, read: Read) -> None:
    path = zipped(tmp_path / "x.zip", {"a.txt": "a" * 1000})
    path.write_bytes(path.read_bytes()[:-30])
    assert "damaged" in read(path)[1]["x.zip"]
    (tmp_path / "y.tar.bz2").write_bytes(b"BZh9" + b"garbage" * 10)
    assert "damaged" in read(tmp_path / "y.tar.bz2")[1]["y.tar.bz2"]


def test_a_cut_off_archive_gives_what_came_before(tmp_path: Path, read: Read) -> None:
    path = tarred(tmp_path / "x.tgz", {"a.txt": b"first", "b.txt": b"0123456789" * 10_000, "c.txt": os.urandom(50_000)}, "w:gz")
    path.write_bytes(path.read_bytes()[:-20_000])
    texts, reasons = read(path)
    assert texts["x.tgz!/a.txt"] == "first"
    assert "x.tgz!/c.txt" not in texts
    assert "cut off" in reasons["x.tgz"]


def test_one_damaged_member_of_a_zip_costs_itself(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "AAAA")
        archive.writestr("b.txt", "BBBB")
    path.write_bytes(path.read_bytes().replace(b"AAAA", b"AABA"))
    texts, reasons = read(path)
    assert texts == {"x.zip!/b.txt": "BBBB"}
    assert "damaged" in reasons["x.zip!/a.txt"]


def test_an_encrypted_member_says_so(tmp_path: Path, read: Read) -> None:
    path = zipped(tmp_path / "x.zip", {"a.txt": "a"})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert read(path) == ({}, {"x.zip!/a.txt": "it is encrypted"})


def test_names_of_chinese_desktops(tmp_path: Path, read: Read) -> None:
    path = zipped(tmp_path / "x.zip", {"AAAA.txt": "gbk", "BBBBBB.txt": "utf8"})
    data = path.read_bytes().replace(b"AAAA", "探测".encode("gbk")).replace(b"BBBBBB", "对撞".encode())
    path.write_bytes(data)
    assert set(read(path)[0]) == {"x.zip!/探测.txt", "x.zip!/对撞.txt"}


def test_office_files_are_documents(tmp_path: Path) -> None:
    for name in ("a.pptx", "b.zip"):
        zipped(tmp_path / name, {"[Content_Types].xml": "<x/>", "ppt/presentation.xml": "<x/>"})
    with find([tmp_path / "a.pptx", tmp_path / "b.zip"], Settings(data_dir=tmp_path / "data")) as found:
        assert [item.name for item in found] == ["a.pptx", "b.zip"]


def test_other_archives_say_what_to_do(tmp_path: Path, read: Read) -> None:
    (tmp_path / "x.7z").write_bytes(b"7z\xbc\xaf'\x1c" + bytes(100))
    assert read(tmp_path / "x.7z")[1]["x.7z"].startswith("7z archives are not read")
