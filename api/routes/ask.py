"""Asking, searching, routing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Response

from api import render
from api.asking import Ask
from api.auth import Caller
from api.here import Here
from api.schemas import Asked, AskRequest, RouteRequest, SearchRequest
from api.streaming import in_thread, stream
from jitl.types import Done

router = APIRouter(prefix="/v1", tags=["ask"])

_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer; with `stream: true` server-sent events: `sources`, `token` (many), `done` (the whole answer).",
        "content": {"text/event-stream": {}},
    }
}


@router.post("/ask", response_model=None, responses=_STREAM)
async def ask(body: AskRequest, here: Here, who: Caller) -> dict[str, Any] | Response:
    """Answer from the collections, with numbered sources; a correction that covers the question is the answer.

    `grounded: false` says that the collections hold no answer. A collection that the key may not read is refused as unknown.
    """
    events = here.asking.answer(who, replace(_asked(body), history=body.history, route=body.route), explain=body.explain)
    if body.stream:
        return await stream(events, explain=body.explain)

    def finished() -> dict[str, Any]:
        last = [event for event in events if isinstance(event, Done)][-1]
        return render.answer(last.answer, explain=body.explain)

    return await in_thread(finished)


@router.post("/search")
def search(body: SearchRequest, here: Here, who: Caller) -> dict[str, Any]:
    """Passages and corrections, best first. A passage that a correction superseded says by which."""
    return render.search(here.asking.search(who, _asked(body), body.k))


@router.post("/route")
def route(body: RouteRequest, here: Here, who: Caller) -> dict[str, Any]:
    """Which kind of model suits the question: hep, hep_code, general or general_code; from the question and those before it.

    `by` says what decided: `model`, `default` (the model was not sure; `guess` is what it would have said) or `taught`.
    """
    return render.route(here.asking.route(who, Ask(body.question, history=body.history)))


def _asked(body: Asked) -> Ask:
    return Ask(body.question, body.collections, body.as_of, body.release, body.run)
