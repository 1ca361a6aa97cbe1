"""search, ask, route: questions, one or many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import batches, comparing, reading, session
from api.cli.batches import Batch
from api.cli.session import Collection, Json
from jitl.errors import Unavailable

if TYPE_CHECKING:
    from api.cli.output import Output
    from api.client import Client, Scope

Question = Annotated[str | None, typer.Argument(help="In English or Chinese.", show_default=False)]
AsOf = Annotated[str | None, typer.Option(help="Answer with the corrections that held at this date or time (ISO 8601, UTC).")]
Release = Annotated[str | None, typer.Option(help="Software release you work with.")]
Run = Annotated[int | None, typer.Option(min=0, help="Run number you ask about.")]


def one_of(question: str | None, batch: object) -> None:
    """Exactly one of a question and a batch."""
    if (question is None) == (batch is None):
        raise typer.BadParameter("give a question or --batch FILE")


def search(
    ctx: typer.Context,
    question: Question = None,
    batch: Batch = None,
    collection: Collection = None,
    k: Annotated[int, typer.Option("-k", "--k", min=1, max=200, help="Hits at most.")] = 10,
    as_of: AsOf = None,
    release: Release = None,
    run: Run = None,
    json: Json = False,
) -> None:
    """Passages and corrections that match, best first. A line of a batch: {"id", "hits": [{"document", "chunk", "kind", ...}]}."""
    one_of(question, batch)
    here = session.of(ctx, json=json)
    scope: Scope = {"collections": collection, "as_of": as_of, "release": release, "run": run}
    with here.client() as client:
        if batch is not None:
            lines = batches.Lines(batch)
            batches.run(here.out, "searching", lines, lambda line: client.search(batches.question_of(line), k, **scope))
            return
        assert question is not None
        found = client.search(question, k, **scope)
    if json:
        here.out.result(found)
    else:
        reading.hits(here.out, found)


def ask(
    ctx: typer.Context,
    question: Question = None,
    batch: Batch = None,
    collection: Collection = None,
    as_of: AsOf = None,
    release: Release = None,
    run: Run = None,
    after: Annotated[list[str] | None, typer.Option(help="What was asked before it; repeat, oldest first.", show_default=False)] = None,
    compare: Annotated[
        str | None, typer.Option(metavar="ROUTE,ROUTE", help="Answer on several routes, side by side: hep,general.", show_default=False)
    ] = None,
    explain: Annotated[bool, typer.Option(help="Show the corrections that were weighed.")] = False,
    json: Json = False,
) -> None:
    """An answer with its numbered sources; what an expert corrected is answered as corrected.

    JSON, one object a question: {"id", "answer", "grounded", "route", "sources", "correction", "evidence_corrections", "candidates"?}. In
    a batch "id" is the line's own and "answer_id" the answer's. With --compare: {"question", "answers": [{"compared", ...}]}.
    """
    one_of(question, batch)
    if compare is not None and (batch is not None or explain):
        raise typer.BadParameter("--compare takes one question, without --explain")
    here = session.of(ctx, json=json)
    scope: Scope = {"collections": collection, "as_of": as_of, "release": release, "run": run}
    if after:
        scope["history"] = after
    with here.client() as client:
        if batch is not None:

            def answer(line: batches.Line) -> dict[str, Any]:
                reply = client.ask(batches.question_of(line), explain=explain, **scope)
                return {**reply, "answer_id": reply["id"]}

            batches.run(here.out, "asking", batches.Lines(batch), answer)
            return
        assert question is not None
        if compare is not None:
            comparing.show(here.out, client, question, compare, scope)
        elif json:
            here.out.result(client.ask(question, explain=explain, **scope))
        else:
            _converse(here.out, client, question, explain=explain, scope=scope)


def _converse(out: Output, client: Client, question: str, *, explain: bool, scope: Scope) -> None:
    """The answer's words as they come, then what they rest on. An answer cut short is asked for once more."""
    for last in (False, True):
        words = 0
        try:
            for name, data in client.ask_stream(question, explain=explain, **scope):
                if name == "token":
                    words += 1
                    out.print(data["text"], end="")
                elif name == "done":
                    out.print()
                    reading.after_answer(out, data)
                    return
        except Unavailable:
            if last or not words:
                raise
        out.print()
        if not last:
            out.tell("answer_again")
    raise Unavailable("The answer broke off twice.", hint="Run `jitl doctor`.")
