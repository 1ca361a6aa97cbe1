"""collections: what there is to ask, and the documents in it."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli import session
from api.cli.session import Json

app = typer.Typer(help="Collections and their documents: list, create, show, delete.", invoke_without_command=True, no_args_is_help=False)

Name = Annotated[str, typer.Argument(metavar="COLLECTION", help="Name or id.")]
Document = Annotated[str, typer.Argument(metavar="DOCUMENT", help="Name or id.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@app.callback()
def overview(ctx: typer.Context, json: Json = False) -> None:
    """Without a command: list. JSON lines, one a collection."""
    if ctx.invoked_subcommand is None:
        list_(ctx, json=json)


@app.command("list")
def list_(ctx: typer.Context, json: Json = False) -> None:
    """By name. JSON lines, one a collection."""
    here = session.of(ctx, json=json)
    with here.client() as client:
        found = client.collections()
    if json:
        for one in found:
            here.out.result(one)
        return
    rows = [(one["name"], one["documents"], one["passages"], one["created_at"][:10], one["id"]) for one in found]
    here.out.table(("name", "documents", "passages", "created", "id"), rows)


@app.command()
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument()],
    personal: Annotated[bool, typer.Option(help="Your own, seen by nobody else; called ~you:NAME.")] = False,
    json: Json = False,
) -> None:
    """Make an empty collection."""
    here = session.of(ctx, json=json)
    with here.client() as client:
        made = client.create_collection(name, personal=personal)
    here.out.done(made, "created", what="collection", name=made["name"])


@app.command()
def show(ctx: typer.Context, collection: Name, json: Json = False) -> None:
    """One collection and its documents. JSON lines: the collection, then its documents."""
    here = session.of(ctx, json=json)
    with here.client() as client:
        found = client.collection(collection)
        documents = client.documents(collection)
        if json:
            here.out.result(found)
            for one in documents:
                here.out.result(one)
            return
        rows = [(one["document"], one["title"], one["kind"], one["passages"]) for one in documents]
    here.out.print(f"{found['name']}: {found['documents']} documents, {found['passages']} passages ({found['id']})")
    here.out.table(("document", "title", "kind", "passages"), rows)


@app.command()
def duplicates(ctx: typer.Context, collection: Name, json: Json = False) -> None:
    """Documents that are nearly the same: mirrors and editions, the latest first. JSON lines, one a group."""
    from api import wire

    here = session.of(ctx, json=json)
    with here.client() as client:
        found = client.call("GET", f"{wire.path('collections', collection)}/duplicates")["groups"]
    for group in found:
        if json:
            here.out.result(group)
        else:
            here.out.print(", ".join(f"{one['document']} ({one['date'][:10]})" if one["date"] else one["document"] for one in group))


@app.command()
def pseudonymise(
    ctx: typer.Context,
    collection: Name,
    off: Annotated[bool, typer.Option("--off", help="Names stay from now on.")] = False,
    json: Json = False,
) -> None:
    """Give people in mail, chat and issues stable tokens. What was read before changes when it is read again (jitl sync, jitl ingest)."""
    from api import wire

    here = session.of(ctx, json=json)
    with here.client() as client:
        asked = client.call("PUT", f"{wire.path('collections', collection)}/intake", {"pseudonyms": not off})
    here.out.done(asked, "names_stay" if off else "names_hidden", name=collection)


@app.command()
def source(ctx: typer.Context, collection: Name, document: Document, json: Json = False) -> None:
    """The text of a document as it was read."""
    here = session.of(ctx, json=json)
    with here.client() as client:
        found = client.source(document, collection=collection)
    if json:
        here.out.result(found)
    else:
        here.out.print(found["text"])


@app.command()
def delete(ctx: typer.Context, collection: Name, yes: Yes = False, json: Json = False) -> None:
    """Hide a collection and all that is in it, at once and for good."""
    here = session.of(ctx, json=json)
    with here.client() as client:
        found = client.collection(collection)
        here.confirm(found["name"], yes=yes)
        client.delete_collection(found["id"])
    here.out.done({"id": found["id"], "name": found["name"], "deleted": True}, "deleted", what="collection", name=found["name"])


@app.command("delete-document")
def delete_document(ctx: typer.Context, collection: Name, document: Document, json: Json = False) -> None:
    """Hide a document at once. Reading its file again brings it back."""
    here = session.of(ctx, json=json)
    with here.client() as client:
        client.delete_document(collection, document)
    here.out.done({"document": document, "deleted": True}, "deleted", what="document", name=document)
