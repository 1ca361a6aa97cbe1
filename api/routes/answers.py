"""Answers that were given, and what people thought of them."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter

from api import access, render
from api.auth import Caller
from api.here import Here
from api.routes.corrections import pace
from api.schemas import ConfirmRequest, FeedbackRequest
from feedback.confirm import confirmation
from jitl.errors import BadInput, NotAllowed
from jitl.principals import Right

router = APIRouter(prefix="/v1", tags=["feedback"])

ANYWHERE: Final = ConfirmRequest()
"""Wherever the answer was found."""


@router.get("/answers/{answer}")
def show_answer(answer: str, here: Here, who: Caller) -> dict[str, Any]:
    """An answer that you were given, as it was shown; gone when you may no longer read what it rests on."""
    return render.kept(here.answers.get(answer, who))


@router.post("/answers/{answer}/confirm", status_code=201)
def confirm_answer(answer: str, here: Here, who: Caller, body: ConfirmRequest = ANYWHERE) -> dict[str, Any]:
    """Vouch for an answer you were given, as it stands: an expert's word, kept like a correction and marked `confirmed`."""
    kept = here.answers.get(answer, who)
    said = confirmation(kept)
    places = [collection for collection in kept.collections if who.speaks_for(collection)]
    if body.collection is not None:
        place = access.collection(here.catalogue, who, body.collection, Right.TEACH)
        places = [place.id] if who.speaks_for(place.id) and place.id in kept.collections else []
    if not places:
        raise NotAllowed("Only an expert of a collection that the answer was asked of may confirm it.", hint="Ask one of its experts.")
    if len(places) > 1:
        raise BadInput("The answer was asked of several collections.", hint="Name one: `collection`.")
    pace(here, who)
    receipt = here.ledger.teach(said, who, places[0], key=f"confirm:{answer}")
    conflicts = [render.clash(one) for one in receipt.conflicts]
    return {"id": receipt.id, "seq": receipt.seq, "status": receipt.status, "answer": said.answer, "conflicts": conflicts}


@router.post("/feedback", status_code=201)
def vote(body: FeedbackRequest, here: Here, who: Caller) -> dict[str, Any]:
    """Thumbs up or down on an answer you were given; a second vote replaces the first."""
    return render.vote(here.answers.vote(body.answer, who, body.vote, body.reason))
