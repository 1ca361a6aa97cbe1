"""The data folder as processes share it: where it is, who may enter it, and the lock that says who holds it."""

from __future__ import annotations

import fcntl
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from jitl.errors import BadInput

LOCK: Final = "jitl.lock"


def data_folder(chosen: Path | None = None) -> Path:
    """The folder that `jitl.settings` would name, without its cost at start: `chosen`, JITL_DATA_DIR, or the user's own."""
    named = chosen or os.environ.get("JITL_DATA_DIR")
    if named:
        return Path(named).expanduser().resolve()
    from platformdirs import user_data_path  # only where nothing was named

    return user_data_path("jitl").expanduser().resolve()


def shared(folder: Path) -> bool:
    """Whether nobody holds the folder alone: the cluster profile. As `jitl.settings` would say, without its cost at start."""
    named = os.environ.get("JITL_PROFILE")
    if named is None:
        with suppress(OSError):
            lines = re.findall(r"(?m)^\s*(?:export\s+)?JITL_PROFILE\s*=\s*[\"']?(\w+)", (folder / "jitl.env").read_text("utf-8"))
            named = lines[-1] if lines else None
    return named is not None and named.lower() == "cluster"


@contextmanager
def meeting_place(folder: Path) -> Iterator[Path]:
    """Where the processes of this folder meet, by its lock and its socket: in it, or, where it is shared, each in a place of its own."""
    if not shared(folder):
        yield folder
        return
    prepare(folder)
    with tempfile.TemporaryDirectory(prefix="jitl-") as place:
        yield Path(place)


def prepare(folder: Path) -> None:
    """Make the folder if need be, for its owner alone. One that was there with other things in it keeps its mode."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if folder.stat().st_mode & 0o077 and folder.stat().st_uid == os.getuid() and not any(folder.iterdir()):
            folder.chmod(0o700)
    except OSError as error:
        raise BadInput(f"The data folder {folder} cannot be used: {error.strerror}.", hint="Choose another with --data DIR.") from error


@dataclass(frozen=True, slots=True)
class Holding:
    """What a holder writes into the lock for others to read: its process, and the address where it serves TCP."""

    pid: int
    address: str | None = None


class FolderLock:
    """Whoever has it holds the folder. The kernel takes it back when the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK
        self._fd: int | None = None

    @property
    def held(self) -> bool:
        return self._fd is not None

    def take(self) -> bool:
        """Without waiting; False where another process has it."""
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise BadInput(
                f"{self._path} cannot be opened: {error.strerror}.", hint="Whose folder is it? Choose one with --data DIR."
            ) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._fd = fd
        self.note(None)
        return True

    def note(self, address: str | None) -> None:
        """Tell others about this holder."""
        assert self._fd is not None
        text = json.dumps(asdict(Holding(os.getpid(), address))).encode()
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, text, 0)

    def release(self) -> None:
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = None


def holding(folder: Path) -> Holding | None:
    """What the lock says about its holder; None where it says nothing. Only `FolderLock.take` tells whether it is held."""
    try:
        read = json.loads((folder / LOCK).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(read, Mapping) or not isinstance(read.get("pid"), int):
        return None
    return Holding(read["pid"], read.get("address"))
