"""Corrections: taught, seen, reviewed, withdrawn."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from datetime import datetime
from itertools import islice
from typing import Annotated, Any, Final, Literal, TypeVar
from uuid import UUID

from anyio import CancelScope, to_thread
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from api import access, errors, render
from api.auth import Caller
from api.container import Container
from api.here import Here
from api.schemas import ReviewRequest, TeachRequest
from api.streaming import in_thread
from feedback import teaching
from feedback.preview import Foreseen
from feedback.proposals import WrongAnswer
from feedback.teaching import Line, Outcome
from jitl.errors import BadInput
from jitl.principals import Principal
from jitl.sql.people import OWNER

router = APIRouter(prefix="/v1/corrections", tags=["corrections"])

LINES: Final = 64  # of a batch's reply, sent together
_NDJSON: Final = {
    "required": True,
    "content": {
        "application/x-ndjson": {
            "schema": {"type": "string"},
            "example": '{"id": "e1", "question": "Which release is recommended?", "answer": "BOSS 7.1.2"}\n',
        }
    },
}
_LINES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A line for each line: `id`, `correction`, `seq`, `conflicts`, or `id` and `error` (a problem).",
        "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
    }
}

Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200, description="The same key and body again: the same reply.")]
DryRun = Annotated[bool, Query(description="Say what it would do; nothing is kept.")]
Result = TypeVar("Result")
Status = Literal["proposed", "approved", "disputed", "retracted"]


@router.post("", status_code=201)
def teach(
    body: TeachRequest,
    response: Response,
    here: Here,
    who: Caller,
    idempotency_key: Key = None,
    dry_run: DryRun = False,
    wrong: Annotated[str | None, Query(max_length=200, description="With `dry_run`: id of the answer that was wrong.")] = None,
) -> dict[str, Any]:
    """Teach a correction. 201 means that it is safe and that the very next question knows it.

    An expert's own is `approved` at once; another's is `proposed`: shown beside answers, labelled, until an expert approves it.
    With `dry_run` (200) nothing is kept: `conflicts`, `supersedes` (sentences that carry the error) and `changes` say what it would do.
    """
    place = access.proposable(here.catalogue, who, body.collection)
    said = teaching.read(body.model_dump(exclude={"collection", "id"}))
    if dry_run:
        response.status_code = 200
        return render.forecast(here.preview.one(said, who, place.id, wrong_answer(here, who, wrong)))
    pace(here, who)
    receipt = here.ledger.teach(said, who, place.id, key=idempotency_key or body.id)
    return {"id": receipt.id, "seq": receipt.seq, "status": receipt.status, "conflicts": [render.clash(one) for one in receipt.conflicts]}


@router.post("/batch", openapi_extra={"requestBody": _NDJSON}, responses=_LINES)
async def teach_batch(
    request: Request,
    here: Here,
    who: Caller,
    collection: Annotated[str | None, Query(max_length=200)] = None,
    batch: Annotated[UUID | None, Query(description="Under which all of them can be taken back; made up where it is left out.")] = None,
    dry_run: DryRun = False,
) -> StreamingResponse:
    """Teach many: JSON lines in, JSON lines out. A line's `id` is its idempotency key; a bad line never stops the others.

    With `dry_run` a line out says what it would do, the lines before it included.
    """
    place = await to_thread.run_sync(access.proposable, here.catalogue, who, collection)
    # Read whole before the first reply: a client that sends everything before it reads would wait for us, and we for it.
    lines = [line for line in (await request.body()).split(b"\n") if line.strip()]
    if dry_run:
        foreseen = here.preview.many(map(_line, lines), who, place.id)
        return StreamingResponse(_streamed(foreseen, _foreseen, 1), media_type="application/x-ndjson")
    await to_thread.run_sync(pace, here, who, len(lines))
    outcomes = here.ledger.teach_many(map(_line, lines), who, place.id, batch=None if batch is None else str(batch))
    return StreamingResponse(_streamed(outcomes, _reply, LINES), media_type="application/x-ndjson")


@router.get("")
def list_corrections(
    here: Here,
    who: Caller,
    collection: Annotated[list[str] | None, Query(max_length=100, description="Names or ids; left out: all you may read.")] = None,
    since: Annotated[datetime | None, Query(description="Changed at or after this time.")] = None,
    status: Status | None = None,
    before: Annotated[int | None, Query(ge=1, le=2**53, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Newest first; `next` is null at the end."""
    within = here.catalogue.readable(who, collection)
    found = here.ledger.list(who, within, since=since, status=status, before=before, limit=limit) if within else ()
    return {"corrections": [render.correction(one) for one in found], "next": found[-1].seq if len(found) == limit else None}


