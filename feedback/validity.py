"""When a correction holds: in time, by software release, by run."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from jitl.text import fold
from jitl.types import CorrectionState

_RANGE: Final = re.compile(r"(\d+)(?:\s*-\s*(\d+))?")


def holds(state: CorrectionState, moment: datetime, release: str | None = None, run: int | None = None) -> bool:
    """Whether it holds then and there. A release or run that the question leaves open excludes nothing."""
    if (state.valid_from is not None and moment < state.valid_from) or (state.valid_to is not None and moment > state.valid_to):
        return False
    if release is not None and state.release is not None and fold(release) != fold(state.release):
        return False
    return run is None or state.runs is None or _within(run, state.runs)


def _within(run: int, runs: str) -> bool:
    """`runs` reads `9947-10878, 11000`."""
    return any(int(first) <= run <= int(last or first) for first, last in _RANGE.findall(runs))
