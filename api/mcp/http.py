"""`/mcp`: streamable HTTP, behind the same gate as everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request

from api.mcp.desk import InProcess, Place
from api.trailer import wanted
from jitl.errors import NotAllowed

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from api.container import Container
    from api.mcp.server import Server

PATH: Final = "/mcp"


class Mcp:
    """The ASGI application at `PATH`. The library is loaded by the first request, aside from the event loop."""

    def __init__(self, here: Container) -> None:
        self._here = here
        self._server: Server | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if request.method != "POST":  # without sessions there is no stream to listen to and nothing to end
            raise HTTPException(405, headers={"Allow": "POST"})
        if not self._welcome(request):
            raise NotAllowed("Pages of this origin may not speak here.", hint="An admin lists it in JITL_CORS_ORIGINS.")
        if self._server is None:
            self._server = await to_thread.run_sync(self._loaded)
        from api.mcp.server import answer_http

        await answer_http(self._server, scope, receive, send)

    def _welcome(self, request: Request) -> bool:
        """The protocol wants this against rebound names: a browser's page speaks only if it is ours or on the list."""
        origin = request.headers.get("origin")
        if origin is None or "*" in self._here.settings.cors_origins or origin in self._here.settings.cors_origins:
            return True
        return origin.partition("://")[2] == request.headers.get("host")

    def _loaded(self) -> Server:
        from api.mcp.server import build

        return build(self._place)

    def _place(self, context: Any) -> Place:
        request: Request = context.request
        who = request.state.principal
        base = self._here.settings.public_url or str(request.base_url)
        return Place(InProcess(self._here, who), base.rstrip("/"), plain=not wanted(who))
