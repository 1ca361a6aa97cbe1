"""corrections fit: how sure the service must be that a correction answers a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import session
from api.cli.reporting import report_of, tell_end
from api.cli.session import Collection, Json

if TYPE_CHECKING:
    from api.cli.output import Output


def fit(
    ctx: typer.Context,
    collection: Collection = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only report.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Back to the shipped threshold.")] = False,
    json: Json = False,
) -> None:
    """Fit the scope decision's threshold on a collection's own corrections; at fewer than 20 the shipped one stays.

    JSON, one object: {"job", "state", "dry_run", "collections": [{"collection", "corrections", "near", "given", "derived", "shipped",
    "before": {"threshold", "missed", "fired"}, "after", "applied"}]}; with --reset {"reset": [names]}.
    """
    from api.wire import path

    if reset and dry_run:
        raise typer.BadParameter("--reset goes without --dry-run")
    here = session.of(ctx, json=json)
    with here.client() as client:
        if reset:
            report = client.call("DELETE", path("corrections", "fit"), params={"collection": collection} if collection else None)
        else:
            body = {"dry_run": dry_run} | ({"collections": collection} if collection else {})
            report = report_of(here.out, client, path("corrections", "fit"), body, title="fitting")
    if json:
        here.out.result(report)
    elif reset:
        here.out.print(here.out.said("threshold_reset", names=", ".join(report["reset"]) or "-"))
    else:
        _tell(here.out, report)
    if not reset and report["state"] != "done":
        raise typer.Exit(1)


def _tell(out: Output, report: dict[str, Any]) -> None:
    for one in report["collections"]:
        before, after = one["before"], one["after"]
        reworded = one["given"] + one["derived"]
        out.print(out.said("fitted_on", collection=one["collection"], count=one["corrections"], near=one["near"], reworded=reworded))
        for key, rates in (("threshold_before", before), ("threshold_after", after)):
            shares = {name: f"{100 * rates[name]:.1f}" for name in ("missed", "fired")}
            out.print(out.said(key, threshold=f"{rates['threshold']:.2f}", **shares))
        out.print(out.said("threshold_applied" if one["applied"] else "threshold_kept"))
    tell_end(out, report)
