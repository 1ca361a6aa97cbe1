"""A correction's later life: amended, taken back with others, its marks looked at again, and its history."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api import access, render
from api.auth import Caller
from api.here import Here
from api.routes.corrections import pace, wrong_answer
from api.schemas import AmendRequest, ProposalsRequest, RevertRequest, WrongQuoteRequest
from feedback.teaching import WrongQuote

router = APIRouter(prefix="/v1/corrections", tags=["corrections"])


@router.post("/proposals")
def propose_passages(body: ProposalsRequest, here: Here, who: Caller) -> dict[str, Any]:
    """Sentences that carry an error, likeliest first: tick some and send them as `supersedes`."""
    place = access.proposable(here.catalogue, who, body.collection)
    wrong = wrong_answer(here, who, body.wrong_answer, body.wrong)
    found = here.proposals.find(body.question, body.answer, place.id, wrong)
    return {"supersedes": [render.proposal(one) for one in found]}


@router.get("/review")
def list_vanished(
    here: Here,
    who: Caller,
    collection: Annotated[list[str] | None, Query(max_length=100, description="Names or ids; left out: all you may read.")] = None,
) -> dict[str, Any]:
    """Marked sentences that left their document while a similar one stands there. `POST /v1/corrections/{correction}/marks` accepts one."""
    within = here.catalogue.readable(who, collection)
    return {"marks": [render.moved(one) for one in here.vanished.list(who, within)]}


@router.post("/revert")
def revert(body: RevertRequest, here: Here, who: Caller) -> dict[str, Any]:
    """Take back everything of an author or of a batch that you may; answers are again what they were without it.

    It goes on from where it stopped when it is asked again.
    """
    done = here.reverts.revert(who, author=body.author, batch=body.batch)
    return {"retracted": done.retracted, "left": done.left}


@router.post("/{correction}/marks")
def add_mark(correction: str, body: WrongQuoteRequest, here: Here, who: Caller) -> dict[str, Any]:
    """Declare one more sentence wrong, as an expert: say after it was edited. The correction's author and words stay."""
    here.amendments.mark(correction, who, WrongQuote(body.quote, body.document))
    return render.correction(here.ledger.show(correction, who))


@router.patch("/{correction}")
def amend(correction: str, body: AmendRequest, here: Here, who: Caller) -> dict[str, Any]:
    """Change what a correction says; the version before stays in its history.

    It has the standing of who amends it: an expert's is `approved` at once, but nobody approves their own by amending it.
    """
    pace(here, who)
    changes = body.model_dump(include=body.model_fields_set - {"version"})
    here.amendments.amend(correction, who, changes, version=body.version)
    return render.correction(here.ledger.show(correction, who))


@router.get("/{correction}/history")
def show_history(correction: str, here: Here, who: Caller) -> dict[str, Any]:
    """Who did what to it and when, oldest first; an amendment with what it said before."""
    return {"events": [render.deed(one) for one in here.amendments.history(correction, who)]}
