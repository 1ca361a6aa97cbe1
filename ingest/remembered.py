"""Files as they were last read, held in memory for one run: an unchanged one is known by its size and times, unopened."""

from __future__ import annotations

import functools
import hashlib
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from ingest import parse
from ingest.arrivals import bounded
from jitl.sql.sources import ReadFile

GRAIN_S = 2.0
"""Two changes of a file within this time may bear the same time: the grain of the coarsest file systems."""


class Remembered:
    """What was read under one root. Implements `ingest.sources.port.Memory`."""

    def __init__(self, files: Mapping[str, ReadFile], setup: str) -> None:
        """`setup` is a digest of what decides how files are read; "" : nothing is believed unopened."""
        self._files = files
        self.setup = setup

    def known(self, uri: str) -> ReadFile | None:
        return self._files.get(uri)

    def unchanged(self, uri: str, status: os.stat_result) -> bool:
        """Size and time of change are those of the last time, and nothing was done to the file since it was read.

        The inode's own time moves with every write and rename, whatever a copying tool says of the file's.
        """
        known = self._files.get(bounded(uri))
        if known is None or not self.setup or known.setup != self.setup or known.read_at is None:
            return False
        touched = datetime.fromtimestamp(status.st_ctime, UTC)
        return (known.size, known.modified) == (status.st_size, status.st_mtime) and touched <= known.read_at


def certain(modified: float) -> float | None:
    """A file's time of change, or None where it changed so lately that it may change again within the clock's grain."""
    return modified if time.time() - modified > GRAIN_S else None


@functools.cache
def readers() -> str:
    """Digest of everything that chooses and makes up the parsers: their source."""
    digest = hashlib.sha256()
    for path in sorted(Path(parse.__path__[0]).glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
