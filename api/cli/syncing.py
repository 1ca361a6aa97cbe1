"""sync: places read again and again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import session
from api.cli.ingesting import follow
from api.cli.session import Json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.cli.session import Session
    from api.client import Client


def sync(
    ctx: typer.Context,
    addresses: Annotated[
        list[str] | None,
        typer.Argument(metavar="ADDRESS...", help="PATH, https://host/page, site+https://host/section/, git+https://host/docs.git."),
    ] = None,
    collection: Annotated[str, typer.Option("--collection", "-c", help="Made if it does not exist.")] = "default",
    listed: Annotated[bool, typer.Option("--list", help="Only show what the collection is read from.")] = False,
    forget: Annotated[str | None, typer.Option("--forget", metavar="SOURCE", help="Take a source off the list, by id or address.")] = None,
    force: Annotated[bool, typer.Option(help="Read again what has not changed.")] = False,
    json: Json = False,
) -> None:
    """Read a collection's sources again: what is new, changed, moved or vanished there. An ADDRESS is put on its list first.

    Exit 1 if any document or source could not be read; the others are read all the same. JSON lines as of `jitl ingest`; with --list
    one a source.
    """
    here = session.of(ctx, json=json)
    with here.client(resume=True) as client:
        where = _place(client, collection, made=bool(addresses))
        if forget is not None:
            _forget(here, client, where, forget)
        elif listed:
            _show(here, client.call("GET", f"{where}/sources")["sources"])
        else:
            ids = [client.call("POST", f"{where}/sources", {"address": _absolute(one)})["id"] for one in addresses or ()]
            job = client.call("POST", f"{where}/sync", {"sources": ids or None, "force": force})["job"]
            follow(here.out, client, job)


def _place(client: Client, collection: str, *, made: bool) -> str:
    """The address of the collection, which is made where it is missing."""
    from api import wire
    from jitl.errors import NotFound

    try:
        client.collection(collection)
    except NotFound:
        if not made:
            raise
        client.create_collection(collection)
    return wire.path("collections", collection)


def _absolute(address: str) -> str:
    """A path as it is seen from anywhere."""
    mark = "git+" if address.startswith("git+") else ""
    rest = address.removeprefix("git+")
    return address if "://" in rest else mark + os.path.abspath(os.path.expanduser(rest))  # noqa: PTH100, PTH111  # keeps links


def _forget(here: Session, client: Client, where: str, source: str) -> None:
    found = client.call("GET", f"{where}/sources")["sources"]
    id_ = next((one["id"] for one in found if source in {one["id"], one["address"]}), source)
    client.remove(f"{where}/sources/{id_}", {})
    here.out.done({"source": id_, "forgotten": True}, "forgotten", name=source)


def _show(here: Session, found: Iterable[dict[str, Any]]) -> None:
    if here.out.json:
        for one in found:
            here.out.result(one)
        return
    here.out.table(("address", "synced", "id"), [(one["address"], (one["synced_at"] or "")[:16], one["id"]) for one in found])
