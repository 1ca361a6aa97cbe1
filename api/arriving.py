"""Documents that are sent and awaited: for clients that go on with a document as soon as they have sent it.

A job reads them, as it reads all others; what differs is that the sender is told what became of them.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import anyio
from anyio import to_thread

from api.container import Container
from api.uploads import Received
from jitl.principals import Principal
from jitl.sql.documents import DocumentInfo
from jitl.sql.jobs import OVER, JobItem
from jitl.sql.uploads import SCHEME

PATIENCE_S: Final = 45.0
"""How long the sender waits; what is not read by then is read afterwards."""
PAUSE_S: Final = 0.03
MOST: Final = 1000
"""Documents of one upload that are told of."""


@dataclass(frozen=True, slots=True)
class Note:
    """A text without a file, kept as a small document beside the one it belongs to."""

    text: str
    labels: Sequence[str]
    beside: str  # name of the document

    @property
    def name(self) -> str:
        """The same for the same text, so that a note sent again is one document."""
        return f"{prefix(self.beside)}{hashlib.sha256(self.text.encode()).hexdigest()[:16]}"

    def record(self, author: str) -> bytes:
        known = {"author": author, "labels": list(self.labels), "parent": self.beside}
        line = {"id": self.name, "title": self.beside, "text": self.text, "metadata": known}
        return json.dumps(line, ensure_ascii=False).encode() + b"\n"


def prefix(document: str) -> str:
    """How the names of notes beside a document begin."""
    return f"{document}/note-"


def submit(here: Container, who: Principal, place: str, files: Sequence[Received], *, records: bool = False, force: bool = False) -> str:
    """The job that reads the files into the collection; they are safe here when this returns."""
    with here.blobs.guard:  # nobody sweeps a blob between its making and the row that names it
        kept = [{"name": file.name, "blob": file.content.keep()} for file in files]
        arguments = {"files": kept, "force": force, "records": records}
        return here.runner.submit("ingest", arguments, principal_id=who.id, collection_id=place)


def write_down(here: Container, who: Principal, place: str, note: Note) -> str:
    """The job that makes a document of the note."""
    content = here.blobs.incoming()
    try:
        content.write(note.record(who.name))
        content.seal()
        return submit(here, who, place, [Received("note.jsonl", content)], records=True)
    finally:
        content.drop()


async def awaited(here: Container, job: str) -> bool:
    """Whether the job is over; False where patience was."""
    end = time.monotonic() + PATIENCE_S
    while (await to_thread.run_sync(here.jobs.get, job)).state not in OVER:
        if time.monotonic() > end:
            return False
        await anyio.sleep(PAUSE_S)
    return True


def arrived(here: Container, place: str, job: str) -> tuple[list[DocumentInfo], list[JobItem]]:
    """The documents that the job found or made, and what failed or held nothing."""
    items = here.jobs.items(job, limit=MOST)
    lost = [item for item in items if item.status in ("failed", "skipped")]
    found = (_document(here, place, item) for item in items if item.status in ("added", "changed", "unchanged"))
    return [info for info in found if info is not None], lost


def name_of(item: JobItem) -> str:
    """The name under which it was sent."""
    return item.uri.removeprefix(SCHEME).removeprefix("record:")


def _document(here: Container, place: str, item: JobItem) -> DocumentInfo | None:
    if item.document_id is not None:
        return here.catalogue.document_by_id(item.document_id)
    return here.catalogue.document(place, name_of(item))  # of a file that has not changed nobody looked further
