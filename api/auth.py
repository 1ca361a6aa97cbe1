"""Who is asking: settled in plain ASGI, before a byte of the body is read.

FastAPI reads (and spools) a multipart body before its dependencies run, so a key checked there is checked too late.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import Annotated, Final, cast

from anyio import to_thread
from fastapi import Depends, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors, limits
from jitl.errors import BadInput, JitlError, NotAllowed, Unauthenticated
from jitl.principals import Principal
from jitl.sql.people import OWNER, People

OPEN: Final = frozenset({"/healthz", "/readyz", "/docs", "/openapi.json"})
"""What answers without a key. None of it tells anything about a collection, a person or a document."""

OWNER_MARK: Final = "jitl.owner"
ACTS_FOR: Final = (b"x-jitl-user", b"x-openwebui-user-email", b"x-hepai-user-email")

Headers = Iterable[tuple[bytes, bytes]]


def as_owner(app: ASGIApp) -> ASGIApp:
    """The application as the data folder's own socket serves it: who reaches that socket is the owner.

    The mark lives in the ASGI scope, which no request can write to; serve the bare application on TCP.
    """

    async def marked(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, OWNER_MARK: True}, receive, send)

    return marked


def key_of(headers: Headers) -> str | None:
    """The one place that reads a credential: `Authorization: Bearer KEY`, exactly once. None where no key is given."""
    given = [value for name, value in headers if name == b"authorization"]
    if not given:
        return None
    found = re.fullmatch(rb"\s*bearer\s+([\x21-\x7e]{1,200})\s*", given[0], re.IGNORECASE)
    if len(given) > 1 or found is None:
        raise Unauthenticated("The Authorization header is not one Bearer key.", hint="Send `Authorization: Bearer jitl_...` once.")
    return found[1].decode("ascii")


def person_of(headers: Headers) -> str | None:
    """Whom the caller says to act for; means something only with a key that may."""
    given = [(name, value) for name, value in headers if name in ACTS_FOR]
    named = next((value for wanted in ACTS_FOR for name, value in given if name == wanted), None)
    if named is None:
        return None
    if any(name == given[0][0] and value != given[0][1] for name, value in given):
        raise BadInput("The header that names a person is there twice, with two names.")
    try:
        return named.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise BadInput("The header that names a person is not UTF-8.") from None


def identify(people: People, scope: Scope) -> Principal:
    """The principal of a request; raises `Unauthenticated`."""
    headers = scope["headers"]
    key = key_of(headers)
    if key is None:
        if scope.get(OWNER_MARK) is True:
            return OWNER
        raise Unauthenticated(
            "No key was given.", hint="Send `Authorization: Bearer jitl_...`; an admin makes keys with `jitl keys create`."
        )
    principal = people.authenticate(key)
    person = person_of(headers)
    if person is not None and "acts_for" in principal.key_rights:
        return people.acting_for(principal, person)
    return principal


class Gate:
    """The outermost layer: knows the caller, bounds the body, names the request."""

    def __init__(self, app: ASGIApp, people: People, caps: limits.Caps) -> None:
        self._app = app
        self._people = people
        self._caps = caps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no websocket route: the server closes the handshake
        state = scope.setdefault("state", {})
        state["request_id"] = uuid.uuid4().hex
        guarded = _guarded(scope, send)
        try:
            if scope["path"] not in OPEN:
                state["principal"] = await to_thread.run_sync(identify, self._people, scope)
            _plain_address(scope)
            receive = await limits.bounded(scope, receive, self._caps)
        except JitlError as error:
            await limits.refuse(errors.render(error, scope["path"]), scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)


def _plain_address(scope: Scope) -> None:
    if b"%00" in scope.get("raw_path", b"") or b"%00" in scope.get("query_string", b""):
        raise BadInput("The address contains a NUL character.")


def _guarded(scope: Scope, send: Send) -> Send:
    """Headers that every response carries."""
    always = [(b"x-request-id", scope["state"]["request_id"].encode()), (b"x-content-type-options", b"nosniff")]

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", []))
            if not any(name == b"cache-control" for name, _ in headers):
                headers.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*headers, *always]}
        await send(message)

    return guarded


async def caller(request: Request) -> Principal:
    """The principal that the gate settled on."""
    return cast("Principal", request.state.principal)


Caller = Annotated[Principal, Depends(caller)]


async def admin(principal: Caller) -> Principal:
    if not principal.is_admin:
        raise NotAllowed("Only an admin may do this.", hint="Ask an admin of this service.")
    return principal


Admin = Annotated[Principal, Depends(admin)]


async def owner(principal: Caller) -> Principal:
    """Only the data folder's socket: what names files of this machine is for who could read them anyway."""
    if principal is not OWNER:
        raise NotAllowed("This is for commands on the service's own machine.", hint="Upload the files: POST /v1/collections/{c}/documents.")
    return principal


Owner = Annotated[Principal, Depends(owner)]
