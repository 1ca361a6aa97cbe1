"""corrections amend, history, confirm, review, mark, revert, erase: a correction's later life."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

import typer

from api.cli import reading, session
from api.cli.session import Collection, Json

Id = Annotated[str, typer.Argument(metavar="ID")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def amend(
    ctx: typer.Context,
    correction: Id,
    answer: Annotated[str | None, typer.Option(help="The right answer.")] = None,
    subject: Annotated[str | None, typer.Option(help="What it is about.")] = None,
    statement: Annotated[str | None, typer.Option(help="The corrected fact as one sentence.")] = None,
    paraphrase: Annotated[list[str] | None, typer.Option(help="Another way to ask; repeatable; they replace those there are.")] = None,
    wrong: Annotated[list[str] | None, typer.Option(help="A wrong sentence; repeatable; they replace those there are.")] = None,
    valid_from: Annotated[str | None, typer.Option(help="Date or time (ISO 8601) from which it holds.")] = None,
    valid_to: Annotated[str | None, typer.Option(help="Date or time until which it holds.")] = None,
    release: Annotated[str | None, typer.Option(help="Software release it is limited to.")] = None,
    runs: Annotated[str | None, typer.Option(help='Run numbers it is limited to: "9947-10878, 11000".')] = None,
    version: Annotated[int | None, typer.Option(help="The version you saw: refused if there is a newer one.")] = None,
    json: Json = False,
) -> None:
    """Change what a correction says; what it said stays in its history. An empty text clears a field. JSON: the correction."""
    from api.lifecycle import Lifecycle

    said: dict[str, Any] = {"answer": answer, "subject": subject, "statement": statement, "paraphrases": paraphrase}
    said |= {"supersedes": [{"quote": quote} for quote in wrong] if wrong else None}
    said |= {"valid_from": valid_from, "valid_to": valid_to, "release": release, "runs": runs}
    changes = {name: value for name, value in said.items() if value is not None}
    if not changes:
        raise typer.BadParameter("say what to change: --answer, --paraphrase, ...")
    here = session.of(ctx, json=json)
    with here.client() as client:
        found = Lifecycle(client).amend(correction, changes if version is None else {**changes, "version": version})
    if json:
        here.out.result(found)
    else:
        reading.correction(here.out, found)


def history(ctx: typer.Context, correction: Id, json: Json = False) -> None:
    """Who did what to a correction and when, oldest first. JSON lines, one an event; an amendment with what was said before."""
    from api.lifecycle import Lifecycle

    here = session.of(ctx, json=json)
    with here.client() as client:
        found = Lifecycle(client).history(correction)
    if json:
        for one in found:
            here.out.result(one)
        return
    rows = [(one["at"][:19], one["kind"], one["by"], one.get("status"), ", ".join(one.get("fields", ()))) for one in found]
    here.out.table(("at", "what", "by", "status", "changed"), rows)


def confirm(
    ctx: typer.Context,
    answer: Annotated[str, typer.Argument(metavar="ANSWER_ID", help="As `jitl ask --json` gives it.")],
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Where, if it was asked of several.")] = None,
    json: Json = False,
) -> None:
    """Vouch for an answer as it stands: it is kept like a correction, marked as confirmed. JSON: {"id", "status", "answer"}."""
    from api.lifecycle import Lifecycle

    here = session.of(ctx, json=json)
    with here.client() as client:
        found = Lifecycle(client).confirm(answer, collection=collection)
    here.out.done(found, "taught", correction=found["id"], status=found["status"])


def review(ctx: typer.Context, collection: Collection = None, json: Json = False) -> None:
    """Marked sentences that left their document while a similar one stands there; `mark` accepts one. JSON lines, one a mark."""
    from api.lifecycle import Lifecycle

    here = session.of(ctx, json=json)
    with here.client() as client:
        found = Lifecycle(client).vanished(collections=collection)
    if json:
        for one in found:
            here.out.result(one)
        return
    here.out.table(
        ("correction", "document", "was", "now", "alike"),
        [(one["correction"], one["document"], one["old"], one["new"], f"{one['similarity']:.2f}") for one in found],
    )


def mark(
    ctx: typer.Context,
    correction: Id,
    quote: Annotated[str, typer.Option(help="The wrong sentence as it stands now.")],
    document: Annotated[str | None, typer.Option(help="The document it stands in.")] = None,
    json: Json = False,
) -> None:
    """Declare one more sentence wrong by an approved correction. JSON: the correction."""
    from api.lifecycle import Lifecycle

    here = session.of(ctx, json=json)
    with here.client() as client:
        found = Lifecycle(client).mark(correction, quote, document=document)
    here.out.done(found, "marked", correction=found["id"])


def revert(
    ctx: typer.Context,
    author: Annotated[str | None, typer.Option(help="Take back all that this person taught.")] = None,
    batch: Annotated[str | None, typer.Option(help="Take back all of a batch, by the id that `teach --batch` told.")] = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Take corrections back together: every answer is again what it was without them. JSON: {"retracted", "left"}."""
    from api.lifecycle import Lifecycle

    if (author is None) == (batch is None):
        raise typer.BadParameter("give --author or --batch")
    if batch is not None and not _is_uuid(batch):
        raise typer.BadParameter(f"{batch!r} is no id of a batch")
    here = session.of(ctx, json=json)
    here.confirm(str(author or batch), yes=yes, key="really_revert")
    with here.client() as client:
        found = Lifecycle(client).revert(author=author, batch=batch)
    here.out.done(found, "reverted", count=found["retracted"], left=found["left"])


def erase(ctx: typer.Context, correction: Id, yes: Yes = False, json: Json = False) -> None:
    """Take a correction back and its texts away for ever; ids, times and who did what stay. JSON: {"correction", "status"}."""
    from api.lifecycle import Lifecycle

    here = session.of(ctx, json=json)
    here.confirm(correction, yes=yes, key="really_erase")
    with here.client() as client:
        Lifecycle(client).erase(correction)
    here.out.done({"correction": correction, "status": "retracted"}, "erased", correction=correction)


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
