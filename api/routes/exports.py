"""Files to train and measure models with."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Annotated, Any, Final, Literal

from anyio import to_thread
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api import access
from api.auth import Caller
from api.container import Container
from api.here import Here
from api.streaming import in_thread
from jitl.principals import Principal

router = APIRouter(prefix="/v1/exports", tags=["feedback"])

LINES: Final = 64  # sent together
_NDJSON: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A row a line; `provenance` names the corrections, events and kept answers that it rests on.",
        "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
    }
}


@router.get("/{form}", responses=_NDJSON)
async def export(
    form: Literal["sft", "dpo", "retrieval", "qa"],
    here: Here,
    who: Caller,
    collection: Annotated[list[str] | None, Query(max_length=100, description="Names or ids; left out: all you may teach in.")] = None,
) -> StreamingResponse:
    """Approved corrections and liked answers as JSON lines: chat messages, preferences, retrieval pairs, or questions and answers.

    For experts and admins. Nothing from keys with `no_logging`, nothing that was erased, withdrawn or may not be read.
    """
    rows = await to_thread.run_sync(_begin, here, who, form, collection)
    return StreamingResponse(_lines(rows), media_type="application/x-ndjson")


def _begin(here: Container, who: Principal, form: str, collection: list[str] | None) -> Iterator[dict[str, Any]]:
    places = [place.id for place in access.taught(here.catalogue, who, collection)]
    here.trail.note(who.id, "export", form, {"collections": places})
    return here.exports.rows(form, here.catalogue.readable(who, None), places)


async def _lines(rows: Iterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    while some := await in_thread(lambda: list(islice(rows, LINES))):
        yield b"".join(json.dumps(row, ensure_ascii=False).encode(errors="replace") + b"\n" for row in some)
