"""A small real server that speaks the chat protocol over HTTP, well or badly: what model tests talk to."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from pydantic import SecretStr

from jitl.adapters.llm import ChatEndpoint
from jitl.gateway.gateway import Gateway
from jitl.gateway.plan import EndpointPlan, Plan, RoutePlan


@dataclass
class Endpoint:
    """`mode` says how the next requests are answered; `requests` holds what came (body, with the key under `key`).

    `speaks` words the reply to a body, as text or as its deltas; without it every reply is `pieces`. Each reply waits `pause_s` first.
    """

    url: str = ""
    mode: str = "well"
    pieces: tuple[str, ...] = ("The ring ", "has 38 cells. [1]")
    speaks: Callable[[dict], str | tuple[dict, ...]] | None = None
    pause_s: float = 0.0
    usage: tuple[int, int] | None = (1, 2)  # tokens asked and replied, as told; None: it does not tell
    every_s: float = 0.15  # between the pieces of a reply that trickles
    requests: list[dict] = field(default_factory=list)
    dropped: threading.Event = field(default_factory=threading.Event)  # a client went away in the middle of a stream


def gateway(url: str | None, model: str = "xiwu", key: str | None = None, **limits: Any) -> Gateway:
    """The models of a service with this one endpoint, or with none; nothing is counted."""
    if url is None:
        return Gateway(Plan(), connect)
    one = EndpointPlan("default", url, model, None if key is None else SecretStr(key), **limits)
    return Gateway(Plan({one.name: one}, {"default": RoutePlan((one.name,))}), connect)


def connect(plan: EndpointPlan) -> ChatEndpoint:
    return ChatEndpoint(plan.url, plan.model, plan.key.get_secret_value() if plan.key else None, timeout_s=plan.timeout_s)


def build(endpoint: Endpoint) -> FastAPI:
    app = FastAPI()

    @app.get("/v1/models")
    async def models() -> Response:
        return refuse(endpoint) or JSONResponse({"object": "list", "data": []})

    @app.post("/v1/chat/completions")
    async def complete(request: Request) -> Response:
        body = await request.json()
        endpoint.requests.append({**body, "key": request.headers.get("authorization", "").removeprefix("Bearer ")})
        refusal = refuse(endpoint)
        said = endpoint.pieces if endpoint.speaks is None else endpoint.speaks(body)
        said = (said,) if isinstance(said, str) else said
        return refusal or StreamingResponse(stream(endpoint, said), media_type="text/event-stream")

    return app


def refuse(endpoint: Endpoint) -> Response | None:
    if endpoint.mode == "error once" and len(endpoint.requests) > 1:
        return None
    if endpoint.mode == "no wishes" and "max_tokens" not in endpoint.requests[-1]:
        return None
    status, body = REFUSALS.get(endpoint.mode, (0, None))
    if not status:
        return None
    headers = {"retry-after": "120"} if endpoint.mode == "busy" else None
    return PlainTextResponse(body, status, headers) if isinstance(body, str) else JSONResponse(body, status, headers)


REFUSALS = {
    "error": (500, "<html>secret stack trace</html>"),
    "error once": (503, "warming up"),
    "unknown model": (400, {"detail": "no such model"}),
    "no wishes": (400, {"error": {"message": "Unsupported parameter: 'max_tokens'", "code": "unsupported_parameter"}}),
    "bad key": (401, {"error": {"message": "Incorrect API key: sk-secret", "code": "invalid_api_key"}}),
    "busy": (429, {"error": {"message": "Too many requests", "code": "rate_limit_exceeded"}}),
    "quota": (429, {"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}),
}


async def stream(endpoint: Endpoint, said: tuple[str | dict, ...]) -> AsyncIterator[bytes]:
    try:
        await asyncio.sleep(endpoint.pause_s)
        if endpoint.mode == "silent":
            await asyncio.sleep(30)
        for at, piece in enumerate(() if endpoint.mode == "empty" else said):
            if at and endpoint.mode in BREAKS:
                if (last := await BREAKS[endpoint.mode]()) is not None:
                    yield last
                return
            yield chunk(piece if isinstance(piece, dict) else {"content": piece})
            await asyncio.sleep(endpoint.every_s if endpoint.mode == "trickle" else 0)
        calls = any(isinstance(piece, dict) and "tool_calls" in piece for piece in said)
        usage = None if endpoint.usage is None else told(*endpoint.usage)
        yield chunk({}, finish="tool_calls" if calls else "stop", usage=usage)
        if endpoint.mode == "hangs after the end":
            await asyncio.sleep(30)
        if endpoint.mode == "no choices last":
            yield event({"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": []})
        if endpoint.mode != "no done":
            yield b"data: [DONE]\n\n"
    except (asyncio.CancelledError, GeneratorExit):
        endpoint.dropped.set()
        raise


async def cut() -> bytes | None:
    """The stream ends, well formed, in the middle of a sentence."""
    return None


async def crash() -> bytes | None:
    raise ConnectionResetError("the worker died")


async def fail() -> bytes | None:
    return event({"error": {"message": "out of memory", "code": 500}})


async def stall() -> bytes | None:
    await asyncio.sleep(30)
    return None


async def garble() -> bytes | None:
    return b'data: {"choices": [{"delta": {"con\n\n'


async def misshape() -> bytes | None:
    return event(["no", "chunk"])


BREAKS = {"cut": cut, "crash": crash, "error inside": fail, "stall": stall, "garbled": garble, "misshapen": misshape}
"""How a stream ends after its first piece."""


def chunk(delta: dict, finish: str | None = None, usage: dict | None = None) -> bytes:
    shown = {"index": 0, "delta": delta, "finish_reason": finish}
    return event({"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [shown], "usage": usage})


def told(prompt: int, completion: int) -> dict:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def event(body: object) -> bytes:
    return f"data: {json.dumps(body)}\n\n".encode()


@contextmanager
def serving() -> Iterator[Endpoint]:
    """The endpoint on a free port of the loopback, in a thread of this process."""
    endpoint = Endpoint()
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:  # by its protocol the server knows to send small pieces at once
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        endpoint.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        server = uvicorn.Server(uvicorn.Config(build(endpoint), log_level="critical", lifespan="off", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        until = time.monotonic() + 10
        while not server.started and time.monotonic() < until:
            time.sleep(0.01)
        try:
            yield endpoint
        finally:
            server.should_exit = True
            thread.join(10)
