"""Files become documents: unchanged ones are skipped whole, unreadable ones are reported, the others go on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from ingest import credentials, pseudonyms
from ingest.arrivals import Arrival, Closing, bounded, member_uri, names_of
from ingest.fingerprint import digest_file, digest_of, fingerprint, told_of
from ingest.parse.registry import NO_PARSER
from ingest.remembered import Remembered, certain
from ingest.scrub import scrubbed
from ingest.sources.port import Refused
from ingest.tally import FAILED, SKIPPED, UNCHANGED, Tally
from jitl.errors import Unreadable
from jitl.ports import Parser, SourceFile
from jitl.sql.sources import TRIES, ReadFile, Sources
from jitl.types import Block, ParsedDocument

NOTHING = "it holds no text"
Identify = Callable[[SourceFile], Parser | None]


class Parsers(Protocol):
    """Where files are parsed: child processes, or a fake."""

    def stream(self, file: SourceFile) -> Generator[ParsedDocument]:
        """The documents of the file as they are read. Raises `Unreadable`, possibly after the first ones."""
        ...


@dataclass(frozen=True, slots=True)
class Pipe:
    """What makes a version besides its bytes and its parser: the ids of chunker, terms and encoder."""

    chunker: str
    sparse: str
    encoder: str | None
    key: bytes | None = None  # of the tokens that people get; None: they keep their names

    def fingerprint(self, parser: str, version: str) -> str:
        private = "" if self.key is None else f" pseudonyms {pseudonyms.VERSION} {hashlib.sha256(self.key).hexdigest()}"
        return fingerprint(f"{parser} {version} {credentials.VERSION}{private}", self.chunker, self.sparse, self.encoder)


class FileIntake:
    """One run over files of one collection. Iterating yields their documents, then a `Closing` for each file read to its end.

    Memory holds one document at a time, and the identities of a file's documents.
    """

    def __init__(
        self,
        sources: Sources,
        collection_id: str,
        reading: tuple[Parsers, Identify],
        pipe: Pipe,
        tally: Tally,
        remembered: Remembered,
        *,
        root: str | None,
        force: bool,
    ) -> None:
        self._sources = sources
        self._remembered = remembered
        self._collection_id = collection_id
        self._parsers, self._identify = reading
        self._pipe = pipe
        self._tally = tally
        self._root = root
        self._force = force
        self._seen: set[str] = set()
        self._unread: list[str] = []  # refused: what lies below may still be there
        self.complete = False

    def read(self, files: Iterable[SourceFile | Refused]) -> Iterator[Arrival | Closing]:
        for file in files:
            if self._tally.cancelled():
                return
            self._tally.expect()
            finished = True
            if isinstance(file, Refused):
                if not file.gone:
                    self._unread.append(file.uri)
                self._tally.outcome(file.uri, FAILED, file.reason)
            elif bounded(file.uri) not in self._seen:
                self._seen.add(bounded(file.uri))
                for item in self._guarded(file):
                    finished = not (isinstance(item, Closing) and item.read)
                    yield item
            if finished:  # others are when their documents are published
                self._tally.finish(note=file.name)
        self.complete = not self._tally.cancelled()
        if self.complete and self._root is not None:
            yield from self._vanished(self._root)

    def _guarded(self, file: SourceFile) -> Iterator[Arrival | Closing]:
        """A file that cannot be read costs itself alone."""
        try:
            yield from self._file(file)
        except Unreadable as error:
            self._tally.outcome(file.uri, FAILED, str(error))
        except OSError as error:
            self._tally.outcome(file.uri, FAILED, f"it cannot be opened: {error.strerror or error}")

    def _file(self, file: SourceFile) -> Iterator[Arrival | Closing]:
        state = file.path.stat()
        if not (self._force or file.provenance) and self._remembered.unchanged(file.uri, state):
            self._tally.outcome(file.uri, UNCHANGED)
            return
        if not state.st_size:
            self._tally.outcome(file.uri, SKIPPED, "it is empty")
            yield Closing(bounded(file.uri), frozenset())
            return
        parser = self._identify(file)
        if parser is None:
            self._tally.outcome(file.uri, SKIPPED, NO_PARSER)
            return
        made = self._pipe.fingerprint(parser.name, parser.version)
        setup = self._remembered.setup
        told, time = told_of(made, file.provenance), certain(state.st_mtime)
        read = ReadFile(bounded(file.uri), self._root, digest_file(file.path), told, state.st_size, time, setup)
        known = self._known(read.uri)
        if not self._force and known is not None and (known.digest, known.fingerprint) == (read.digest, read.fingerprint):
            self._tally.outcome(file.uri, UNCHANGED)
            if self._root is not None and (known.root != self._root or setup):
                yield Closing(read.uri, frozenset(), read, whole=True)
            return
        if not self._force and (reason := self._sources.set_aside(self._collection_id, read)) is not None:
            self._tally.outcome(file.uri, SKIPPED, f"set aside after {TRIES} failures, until it changes or is forced: {reason}")
            return
        kept: dict[str, str] = {}  # uri -> digest
        yield from self._documents(file, read, made, kept)
        if self._tally.cancelled():
            return
        if not kept:
            self._tally.outcome(file.uri, SKIPPED, NOTHING)
        yield Closing(read.uri, frozenset(kept), read)

    def _documents(self, file: SourceFile, read: ReadFile, made: str, kept: dict[str, str]) -> Iterator[Arrival]:
        """What its parser makes of the file, until a cancellation; a failure is written down. `kept` is filled."""
        told_apart = None if self._pipe.key is None else pseudonyms.Pseudonyms(self._pipe.key)
        try:
            with closing(self._parsers.stream(file)) as stream:
                for parsed in stream:
                    document = scrubbed(_with_provenance(parsed, file.provenance))
                    arrival = self._arrival(file, document if told_apart is None else told_apart.applied(document), made, kept)
                    if arrival is not None:
                        yield arrival
                    if self._tally.cancelled():
                        return
        except Unreadable as error:
            if not self._tally.cancelled():
                self._sources.failed(self._collection_id, read, str(error))
            raise

    def _known(self, uri: str) -> ReadFile | None:
        """As it was read before, here or under another root."""
        return self._remembered.known(uri) or self._sources.known(self._collection_id, uri)

    def _arrival(self, file: SourceFile, document: ParsedDocument, made: str, kept: dict[str, str]) -> Arrival | None:
        """The document under an identity of its own; None where the file holds the same one twice."""
        source_uri = bounded(file.uri)
        digest = digest_of(document)
        member, copy = document.member, 1
        while (uri := member_uri(source_uri, member)) in kept:
            if kept[uri] == digest:
                self._tally.outcome(uri, SKIPPED, "the file holds it twice")
                return None
            copy += 1
            member = f"{document.member}~{copy}"
        kept[uri] = digest
        return Arrival(uri, source_uri, names_of(file, member), document, made)

    def _vanished(self, root: str) -> Iterator[Closing]:
        """Files read under this root before and not there now, unless what holds them could not be read."""
        for uri, found_there in self._sources.under(self._collection_id, root):
            hidden = any(uri == unread or uri.startswith((f"{unread.rstrip('/')}/", f"{unread}!/")) for unread in self._unread)
            if uri not in self._seen and not hidden and (found_there or _gone(uri)):
                yield Closing(uri, frozenset())


def _gone(uri: str) -> bool:
    """Whether the file, or the archive around it, is not there any more."""
    parts = urlsplit(uri.partition("!/")[0])
    return parts.scheme == "file" and not Path(unquote(parts.path)).exists()


def _with_provenance(document: ParsedDocument, provenance: Mapping[str, Any]) -> ParsedDocument:
    if not provenance:
        return document
    about = str(provenance.get("about", ""))
    told = {key: value for key, value in provenance.items() if key != "about"}
    blocks = (Block(about), *document.blocks) if about and document.blocks else document.blocks
    return replace(document, blocks=blocks, metadata={**document.metadata, **told})
