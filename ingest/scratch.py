"""A temporary folder inside the data folder: private, on a real disk, and swept after a crash."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import weakref
from pathlib import Path

_PREFIX = "unpacked-"


class Scratch:
    """Hands out folders under `parent` and removes them at `close`, or when it is garbage.

    A lock beside each folder, held while its owner lives, tells what a killed process left from what another still uses.
    """

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._root: Path | None = None
        self._finalizer: weakref.finalize[..., Scratch] | None = None

    def folder(self) -> Path:
        """A new, empty folder."""
        return Path(tempfile.mkdtemp(dir=self._root or self._open()))

    def drop(self, folder: Path) -> None:
        """Remove one folder early."""
        shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        if self._finalizer is not None:
            self._finalizer()
        self._root = self._finalizer = None

    def _open(self) -> Path:
        self._parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        sweep(self._parent)
        descriptor, name = tempfile.mkstemp(suffix=".lock", prefix=_PREFIX, dir=self._parent)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        root = Path(name).with_suffix("")
        root.mkdir(mode=0o700)
        self._root = root
        self._finalizer = weakref.finalize(self, _remove, root, descriptor)
        return root


def sweep(parent: Path) -> None:
    """Remove what processes that no longer live left behind."""
    for lock in parent.glob(f"{_PREFIX}*.lock"):
        try:
            descriptor = os.open(lock, os.O_RDWR)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
        else:
            _remove(lock.with_suffix(""), descriptor)


def _remove(root: Path, descriptor: int) -> None:
    shutil.rmtree(root, ignore_errors=True)
    root.with_suffix(".lock").unlink(missing_ok=True)
    os.close(descriptor)
