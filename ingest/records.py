"""Records: a file of JSON lines, one document a line: `{"id", "title"?, "text", "metadata"?}`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ingest.arrivals import Arrival, Closing
from ingest.intake import Pipe
from ingest.scrub import scrubbed
from ingest.tally import FAILED, SKIPPED, Tally
from jitl.errors import BadInput, Unreadable
from jitl.sql.staging import LONGEST_NAME
from jitl.text import clean
from jitl.types import Block, ParsedDocument

NAME, VERSION = "records", "1"
LONGEST_LINE = 64 * 2**20
_EMPTY_LINE = re.compile(r"\n[ \t]*\n\s*")
_FIELDS = {"id", "title", "text", "metadata"}


@dataclass(frozen=True, slots=True)
class Record:
    id: str
    title: str
    text: str
    metadata: dict[str, Any]

    @property
    def document(self) -> ParsedDocument:
        blocks = tuple(Block(part) for part in _EMPTY_LINE.split(self.text) if part.strip())
        return scrubbed(ParsedDocument(self.title, blocks, "record", metadata=self.metadata))


class RecordIntake:
    """Reads the file twice: first to check every line and to learn which of those with one id is the last, then to pass them on."""

    def __init__(self, path: Path, pipe: Pipe, tally: Tally) -> None:
        self._path = path
        self._made = pipe.fingerprint(NAME, VERSION)
        self._tally = tally

    def read(self) -> Iterator[Arrival | Closing]:
        last = self._check()
        for number, line in self._lines():
            if self._tally.cancelled():
                return
            try:
                record = record_of(line)
            except BadInput:
                continue  # reported by the first reading
            if last.get(record.id) != number:
                self._tally.outcome(self._at(number), SKIPPED, f"id {record.id!r} stands on line {last.get(record.id)} again, which counts")
            else:
                uri = f"record:{record.id}"
                yield Arrival(uri, uri, (record.id, uri), record.document, self._made)
                if not record.text.strip():
                    yield Closing(uri, frozenset())  # nothing of what it said before is kept

    def _check(self) -> dict[str, int]:
        """Id -> the last good line that bears it."""
        last: dict[str, int] = {}
        for number, line in self._lines():
            self._tally.expect()
            try:
                last[record_of(line).id] = number
            except BadInput as error:
                self._tally.outcome(self._at(number), FAILED, error.message)
        return last

    def _at(self, number: int) -> str:
        return f"{self._path.name}:{number}"

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Lines that hold something, counted from 1."""
        try:
            with self._path.open("rb") as file:
                yield from ((number, line) for number, line in enumerate(_bounded(file), 1) if line.strip())
        except OSError as error:
            raise Unreadable(f"{self._path.name} cannot be opened: {error.strerror or error}") from error


def record_of(line: bytes) -> Record:
    """Raises `BadInput` with what is wrong in the line."""
    try:
        value = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"it is not JSON: {error}" if len(line) < LONGEST_LINE else "it is too long") from None
    if not isinstance(value, dict):
        raise BadInput('it is not an object {"id", "text", …}')
    identity, text, title, metadata = (value.get(name) for name in ("id", "text", "title", "metadata"))
    if isinstance(identity, int) and not isinstance(identity, bool):
        identity = str(identity)
    if not isinstance(identity, str) or not identity.strip() or len(identity) > LONGEST_NAME:
        raise BadInput(f'"id" is missing or is no string of 1 to {LONGEST_NAME} characters')
    if not isinstance(text, str):
        raise BadInput('"text" is missing or no string')
    if not isinstance(title, str | None) or not isinstance(metadata, dict | None):
        raise BadInput('"title" is no string, or "metadata" no object')
    others = {key: other for key, other in value.items() if key not in _FIELDS}
    return Record(clean(identity), clean(title or ""), clean(text), others | (metadata or {}))


def _bounded(file: IO[bytes]) -> Iterator[bytes]:
    """Lines, each cut at a length that no document has."""
    while line := file.readline(LONGEST_LINE):
        whole = line
        while whole and not whole.endswith(b"\n") and len(whole) == LONGEST_LINE:
            whole = file.readline(LONGEST_LINE)
        yield line
