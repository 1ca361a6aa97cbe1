"""Where a reply ends before its words do: at a stop sequence, or at a number of tokens."""

from __future__ import annotations

from collections.abc import Sequence


class Cut:
    """Fed with the pieces of a text; gives back what may be shown of it. No stop sequence is ever shown, nor any part of one.

    `tokens`: of all that was shown, as `jitl.text.tokens` counts them. `finish`: why it ends there, in the protocol's words (`stop`
    or `length`). The text itself is not held: it may be long, and many are read at once.
    """

    def __init__(self, stops: Sequence[str] = (), most: int | None = None) -> None:
        """`most`: tokens."""
        self._stops = [stop for stop in stops if stop]
        self._longest = max(map(len, self._stops), default=1) - 1
        self._most = most
        self._held = ""  # may be the beginning of a stop sequence
        self._stopped = False
        self._letters = 0  # shown ones, which are counted by threes
        self._signs = 0  # shown ones that count alone
        self.finish = "stop"

    @property
    def tokens(self) -> int:
        return self._with(0, 0)

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

    def _with(self, letters: int, signs: int) -> int:
        return -(-(self._letters + letters) // 3) + self._signs + signs

    def _show(self, text: str, *, counted: bool) -> str:
        if counted and self._most is not None and self._with(*_sizes(text)) > self._most:
            most = self._most
            fits = next((size for size in range(len(text), 0, -1) if self._with(*_sizes(text[:size])) <= most), 0)
            text, self._held, self.finish = text[:fits], "", "length"
        letters, signs = _sizes(text)
        self._letters += letters
        self._signs += signs
        return text


def _sizes(text: str) -> tuple[int, int]:
    """Characters of which three are a token, and those that are one each."""
    letters = len(text.encode("ascii", "ignore"))
    return letters, len(text) - letters
