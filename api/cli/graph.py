"""graph: names, what stands beside them, where facts come from, communities, and all of it for other tools."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import extraction, session
from api.cli.exporting import fresh
from api.cli.reporting import tell_end, watched
from api.cli.session import Collection, Json

if TYPE_CHECKING:
    from api.cli.output import Output

app = typer.Typer(
    help="Names, neighbours, paths, facts and communities of the documents; export for other tools.",
    invoke_without_command=True,
    no_args_is_help=False,
)

Row = Callable[[dict[str, Any]], tuple[object, ...]]
Name = Annotated[str, typer.Argument(metavar="NAME", help="In any spelling.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="So many at most.")]


@app.callback()
def overview(ctx: typer.Context, json: Json = False) -> None:
    """Without a command: the most frequent names. JSON lines, one a name."""
    if ctx.invoked_subcommand is None:
        entities(ctx, json=json)


@app.command()
def entities(
    ctx: typer.Context,
    q: Annotated[str, typer.Argument(metavar="[BEGINNING]", help="How the name, or a word of it, begins.")] = "",
    collection: Collection = None,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """Names that documents hold, the most frequent first, and what is taught of names. JSON lines, a name each, then what is taught."""
    found = _get(ctx, json, "entities", q=q, collection=collection, limit=limit)
    _table(ctx, found["entities"], ("name", "kind", "passages", "aliases"), _named)
    _taught(ctx, found["taught"])


@app.command()
def neighbours(ctx: typer.Context, name: Name, collection: Collection = None, limit: Limit = 20, json: Json = False) -> None:
    """Names that share passages with this one, and what is taught of it. JSON lines, a name each, then what is taught."""
    found = _get(ctx, json, "neighbours", name=name, collection=collection, limit=limit)
    _table(ctx, found["neighbours"], ("name", "kind", "passages", "relations"), _named)
    _taught(ctx, found["taught"])


@app.command()
def path(
    ctx: typer.Context,
    first: Annotated[str, typer.Argument(metavar="FROM")],
    second: Annotated[str, typer.Argument(metavar="TO")],
    collection: Collection = None,
    steps: Annotated[int, typer.Option(min=1, max=6, help="The longest way to look for.")] = 4,
    json: Json = False,
) -> None:
    """A shortest way from one name to another over passages that hold both names of each step. JSON lines, one a step."""
    found = _get(ctx, json, "path", first=first, second=second, collection=collection, steps=steps)["steps"]
    out = _out(ctx)
    if json:
        _lines(out, found)
        return
    if not found:
        out.tell("no_way")
    for one in found:
        out.print(out.said("way_step", first=one["first"], second=one["second"]))
        for place in one["passages"]:
            _place(out, place)
        _taught(ctx, one["taught"])


@app.command()
def facts(ctx: typer.Context, name: Name, collection: Collection = None, limit: Limit = 20, json: Json = False) -> None:
    """What is stated about a name, each with its correction, or its sentence and document. JSON lines, one a statement."""
    found = _get(ctx, json, "statements", name=name, collection=collection, limit=limit)
    out = _out(ctx)
    _taught(ctx, found["taught"])
    if json:
        _lines(out, found["statements"])
        return
    if not (found["statements"] or found["taught"]):
        out.tell("nothing_here")
    for one in found["statements"]:
        out.print(_triple(one))
        _place(out, one)


@app.command()
def communities(
    ctx: typer.Context,
    community: Annotated[str | None, typer.Argument(metavar="[ID]", help="Show this one with all its names.")] = None,
    collection: Collection = None,
    level: Annotated[int, typer.Option(min=0, max=10, help="0: the top.")] = 0,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """What stands together, with a summary in the documents' own sentences. JSON lines, one a community."""
    if community is not None:
        found = _get(ctx, json, "communities", community)
        out = _out(ctx)
        if json:
            out.result(found)
        else:
            _community(out, found)
        return
    listed = _get(ctx, json, "communities", collection=collection, level=level, limit=limit)
    out = _out(ctx)
    if listed["notice"]:
        out.tell("notice", text=listed["notice"])
    _table(ctx, listed["communities"], ("id", "size", "title"), lambda one: (one["id"], one["size"], one["title"]))


