"""jobs: what is being read, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import session
from api.cli.ingesting import follow
from api.cli.session import Json

if TYPE_CHECKING:
    from api.replies import JobReply

app = typer.Typer(
    help="Work in the background: list, show, items, watch, cancel, retry.", invoke_without_command=True, no_args_is_help=False
)

State = Annotated[str | None, typer.Option(help="queued, running, done, failed or cancelled.")]
Job = Annotated[str, typer.Argument(metavar="JOB")]


@app.callback()
def overview(ctx: typer.Context, state: State = None, json: Json = False) -> None:
    """Without a command: list, newest first. JSON lines, one a job."""
    if ctx.invoked_subcommand is None:
        list_(ctx, state=state, json=json)


@app.command("list")
def list_(ctx: typer.Context, state: State = None, json: Json = False) -> None:
    """Newest first. JSON lines, one a job."""
    here = session.of(ctx, json=json)
    with here.client() as client:
        found = client.jobs(state=state)
    if json:
        for one in found:
            here.out.result(one)
        return
    here.out.table(("id", "kind", "state", "done", "created", "error"), [_row(one) for one in found])


@app.command()
def show(ctx: typer.Context, job: Job, json: Json = False) -> None:
    """How far a job is and how many items ended how."""
    here = session.of(ctx, json=json)
    with here.client() as client:
        found = client.job(job)
    if json:
        here.out.result(found)
        return
    for name, value in (*zip(("id", "kind", "state", "done", "created", "error"), _row(found), strict=True), *found["counts"].items()):
        if value is not None:
            here.out.print(f"{name}: {value}")


@app.command()
def items(
    ctx: typer.Context,
    job: Job,
    status: Annotated[str | None, typer.Option(help="added, changed, unchanged, removed, skipped or failed.")] = None,
    json: Json = False,
) -> None:
    """What became of each document. JSON lines, one a document."""
    here = session.of(ctx, json=json)
    with here.client() as client:
        found = client.job_items(job, status=status)
        if json:
            for one in found:
                here.out.result(one)
            return
        rows = [(one["status"], one["uri"], one["chunks"], one["reason"]) for one in found]
    here.out.table(("status", "document", "passages", "reason"), rows)


@app.command()
def watch(ctx: typer.Context, job: Job, json: Json = False) -> None:
    """Follow a job until it is over, as `ingest` does; Ctrl-C cancels it."""
    here = session.of(ctx, json=json)
    with here.client(resume=True) as client:
        follow(here.out, client, job)


@app.command()
def cancel(ctx: typer.Context, job: Job, json: Json = False) -> None:
    """Stop a job; what it had published stays."""
    here = session.of(ctx, json=json)
    with here.client() as client:
        client.cancel_job(job)
        found = client.job(job)
    here.out.done(found, "job_cancelled")


@app.command()
def retry(ctx: typer.Context, job: Job, json: Json = False) -> None:
    """Run a failed or cancelled job again, or what failed of a finished one, and follow it."""
    here = session.of(ctx, json=json)
    with here.client(resume=True) as client:
        client.retry_job(job)
        follow(here.out, client, job)


def _row(one: JobReply) -> tuple[str | None, ...]:
    progress = one["progress"]
    done = f"{progress.get('done', 0)}/{progress.get('total', 0)} {progress.get('unit', '')}".rstrip()
    return one["id"], one["kind"], "cancelling" if one["cancelling"] else one["state"], done, one["created_at"][:16], one["error"]
