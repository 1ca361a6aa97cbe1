"""replay: does what was taught still hold?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import session
from api.cli.session import Collection, Json

if TYPE_CHECKING:
    from api.cli.output import Output
    from api.replies import JobReply


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
        job = str(client.call("POST", path("replay"), body)["job"])
        with here.out.progress("replaying", None, lines=False) as bar:

            def watch(found: JobReply) -> None:
                progress = found["progress"]
                done, total = progress.get("done", 0), progress.get("total", 0)
                bar.stand(done, total, progress.get("rate", 0.0), unit=progress.get("unit", ""))

            client.wait_job(job, watch)
        report = client.call("GET", path("replay", job))
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
    elif report["state"] == "failed":
        out.tell("job_failed", error=report["error"] or "")
    else:
        out.tell("job_cancelled")
