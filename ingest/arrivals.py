"""Documents on their way in, and what is known when the last one of a file has come."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from jitl.ports import SourceFile
from jitl.sql.sources import ReadFile
from jitl.sql.staging import LONGEST_URI
from jitl.types import ParsedDocument


@dataclass(frozen=True, slots=True)
class Arrival:
    """A parsed document with its identity; `names` are public ones in order of preference."""

    uri: str
    source_uri: str
    names: tuple[str, ...]
    document: ParsedDocument
    fingerprint: str

    @property
    def size(self) -> int:
        return sum(len(block.text) for block in self.document.blocks)


@dataclass(frozen=True, slots=True)
class Closing:
    """All documents of these sources have come: others that are still published from them are gone.

    `kept` are the uris of documents that came; `read` is what to remember of the file, if anything. `whole`: the file is as it was,
    so that all its documents stay.
    """

    source_uri: str
    kept: frozenset[str]
    read: ReadFile | None = None
    whole: bool = False


def bounded(uri: str) -> str:
    """The uri, with a digest for its end where no table could hold it."""
    if len(uri) <= LONGEST_URI:
        return uri
    return f"{uri[: LONGEST_URI - 80]}~sha256:{hashlib.sha256(uri.encode()).hexdigest()}"


def member_uri(source_uri: str, member: str) -> str:
    return bounded(f"{source_uri}#{member}") if member else source_uri


def names_of(file: SourceFile, member: str) -> tuple[str, ...]:
    """The file's name, then ever longer ends of its path, then its uri."""
    mark = f"#{member}" if member else ""
    return tuple(f"{name}{mark}" for name in dict.fromkeys((file.name or file.path.name, *_longer(file), file.uri)))


def _longer(file: SourceFile) -> Iterator[str]:
    parts = PurePosixPath(unquote(urlsplit(file.uri).path)).parts[1:]
    shown = len(PurePosixPath(file.name).parts)
    for count in range(shown + 1, len(parts) + 1):
        yield "/".join(parts[-count:])
