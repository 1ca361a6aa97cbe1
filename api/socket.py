"""The data folder's own socket: who can open it owns the folder.

The kernel takes at most 107 bytes of a socket's path, and data folders lie deeper than that, so a long path is
reached through an open descriptor of the folder (or, without /proc, through a short symbolic link).
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from jitl.errors import Unavailable

NAME: Final = "jitl.sock"
LONGEST: Final = 100  # bytes; 107 on Linux, 103 on macOS
DESCRIPTORS: Final = Path("/proc/self/fd")


class SocketPath:
    """A path of the folder's socket that the kernel takes; `text` is good until `close`."""

    def __init__(self, folder: Path) -> None:
        self._fd: int | None = None
        self._link: Path | None = None
        self.text = os.fspath(folder / NAME)
        if len(os.fsencode(self.text)) <= LONGEST:
            return
        if DESCRIPTORS.is_dir():
            self._fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            self.text = f"{DESCRIPTORS}/{self._fd}/{NAME}"
        else:
            self._link = Path(tempfile.mkdtemp(prefix="jitl-")) / "data"
            self._link.symlink_to(folder, target_is_directory=True)
            self.text = f"{self._link}/{NAME}"

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
        if self._link is not None:
            self._link.unlink(missing_ok=True)
            with suppress(OSError):
                self._link.parent.rmdir()
            self._link = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def listen(folder: Path) -> socket.socket:
    """A listening socket that only the folder's owner can open. Call it with the lock held: what lies there is stale then."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        withdraw(folder)
        if sys.platform == "linux":
            os.fchmod(listener.fileno(), 0o600)  # the name gets this mode as it appears, not a moment later
        with SocketPath(folder) as path:
            listener.bind(path.text)
        (folder / NAME).chmod(0o600)
        listener.listen(128)
    except OSError as error:
        listener.close()
        hint = "Choose a folder on a local disk: --data DIR."
        raise Unavailable(f"No socket can be made in {folder}: {error.strerror or error}.", hint=hint) from error
    return listener


def withdraw(folder: Path) -> None:
    """Remove the socket's name; with the lock held."""
    (folder / NAME).unlink(missing_ok=True)


def answers(folder: Path) -> bool:
    """Whether someone listens there now. A name that a killed process left refuses."""
    if not (folder / NAME).exists():
        return False
    with SocketPath(folder) as path, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        try:
            probe.connect(path.text)
        except OSError:
            return False
    return True
