"""One question on several routes, side by side."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Response
from sse_starlette import ServerSentEvent

from api import errors, render
from api.asking import Ask, Compared
from api.auth import Caller
from api.here import Here
from api.model_schemas import CompareRequest
from api.streaming import in_thread, named, stream_of
from jitl.errors import JitlError
from jitl.types import Done

router = APIRouter(prefix="/v1", tags=["ask"])

_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "One answer a route; with `stream: true` their events as they come.", "content": {"text/event-stream": {}}}
}


@router.post("/compare", response_model=None, responses=_STREAM)
async def compare(body: CompareRequest, here: Here, who: Caller) -> dict[str, Any] | Response:
    """Answer a question on each of the routes named, by the models of each; the collections are searched once.

    `answers` are in the order of `routes`; one that failed holds `error`, a problem, and its `compared` route.
    """
    ask = Ask(body.question, body.collections, body.as_of, body.release, body.run, body.history)
    labels = list(dict.fromkeys(body.routes))
    if body.stream:
        return await stream_of(here.asking.compare(who, ask, labels), _event)

    def finished() -> dict[str, Any]:
        last = dict(here.asking.compare(who, ask, labels))
        failed = [event for event in last.values() if isinstance(event, JitlError)]
        if len(failed) == len(last):
            raise failed[0]
        return {"question": body.question, "answers": [_told((label, last[label])) for label in labels]}

    return await in_thread(finished)


def _told(compared: Compared) -> dict[str, Any]:
    label, event = compared
    if isinstance(event, JitlError):
        return {"compared": label, "error": errors.describe(event)}
    assert isinstance(event, Done)
    return {"compared": label, **render.answer(event.answer)}


def _event(compared: Compared) -> ServerSentEvent:
    label, event = compared
    name, data = ("error", errors.describe(event)) if isinstance(event, JitlError) else named(event, explain=False)
    return ServerSentEvent(event=name, data=json.dumps({"compared": label, **data}, ensure_ascii=False))
