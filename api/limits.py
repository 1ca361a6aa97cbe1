"""How much a request may send, and how a refused one is told so before it has sent everything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import anyio
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from jitl.errors import BadInput, TooLarge

UPLOAD: Final = re.compile(r"/v1/collections/[^/]+/documents|/api/v1/datasets/[^/]+/documents")
"""Reads its body piece by piece, to the disk."""

BATCH: Final = "/v1/corrections/batch"
"""Reads its body whole, in memory."""

PATIENCE_S: Final = 30.0  # without a byte
LINGER_BYTES: Final = 64 * 2**20
LINGER_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Caps:
    """Bytes of a body: on ordinary routes, of a batch of corrections, of an upload."""

    body: int
    batch: int
    upload: int

    def of(self, scope: Scope) -> int:
        if scope["path"] == BATCH:
            return self.batch
        return self.upload if _streamed(scope) else self.body


class TooSlow(BadInput):
    """The body stopped arriving."""


async def bounded(scope: Scope, receive: Receive, caps: Caps) -> Receive:
    """A `receive` that never yields more than the route's cap; raises `TooLarge` at once where the length is declared.

    But for uploads the body is read here, whole: handlers never wait for a slow sender. Of an upload each piece is counted as
    the handler asks for it.
    """
    cap = caps.of(scope)
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    if declared.isdigit() and int(declared) > cap:
        raise _too_large(cap)
    counted = _counted(receive, cap)
    return counted if _streamed(scope) else await _read_ahead(counted, receive)


async def refuse(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer first, then let what is under way drain, unread and bounded.

    Closing a socket with unread bytes resets it, and the sender would lose the answer that tells it why.
    """
    response.headers["Connection"] = "close"
    body = bytes(response.body)
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    if _has_body(scope):
        with anyio.move_on_after(LINGER_S):
            drained = 0
            while drained < LINGER_BYTES:
                message = await receive()
                drained += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    break
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _streamed(scope: Scope) -> bool:
    return scope["method"] == "POST" and UPLOAD.fullmatch(scope["path"]) is not None


def _has_body(scope: Scope) -> bool:
    names = dict(scope["headers"])
    return b"transfer-encoding" in names or names.get(b"content-length", b"0") != b"0"


def _counted(receive: Receive, cap: int) -> Receive:
    seen, complete = 0, False

    async def counted() -> Message:
        nonlocal seen, complete
        if complete:  # whoever asks now waits for the client to leave
            return await receive()
        with anyio.move_on_after(PATIENCE_S) as wait:
            message = await receive()
        if wait.cancelled_caught:
            raise TooSlow("The body did not arrive in time.", hint="Send it again.")
        complete = message["type"] != "http.request" or not message.get("more_body", False)
        seen += len(message.get("body", b""))
        if seen > cap:
            raise _too_large(cap)
        return message

    return counted


async def _read_ahead(counted: Receive, receive: Receive) -> Receive:
    pieces: list[bytes] = []
    while True:
        message = await counted()
        if message["type"] != "http.request":
            break
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            message = {"type": "http.request", "body": b"".join(pieces), "more_body": False}
            break
    first: list[Message] = [message]

    async def replay() -> Message:
        return first.pop() if first else await receive()

    return replay


def _too_large(cap: int) -> TooLarge:
    return TooLarge(f"The body is larger than the {cap} bytes that this address takes.", hint="Send less at once.")
