"""What each kind of job does. Defined once; `api.jobs` runs it in a thread, the cluster's workers elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from api.blobs import Blobs
from api.jobs import Work
from ingest import sources
from ingest.sources.files import LocalFiles
from ingest.sources.port import NOTHING_REMEMBERED, Source, opened
from ingest.tally import Counts
from jitl.errors import Unreadable
from jitl.ports import Reporter, SourceFile
from jitl.sql.jobs import Job
from jitl.sql.uploads import SCHEME

if TYPE_CHECKING:
    from ingest.pipeline import Pipeline
    from jitl.settings import Settings


def kinds(pipeline: Pipeline, blobs: Blobs, settings: Settings) -> Mapping[str, Work]:
    ingest = Ingest(pipeline, blobs, settings)
    return {"ingest": ingest.run}


class Ingest:
    """Reads paths of this machine (`paths`), or files that were sent (`files`), into the job's collection.

    `records`: they are JSON lines, one document a line. `force`: read again what has not changed.
    """

    def __init__(self, pipeline: Pipeline, blobs: Blobs, settings: Settings) -> None:
        self._pipeline = pipeline
        self._blobs = blobs
        self._settings = settings

    def run(self, job: Job, reporter: Reporter) -> None:
        assert job.collection_id is not None
        force = bool(job.arguments.get("force"))
        paths = [Path(path) for path in job.arguments.get("paths", ())]
        sent = [self._sent(file) for file in job.arguments.get("files", ())]
        if job.arguments.get("records"):
            onward = Onward(reporter)
            for path in [*paths, *(file.path for file in sent)]:
                onward.turn()
                self._pipeline.ingest_records(path, job.collection_id, onward, force=force)
            return
        onward = Onward(reporter, expected=sum(map(_count, paths)) + len(sent))
        for path in paths:  # one by one: what vanished under each is removed
            onward.turn()
            self._read(LocalFiles(path, self._settings), job.collection_id, onward, force=force)
        if sent:
            onward.turn()
            with sources.received(sent, self._settings) as found:
                self._pipeline.ingest(found, job.collection_id, onward, force=force)

    def _read(self, source: Source, collection_id: str, onward: Onward, *, force: bool) -> Counts:
        """What is in a place now, and what is not any more."""
        remembered = self._pipeline.remembered(collection_id, source.root)
        with opened(source, self._settings, NOTHING_REMEMBERED if force else remembered) as found:
            return self._pipeline.ingest(found, collection_id, onward, root=source.root, force=force, remembered=remembered)

    def _sent(self, file: Mapping[str, str]) -> SourceFile:
        path = self._blobs.path(file["blob"])
        if path is None:
            raise Unreadable(f"{file['name']} is no longer kept here.", hint="Upload it again.")
        return SourceFile(f"{SCHEME}{file['name']}", file["name"], path)


class Onward:
    """A reporter for several runs in a row: each goes on where the one before ended."""

    def __init__(self, reporter: Reporter, *, expected: int = 0) -> None:
        self._reporter = reporter
        self._expected = expected
        self._before = self._done = 0
        self.outcome: Callable[..., None] = reporter.outcome
        self.cancelled: Callable[[], bool] = reporter.cancelled

    def turn(self) -> None:
        self._before = self._done

    def advance(self, done: int, total: int, note: str = "") -> None:
        self._done = self._before + done
        self._reporter.advance(self._done, max(self._before + total, self._expected), note)


def _count(path: Path) -> int:
    """About how many files there are, for the time left; archives count as one."""
    return sum(len(files) for _, _, files in os.walk(path)) if path.is_dir() else 1
