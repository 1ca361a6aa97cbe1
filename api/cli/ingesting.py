"""ingest: documents in, with what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import session
from api.cli.reporting import tell_end
from api.cli.session import Json
from jitl.errors import JitlError

if TYPE_CHECKING:
    from api.cli.output import Output
    from api.client import Client
    from api.replies import JobItemReply, JobReply

MOST_SHOWN = 50
"""Failures listed for people; JSON lists all."""
MOST_LOOKED_AT = 2000


def ingest(
    ctx: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH...", exists=True, help="Files, folders, archives, mailboxes, TWiki trees.")
    ] = None,
    records: Annotated[
        list[Path] | None,
        typer.Option("--records", exists=True, dir_okay=False, help='JSON lines, a document each: {"id", "title"?, "text", "metadata"?}.'),
    ] = None,
    collection: Annotated[str, typer.Option("--collection", "-c", help="Made if it does not exist.")] = "default",
    force: Annotated[bool, typer.Option(help="Read again what has not changed.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until everything is read.")] = True,
    json: Json = False,
) -> None:
    """Read documents into a collection. Unchanged ones are skipped, changed ones replaced, vanished ones hidden.

    Exit 1 if any document could not be read; the others are read all the same.

    JSON lines: for each document {"uri", "status", "reason", "document_id", "chunks"} (status: added, changed, unchanged, removed,
    skipped, failed), then one summary {"job", "state", "error", "counts": {status: number}, "seconds"}.
    """
    if not paths and not records:
        raise typer.BadParameter("give a PATH or --records FILE")
    if paths and records:
        raise typer.BadParameter("read PATHs and --records in two commands")
    here = session.of(ctx, json=json)
    with here.client(resume=True) as client:
        job = client.ingest([path.absolute() for path in paths or records or ()], collection, records=bool(records), force=force)
        if not wait:
            here.out.result({"job": job}) if json else here.out.print(here.out.said("job", job=job))
            return
        follow(here.out, client, job)


def follow(out: Output, client: Client, job: str, *, title: str = "reading") -> None:
    """Show a job's progress until it is over, then how it went; exit 1 if anything failed. Ctrl-C cancels it."""
    seen = 0

    def settled() -> None:
        nonlocal seen
        for item in client.job_items(job, after=seen):
            seen = item["id"]
            out.result(_outcome(item))

    def watch(found: JobReply) -> None:
        progress = found["progress"]
        total = progress.get("total", 0)
        bar.stand(progress.get("done", 0), total, progress.get("rate", 0.0), progress.get("note", ""), progress.get("unit", ""))
        if out.json:
            settled()

    try:
        with out.progress(title, None, lines=out.json) as bar:
            found = client.wait_job(job, watch)
    except KeyboardInterrupt:
        _cancel(out, client, job)
        raise
    if out.json:
        settled()
    _conclude(out, client, found)


def _cancel(out: Output, client: Client, job: str) -> None:
    try:
        client.cancel_job(job)
    except JitlError as error:  # it was over, or nobody is there to tell
        out.tell("error", text=error.message)
    else:
        out.tell("job_cancelled")


def _conclude(out: Output, client: Client, found: JobReply) -> None:
    failed = found["counts"].get("failed", 0)
    if out.json:
        told = {"job": found["id"], "state": found["state"], "error": found["error"], "counts": found["counts"]}
        out.result({**told, "seconds": _seconds(found)})
    else:
        _list_failures(out, client, found["id"], failed)
        _list_remarks(out, client, found)
        counts = ", ".join(f"{number} {status}" for status, number in found["counts"].items() if number)
        out.print(out.said("ingested", state=found["state"], counts=counts or str(found["progress"].get("done", 0))))
    tell_end(out, found)
    if failed or found["state"] != "done":
        raise typer.Exit(1)


def _list_failures(out: Output, client: Client, job: str, failed: int) -> None:
    if not failed:
        return
    out.tell("not_read")
    for number, item in enumerate(client.job_items(job, status="failed")):
        if number == MOST_SHOWN:
            out.tell("more_failed", count=failed - MOST_SHOWN, job=job)
            return
        out.tell("failure", name=item["uri"].removeprefix("file://"), reason=item["reason"])


def _list_remarks(out: Output, client: Client, found: JobReply) -> None:
    """What the parsers said of documents that were read: pages that hold images only, say. Not for jobs too large to look through."""
    if sum(found["counts"].get(status, 0) for status in ("added", "changed")) > MOST_LOOKED_AT:
        return
    read = (item for status in ("added", "changed") for item in client.job_items(found["id"], status=status))
    remarked = [item for item in read if item["reason"]]
    if remarked:
        out.tell("remarked")
    for item in remarked[:MOST_SHOWN]:
        out.tell("failure", name=item["uri"].removeprefix("file://"), reason=item["reason"])


def _outcome(item: JobItemReply) -> Mapping[str, Any]:
    return {name: value for name, value in item.items() if name != "id"}


def _seconds(found: JobReply) -> float | None:
    from datetime import datetime

    if found["started_at"] is None or found["finished_at"] is None:
        return None
    return round((datetime.fromisoformat(found["finished_at"]) - datetime.fromisoformat(found["started_at"])).total_seconds(), 3)
