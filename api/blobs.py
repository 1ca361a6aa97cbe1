"""Files that people sent us, each under the SHA-256 of its bytes in the data folder.

A blob is there whole or not at all, and on stable storage once `keep` has returned.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import BinaryIO, cast


class Incoming:
    """A file on its way in; `keep` makes it a blob, `drop` forgets it."""

    def __init__(self, folder: Path) -> None:
        handle, name = tempfile.mkstemp(prefix="incoming-", dir=folder)
        self._file = cast("BinaryIO", os.fdopen(handle, "wb"))
        self._path = Path(name)
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)

    def seal(self) -> None:
        """No more bytes come; those that came are on stable storage. Harmless to repeat."""
        if not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def keep(self) -> str:
        """The blob's SHA-256; the bytes and their name are on stable storage."""
        self.seal()
        sha = self._digest.hexdigest()
        self._path.replace(self._path.parent / sha)
        sync_folder(self._path.parent)
        return sha

    def drop(self) -> None:
        """Harmless after `keep`."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class Blobs:
    """The folder of blobs. Hold `guard` while making a blob that a row will name, or while removing what no row names."""

    def __init__(self, folder: Path, guard: Callable[[], AbstractContextManager[None]]) -> None:
        """`guard` makes a lock that everybody knows who shares the folder."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._guard = guard

    @property
    def guard(self) -> AbstractContextManager[None]:
        return self._guard()

    def incoming(self) -> Incoming:
        return Incoming(self._folder)

    def path(self, sha: str) -> Path | None:
        """Where the blob lies; None where it is not kept."""
        if len(sha) != 64 or not all(char in "0123456789abcdef" for char in sha):
            return None
        path = self._folder / sha
        return path if path.is_file() else None

    def delete(self, shas: Iterable[str]) -> None:
        for sha in shas:
            path = self.path(sha)
            if path is not None:
                path.unlink(missing_ok=True)

    def sweep(self, needed: frozenset[str], *, older_than_s: float) -> int:
        """Remove blobs that nothing needs and uploads that never ended, older than that; how many."""
        removed = 0
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                if path.name not in needed and time.time() - path.stat().st_mtime >= older_than_s:
                    path.unlink()
                    removed += 1
        return removed


def sync_folder(folder: Path) -> None:
    """Make a rename in the folder survive power loss."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
