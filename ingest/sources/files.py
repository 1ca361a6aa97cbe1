"""Files, folders and archives of this machine: what is in them, sorted, named, each with its identity, or with the reason why not."""

from __future__ import annotations

import os
import stat
import urllib.parse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import archives
from ingest.budget import Budget
from ingest.noise import is_noise
from ingest.parse.sniff import HEAD_BYTES, kind_of
from ingest.scratch import Scratch
from ingest.sources.neighbours import Neighbourhood
from ingest.sources.port import NOTHING_REMEMBERED, Memory, Refused, Sources
from jitl.errors import BadInput, Unreadable
from jitl.ports import SourceFile

if TYPE_CHECKING:
    from jitl.settings import Settings

MAX_FOLDER_DEPTH = 100
_FOREIGN_ARCHIVES = {b"7z\xbc\xaf'\x1c": "7z", b"Rar!": "RAR", b"\x28\xb5\x2f\xfd": "Zstandard"}
_MAIL_SERVER = ("dovecot", "maildir", "courier", "subscriptions")  # its own files in a maildir


class LocalFiles:
    """Implements `ingest.sources.port.Source` for a path of this machine: a file, a folder, an archive."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path = path.expanduser().resolve()
        self._settings = settings

    @property
    def root(self) -> str:
        return self._path.as_uri()

    def revision(self) -> str | None:
        return None  # folders keep no mark of all that is below them

    def find(self, scratch: Scratch, memory: Memory) -> Iterator[SourceFile | Refused]:
        """Raises `BadInput` where nothing lies there."""
        if not os.path.lexists(self._path):
            raise BadInput(f"There is no {self._path}.", hint="Check the path.")
        return _Finder(self._settings, scratch, memory).root(self._path)


def tree(folder: Path, uri: str, name: str, settings: Settings, scratch: Scratch, memory: Memory) -> Iterator[SourceFile | Refused]:
    """The files of a folder that stands for another place: `uri` and `name` are what it is called there."""
    return _Tree(_Finder(settings, scratch, memory), _Place(folder, uri, name)).walk()


def find(paths: Sequence[Path], settings: Settings) -> Sources:
    """Files under the paths, each path sorted by name.

    Public names are relative to the parent of the path given; identities are `file:///absolute`, and
    `file:///absolute/archive.zip!/inner` in archives. Raises `BadInput` at once for a path that does not exist.
    """
    roots = [path.expanduser() for path in paths]
    for root in roots:
        if not os.path.lexists(root):
            raise BadInput(f"There is no {root}.", hint="Check the path.")
    scratch = Scratch(settings.data_dir / "tmp")
    finder = _Finder(settings, scratch)
    return Sources((item for root in roots for item in finder.root(root.resolve())), scratch)


def received(files: Sequence[SourceFile], settings: Settings) -> Sources:
    """Files that were sent to us, each under the identity and name that it was given; archives are unpacked as by `find`."""
    scratch = Scratch(settings.data_dir / "tmp")
    finder = _Finder(settings, scratch)
    places = (_Place(file.path, file.uri, file.name) for file in files)
    return Sources((item for place in places for item in finder.file(place, None, 0)), scratch)


@dataclass(frozen=True, slots=True)
class _Place:
    """A path with what it is called outside: in an archive both differ from where it lies."""

    path: Path
    uri: str
    name: str

    def child(self, entry: str, public: str | None = None) -> _Place:
        public = entry if public is None else public
        uri = self.uri.rstrip("/") + "/" + urllib.parse.quote(os.fsencode(public))
        return _Place(self.path / entry, uri, f"{self.name}/{_readable(public)}" if self.name else _readable(public))

    def refused(self, reason: str) -> Refused:
        return Refused(self.uri, self.name, reason)


class _Finder:
    def __init__(self, settings: Settings, scratch: Scratch, memory: Memory = NOTHING_REMEMBERED) -> None:
        self._settings = settings
        self._scratch = scratch
        self._memory = memory

    def root(self, path: Path) -> Iterator[SourceFile | Refused]:
        place = _Place(path, path.as_uri(), _readable(path.name))
        if path.is_dir():
            yield from _Tree(self, place).walk()
        else:
            yield from self.file(place, None, 0)

    def file(self, place: _Place, budget: Budget | None, depth: int) -> Iterator[SourceFile | Refused]:
        """The file, or what is in it if it is an archive; `budget` is that of the archive around it."""
        try:
            status = place.path.stat()
            if not stat.S_ISREG(status.st_mode):
                yield place.refused(f"it is {_sort(status.st_mode)}, not a file")
                return
            if budget is None and self._memory.unchanged(place.uri, status):  # what is unpacked is always new
                yield SourceFile(place.uri, place.name, place.path)
                return
            with place.path.open("rb") as stream:
                head = stream.read(HEAD_BYTES)
            kind = archives.archive_kind(place.path, place.name)
        except OSError as error:
            yield place.refused(f"it may not be read ({error.strerror})")
            return
        reason = self._refusal(place, head, status.st_size, kind)
        if reason:
            yield place.refused(reason)
        elif kind is None:
            yield SourceFile(place.uri, place.name, place.path)
        else:
            yield from self._archive(place, kind, budget or Budget.of(place.path, self._settings), depth)

    def _refusal(self, place: _Place, head: bytes, size: int, kind: str | None) -> str:
        if foreign := next((name for magic, name in _FOREIGN_ARCHIVES.items() if head.startswith(magic)), None):
            return f"{foreign} archives are not read; unpack it and give the folder"
        streamed = kind is not None or kind_of(place.name, head) == "mail"  # these have limits of their own
        if size > self._settings.max_file_bytes and not streamed:
            return f"it is larger than {self._settings.max_file_bytes // 2**20} MB (JITL_MAX_FILE_BYTES)"
        return ""

    def _archive(self, place: _Place, kind: str, budget: Budget, depth: int) -> Iterator[SourceFile | Refused]:
        if depth >= archives.MAX_DEPTH:
            yield place.refused(f"it lies more than {archives.MAX_DEPTH} archives deep")
            return
        folder = self._scratch.folder()
        inside = _Place(folder, place.uri + "!", place.name + "!")
        try:
            rejected = archives.unpack(place.path, kind, place.name, folder, budget, is_noise)
        except Unreadable as error:
            self._scratch.drop(folder)
            yield place.refused(str(error))
            return
        for member in rejected:
            yield (inside.child(member.name) if member.name else place).refused(member.reason)
        yield from _Tree(self, inside, budget, depth + 1).walk()


class _Tree:
    """One folder and what is under it. Links are followed within it alone, and each target once."""

    def __init__(self, finder: _Finder, root: _Place, budget: Budget | None = None, depth: int = 0) -> None:
        self._finder = finder
        self._root = root
        self._budget = budget
        self._depth = depth
        self._followed: set[Path] = set()
        self._around = Neighbourhood()

    def walk(self) -> Iterator[SourceFile | Refused]:
        yield from self._folder(self._root, 0)

    def _folder(self, place: _Place, level: int) -> Iterator[SourceFile | Refused]:
        if level > MAX_FOLDER_DEPTH:
            yield Refused(place.uri + "/", place.name, f"it lies more than {MAX_FOLDER_DEPTH} folders deep")
            return
        try:
            with os.scandir(place.path) as listing:
                entries = sorted(listing, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            yield Refused(place.uri + "/", place.name, f"the folder may not be read ({error.strerror})")
            return
        if {"cur", "new", "tmp"} <= {entry.name for entry in entries}:
            yield from self._maildir(place, entries, level)
            return
        siblings = {entry.name for entry in entries}
        around, self._around = self._around, self._around.within(place.path, place.name, [entry.name for entry in entries])
        for entry in entries:
            if not is_noise(entry.name) and not _is_topic_lock(entry.name, siblings):
                yield from self._entry(place.child(entry.name), entry, level)
        self._around = around

    def _entry(self, place: _Place, entry: os.DirEntry[str], level: int) -> Iterator[SourceFile | Refused]:
        if entry.is_symlink():
            yield from self._link(place, level)
        elif entry.is_dir(follow_symlinks=False):
            yield from self._folder(place, level + 1)
        else:
            for item in self._finder.file(place, self._budget, self._depth):
                yield self._around.told(item, entry.name)

    def _link(self, place: _Place, level: int) -> Iterator[SourceFile | Refused]:
        """A link is followed only where its target would not be found anyway."""
        try:
            target = place.path.resolve(strict=True)
        except (OSError, RuntimeError):
            yield place.refused("it is a link that leads nowhere or in a circle")
            return
        if not target.is_relative_to(self._root.path):
            yield place.refused("it is a link that leads out of the folder")
        elif is_noise(target.relative_to(self._root.path).as_posix()) and target not in self._followed:
            self._followed.add(target)
            if target.is_dir():
                yield from self._folder(place, level + 1)
            else:
                yield from self._finder.file(place, self._budget, self._depth)

    def _maildir(self, place: _Place, entries: list[os.DirEntry[str]], level: int) -> Iterator[SourceFile | Refused]:
        """Messages are known by the part of their name that stays when they are read or answered."""
        for part in (place.path / "cur", place.path / "new"):
            inner = _Place(part, place.uri, place.name)
            try:
                names = sorted(entry.name for entry in part.iterdir())
            except OSError as error:
                yield Refused(place.uri + "/", place.name, f"the folder may not be read ({error.strerror})")
                continue
            for name in names:
                if not name.startswith(".") and not (part / name).is_symlink():
                    unique = name.partition(":")[0]
                    yield from self._finder.file(inner.child(name, f"{unique}.eml"), self._budget, self._depth)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in {"cur", "new", "tmp"}:
                    yield from self._folder(place.child(entry.name), level + 1)  # Maildir++ hides its folders: .Sent
            elif not is_noise(entry.name) and not entry.name.startswith(_MAIL_SERVER):
                yield from self._entry(place.child(entry.name), entry, level)


def _is_topic_lock(name: str, siblings: set[str]) -> bool:
    """TWiki keeps `Topic.lease` and `Topic.lock` beside `Topic.txt`."""
    stem, _, suffix = name.rpartition(".")
    return suffix in {"lease", "lock"} and f"{stem}.txt" in siblings


def _readable(name: str) -> str:
    """A file's name as text: UTF-8, else the GBK of old Chinese machines."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def _sort(mode: int) -> str:
    kinds = ((stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"), (stat.S_ISDIR, "a folder"))
    return next((name for test, name in kinds if test(mode)), "a device")
