"""Extraction by a model: names and relations of a collection's passages, read by the configured endpoint when an admin orders it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api import access, render
from api.auth import Caller
from api.extracting import KIND
from api.here import Here
from api.schemas import ExtractionRequest
from jitl.errors import NotFound
from jitl.principals import Right

router = APIRouter(prefix="/v1/graph/extraction", tags=["graph"])


@router.post("", status_code=202)
def start_extraction(
    body: ExtractionRequest,
    here: Here,
    who: Caller,
    response: Response,
    dry_run: Annotated[bool, Query(description="Only tell what it would cost.")] = False,
) -> dict[str, Any]:
    """Let the model read the collection's passages for the graph; a job tells how far it is. For admins of the collection.

    `estimate`: passages, those that need no call, calls, and tokens, asked and replied together. With `dry_run` nobody is asked (200).
    """
    place = access.collection(here.catalogue, who, body.collection, Right.ADMIN)
    estimate = asdict(here.extracting.estimate(place.id))
    if dry_run:
        response.status_code = 200
        return {"estimate": estimate}
    job = here.extracting.submit(here.runner, who.id, place.id, body.budget, body.calls)
    here.trail.note(who.id, "graph.extraction", job, {"collection": place.id})
    return {"job": job, "estimate": estimate}


@router.get("/{job}")
def show_extraction(job: str, here: Here, who: Caller) -> dict[str, Any]:
    """What a job may spend and has spent, and what the model said: names and statements kept, and those that no passage bears out."""
    found = here.jobs.visible(job, who)
    if found.kind != KIND:
        raise NotFound("There is no such extraction.")
    told = here.extracting.report(found)
    shown = render.ended(found)
    return shown | {"budget": asdict(told.budget), "spent": asdict(told.spent), **asdict(told.tally)}
