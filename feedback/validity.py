"""When a correction holds: in time, by software release, by run; and which of several records of one fact holds then.

Everything is a function of the records given and of what is asked, so that taking one back leaves exactly what would be without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from jitl.text import fold
from jitl.types import CorrectionState

Period = tuple[datetime, datetime]
"""First and last moment."""
Runs = tuple[int, int]
"""First and last run."""

BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
END: Final = datetime.max.replace(tzinfo=UTC)
_RANGE: Final = re.compile(r"(\d+)(?:\s*-\s*(\d+))?")
_DIGITS: Final = re.compile(r"\d+")
_NUMBERED_NAME: Final = re.compile(r"^\s*[^\W\d_]{2,}\d+\s+(?=.*\d)")  # the 2 of `basf2 release-08-00-01` belongs to a name
_NAME: Final = re.compile(r"[^\W\d_]{2,}")
_NO_NAMES: Final = frozenset(("release", "rel", "version", "ver", "patch"))


@dataclass(frozen=True, slots=True)
class Frame:
    """What a question asks about. A release or runs left open (None) exclude nothing; a time left open is now."""

    period: Period
    release: str | None = None
    runs: Runs | None = None

    @classmethod
    def given(cls, now: datetime, as_of: datetime | None = None, release: str | None = None, run: int | None = None) -> Frame:
        """As the caller's own options say."""
        moment = as_of or now
        return cls((moment, moment), release, None if run is None else (run, run))


def limits(state: CorrectionState) -> frozenset[str]:
    """By what it is limited: `time`, `release`, `runs`."""
    said = {"time": state.valid_from or state.valid_to, "release": state.release, "runs": state.runs}
    return frozenset(name for name, value in said.items() if value is not None)


def holds(state: CorrectionState, frame: Frame) -> bool:
    """Whether it holds at some moment, for the release and for some run of the frame."""
    first, last = frame.period
    if _start(state) > last or _end(state) < first:
        return False
    if frame.release is not None and state.release is not None and not _covers(state.release, frame.release):
        return False
    return frame.runs is None or state.runs is None or _last_run(state.runs, frame.runs) is not None


def current(records: Iterable[CorrectionState], frame: Frame) -> CorrectionState | None:
    """Of several records of one fact the one that holds in the frame; of a period or several runs, the one that held last in it.

    A record that starts later ends the ones before it, whether they name an end or not; what stands on no release or run gives way
    to what was said of the one asked about. Where nothing else tells them apart, the one taught later wins.
    """
    held = _exact([record for record in records if holds(record, frame)], frame)
    if not held:
        return None
    last = max(min(_end(record), frame.period[1]) for record in held)
    held = [record for record in held if holds(record, replace(frame, period=(last, last)))]
    if frame.runs is not None:
        asked = frame.runs
        tops = [_last_run(record.runs, asked) if record.runs else asked[1] for record in held]
        held = [record for record, top in zip(held, tops, strict=True) if top == max(top or 0 for top in tops)]
    ordered = sorted(held, key=lambda record: record.seq)
    winner = ordered[0]
    for later in ordered[1:]:
        if not _stands(winner, later, frame):
            winner = later
    return winner


def _stands(known: CorrectionState, later: CorrectionState, frame: Frame) -> bool:
    """Whether a record stands against one taught later, where both hold."""
    compared: tuple[tuple[object, object, bool], ...] = (
        (known.valid_from, later.valid_from, _start(known) > _start(later)),
        (known.release, later.release, _newest(known) > _newest(later)),
        (known.runs, later.runs, _highest(known) > _highest(later)),
    )
    for ours, theirs, above in compared:
        if ours is not None and theirs is not None and ours != theirs:
            return above
    if frame.release is not None and known.release is not None and later.release is None:
        return True
    if frame.runs is not None and known.runs is not None and later.runs is None:
        return True
    # What was over when the later one was taught is history, and a word about today says nothing of it.
    return not limits(later) and known.valid_to is not None and known.valid_to < later.at


def _exact(records: Sequence[CorrectionState], frame: Frame) -> list[CorrectionState]:
    """Where some record names the very release asked about, those of its line or its patches give way."""
    asked = frame.release
    if asked is None:
        return list(records)
    named = [record for record in records if record.release is not None and any(_numbers(one) == _numbers(asked) for one in _each(record))]
    return [record for record in records if record.release is None or record in named] if named else list(records)


def _start(state: CorrectionState) -> datetime:
    return state.valid_from or BEGINNING


def _end(state: CorrectionState) -> datetime:
    return state.valid_to or END


def _numbers(release: str) -> tuple[int, ...]:
    """`release-08-00-01` as 8, 0, 1: in natural order, whatever joins and pads the numbers."""
    return tuple(int(digits) for digits in _DIGITS.findall(_NUMBERED_NAME.sub("", release)))


def _names(release: str) -> frozenset[str]:
    return frozenset(_NAME.findall(fold(release))) - _NO_NAMES


def _each(state: CorrectionState) -> list[str]:
    """`7.0.3, 7.0.4` names two."""
    return (state.release or "").split(",")


def _newest(state: CorrectionState) -> tuple[int, ...]:
    return max(_numbers(one) for one in _each(state))


def _covers(releases: str, asked: str) -> bool:
    """Equal, or one names the line of the other: 7.0 and 7.0.3. Names of different software never agree."""
    return any(_agree(one, asked) for one in releases.split(","))


def _agree(release: str, asked: str) -> bool:
    ours, theirs = _numbers(release), _numbers(asked)
    if not (ours and theirs):
        return fold(release) == fold(asked)
    named, wanted = _names(release), _names(asked)
    shorter = min(len(ours), len(theirs))
    return ours[:shorter] == theirs[:shorter] and not (named and wanted and named.isdisjoint(wanted))


def spans(runs: str) -> list[Runs]:
    """`runs` reads `9947-10878, 11000`."""
    return [(int(first), int(last or first)) for first, last in _RANGE.findall(runs)]


def first_run(runs: str | None) -> int | None:
    return next((first for first, _ in spans(runs or "")), None)


def _last_run(runs: str, asked: Runs) -> int | None:
    """The last run asked about that is among them."""
    return max((min(last, asked[1]) for first, last in spans(runs) if first <= asked[1] and last >= asked[0]), default=None)


def _highest(state: CorrectionState) -> int:
    return max((last for _, last in spans(state.runs or "")), default=0)
