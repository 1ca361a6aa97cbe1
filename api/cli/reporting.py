"""Jobs that end in a report: asked for, watched, and what the report says of how they ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.cli.output import Output
    from api.client import Client
    from api.replies import JobReply


def report_of(out: Output, client: Client, where: str, body: Mapping[str, Any], *, title: str) -> dict[str, Any]:
    """Ask for the job at that address, show its progress until it is over, and fetch what it found."""
    job = str(client.call("POST", where, body)["job"])
    watched(out, client, job, title=title)
    return client.call("GET", f"{where}/{job}")


def watched(out: Output, client: Client, job: str, *, title: str) -> JobReply:
    """Show a job's progress until it is over; how it ended."""
    with out.progress(title, None, lines=False) as bar:

        def watch(found: JobReply) -> None:
            progress = found["progress"]
            bar.stand(progress.get("done", 0), progress.get("total", 0), progress.get("rate", 0.0), unit=progress.get("unit", ""))

        return client.wait_job(job, watch)


def tell_end(out: Output, ended: Mapping[str, Any]) -> None:
    """Say so where a job failed or was cancelled."""
    if ended["state"] == "failed":
        out.tell("job_failed", error=ended["error"] or "")
    elif ended["state"] == "cancelled":
        out.tell("job_cancelled")
