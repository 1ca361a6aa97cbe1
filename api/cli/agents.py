"""mcp: the service's tools for an agent that starts this command and speaks with it over stdin and stdout."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import session
from api.cli.session import Json
from jitl.errors import BadInput

if TYPE_CHECKING:
    from contextlib import ExitStack

    from api.cli.session import Session
    from api.client import Client
    from api.mcp.lent import LentDesk

Url = Annotated[str | None, typer.Option(envvar="JITL_URL", help="A service elsewhere; default: the data folder's own.")]
Key = Annotated[str | None, typer.Option(envvar="JITL_KEY", help="Key for that service. Better said in the environment.")]
Person = Annotated[str | None, typer.Option(help="Whom a key with the right acts_for acts for.")]


def mcp(ctx: typer.Context, url: Url = None, key: Key = None, person: Person = None, json: Json = False) -> None:
    """Serve the tools search, fetch, ask and teach, and documents, to an agent over stdin and stdout (Model Context Protocol).

    JSON lines, with --json and without: the protocol's messages.
    """
    import anyio

    from api.mcp.desk import Place
    from api.mcp.lent import LentDesk
    from api.mcp.server import answer_stdio, build

    if (key or person) and url is None:
        raise BadInput("A key is for a service at a URL.", hint="Say --url, or set JITL_URL; the data folder's own needs no key.")
    here = session.of(ctx, json=json)
    desk = LentDesk(lambda stack: _client(stack, here, url, key, person))
    _end_on_signals(desk)
    try:
        anyio.run(answer_stdio, build(lambda _: Place(desk, url or "")))
    finally:
        desk.close()


def _client(stack: ExitStack, here: Session, url: str | None, key: str | None, person: str | None) -> Client:
    from api.client import Client

    if url is None:
        return stack.enter_context(here.client())
    return stack.enter_context(Client(url, key=key, person=person))


def _end_on_signals(desk: LentDesk) -> None:
    """At once: a thread waits for a line on stdin that may never come."""

    def end(number: int, _: object) -> None:
        desk.close()
        os._exit(128 + number)

    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, end)
