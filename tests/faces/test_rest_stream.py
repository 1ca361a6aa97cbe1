"""A streamed answer stops when nobody listens any more, and a failure in the middle is told in the stream."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route

from tests.faces.conftest import Live, serve

PAGE = "# Luminosity\n\nThe peak luminosity of the collider reached ten to the thirty-third in April 2016.\n"
QUESTION = "When did the peak luminosity of the collider reach ten to the thirty-third?"


class TalkativeModel:
    """An OpenAI-compatible endpoint that talks until it is left, or breaks off after some words."""

    def __init__(self) -> None:
        self.left = threading.Event()
        self.spoken = 0
        self.breaks_off = False

    async def reply(self, request) -> StreamingResponse:
        return StreamingResponse(self._talk(), media_type="text/event-stream")

    async def _talk(self) -> AsyncIterator[str]:
        try:
            for _ in range(400):
                self.spoken += 1
                piece = {"index": 0, "delta": {"content": "In April 2016 it did [1]. "}, "finish_reason": None}
                chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [piece]}
                yield f"data: {json.dumps(chunk)}\n\n"
                if self.breaks_off and self.spoken > 3:
                    return
                await asyncio.sleep(0.05)
        finally:
            self.left.set()


@pytest.fixture
def model() -> Iterator[tuple[TalkativeModel, str]]:
    talker = TalkativeModel()
    app = Starlette(routes=[Route("/v1/chat/completions", talker.reply, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_level="critical", ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    yield talker, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def talking(tmp_path, model) -> Iterator[tuple[Live, TalkativeModel]]:
    talker, url = model
    with serve(tmp_path, model_url=url, model_name="m") as live:
        live.collection("machine")
        live.upload(live.admin, "machine", {"machine.md": PAGE})
        yield live, talker


def test_nothing_goes_on_for_a_client_that_left(talking: tuple[Live, TalkativeModel]) -> None:
    live, talker = talking
    with live.admin.stream("POST", "/v1/ask", json={"question": QUESTION, "stream": True}) as reply:
        lines = reply.iter_lines()
        while not next(lines).startswith("event: token"):
            pass
        assert not talker.left.is_set()
    assert talker.left.wait(10), "the model is still talking"
    assert talker.spoken < 200


def test_a_model_that_breaks_off_does_not_break_the_stream(talking: tuple[Live, TalkativeModel]) -> None:
    live, talker = talking
    talker.breaks_off = True
    with live.admin.stream("POST", "/v1/ask", json={"question": QUESTION, "stream": True}) as reply:
        names = [line.removeprefix("event: ") for line in reply.iter_lines() if line.startswith("event: ")]
    assert names[0] == "sources"
    assert names[-1] in ("done", "error")
    assert live.client().get("/healthz").status_code == 200
