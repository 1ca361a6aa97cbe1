"""teach, retract: what experts know, in and out again."""

from __future__ import annotations

import re
import sys
import uuid
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import batches, reading, session
from api.cli.batches import Batch
from api.cli.session import Json
from jitl.errors import Conflict, JitlError, NotFound

if TYPE_CHECKING:
    from pathlib import Path

    from api.cli.output import Output
    from api.client import Client
    from api.lifecycle import Lifecycle
    from api.replies import ReceiptReply

WINDOW_LINES = 200
"""Corrections that travel together."""


def teach(
    ctx: typer.Context,
    question: Annotated[str | None, typer.Option(help="The question as people ask it.")] = None,
    answer: Annotated[str | None, typer.Option(help="The right answer.")] = None,
    subject: Annotated[str | None, typer.Option(help="What it is about.")] = None,
    statement: Annotated[str | None, typer.Option(help="The corrected fact as one sentence.")] = None,
    paraphrase: Annotated[list[str] | None, typer.Option(help="Another way to ask; repeatable.")] = None,
    wrong: Annotated[list[str] | None, typer.Option(help="A sentence in the documents that is wrong; repeatable.")] = None,
    valid_from: Annotated[str | None, typer.Option(help="Date or time (ISO 8601) from which it holds.")] = None,
    valid_to: Annotated[str | None, typer.Option(help="Date or time until which it holds.")] = None,
    release: Annotated[str | None, typer.Option(help="Software release it is limited to.")] = None,
    runs: Annotated[str | None, typer.Option(help='Run numbers it is limited to: "9947-10878, 11000".')] = None,
    group: Annotated[list[str] | None, typer.Option(help="Group it concerns; repeatable.")] = None,
    batch: Batch = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would do: conflicts, wrong sentences, changed answers.")] = False,
    wrong_answer: Annotated[str | None, typer.Option(help="Id of the answer that was wrong: what it quoted is looked at first.")] = None,
    tick: Annotated[bool, typer.Option("--tick", help="Show the sentences that carry the error and ask which to mark.")] = False,
    collection: Annotated[str, typer.Option("--collection", "-c", help="Made if it does not exist.")] = "default",
    json: Json = False,
) -> None:
    """Teach a correction: it holds from the next question on.

    A batch has lines {"id", "question", "answer", "subject"?, "statement"?, "paraphrases"?, "supersedes"?, ...}; a line out is
    {"id", "correction", "seq", "status", "conflicts"?} or {"id", "error"}. The id is an idempotency key: the same file again teaches
    nothing twice. JSON of one: {"id", "correction", "seq", "status", "conflicts"}. With --dry-run nothing is kept, and JSON is
    {"status", "conflicts", "supersedes", "changes"}, with "id" for each line of a batch.
    """
    if (batch is None) == (question is None and answer is None) or (batch is None and (question is None or answer is None)):
        raise typer.BadParameter("give --question and --answer, or --batch FILE")
    here = session.of(ctx, json=json)
    said: dict[str, Any] = {"question": question, "answer": answer, "subject": subject, "statement": statement}
    said |= {"paraphrases": paraphrase, "supersedes": [{"quote": quote} for quote in wrong] if wrong else None, "groups": group}
    said |= {"valid_from": valid_from, "valid_to": valid_to, "release": release, "runs": runs}
    with here.client() as client:
        if dry_run:
            _rehearse(here.out, client, batch, said, collection, wrong_answer)
            return
        _need_collection(client, collection)
        if batch is not None:
            _teach_many(here.out, client, batches.Lines(batch), collection)
            return
        if tick:
            said["supersedes"] = [*(said["supersedes"] or ()), *_ticked(here.out, client, said, collection, wrong_answer)]
        receipt = client.teach(_given(said), collection=collection)
    _tell(here.out, receipt)


