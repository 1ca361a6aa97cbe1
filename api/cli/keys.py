"""keys: who may come in over the network, and how far."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli import session
from api.cli.session import Json

app = typer.Typer(help="API keys: list, create, revoke.", invoke_without_command=True, no_args_is_help=False)


@app.callback()
def overview(ctx: typer.Context, json: Json = False) -> None:
    """Without a command: list. JSON lines, one a key."""
    if ctx.invoked_subcommand is None:
        list_(ctx, json=json)


@app.command("list")
def list_(ctx: typer.Context, json: Json = False) -> None:
    """Newest first, revoked ones included. JSON lines, one a key."""
    here = session.of(ctx, json=json)
    with here.client() as client:
        found = client.keys()
    if json:
        for one in found:
            here.out.result(one)
        return
    rows = [(one["id"], one["principal"], one["name"], " ".join(one["rights"]), one["created_at"][:10], one["revoked_at"]) for one in found]
    here.out.table(("id", "principal", "name", "rights", "created", "revoked"), rows)


@app.command()
def create(
    ctx: typer.Context,
    principal: Annotated[str, typer.Argument(metavar="WHO", help="A person or program; made if there is none of that name.")],
    name: Annotated[str, typer.Option(help="What the key is for.")] = "",
    role: Annotated[list[str] | None, typer.Option(help="reader, expert or admin; repeatable; for a new principal.")] = None,
    grant: Annotated[
        list[str] | None, typer.Option(metavar="COLLECTION=RIGHT", help="read, teach or admin on a collection (* for all); repeatable.")
    ] = None,
    right: Annotated[list[str] | None, typer.Option(help="acts_for, import, no_logging or plain_answers; repeatable.")] = None,
    expires: Annotated[str | None, typer.Option(help="Date or time at which it ends to be valid.")] = None,
    json: Json = False,
) -> None:
    """Make a key. It is printed now and never again."""
    here = session.of(ctx, json=json)
    grants = dict(_grant(one) for one in grant) if grant else None
    with here.client() as client:
        made = client.create_key(principal, name=name, roles=role or None, collections=grants, rights=right or None, expires_at=expires)
    if json:
        here.out.result(made)
        return
    here.out.tell("created", what="key", name=made["id"])
    here.out.print(here.out.said("key_once", key=made.get("key", "")))


@app.command()
def revoke(
    ctx: typer.Context, key: Annotated[str, typer.Argument(metavar="ID", help="The key's id, not the key.")], json: Json = False
) -> None:
    """Refuse a key from the next request on."""
    here = session.of(ctx, json=json)
    with here.client() as client:
        client.revoke_key(key)
    here.out.done({"id": key, "revoked": True}, "revoked", key=key)


def _grant(text: str) -> tuple[str, str]:
    collection, sign, right = text.rpartition("=")
    if not sign or not collection:
        raise typer.BadParameter(f"{text!r} is not COLLECTION=RIGHT")
    return collection, right
