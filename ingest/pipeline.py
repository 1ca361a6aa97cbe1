"""Ingest: documents of one collection read, staged, embedded and published, window by window.

Three threads hand windows on: one reads, chunks and stages (parsing itself runs in child processes), the caller's embeds,
one publishes and forgets what was replaced. Nothing is visible before its window's publish, and then whole documents are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from ingest.arrivals import Arrival, Closing
from ingest.assembly import Assembly
from ingest.handover import Handover
from ingest.intake import FileIntake, Identify, Parsers, Pipe
from ingest.parse.registry import parser_for
from ingest.preparation import Preparation
from ingest.records import RecordIntake
from ingest.remembered import Remembered, readers
from ingest.run import Run
from ingest.sources.port import Refused
from ingest.tally import Counts, Tally
from jitl.errors import NotFound
from jitl.ports import Chunker, Encoder, Indexer, Reporter, SourceFile, SparseEncoder
from jitl.sql.catalogue import Catalogue
from jitl.sql.intake_rules import IntakeRules
from jitl.sql.sources import Sources

if TYPE_CHECKING:
    from jitl.sql.engine import Database


class Pipeline:
    """Everything an ingest needs, for any collection; several may run at once."""

    def __init__(
        self,
        db: Database,
        catalogue: Catalogue,
        encoder: Encoder | None,
        sparse: SparseEncoder,
        chunker: Chunker,
        indexers: Sequence[Indexer],
        parsers: Parsers,
        *,
        identify: Identify = parser_for,
    ) -> None:
        self._db = db
        self._rules = IntakeRules(db)
        self._catalogue = catalogue
        self._encoder_id = None if encoder is None else encoder.id
        self._sparse = sparse
        self._chunker = chunker
        self._indexers = tuple(indexers)
        self._parsers = parsers
        self._identify = identify

    def _pipe(self, collection_id: str) -> Pipe:
        return Pipe(self._chunker.id, self._sparse.id, self._encoder_id, self._rules.pseudonyms(collection_id))

    def setup(self, collection_id: str) -> str:
        """Digest of everything that decides how the collection's files are read: parsers, chunker, terms, encoder, pseudonyms."""
        return self._pipe(collection_id).fingerprint("", readers())

    def remembered(self, collection_id: str, root: str) -> Remembered:
        """What was read under this root before; with it a run opens only what may have changed."""
        return Remembered(Sources(self._db).known_under(collection_id, root), self.setup(collection_id))

    def ingest(
        self,
        files: Iterable[SourceFile | Refused],
        collection_id: str,
        reporter: Reporter,
        *,
        root: str | None = None,
        force: bool = False,
        total: int | None = None,
        remembered: Remembered | None = None,
    ) -> Counts:
        """Read the files. With `root` (a path or uri) documents of files that vanished under it are removed.

        `force` reads and projects again what is unchanged. `total` is the number of files, where the caller knows it.
        `remembered`: what was read under the root before, where files may be known by their times alone.
        Raises `NotFound` for a collection that is not (or no longer) there, `Unavailable` when a store fails; what was
        published until then stays, nothing else is visible, and another run goes on from there.
        """
        tally = Tally(reporter, len(files) if isinstance(files, Sequence) else total)
        pipe = self._pipe(collection_id)
        place = None if root is None else root if "://" in root else Path(root).resolve().as_uri()
        known = remembered or Remembered({}, "")
        reading = (self._parsers, self._identify)
        intake = FileIntake(Sources(self._db), collection_id, reading, pipe, tally, known, root=place, force=force)
        return self._run(collection_id, intake.read(files), tally, force=force)

    def ingest_records(self, path: Path, collection_id: str, reporter: Reporter, *, force: bool = False) -> Counts:
        """Read a file of JSON lines, one document a line; bad lines are reported, of lines with one id the last counts."""
        tally = Tally(reporter, each=True)
        pipe = Pipe(self._chunker.id, self._sparse.id, self._encoder_id)
        return self._run(collection_id, RecordIntake(path, pipe, tally).read(), tally, force=force)

    def _run(self, collection_id: str, arrived: Iterable[Arrival | Closing], tally: Tally, *, force: bool) -> Counts:
        if self._catalogue.collection(collection_id) is None:
            raise NotFound("There is no such collection.")
        preparation = Preparation(self._db, self._chunker, self._sparse)
        writer = f"ingest {uuid4()}"
        assembly = Assembly(self._db, collection_id, preparation, self._encoder_id, tally, force=force, writer=writer)
        run = Run(self._db, collection_id, self._indexers, assembly, tally)
        with self._db.presence(writer):
            run.work(assembly.windows(arrived))
        for indexer in self._indexers:
            if isinstance(indexer, Handover):
                indexer.settle()
        return tally.counts(cancelled=tally.cancelled())
