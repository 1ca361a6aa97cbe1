"""serve: the service itself, until somebody ends it."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import session
from api.cli.session import Json
from jitl.errors import BadInput, Busy

if TYPE_CHECKING:
    from api.cli.output import Output
    from api.holder import Holder, Open

SHORT_COMMAND_S = 60.0
"""How long a server that starts waits for a command that holds the folder."""


def serve(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to bind. Default: JITL_HOST or 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0: a free one. Default: JITL_PORT or 8765.")] = None,
    json: Json = False,
) -> None:
    """Serve REST until Ctrl-C. Prints the address and, on first start, an admin key once.

    JSON, one object: {"url", "host", "port", "socket", "admin_key"}.
    """
    from api.folder import meeting_place
    from jitl.settings import load_settings

    here = session.of(ctx, json=json)
    settings = load_settings(here.folder)
    ended = _end_on(signal.SIGINT, signal.SIGTERM)
    with _bound(host or settings.host, settings.port if port is None else port) as door, meeting_place(here.folder) as place:
        holder = _hold(here.out, place, lambda _: session.opened(here.folder, terminal=True), door, ended)
        if holder is None:
            return
        try:
            _announce(here.out, holder, door, host or settings.host)
            holder.service.announce()
            while holder.alive and not ended.wait(0.5):
                pass
        finally:
            here.out.tell("stopping")
            holder.close()


def _end_on(*signals: signal.Signals) -> threading.Event:
    """Set by the first of the signals; a second one ends the process at once."""
    ended = threading.Event()

    def end(number: int, _: object) -> None:
        if ended.is_set():
            os._exit(128 + number)  # what is stored is safe at any moment
        ended.set()

    for one in signals:
        signal.signal(one, end)
    return ended


def _bound(host: str, port: int) -> socket.socket:
    """A listening TCP socket; bound before anything else is built, so that a taken port is told at once."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        door = socket.socket(family, kind, protocol)
    except OSError as error:
        raise BadInput(
            f"{host} is no address of this machine: {error.strerror}.", hint="Leave --host out to serve this machine alone."
        ) from error
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(address)
        door.listen(128)
    except OSError as error:
        door.close()
        hint = "Choose another --port (0: a free one), or end what uses it."
        raise BadInput(f"Port {port} on {host} cannot be used: {error.strerror}.", hint=hint) from error
    return door


def _hold(out: Output, folder: Path, opened: Open, door: socket.socket, ended: threading.Event) -> Holder | None:
    """The hold on the folder; a short command that has it is waited for, another server is not. None if told to end meanwhile."""
    from api.folder import holding
    from api.holder import Holder

    deadline, told = time.monotonic() + SHORT_COMMAND_S, False
    while True:
        holder = Holder.take(folder, door=door, opened=opened)
        if holder is not None:
            holder.service.resume()
            return holder
        other = holding(folder)
        if other is not None and other.address is not None:
            raise Busy(f"A server holds {folder} already: process {other.pid}, {other.address}.", hint="Use it, or end it first.")
        pid = other.pid if other else "?"
        if time.monotonic() > deadline:
            raise Busy(f"Process {pid} holds {folder}.", hint="Wait until it has ended, then start the server.")
        if not told:
            out.tell("waiting_for_holder", pid=pid, folder=folder)
            told = True
        if ended.wait(0.1):
            return None


def _announce(out: Output, holder: Holder, door: socket.socket, host: str) -> None:
    address: Sequence[object] = door.getsockname()
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{address[1]}"
    holder.note(url)
    key = holder.service.first_key()
    if out.json:
        out.result({"url": url, "host": host, "port": address[1], "socket": str(holder.socket), "admin_key": key})
    else:
        out.print(out.said("serving", url=url))
        if key is not None:
            out.print(out.said("first_key", key=key))
    if not _loopback(str(address[0])):
        out.tell("open_address", host=address[0])


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False
