"""Completions on their way out: whole, or as server-sent events. What is asked for stops when the client leaves."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Final

from anyio import CancelScope
from sse_starlette import EventSourceResponse, ServerSentEvent

from api import openai_errors
from api.errors import failure_of
from api.openai_chunks import merged, streamed
from api.streaming import in_thread, once_begun
from jitl.errors import JitlError

if TYPE_CHECKING:
    from fastapi import Request

    from api.openai_chunks import Chunks, Json

log = logging.getLogger(__name__)

_END: Final = "\n"  # of a line, as OpenAI's own service has it: some clients know no other


async def stream(chunks: Chunks, *, with_usage: bool) -> EventSourceResponse:
    """`data:` lines and `[DONE]`. What fails before the first chunk is raised here, while the status can still say so."""
    told = streamed(chunks, with_usage=with_usage)
    first = await in_thread(lambda: next(told, None))
    return EventSourceResponse(_pump(first, told), ping=15, sep=_END)


async def _pump(first: Json | None, chunks: Chunks) -> AsyncIterator[ServerSentEvent]:
    try:
        chunk = first
        while chunk is not None:
            yield _event(chunk)
            chunk = await once_begun(lambda: next(chunks, None))
        yield ServerSentEvent(data="[DONE]", sep=_END)
    except JitlError as error:
        yield _event(openai_errors.body(failure_of(error)))
    except Exception:  # isolation: the stream has begun, so the failure must travel in it
        log.exception("a completion broke off")
        yield _event(openai_errors.body(failure_of(JitlError("The answer broke off."))))
    finally:
        with CancelScope(shield=True):  # lets go of the model's connection, also when the client has left
            await once_begun(chunks.close)


async def whole(chunks: Chunks, request: Request) -> Json | None:
    """The completion; None for a client that has left, whose answer is not waited for."""
    found: list[Json] = []
    try:
        chunk = await in_thread(lambda: next(chunks, None))
        while chunk is not None:
            found.append(chunk)
            if await request.is_disconnected():
                return None
            chunk = await once_begun(lambda: next(chunks, None))
    finally:
        with CancelScope(shield=True):
            await once_begun(chunks.close)
    return merged(found)


def _event(value: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(data=json.dumps(value, ensure_ascii=False), sep=_END)
