"""The port of everything that documents come from. An adapter inherits nothing from here; `addresses` lists them.

A new kind of place is one file with a class that has what `Source` asks for, and one entry in `addresses.PLACES`. A new kind of *file*
(an export, an alert) needs no source but a parser: see `ingest.parse.registry`.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from ingest.scratch import Scratch
from jitl.ports import SourceFile

if TYPE_CHECKING:
    from jitl.settings import Settings


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that will not be read; `reason` is for its owner. A `uri` that ends in `/` stands for all below it.

    What was read of it before stays, unless it is `gone`.
    """

    uri: str
    name: str
    reason: str
    gone: bool = False


class Memory(Protocol):
    """What is known from the last time."""

    def unchanged(self, uri: str, status: os.stat_result) -> bool:
        """Whether the file of this identity need not be opened again: it is, beyond doubt, what was read before."""
        ...


class Source(Protocol):
    """A place that documents come from."""

    @property
    def root(self) -> str:
        """What every uri of `find` begins with: what was found under it before and is not found now has vanished."""
        ...

    def revision(self) -> str | None:
        """A mark of the whole place's state, cheap to get; the same mark means that nothing changed. None: there is none.

        Raises `Unavailable` where the place does not answer.
        """
        ...

    def find(self, scratch: Scratch, memory: Memory) -> Iterator[SourceFile | Refused]:
        """The files there, in a fixed order, each under an identity that lasts; what it has to store lies in `scratch`.

        What cannot be had is `Refused` with the reason, so that its documents are not taken for vanished. Raises `Unavailable`
        where the whole place does not answer.
        """
        ...


class Sources(Iterator[SourceFile | Refused]):
    """What was found, in a fixed order; a context manager.

    Files that had to be unpacked or fetched lie in a temporary folder that lives until `close`, the end of the `with`, or the
    loss of the last reference; under it a file stays readable however far the iteration went.
    """

    def __init__(self, found: Generator[SourceFile | Refused], scratch: Scratch) -> None:
        self._found = found
        self._scratch = scratch

    def __next__(self) -> SourceFile | Refused:
        return next(self._found)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop, and remove what was unpacked. Harmless to repeat."""
        self._found.close()
        self._scratch.close()


class _Nothing:
    def unchanged(self, uri: str, status: os.stat_result) -> bool:
        del uri, status
        return False


NOTHING_REMEMBERED: Memory = _Nothing()


def opened(source: Source, settings: Settings, memory: Memory = NOTHING_REMEMBERED) -> Sources:
    """What is in the place now."""
    scratch = Scratch(settings.data_dir / "tmp")
    return Sources((item for item in source.find(scratch, memory)), scratch)
