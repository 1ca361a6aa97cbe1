"""Answers that were given, and what people thought of them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api import render
from api.auth import Caller
from api.here import Here
from api.schemas import FeedbackRequest

router = APIRouter(prefix="/v1", tags=["feedback"])


@router.get("/answers/{answer}")
def show_answer(answer: str, here: Here, who: Caller) -> dict[str, Any]:
    """An answer that you were given, as it was shown; gone when you may no longer read what it rests on."""
    return render.kept(here.answers.get(answer, who))


@router.post("/feedback", status_code=201)
def vote(body: FeedbackRequest, here: Here, who: Caller) -> dict[str, Any]:
    """Thumbs up or down on an answer you were given; a second vote replaces the first."""
    return render.vote(here.answers.vote(body.answer, who, body.vote, body.reason))
