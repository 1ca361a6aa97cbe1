"""What the service consists of, how each part is, and what to do about one that is not well."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from jitl.errors import JitlError

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


class Loading:
    """Something slow that is begun in the background; whoever needs it first waits for it anyway."""

    def __init__(self, load: Callable[[], None], *, then: Callable[[], None] | None = None) -> None:
        self._load = load
        self._then = then
        self.error: JitlError | None = None
        self.seconds: float | None = None
        self._thread = threading.Thread(target=self._run, name="jitl-loading", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        start = time.monotonic()
        try:
            self._load()
        except JitlError as error:
            self.error = error
        self.seconds = time.monotonic() - start
        if self.error is None and self._then is not None:
            self._then()

    @property
    def over(self) -> bool:
        return self.seconds is not None

    def wait(self, seconds: float) -> None:
        self._thread.join(seconds)
