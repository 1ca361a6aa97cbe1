"""Jobs: how far they are, what became of each document, once more, no more."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from api import render
from api.auth import Caller, Owner
from api.here import Here
from api.schemas import LocalIngestRequest
from jitl.errors import BadInput

router = APIRouter(prefix="/v1", tags=["jobs"])

State = Literal["queued", "running", "done", "failed", "cancelled"]
ItemStatus = Literal["added", "changed", "unchanged", "removed", "skipped", "failed"]


@router.get("/jobs")
def list_jobs(here: Here, who: Caller, state: State | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> dict[str, Any]:
    """Newest first: your own, and those of collections that you administer."""
    return {"jobs": [render.job(job) for job in here.jobs.find(who, state=state, limit=limit)]}


@router.get("/jobs/{job}")
def show_job(job: str, here: Here, who: Caller) -> dict[str, Any]:
    """Progress (done, total, unit, rate a second, eta_s) and how many items ended how."""
    return render.job(here.jobs.visible(job, who))


@router.get("/jobs/{job}/items")
def list_job_items(
    job: str,
    here: Here,
    who: Caller,
    after: Annotated[int, Query(ge=0, le=2**53, description="The last id of the page before.")] = 0,
    status: ItemStatus | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> dict[str, Any]:
    """What became of each document or file, in the order it was settled; `next` is null at the end so far."""
    here.jobs.visible(job, who)
    items = here.jobs.items(job, after=after, status=status, limit=limit)
    return {"items": [render.item(item) for item in items], "next": items[-1].id if len(items) == limit else None}


@router.post("/jobs/{job}/retry", status_code=202)
def retry_job(job: str, here: Here, who: Caller) -> dict[str, Any]:
    """Run a failed or cancelled job again, or what failed of a finished one."""
    here.jobs.visible(job, who)
    here.runner.retry(job)
    return {"job": job}


@router.post("/jobs/{job}/cancel", status_code=202)
def cancel_job(job: str, here: Here, who: Caller) -> dict[str, Any]:
    """Stop the job; documents that it published stay."""
    here.jobs.visible(job, who)
    here.runner.cancel(job)
    return {"job": job}


@router.post("/local/ingest", status_code=202)
def ingest_local(body: LocalIngestRequest, here: Here, who: Owner) -> dict[str, str]:
    """Read files of this machine; only through the data folder's socket. A missing collection is made."""
    paths = [str(Path(path).absolute()) for path in body.paths]
    for path in paths:
        if not os.path.lexists(path):
            raise BadInput(f"There is no {path}.", hint="Check the path.")
    place = here.catalogue.create_collection(body.collection, who.id, exist_ok=True)
    arguments = {"paths": paths, "records": body.records, "force": body.force}
    return {"job": here.runner.submit("ingest", arguments, principal_id=who.id, collection_id=place.id)}
