"""What each kind of job does. Defined once; `api.jobs` runs it in a thread, the cluster's workers elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from api.blobs import Blobs
from api.jobs import Work
from ingest import sources
from jitl.errors import Unreadable
from jitl.ports import Reporter, SourceFile
from jitl.sql.jobs import Job

if TYPE_CHECKING:
    from ingest.pipeline import Pipeline

    from jitl.settings import Settings


def kinds(pipeline: Pipeline, blobs: Blobs, settings: Settings) -> Mapping[str, Work]:
    return {"ingest": lambda job, reporter: ingest(pipeline, blobs, settings, job, reporter)}


def ingest(pipeline: Pipeline, blobs: Blobs, settings: Settings, job: Job, reporter: Reporter) -> None:
    """Read the paths of this machine, or the uploaded files, that the job names into its collection."""
    assert job.collection_id is not None
    records, force = bool(job.arguments.get("records")), bool(job.arguments.get("force"))
    paths = [Path(path) for path in job.arguments.get("paths", ())]
    files = [_uploaded(blobs, file) for file in job.arguments.get("files", ())]
    if records:
        for path in [*paths, *(file.path for file in files)]:
            pipeline.ingest_records(path, job.collection_id, reporter)
        return
    with sources.find(paths, settings) as found:
        pipeline.ingest(found, job.collection_id, reporter, root=None, force=force)


def _uploaded(blobs: Blobs, file: Mapping[str, str]) -> SourceFile:
    path = blobs.path(file["blob"])
    if path is None:
        raise Unreadable(f"{file['name']} is no longer kept here.", hint="Upload it again.")
    return SourceFile(f"upload:{file['name']}", file["name"], path)
