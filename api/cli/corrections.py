"""corrections: what was taught, as it stands, and a second expert's word on it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from api.cli import calibration, lifecycle, reading, session
from api.cli.session import Collection, Json

app = typer.Typer(
    help="What was taught: list, show, review, amend, take back together.", invoke_without_command=True, no_args_is_help=False
)

AGES = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}

Since = Annotated[str | None, typer.Option(help="Changed at or after: 7d, 24h or 2w ago, or a date.", metavar="AGE|DATE")]
Status = Annotated[str | None, typer.Option(help="proposed, approved, disputed or retracted.")]
Id = Annotated[str, typer.Argument(metavar="ID")]


@app.callback()
def digest(ctx: typer.Context, since: Since = None, status: Status = None, collection: Collection = None, json: Json = False) -> None:
    """Without a command: list, newest first; with --since the digest of what changed. JSON lines, one a correction."""
    if ctx.invoked_subcommand is None:
        list_(ctx, since=since, status=status, collection=collection, json=json)


@app.command("list")
def list_(ctx: typer.Context, since: Since = None, status: Status = None, collection: Collection = None, json: Json = False) -> None:
    """Newest first. JSON lines, one a correction."""
    here = session.of(ctx, json=json)
    moment = None if since is None else moment_of(since)
    with here.client() as client:
        found = client.corrections(collections=collection, since=moment, status=status)
        if json:
            for one in found:
                here.out.result(one)
            return
        rows = [(one["id"], one["at"][:16], one["status"], one["author"], one["question"], one["answer"]) for one in found]
    here.out.table(("id", "at", "status", "author", "question", "answer"), rows)


@app.command()
def show(ctx: typer.Context, correction: Id, json: Json = False) -> None:
    """One correction with all that was said in it."""
    here = session.of(ctx, json=json)
    with here.client() as client:
        found = client.correction(correction)
    if json:
        here.out.result(found)
    else:
        reading.correction(here.out, found)


@app.command()
def approve(ctx: typer.Context, correction: Id, json: Json = False) -> None:
    """Give a proposed correction authority: as an expert who is not its author."""
    _review(session.of(ctx, json=json), correction, "approve")


@app.command()
def refuse(ctx: typer.Context, correction: Id, json: Json = False) -> None:
    """Leave a proposed correction disputed."""
    _review(session.of(ctx, json=json), correction, "refuse")


for _command in (
    lifecycle.amend,
    lifecycle.history,
    lifecycle.confirm,
    lifecycle.review,
    lifecycle.mark,
    lifecycle.revert,
    lifecycle.erase,
    calibration.fit,
):
    app.command()(_command)


def _review(here: session.Session, correction: str, verdict: str) -> None:
    with here.client() as client:
        found = client.review(correction, verdict)
    if here.out.json:
        here.out.result(found)
    else:
        reading.correction(here.out, found)


def moment_of(text: str) -> datetime:
    """`7d` ago, or a date or time (UTC unless it says otherwise)."""
    if age := re.fullmatch(r"(\d{1,5})([hdw])", text):
        return datetime.now(UTC) - int(age[1]) * AGES[age[2]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither an age like 7d nor a date like 2026-10-01") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
