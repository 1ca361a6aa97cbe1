"""graph extract: let a model read a collection's passages, once its cost is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import session
from api.cli.reporting import tell_end, watched
from api.cli.session import Json

if TYPE_CHECKING:
    from api.cli.output import Output


def extract(
    ctx: typer.Context,
    collection: Annotated[str, typer.Option("--collection", "-c", help="Name or id.")],
    budget: Annotated[
        int | None,
        typer.Option(min=1, metavar="TOKENS", help="Tokens it may take, asked and replied together; default: the service's cap."),
    ] = None,
    calls: Annotated[int | None, typer.Option(min=1, help="Calls of the model it may take.")] = None,
    estimate: Annotated[bool, typer.Option("--estimate", "--dry-run", help="Only tell what it would cost.")] = False,
    json: Json = False,
) -> None:
    """Let the configured model read names and relations from a collection's passages into the graph; what it costs is told first.

    Only what the passages bear out is kept. What was read before costs nothing; interrupted, it goes on where it stopped. JSON, one
    object: {"estimate"} and, unless --estimate, {"job", "state", "error", "budget", "spent", "passages", "names", "statements", "dropped"}.
    """
    from api.wire import given, path

    here = session.of(ctx, json=json)
    where = path("graph", "extraction")
    with here.client() as client:
        priced = client.call("POST", f"{where}?dry_run=true", {"collection": collection})["estimate"]
        if not json:
            here.out.print(here.out.said("extraction_cost", **priced))
        if estimate:
            if json:
                here.out.result({"estimate": priced})
            return
        job = str(client.call("POST", where, {"collection": collection, **given(budget=budget, calls=calls)})["job"])
        watched(here.out, client, job, title="reading")
        report = client.call("GET", f"{where}/{job}")
    if json:
        here.out.result({"estimate": priced, **report})
    else:
        _tell(here.out, report)
    if report["state"] != "done":
        raise typer.Exit(1)


def _tell(out: Output, report: dict[str, Any]) -> None:
    spent = report["spent"]
    counts = {what: report[what] for what in ("passages", "names", "statements", "dropped")}
    out.print(out.said("extracted", **counts, tokens=spent["tokens"], calls=spent["calls"]))
    if report["progress"].get("note"):
        out.tell("notice", text=report["progress"]["note"])
    tell_end(out, report)
