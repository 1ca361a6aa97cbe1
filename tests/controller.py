"""A HepAI controller as far as its workers and their users see it: hepai's package brings the workers' side alone.

It takes announcements from who holds the owner's key, forgets its workers when it is restarted, and sends on what users ask of a
worker's models, with the key that the worker gave it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from tests.servers import free_port

OWNER_KEY = "owner-key-of-the-tests"
WORKER = {
    *("id", "type", "network_info", "resource_info", "status_info", "check_heartbeat", "last_heartbeat", "version", "metadata"),
    *("is_shared", "owner", "shared_groups", "shared_users"),
}
"""Fields of hepai's `WorkerInfo`; beside them an announcement holds `secret_key`."""


@dataclass
class Controller:
    """`workers` are those it knows now; `calls` the paths that were asked of it, in order; `refusing` the status of every answer."""

    url: str
    workers: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    refusing: int = 0

    def restart(self) -> None:
        """Nothing is remembered."""
        self.workers.clear()

    def until(self, condition: Callable[[Controller], object], seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not condition(self):
            assert time.monotonic() < end, (self.calls[-5:], list(self.workers))
            time.sleep(0.02)

    def reached(self) -> Mapping[str, str]:
        self.calls.append("/apiv2")
        return {"message": "a controller"}

    async def register(self, request: Request) -> Response:
        said = await request.json()
        if (refusal := self._refused(request)) is not None:
            return refusal
        if set(said) - {"secret_key"} != WORKER:
            return JSONResponse({"detail": sorted(set(said) ^ WORKER)}, 422)
        self.workers[said["id"]] = said
        return JSONResponse({"message": "registered"})

    async def stop(self, request: Request) -> Response:
        said = await request.json()
        if (refusal := self._refused(request)) is not None:
            return refusal
        self.workers.pop(said["worker_id"], None)
        return JSONResponse({"id": said["worker_id"], "stopped": True, "message": "", "shutdown": said["permanent"]})

    async def complete(self, request: Request) -> Response:
        """As a worker's gate is asked: the body as named arguments of the function."""
        body = await request.json()
        worker = next(one for one in self.workers.values() if body["model"] in [model["model_name"] for model in one["resource_info"]])
        gate = f"{worker['network_info']['worker_address']}/worker_unified_gate/?model={body['model']}&function=chat_completions"
        headers = {"Authorization": f"Bearer {worker['secret_key']}"}
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            reply = await client.post(gate, json={"args": [], "kwargs": body}, headers=headers)
        return Response(reply.content, reply.status_code, media_type=reply.headers["content-type"])

    def _refused(self, request: Request) -> Response | None:
        self.calls.append(request.url.path)
        if self.refusing:
            return JSONResponse({"detail": "secret words of the controller"}, self.refusing)
        if request.headers.get("authorization") != f"Bearer {OWNER_KEY}":
            return JSONResponse({"detail": "API key is missing"}, 401)
        return None


@contextmanager
def controller() -> Iterator[Controller]:
    port = free_port()
    made = Controller(f"http://127.0.0.1:{port}/apiv2")
    server = uvicorn.Server(uvicorn.Config(_app(made), port=port, lifespan="off", log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.005)
    try:
        yield made
    finally:
        server.should_exit = True
        thread.join(10)


def _app(made: Controller) -> FastAPI:
    app = FastAPI()
    app.add_api_route("/apiv2", made.reached)
    app.add_api_route("/apiv2/worker/register_worker", made.register, methods=["POST"], response_model=None)
    app.add_api_route("/apiv2/worker/stop_worker", made.stop, methods=["POST"], response_model=None)
    app.add_api_route("/apiv2/chat/completions", made.complete, methods=["POST"], response_model=None)
    return app
