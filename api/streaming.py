"""From an answer's events, which come from a thread, to server-sent events, which stop when the client leaves."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final, TypeVar

from anyio import CancelScope, CapacityLimiter, to_thread
from sse_starlette import EventSourceResponse, ServerSentEvent

from api import errors, render
from jitl.errors import JitlError
from jitl.types import AnswerEvent, Done, Sources, Token

log = logging.getLogger(__name__)

T = TypeVar("T")

AT_ONCE: Final = 32
_ASKING = CapacityLimiter(AT_ONCE)
"""Answers may wait long for a model; they have threads of their own, so that nothing else waits with them."""
_BEGUN = CapacityLimiter(256)
"""What was found for them already waits for words alone: it holds up nobody who still searches."""


async def in_thread(function: Callable[[], T]) -> T:
    return await to_thread.run_sync(function, limiter=_ASKING)


async def once_begun(function: Callable[[], T]) -> T:
    """The same for what comes after an answer's first event."""
    return await to_thread.run_sync(function, limiter=_BEGUN)


async def stream(events: Iterator[AnswerEvent], *, explain: bool) -> EventSourceResponse:
    """The events `sources`, `token` (many), `done`; a failure after the first is an event `error` with a problem.

    What fails before the first event is raised here, while the status can still say so.
    """
    return await stream_of(events, lambda event: _sse(event, explain=explain))


async def stream_of(events: Iterator[T], tell: Callable[[T], ServerSentEvent]) -> EventSourceResponse:
    """The same for events of any kind."""
    first = await in_thread(lambda: next(events, None))
    return EventSourceResponse(_pump(first, events, tell), ping=15)


async def _pump(first: T | None, events: Iterator[T], tell: Callable[[T], ServerSentEvent]) -> AsyncIterator[ServerSentEvent]:
    try:
        event = first
        while event is not None:
            yield tell(event)
            event = await once_begun(lambda: next(events, None))
    except JitlError as error:
        yield ServerSentEvent(event="error", data=json.dumps(errors.describe(error)))
    except Exception:  # isolation: the stream has begun, so the failure must travel in it
        log.exception("an answer broke off")
        yield ServerSentEvent(event="error", data=json.dumps(errors.describe(JitlError("The answer broke off."))))
    finally:
        close = getattr(events, "close", None)
        if close is not None:  # lets go of the model's connection, also when the client has left
            with CancelScope(shield=True):
                await once_begun(close)


def named(event: AnswerEvent, *, explain: bool) -> tuple[str, dict[str, Any]]:
    """The event's name and what it tells, as JSON."""
    match event:
        case Sources():
            return "sources", {"sources": [render.source(one) for one in event.sources], "notices": list(event.notices)}
        case Token():
            return "token", {"text": event.text}
        case Done():
            return "done", render.answer(event.answer, explain=explain)


def _sse(event: AnswerEvent, *, explain: bool) -> ServerSentEvent:
    name, data = named(event, explain=explain)
    return ServerSentEvent(event=name, data=json.dumps(data, ensure_ascii=False))
