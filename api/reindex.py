"""Has the projections and the overlay made anew from SQL, as a job whose progress can be watched."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from jitl.errors import Unavailable

if TYPE_CHECKING:
    from ingest.projector import Projector
    from jitl.ports import Reporter
    from jitl.sql.jobs import Job
    from jitl.sql.outbox import Outbox

PAUSE_S: Final = 0.2
STUCK_S: Final = 300.0
"""Without a single document done, a store must be failing; the outbox keeps what is left."""


class Reindex:
    """Searches go on meanwhile; in a store that was lost they find what is there already."""

    def __init__(
        self,
        outbox: Outbox,
        projector: Projector,
        others: Sequence[Outbox] = (),
        overlay: Callable[[Callable[[], bool]], None] = lambda _: None,
    ) -> None:
        """`others` hold what projections that may fall behind are handed by the projector. `overlay` goes on while it is told to."""
        self._outbox = outbox
        self._projector = projector
        self._others = tuple(others)
        self._overlay = overlay

    def run(self, _: Job, reporter: Reporter) -> None:
        self._outbox.revisit()
        self._projector.wake()
        total = self._left()
        left, since = total, time.monotonic()
        while (now := self._left()) and not reporter.cancelled():
            if now < left:
                left, since = now, time.monotonic()
            if time.monotonic() - since > STUCK_S:
                raise Unavailable("The indexes could not be made anew.", hint="Run `jitl doctor`; the rest follows once it works again.")
            reporter.advance(max(total - now, 0), total)
            time.sleep(PAUSE_S)
        self._overlay(lambda: not reporter.cancelled())
        reporter.advance(total, total)

    def _left(self) -> int:
        """Errands to come: each of the projector's becomes one of every other's."""
        first = self._outbox.count()
        return first * (1 + len(self._others)) + sum(outbox.count() for outbox in self._others)
