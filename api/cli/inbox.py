"""inbox: questions that wait for an expert."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli import session
from api.cli.session import Collection, Json

app = typer.Typer(help="Questions that wait for an expert: list, dismiss.", invoke_without_command=True, no_args_is_help=False)

Limit = Annotated[int, typer.Option(min=1, max=1000, help="Lines at most.")]


@app.callback()
def overview(ctx: typer.Context, collection: Collection = None, limit: Limit = 50, json: Json = False) -> None:
    """Without a command: list, the most asked first. JSON lines, one a question."""
    if ctx.invoked_subcommand is None:
        list_(ctx, collection=collection, limit=limit, json=json)


@app.command("list")
def list_(ctx: typer.Context, collection: Collection = None, limit: Limit = 50, json: Json = False) -> None:
    """The most asked first. JSON lines, one a question: {"id", "question", "wordings", "asked", "disliked", "answers", ...}."""
    from api.wire import given, path

    here = session.of(ctx, json=json)
    with here.client() as client:
        found = client.call("GET", path("inbox"), params=given(collection=collection, limit=limit))["items"]
    if json:
        for one in found:
            here.out.result(one)
        return
    rows = [(one["id"], one["asked"], one["disliked"], one["unanswered"], one["question"], one["answers"][0]) for one in found]
    here.out.table(("id", "asked", "disliked", "unanswered", "question", "newest answer"), rows)


@app.command()
def dismiss(ctx: typer.Context, item: Annotated[str, typer.Argument(metavar="ID")], json: Json = False) -> None:
    """Show a question in the inbox no more."""
    from api.wire import path

    here = session.of(ctx, json=json)
    with here.client() as client:
        found = client.call("POST", path("inbox", item, "dismiss"))
    here.out.done(found, "dismissed", item=item)
