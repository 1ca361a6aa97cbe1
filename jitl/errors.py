"""Every error that JITL raises on purpose.

    JitlError                      something we can explain; carries what to do next
    ├── BadInput                   the request itself is wrong; nothing was changed
    │   ├── TooLarge               over a stated limit
    │   └── Conflict               contradicts what is already stored (e.g. an idempotency key reused)
    ├── NotFound                   does not exist, or the caller may not see it (never told apart)
    ├── NotAllowed                 visible, but the caller lacks the right
    │   └── Unauthenticated        no key, or one that is not valid
    ├── Unreadable                 a document could not be parsed; the reason is for its owner
    ├── MissingPart                an extra or a file is not installed; says which one to install
    ├── Unavailable                a dependency does not answer; trying again later may help
    │   ├── Busy                   another process holds the data folder
    │   └── Unanswered             a model endpoint gave no reply, or half of one
    └── OutOfBudget                a cap on tokens, money or rate is reached

`api/errors.py` holds the one table that maps them to HTTP.
"""

from __future__ import annotations


class JitlError(Exception):
    """Base of all expected errors. `hint` tells the reader what to do next; it may be empty."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class BadInput(JitlError):
    """The request is malformed or impossible; nothing was changed."""


class TooLarge(BadInput):
    """The input exceeds a limit that the message names."""


class Conflict(BadInput):
    """The input contradicts stored state."""


class NotFound(JitlError):
    """The object does not exist or the caller may not know that it does."""


class NotAllowed(JitlError):
    """The caller sees the object but lacks the right to do this."""


class Unauthenticated(NotAllowed):
    """No key was given, or it is unknown, expired or revoked."""


class Unreadable(JitlError):
    """A document has no text that we can read; the message says why."""


class MissingPart(JitlError):
    """An optional part is not installed; the hint names the extra."""


class Unavailable(JitlError):
    """A dependency is down, slow or locked."""


class Busy(Unavailable):
    """Another process holds the data folder."""


class Unanswered(Unavailable):
    """A model endpoint gave no reply, or half of one.

    `again`: asking it once more at once may help. `slow`: it cost the caller a timeout. `refused`: it is this request that it does
    not take. `rest_s`: for how long it wants to be left alone, where it said so.
    """

    def __init__(
        self, message: str, *, hint: str = "", again: bool = False, slow: bool = False, refused: bool = False, rest_s: float | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.again = again
        self.slow = slow
        self.refused = refused
        self.rest_s = rest_s


class OutOfBudget(JitlError):
    """A cap on rate, tokens or money was reached. `retry_s`: seconds until it counts anew, where that is known."""

    def __init__(self, message: str, *, hint: str = "", retry_s: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_s = retry_s
