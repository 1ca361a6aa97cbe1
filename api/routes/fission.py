"""Seed fission: pairs of question and answer proposed from what the collection says."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from api import access, render
from api.auth import Caller
from api.fissioning import KIND
from api.here import Here
from api.schemas import FissionRequest
from feedback.fission import Order
from jitl.errors import BadInput, NotFound
from jitl.purse import Budget

router = APIRouter(prefix="/v1/fission", tags=["corrections"])


@router.post("", status_code=202)
def start_fission(body: FissionRequest, here: Here, who: Caller) -> dict[str, str]:
    """Let a language model ask, answer and check questions about a topic or a document; a job tells how far it is.

    For experts and admins of the collection. What comes of it is proposed, and has no authority until an expert approves it.
    """
    (place,) = access.taught(here.catalogue, who, [body.collection])
    if (body.topic is None) == (body.document is None):
        raise BadInput(
            "Give a topic or a document.", hint='Send {"collection": ..., "topic": ...} or {"collection": ..., "document": ...}.'
        )
    document = None if body.document is None else access.document(here.catalogue, who, place, body.document).id
    order = Order(place.id, Budget(body.budget, body.calls), body.topic, document)
    job = here.fissioning.submit(here.runner, who.id, order)
    here.trail.note(who.id, "fission", job, {"collection": place.id})
    return {"job": job}


@router.get("/{job}")
def show_fission(job: str, here: Here, who: Caller) -> dict[str, Any]:
    """What a job proposed, each pair with the words it rests on and how it stands now, and what it has spent."""
    found = here.jobs.visible(job, who)
    if found.kind != KIND:
        raise NotFound("There is no such job of seed fission.")
    told = here.fissioning.report(found)
    shown = render.ended(found)
    return shown | {"budget": asdict(told.budget), "spent": asdict(told.spent), "pairs": [asdict(pair) for pair in told.pairs]}