@router.get("/{correction}")
def show_correction(correction: str, here: Here, who: Caller) -> dict[str, Any]:
    """One correction as it stands."""
    wrong = [{"document": one.document, "quote": one.quote} for one in here.ledger.supersedes(correction, who)]
    rests_on = [{"document": one.document, "quote": one.quote} for one in here.fissioning.sources(correction, who)]
    return render.correction(here.ledger.show(correction, who)) | {"supersedes": wrong, "sources": rests_on}


@router.post("/{correction}/review")
def review_correction(correction: str, body: ReviewRequest, here: Here, who: Caller) -> dict[str, Any]:
    """Approve or refuse a proposed correction: by an expert who is not its author."""
    here.ledger.review(correction, who, "approve" if body.verdict == "approve" else "dispute")
    return render.correction(here.ledger.show(correction, who))


@router.delete("/{correction}", status_code=204)
def retract_correction(
    correction: str, here: Here, who: Caller, erase: Annotated[bool, Query(description="Take its texts away too.")] = False
) -> Response:
    """Withdraw a correction; every answer is again what it was without it.

    With `erase` (an admin of the collection) its texts, those of its versions and the kept answers that show it are gone for ever.
    """
    if erase:
        here.reverts.erase(correction, who)
    else:
        here.ledger.retract(correction, who)
    return Response(status_code=204)


def pace(here: Container, who: Principal, wanted: int = 1) -> None:
    """Refuses who teaches too much at once; the data folder's owner never does."""
    if who is not OWNER:
        here.pace.check(who, wanted)


def wrong_answer(here: Container, who: Principal, answer: str | None, text: str = "") -> WrongAnswer | None:
    """What is known of a wrong answer: the kept one of that id, which the caller was given, and words."""
    if answer is None:
        return WrongAnswer(text) if text else None
    content = here.answers.get(answer, who).content
    quotes = ((one["chunk"], one["quote"]) for one in content["sources"] if one.get("chunk"))
    return WrongAnswer(text or content["answer"], tuple(quotes))


async def _streamed(results: Iterator[Result], reply: Callable[[Result], bytes], together: int) -> AsyncIterator[bytes]:
    try:
        while some := await in_thread(lambda: list(islice(results, together))):
            yield b"".join(reply(one) for one in some)
    finally:
        if isinstance(results, Generator):
            with CancelScope(shield=True):  # also when the client has left: what was acknowledged stays, the rest is not begun
                await in_thread(results.close)


def _foreseen(line: Foreseen) -> bytes:
    reply: dict[str, Any] = {"id": line.id}
    reply |= {} if line.forecast is None else render.forecast(line.forecast)
    if line.error is not None:
        reply["error"] = errors.describe(line.error)
    return json.dumps(reply, ensure_ascii=False).encode(errors="replace") + b"\n"


def _reply(outcome: Outcome) -> bytes:
    reply: dict[str, Any] = {"id": outcome.id}
    if outcome.receipt is not None:
        reply |= {"correction": outcome.receipt.id, "seq": outcome.receipt.seq, "status": outcome.receipt.status}
    if outcome.error is not None:
        reply["error"] = errors.describe(outcome.error)
    if outcome.conflicts:
        reply["conflicts"] = [render.clash(one) for one in outcome.conflicts]
    return json.dumps(reply, ensure_ascii=False).encode(errors="replace") + b"\n"


def _line(line: bytes) -> Line:
    """A line as the ledger takes it; what is wrong with it stays its own matter."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return Line(None, BadInput("The line is no JSON."))
    return teaching.read_line(said) if isinstance(said, dict) else Line(None, BadInput("The line is no JSON object."))
