"""fission: let a model propose questions and answers, for experts to approve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import session
from api.cli.reporting import report_of, tell_end
from api.cli.session import Json

if TYPE_CHECKING:
    from api.cli.output import Output


def fission(
    ctx: typer.Context,
    collection: Annotated[str, typer.Option("--collection", "-c", help="Name or id.")],
    topic: Annotated[str | None, typer.Option(help="What to ask about.")] = None,
    document: Annotated[str | None, typer.Option(help="Name or id of the document to ask about.")] = None,
    budget: Annotated[int, typer.Option(min=1, help="Tokens it may take, asked and replied together.")] = 100_000,
    calls: Annotated[int, typer.Option(min=1, help="Calls of the model it may take.")] = 300,
    json: Json = False,
) -> None:
    """Propose questions and answers from a topic or a document by the configured model; `jitl corrections approve` gives them authority.

    Interrupted, it goes on where it stopped. JSON, one object: {"job", "state", "error", "budget", "spent", "pairs": [{"correction",
    "status", "question", "answer", "document", "quote"}]}.
    """
    from api.wire import path

    if (topic is None) == (document is None):
        raise typer.BadParameter("give --topic or --document")
    here = session.of(ctx, json=json)
    body = {"collection": collection, "topic": topic, "document": document, "budget": budget, "calls": calls}
    with here.client() as client:
        report = report_of(here.out, client, path("fission"), body, title="proposing")
    if json:
        here.out.result(report)
    else:
        _tell(here.out, report)
    if report["state"] != "done":
        raise typer.Exit(1)


def _tell(out: Output, report: dict[str, Any]) -> None:
    for one in report["pairs"]:
        out.print(out.said("pair", correction=one["correction"], question=one["question"], answer=one["answer"]))
        out.print(out.said("rests_on", document=one["document"], quote=one["quote"]))
    spent = report["spent"]
    out.print(out.said("proposed_pairs", count=len(report["pairs"]), tokens=spent["tokens"], calls=spent["calls"]))
    if report["progress"].get("note"):
        out.tell("notice", text=report["progress"]["note"])
    tell_end(out, report)
