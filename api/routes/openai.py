"""The OpenAI protocol: what chat frontends, libraries and scripts speak. The same under every prefix that it is served at."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from api.auth import Caller
from api.here import Here
from api.openai_chat import Chat
from api.openai_embeddings import embedded
from api.openai_errors import UnknownModel
from api.openai_schemas import ChatRequest, EmbeddingsRequest
from api.openai_stream import stream, whole
from api.openai_talk import MODELS

router = APIRouter(tags=["openai"])

PREFIXES: Final = ("/v1", "/apiv2")
SINCE: Final = 1_767_225_600  # a date that clients want of every model: 2026-01-01

_ERROR: Final = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}
REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    "default": {"description": "Any failure, in OpenAI's form.", "content": {"application/json": {"schema": _ERROR}}}
}
_COMPLETION: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A completion (with `stream: true` its chunks). `id` is the answer's; `jitl`: sources, route, correction.",
        "content": {"text/event-stream": {}},
    }
}


@router.get("/models")
def list_models(_: Caller) -> dict[str, Any]:
    """`xiwu-auto` chooses the route by the question; the others are the routes."""
    return {"object": "list", "data": [_model(name) for name in MODELS]}


@router.get("/models/{model}")
def show_model(model: str, _: Caller) -> dict[str, Any]:
    """One of the models."""
    if model not in MODELS:
        raise UnknownModel("There is no model of this name.", hint=f"There are {', '.join(MODELS)}.")
    return _model(model)


@router.post("/chat/completions", response_model=None, responses=_COMPLETION)
async def complete(body: ChatRequest, request: Request, here: Here, who: Caller) -> Response:
    """Answer the last question of a conversation from the collections; its text ends with the numbered sources.

    A key with the right `plain_answers` gets the text without them. Parameters that mean nothing here are tolerated.
    """
    chunks = Chat(here, who, here.settings.public_url or str(request.base_url)).chunks(body)
    if body.stream:
        asked = body.stream_options
        return await stream(chunks, with_usage=bool(asked and asked.include_usage))
    completion = await whole(chunks, request)
    return Response(status_code=499) if completion is None else JSONResponse(completion)


@router.post("/embeddings", response_model=None)
async def embed(body: EmbeddingsRequest, request: Request, here: Here, _: Caller) -> dict[str, Any]:
    """Vectors of texts by this service's encoder, whichever model is named; the reply names it."""
    return await embedded(body, here.encoder, request.is_disconnected)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": SINCE, "owned_by": "jitl"}