@app.command()
def refresh(
    ctx: typer.Context, collection: Annotated[str, typer.Option("--collection", "-c", help="Name or id.")], json: Json = False
) -> None:
    """Compute a collection's communities anew; the service does so by itself once enough has changed. JSON, one object: the job."""
    from api.wire import path as where

    here = session.of(ctx, json=json)
    with here.client() as client:
        job = str(client.call("POST", where("graph", "communities"), {"collection": collection})["job"])
        ended = watched(here.out, client, job, title="surveying")
    if json:
        here.out.result(ended)
    else:
        tell_end(here.out, ended)
    if ended["state"] != "done":
        raise typer.Exit(1)
    if not json:
        communities(ctx, None, [collection])


app.command()(extraction.extract)


@app.command()
def export(
    ctx: typer.Context,
    collection: Collection = None,
    least: Annotated[int, typer.Option(min=1, help="Leave out names in fewer passages.")] = 1,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", dir_okay=False, help="Default: stdout. Replaced if it is there.")
    ] = None,
    json: Json = False,
) -> None:
    """Print all names and how often they stand together as GraphML. JSON, one object: {"file", "bytes"}, or {"graphml"} without -o."""
    from api.wire import given
    from api.wire import path as where

    here = session.of(ctx, json=json)
    with here.client() as client:
        pieces = client.call_text(where("graph", "export"), given(collection=collection, least=least))
        if output is not None:
            with here.out.progress("exporting", None, lines=False) as bar, fresh(output) as file:
                size = sum(_written(file.write(piece), bar.advance) for piece in pieces)
            here.out.done({"file": str(output), "bytes": output.stat().st_size}, "graph_exported", file=output, size=size)
        elif json:
            here.out.result({"graphml": "".join(pieces)})
        else:
            for piece in pieces:
                here.out.print(piece, end="")


def _written(size: int, advance: Callable[[], None]) -> int:
    advance()
    return size


def _get(ctx: typer.Context, json: bool, *parts: str, **asked: Any) -> dict[str, Any]:
    from api.wire import given
    from api.wire import path as where

    with session.of(ctx, json=json).client() as client:
        return client.call("GET", where("graph", *parts), params=given(**asked))


def _out(ctx: typer.Context) -> Output:
    found = ctx.find_object(session.Session)
    assert found is not None
    return found.out


def _table(ctx: typer.Context, found: list[dict[str, Any]], columns: tuple[str, ...], row: Row) -> None:
    out = _out(ctx)
    if out.json:
        _lines(out, found)
    else:
        out.table(columns, [row(one) for one in found])


def _named(one: dict[str, Any]) -> tuple[object, ...]:
    beside = one.get("relations", one["aliases"])
    return one["name"], one["kind"], f"{one['passages']}{'+' if one['more'] else ''}", ", ".join(beside)


def _community(out: Output, one: dict[str, Any]) -> None:
    out.print(one["title"])
    out.print(", ".join(one["names"]))
    for said in one["summary"]:
        for place in said["sources"]:
            _place(out, place)
    for below in one["below"]:
        out.print(f"  {below['id']}  {below['title']}")


def _triple(one: dict[str, Any]) -> str:
    return f"{one['subject']} — {one['relation']} — {one['object']}"


def _taught(ctx: typer.Context, found: list[dict[str, Any]]) -> None:
    """What corrections state, each with its correction. As JSON these are the lines that name one."""
    out = _out(ctx)
    if out.json:
        _lines(out, found)
        return
    for one in found:
        out.print(_triple(one))
        out.print(out.said("stated_by", correction=one["correction"], author=one["author"], date=one["at"][:10]))


def _place(out: Output, one: dict[str, Any]) -> None:
    where = ", ".join(part for part in (one["document"], one["location"]) if part)
    out.print(out.said("rests_on", document=where, quote=" ".join(one["quote"].split())))
    if one["superseded_by"]:
        out.print(f"    ({out.said('superseded', correction=one['superseded_by'])})")


def _lines(out: Output, found: Iterable[dict[str, Any]]) -> None:
    for one in found:
        out.result(one)
