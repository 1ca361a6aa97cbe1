"""Archives unpacked safely: every limit is enforced on the bytes that come out, never on what the archive says of itself."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from ingest.budget import Bounded, Budget
from ingest.parse.sniff import HEAD_BYTES, kind_of
from jitl.errors import Unreadable

MAX_DEPTH = 3  # archives within archives
_READ_BYTES = 2**18
_LARGEST_READ = 48 * 2**20  # of one zip directory or one tar header; some 10^5 members

_OPENERS: dict[bytes, Callable[[Path], IO[bytes]]] = {
    b"\x1f\x8b": lambda path: cast("IO[bytes]", gzip.GzipFile(path)),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_PACKED_SUFFIXES = {".gz", ".bz2", ".xz"}
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    gzip.BadGzipFile,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive before it is unpacked. `problem` says why it must not be."""

    name: str
    open: Callable[[], IO[bytes]]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A member that was left out; `name` is "" for the archive's own end."""

    name: str
    reason: str


def archive_kind(path: Path, name: str) -> str | None:
    """`zip`, `tar`, `packed` (one compressed file, or a compressed tar) or None: read as a document."""
    with path.open("rb") as stream:
        head = stream.read(tarfile.BLOCKSIZE)
    suffix = PurePosixPath(name).suffix.lower()
    if head.startswith(_ZIP_MAGIC) and suffix in {".zip", ""}:
        return None if _is_office(path) else "zip"
    if head.startswith(tuple(_OPENERS)) and not suffix.startswith((".svg", ".rds")):
        return "packed"
    return "tar" if _is_tar(head) else None


def unpack(path: Path, kind: str, name: str, folder: Path, budget: Budget, skip: Callable[[str], bool]) -> list[Rejected]:
    """Write the members into `folder` under their own names; those for which `skip` holds are left out silently.

    Returns what was left out. Raises `Unreadable` where the whole archive is refused; what lies in the folder is void then.
    """
    rejected: list[Rejected] = []
    taken: set[str] = set()
    try:
        for member in _members(path, kind, name, budget):
            budget.count_member()
            plain = member.name.replace("\\", "/").removeprefix("./")
            if skip(plain):
                continue
            reason = member.problem or _name_problem(plain, taken)
            taken.add(plain)
            try:
                reason = reason or _write(member, folder / plain, folder, budget)
            except _BROKEN as error:
                if kind != "zip":  # what follows in a stream is lost; a zip's members stand apart
                    raise
                reason = f"it is damaged or packed in an unknown way ({type(error).__name__})"
            if reason:
                rejected.append(Rejected(plain, reason))
    except _BROKEN as error:
        if not taken:
            raise Unreadable(f"the archive is damaged ({type(error).__name__})", hint="Pack or copy it again.") from error
        rejected.append(Rejected("", "the archive is damaged or cut off; what came before was read"))
    except OSError as error:
        why = error.strerror or "it is damaged"  # bz2 raises a bare one
        raise Unreadable(f"it cannot be unpacked: {why}", hint="Pack or copy it again.") from error
    return rejected


def _members(path: Path, kind: str, name: str, budget: Budget) -> Iterator[Member]:
    if kind == "zip":
        with path.open("rb") as raw, zipfile.ZipFile(cast("IO[bytes]", Bounded(raw, _LARGEST_READ))) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    yield Member(_zip_name(info), lambda info=info: archive.open(info), _zip_problem(info))  # type: ignore[misc]
        return
    with _open(path) as stream:
        bounded = cast("IO[bytes]", Bounded(stream, _LARGEST_READ, budget.bytes_left + tarfile.RECORDSIZE, budget.reason))
        if kind == "tar" or _is_tar(_peek(path)):
            with tarfile.open(fileobj=bounded, mode="r:", errorlevel=1) as tar:
                for entry in tar:
                    if not entry.isdir():
                        yield Member(entry.name, lambda entry=entry: cast("IO[bytes]", tar.extractfile(entry)), _tar_problem(entry))  # type: ignore[misc]
                    tar.members = []  # type: ignore[attr-defined]  # ten thousand headers are not needed twice
            return
        yield Member(_inner_name(name), lambda: bounded)


def _write(member: Member, target: Path, folder: Path, budget: Budget) -> str:
    """The reason why the member was left out, "" when it lies there."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        out = target.open("xb")
    except (FileExistsError, NotADirectoryError):
        return "its name clashes with another member's"
    try:
        with out, member.open() as source:
            if _copy(member.name, source, out, folder, budget):
                return ""
    except BaseException:
        target.unlink()
        raise
    target.unlink()
    return f"it is larger than {budget.file_bytes // 2**20} MB (JITL_MAX_FILE_BYTES)"


def _copy(name: str, source: IO[bytes], out: IO[bytes], folder: Path, budget: Budget) -> bool:
    """Whether it was copied whole; False where it is too large."""
    size, limit = 0, 0
    while piece := source.read(_READ_BYTES):
        if not size:
            limit = budget.bytes_left if kind_of(name, piece[:HEAD_BYTES]) == "mail" else budget.file_bytes
        size += len(piece)
        budget.spend(len(piece), folder)
        if size > limit:
            return False
        out.write(piece)
    return True


def _name_problem(name: str, taken: set[str]) -> str:
    parts = name.split("/")
    if name.startswith("/") or (len(name) > 1 and name[1] == ":"):
        return "its name is absolute"
    if ".." in parts:
        return "its name leads out of the archive"
    if not name or any(part in {"", "."} or len(os.fsencode(part)) > 255 for part in parts) or len(name) > 2_000:
        return "its name is not one a file can have"
    if any(ord(c) < 32 or ord(c) == 127 for c in name):
        return "its name holds control characters"
    return "another member has the same name" if name in taken else ""


def _zip_name(info: zipfile.ZipInfo) -> str:
    """Names without the UTF-8 flag come as cp437; most are UTF-8 or, from Chinese desktops, GBK."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    raw = info.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return info.filename


def _zip_problem(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        return "it is a link"
    if mode and stat.S_IFMT(mode) and not stat.S_ISREG(mode):
        return "it is a device, not a file"
    return "it is encrypted" if info.flag_bits & 0x1 else ""


def _tar_problem(entry: tarfile.TarInfo) -> str:
    if entry.issym() or entry.islnk():
        return "it is a link"
    return "" if entry.isfile() else "it is a device, not a file"


def _inner_name(name: str) -> str:
    path = PurePosixPath(PurePosixPath(name).name)
    return path.stem if path.suffix.lower() in _PACKED_SUFFIXES else path.name


def _is_office(path: Path) -> bool:
    """Whether a zip is one document (OOXML, ODF, EPUB) under a wrong name."""
    try:
        with path.open("rb") as raw, zipfile.ZipFile(cast("IO[bytes]", Bounded(raw, _LARGEST_READ))) as archive:
            return bool({"[Content_Types].xml", "mimetype"} & set(archive.namelist()))
    except (*_BROKEN, OSError, ValueError, Unreadable):
        return False


def _is_tar(head: bytes) -> bool:
    """By the checksum of the first header: old tars carry no magic."""
    try:
        tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True


def _peek(path: Path) -> bytes:
    with _open(path) as stream:
        return stream.read(tarfile.BLOCKSIZE)


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as stream:
        head = stream.read(8)
    return next((opener(path) for magic, opener in _OPENERS.items() if head.startswith(magic)), None) or path.open("rb")
