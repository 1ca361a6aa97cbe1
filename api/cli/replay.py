"""replay: does what was taught still hold?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import session
from api.cli.reporting import report_of, tell_end
from api.cli.session import Collection, Json

if TYPE_CHECKING:
    from api.cli.output import Output


def replay(
    ctx: typer.Context,
    collection: Collection = None,
    accept: Annotated[bool, typer.Option("--accept", help="Hold later replays against what is right and wrong now.")] = False,
    json: Json = False,
) -> None:
    """Ask every corrected question and its paraphrases again. Exit 1 if one that was right, or must be, is wrong now.

    JSON, one object: {"job", "state", "counts", "regressions": [{"correction", "question", "expected", "came", "why", ...}], "notes"}.
    """
    from api.wire import path

    here = session.of(ctx, json=json)
    body = {"accept": accept} | ({"collections": collection} if collection else {})
    with here.client() as client:
        report = report_of(here.out, client, path("replay"), body, title="replaying")
    if json:
        here.out.result(report)
    else:
        _tell(here.out, report)
    if report["state"] != "done" or report["counts"]["regressions"]:
        raise typer.Exit(1)


def _tell(out: Output, report: dict[str, Any]) -> None:
    for one in report["regressions"]:
        out.print(out.said("regressed", correction=one["correction"], question=one["question"] or one["wording"]))
        out.print(out.said("expected", text=one["expected"] or "-"))
        came = one["came"]
        out.print(out.said("came_instead", text=f"{came['answer']} ({came['correction']})" if came else "-"))
        detail = ", ".join(f"{name} {value}" for name, value in one["detail"].items())
        out.print(out.said("because", text=one["reason"] + (f" ({detail})" if detail else "")))
    for one in report["notes"]:
        out.tell("notice", text=f"{one['correction']} {one['wording']}: {one['reason']}")
    if report["state"] == "done":
        counts = report["counts"]
        out.print(out.said("replayed", asked=report["progress"].get("done", 0), regressions=counts["regressions"], notes=counts["notes"]))
    tell_end(out, report)
