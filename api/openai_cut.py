"""Where a reply ends before its words do: at a stop sequence, or at a number of tokens."""

from __future__ import annotations

from collections.abc import Sequence

from jitl.text import tokens


class Cut:
    """Fed with the pieces of a text; gives back what may be shown of it. No stop sequence is ever shown, nor any part of one.

    `text`: all that was shown. `finish`: why it ends there, in the protocol's words (`stop` or `length`).
    """

    def __init__(self, stops: Sequence[str] = (), most: int | None = None) -> None:
        """`most`: tokens, as `jitl.text.tokens` counts them."""
        self._stops = [stop for stop in stops if stop]
        self._longest = max(map(len, self._stops), default=1) - 1
        self._most = most
        self._held = ""  # may be the beginning of a stop sequence
        self._stopped = False
        self.text = ""
        self.finish = "stop"

    def feed(self, piece: str, *, counted: bool = True) -> str:
        """`counted`: it is of the words that the number of tokens bounds."""
        if self._stopped or (counted and self.finish == "length"):
            return ""
        text, self._held = self._held + piece, ""
        ends = [at for stop in self._stops if (at := text.find(stop)) >= 0]
        if ends:
            self._stopped = True
            return self._show(text[: min(ends)], counted=counted)
        shown = len(text) - self._beginning(text)
        self._held = text[shown:]
        return self._show(text[:shown], counted=counted)

    def end(self) -> str:
        """What was held back and turned out to be no stop sequence."""
        held, self._held = self._held, ""
        return self._show(held, counted=False)

    def _beginning(self, text: str) -> int:
        """Length of the longest end of the text that a stop sequence begins with."""
        sizes = range(min(self._longest, len(text)), 0, -1)
        return next((size for size in sizes if any(stop.startswith(text[-size:]) for stop in self._stops)), 0)

    def _show(self, text: str, *, counted: bool) -> str:
        if counted and self._most is not None and tokens(self.text + text) > self._most:
            most = self._most
            fits = next((size for size in range(len(text), 0, -1) if tokens(self.text + text[:size]) <= most), 0)
            text, self._held, self.finish = text[:fits], "", "length"
        self.text += text
        return text
