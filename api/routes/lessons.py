"""What people taught about routes."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from api import render
from api.auth import Caller
from api.here import Here
from api.schemas import LessonRequest

router = APIRouter(prefix="/v1/route/corrections", tags=["ask"])


@router.post("", status_code=201)
def teach_route(body: LessonRequest, here: Here, who: Caller) -> dict[str, Any]:
    """Say which route a question should have. The next question like it has it; others stay as they are.

    An expert's or an admin's word holds for everybody, another's for themselves.
    """
    return render.lesson(here.lessons.teach(body.question, body.label, who))


@router.get("")
def show_route_lessons(here: Here, who: Caller) -> dict[str, Any]:
    """One's own, and for experts and admins those that hold for everybody; the latest first."""
    return {"lessons": [render.lesson(one) for one in here.lessons.listed(who)]}


@router.delete("/{lesson}", status_code=204)
def take_back_route_lesson(lesson: str, here: Here, who: Caller) -> Response:
    """Undo it: questions are routed as if it had never been taught."""
    here.lessons.take_back(lesson, who)
    return Response(status_code=204)