def _given(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


def _tell(out: Output, receipt: ReceiptReply) -> None:
    if out.json:
        out.result({**receipt, "correction": receipt["id"]})
        return
    out.print(out.said("taught", correction=receipt["id"], status=receipt["status"]))
    if receipt["status"] == "proposed":
        out.print(out.said("proposed"))
    for clash in receipt["conflicts"]:
        out.tell("conflict", correction=clash["correction"], note=clash["note"])
        if "answer" in clash:
            told = {name: clash.get(name, "") for name in ("question", "answer", "author", "status")}
            out.tell("conflicts_with", correction=clash["correction"], **told)


def _rehearse(out: Output, client: Client, batch: Path | None, said: dict[str, Any], collection: str, wrong: str | None) -> None:
    from api.lifecycle import Lifecycle

    if batch is not None:
        _rehearse_many(out, Lifecycle(client), batches.Lines(batch), collection)
        return
    found = Lifecycle(client).foresee(_given(said), collection=collection, wrong=wrong)
    if out.json:
        out.result(found)
    else:
        reading.forecast(out, found)


def _rehearse_many(out: Output, lifecycle: Lifecycle, lines: batches.Lines, collection: str) -> None:
    """All lines travel together, so that each reckons with those before it."""
    read = list(lines)
    good = [line.fields for line in read if line.error is None]
    failed = 0
    with out.progress("teaching", len(read), lines=True) as bar:
        replies = lifecycle.foresee_many(good, collection=collection)
        for line in read:
            result = batches.problem(line, line.error) if line.error is not None else {**next(replies), "id": line.id}
            out.result(result)
            bar.advance()
            failed += "error" in result
    batches.finish(out, failed, len(read))


def _ticked(out: Output, client: Client, said: dict[str, Any], collection: str, wrong: str | None) -> list[dict[str, Any]]:
    """The sentences that somebody at this terminal ticks."""
    from api.lifecycle import Lifecycle

    if out.json or not sys.stdin.isatty():
        raise typer.BadParameter("--tick asks at a terminal; elsewhere use --dry-run and --wrong")
    found = Lifecycle(client).proposals(said["question"], said["answer"], collection=collection, wrong_answer=wrong)
    reading.sentences(out, found)
    chosen = typer.prompt(out.said("tick"), default="", show_default=False, err=True) if found else ""
    numbers = {int(number) for number in re.findall(r"\d+", chosen)}
    return [{"document": one["document"], "quote": one["quote"]} for number, one in enumerate(found, 1) if number in numbers]


def retract(
    ctx: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Ids of corrections.")] = None,
    batch: Batch = None,
    json: Json = False,
) -> None:
    """Take corrections back: every answer is again what it was without them.

    A batch has lines {"correction"}, such as `teach --batch` printed. JSON lines, one a correction: {"id"?, "correction", "status"} or
    with "error".
    """
    if bool(ids) == (batch is not None):
        raise typer.BadParameter("give IDs or --batch FILE")
    here = session.of(ctx, json=json)
    with here.client() as client:
        if batch is not None:
            batches.run(here.out, "retracting", batches.Lines(batch), lambda line: _retract(client, _correction_of(line)))
            return
        failed = sum(not _retract_one(here.out, client, one) for one in ids or ())
    batches.finish(here.out, failed, len(ids or ()))


def _need_collection(client: Client, name: str) -> None:
    """Make the collection if there is none of that name; another process may do so at the same time."""
    try:
        client.collection(name)
    except NotFound:
        try:
            client.create_collection(name)
        except Conflict:
            client.collection(name)


def _teach_many(out: Output, client: Client, lines: batches.Lines, collection: str) -> None:
    from api.lifecycle import new_batch

    total = failed = 0
    together = new_batch()
    with out.progress("teaching", lines.total, lines=True) as bar:
        for group in batches.groups(lines, WINDOW_LINES):
            good = ({**line.fields, "id": str(uuid.uuid4()) if line.id is None else line.id} for line in group if line.error is None)
            replies = client.teach_many(good, collection=collection, batch=together)
            for line in group:
                result = batches.problem(line, line.error) if line.error is not None else {**next(replies), "id": line.id}
                out.result(result)
                bar.advance()
                failed += "error" in result
            total += len(group)
    if failed < total:
        out.tell("batch_taught", batch=together)
    batches.finish(out, failed, total)


def _correction_of(line: batches.Line) -> str:
    return str(line.fields.get("correction", line.id))


def _retract(client: Client, correction: str) -> dict[str, Any]:
    client.retract(correction)
    return {"correction": correction, "status": "retracted"}


def _retract_one(out: Output, client: Client, correction: str) -> bool:
    """Whether it could be done."""
    from api.wire import problem_of

    try:
        result = _retract(client, correction)
    except JitlError as error:
        if out.json:
            out.result({"correction": correction, "error": problem_of(error)})
        else:
            out.tell("failure", name=correction, reason=str(error))
        return False
    if out.json:
        out.result(result)
    else:
        out.print(out.said("retracted", correction=correction))
    return True
