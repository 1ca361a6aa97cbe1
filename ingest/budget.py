"""What unpacking may cost: bytes, members, disk, and the size of what is read at once."""

from __future__ import annotations

import io
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from jitl.errors import Unreadable

if TYPE_CHECKING:
    from jitl.settings import Settings

MAX_RATIO = 200  # text packs 3 to 20 times, logs up to 100
RATIO_FLOOR_BYTES = 64 * 2**20  # below this no ratio is suspicious
DISK_RESERVE_BYTES = 256 * 2**20  # what unpacking leaves to everyone else
_DISK_CHECK_BYTES = 16 * 2**20


@dataclass(slots=True)
class Budget:
    """What one archive may still unpack, those inside it included."""

    bytes_left: int
    members_left: int
    file_bytes: int  # of one member, mailboxes apart: they are read message by message
    reason: str
    _unchecked: int = field(default=0)

    @classmethod
    def of(cls, archive: Path, settings: Settings) -> Budget:
        by_ratio = max(RATIO_FLOOR_BYTES, MAX_RATIO * archive.stat().st_size)
        bomb = f"it unpacks to more than {MAX_RATIO} times its size, as a zip bomb does"
        large = f"it unpacks to more than {settings.max_archive_bytes // 2**20} MB (JITL_MAX_ARCHIVE_BYTES)"
        most = min(by_ratio, settings.max_archive_bytes)
        return cls(most, settings.max_archive_members, settings.max_file_bytes, large if most < by_ratio else bomb)

    def spend(self, size: int, folder: Path) -> None:
        """Raises `Unreadable` when the budget or the disk runs out."""
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise Unreadable(self.reason)
        self._unchecked += size
        if self._unchecked >= _DISK_CHECK_BYTES:
            self._unchecked = 0
            if shutil.disk_usage(folder).free < DISK_RESERVE_BYTES:
                raise Unreadable("the disk is too full to unpack it", hint="Free some space.")

    def count_member(self) -> None:
        self.members_left -= 1
        if self.members_left < 0:
            raise Unreadable("it holds too many members (JITL_MAX_ARCHIVE_MEMBERS)", hint="Unpack it and give the folder.")


class Bounded(io.RawIOBase):
    """A stream that refuses what a crafted archive asks for: one huge read, or a place far beyond the limit."""

    def __init__(self, stream: IO[bytes], largest_read: int, end: int | None = None, reason: str = "") -> None:
        self._stream = stream
        self._largest = largest_read
        self._end = end
        self._reason = reason

    def read(self, size: int = -1) -> bytes:
        if size > self._largest:
            raise Unreadable("its table of contents is too large (JITL_MAX_ARCHIVE_MEMBERS)", hint="Unpack it and give the folder.")
        data = self._stream.read(size)
        self._check(self._stream.tell())
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == 0:
            self._check(offset)
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def _check(self, position: int) -> None:
        if self._end is not None and position > self._end:
            raise Unreadable(self._reason)
