"""Runs ASGI applications on sockets that already listen, beside the main thread."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from jitl.errors import Unavailable

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp, Receive, Scope, Send

    Door = tuple[ASGIApp, socket.socket]

START_S: Final = 30.0
FORCED_S: Final = 5.0


class Traffic:
    """An application that counts its requests under way."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.active = 0  # changed by the event loop's thread alone

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.active += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self.active -= 1


class Serving:
    """One event loop in a thread of its own that serves every door: an application and the socket it answers on."""

    def __init__(self, doors: Sequence[Door], *, grace_s: float) -> None:
        """`grace_s`: how long `close` lets requests under way finish."""
        self._doors = doors
        self._grace_s = grace_s
        self._servers: list[uvicorn.Server] = []
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="jitl-http", daemon=True)

    def start(self) -> None:
        """Returns once every door answers."""
        self._servers = [_server(app, self._grace_s) for app, _ in self._doors]
        self._thread.start()
        deadline = time.monotonic() + START_S
        while not all(server.started for server in self._servers):
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise Unavailable("The service's socket could not be served.", hint="Run `jitl doctor`.") from self._failure
            time.sleep(0.002)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def close(self) -> None:
        """No new request; those under way may finish within the grace."""
        for server in self._servers:
            server.should_exit = True
        self._thread.join(self._grace_s + FORCED_S)
        for server in self._servers:
            server.force_exit = True
        self._thread.join(FORCED_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001  # isolation: kept for whoever waits in `start`
            self._failure = error

    async def _serve(self) -> None:
        pairs = zip(self._servers, self._doors, strict=True)
        await asyncio.gather(*(server.serve(sockets=[listener]) for server, (_, listener) in pairs))


def _server(app: ASGIApp, grace_s: float) -> uvicorn.Server:
    import uvicorn  # only a holder serves

    return uvicorn.Server(
        uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            ws="none",
            timeout_keep_alive=75,
            timeout_graceful_shutdown=round(grace_s),
        )
    )
