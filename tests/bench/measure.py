"""Times and memory."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of single calls."""

    p50: float
    p95: float


def timing(calls: Sequence[float]) -> Timing:
    ordered = sorted(calls)
    return Timing(statistics.median(ordered), ordered[int(len(ordered) * 0.95)])


def milliseconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - start)


def rss_mb(pid: int | None = None) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid or os.getpid()}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
