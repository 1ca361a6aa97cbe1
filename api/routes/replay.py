"""Replays: every correction asked again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api import access, render
from api.auth import Caller
from api.here import Here
from api.replaying import KIND, Told
from api.schemas import ReplayRequest
from feedback.diagnosis import WHY
from jitl.errors import NotFound

router = APIRouter(prefix="/v1/replay", tags=["corrections"])


@router.post("", status_code=202)
def start_replay(body: ReplayRequest, here: Here, who: Caller) -> dict[str, str]:
    """Ask every corrected question and its paraphrases again; a job tells how far it is. For experts and admins."""
    places = access.taught(here.catalogue, who, body.collections)
    everything = body.collections is None and who.is_admin
    chosen = None if everything else [place.id for place in places]
    job = here.replaying.submit(here.runner, who.id, chosen, accept=body.accept)
    here.trail.note(who.id, "replay", job, {"accept": body.accept})
    return {"job": job}


@router.get("/{job}")
def show_replay(job: str, here: Here, who: Caller, limit: Annotated[int, Query(ge=1, le=10_000)] = 1000) -> dict[str, Any]:
    """What a replay found: regressions (it was right or must be, and is wrong now) and notes, each with the reason."""
    found = here.jobs.visible(job, who)
    if found.kind != KIND:
        raise NotFound("There is no such replay.")
    told = here.replaying.report(found, who) if found.state == "done" else []
    report = render.ended(found)
    by_kind = {kind: [one for one in told if one.finding.kind == kind] for kind in ("regression", "note")}
    report["counts"] = {f"{kind}s": len(some) for kind, some in by_kind.items()}
    return report | {f"{kind}s": [_told(one) for one in some[:limit]] for kind, some in by_kind.items()}


def _told(value: Told) -> dict[str, Any]:
    found, state = value.finding, value.correction
    shown: dict[str, Any] = {"correction": found.correction_id, "wording": found.wording, "question": value.question}
    shown |= {"expected": state and state.answer, "why": found.why, "reason": WHY[found.why], "detail": dict(found.detail)}
    return shown | {"came": value.came and {"correction": value.came.id, "question": value.came.question, "answer": value.came.answer}}
