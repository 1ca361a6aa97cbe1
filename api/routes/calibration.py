"""The scope decision's threshold, fitted on a collection's own corrections."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from api import access, render
from api.auth import Caller
from api.calibrating import KIND
from api.here import Here
from api.schemas import FitRequest
from jitl.errors import NotFound

router = APIRouter(prefix="/v1/corrections/fit", tags=["corrections"])

Named = Annotated[list[str] | None, Query(max_length=100, description="Names or ids; left out: all that you may teach in.")]


@router.post("", status_code=202)
def start_fit(body: FitRequest, here: Here, who: Caller) -> dict[str, str]:
    """Fit how sure the service must be that a correction answers a question, on what each collection was taught; a job.

    For experts and admins. What was taught is asked again afterwards, by a replay. With `dry_run` it only reports.
    """
    places = [place.id for place in access.taught(here.catalogue, who, body.collections)]
    job = here.calibrating.submit(here.runner, who.id, places, dry_run=body.dry_run)
    here.trail.note(who.id, "corrections.fit", job, {"collections": places, "dry_run": body.dry_run})
    return {"job": job}


@router.get("")
def show_thresholds(here: Here, who: Caller, collection: Named = None) -> dict[str, Any]:
    """The thresholds in force: the shipped one, and those of collections that have one of their own."""
    names = {place.id: place.name for place in access.taught(here.catalogue, who, collection)}
    own = [
        {"collection": names[one.collection_id], "threshold": one.threshold, "corrections": one.corrections, "at": one.at}
        for one in here.thresholds.in_force(list(names))
    ]
    return {"shipped": here.thresholds.shipped, "collections": own}


@router.delete("")
def reset_thresholds(here: Here, who: Caller, collection: Named = None) -> dict[str, Any]:
    """Back to the shipped threshold; answers are again what they were before it was fitted. For experts and admins."""
    places = access.taught(here.catalogue, who, collection)
    reset = [place for place in places if here.thresholds.reset(place.id, who.id)]
    if reset:
        here.replaying.changed(here.runner, who.id, [place.id for place in reset])
    return {"reset": [place.name for place in reset]}


@router.get("/{job}")
def show_fit(job: str, here: Here, who: Caller) -> dict[str, Any]:
    """What a fit found. `missed`: share of rewordings that their correction would not answer; `fired`: of taught questions that another
    correction would answer if their own were not there. `after` is at the fitted threshold.
    """
    found = here.jobs.visible(job, who)
    if found.kind != KIND:
        raise NotFound("There is no such fit.")
    names = {place.id: place.name for place in here.catalogue.collections(who)}
    told = [
        {"collection": names[fit.collection_id], "shipped": fit.shipped, "applied": fit.applied, **asdict(fit.calibration)}
        for fit in here.calibrating.report(found)
        if fit.collection_id in names
    ]
    shown = render.ended(found)
    return shown | {"dry_run": bool(found.arguments["dry_run"]), "collections": told}
