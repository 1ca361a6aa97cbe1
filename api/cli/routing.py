"""route: which kind of model suits a question, and teaching it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import batches, reading, session
from api.cli.batches import Batch
from api.cli.questions import Question
from api.cli.session import Json

if TYPE_CHECKING:
    from api.cli.session import Session
    from api.client import Client


class Label(StrEnum):
    HEP = "hep"
    HEP_CODE = "hep_code"
    GENERAL = "general"
    GENERAL_CODE = "general_code"


def route(
    ctx: typer.Context,
    question: Question = None,
    batch: Batch = None,
    after: Annotated[list[str] | None, typer.Option(help="What was asked before it; repeat, oldest first.", show_default=False)] = None,
    correct: Annotated[Label | None, typer.Option(help="Teach that the question belongs to this route.", show_default=False)] = None,
    lessons: Annotated[bool, typer.Option("--lessons", help="List what was taught.")] = False,
    undo: Annotated[str | None, typer.Option(help="Take back a lesson by its id.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """Which kind of model suits a question: hep, hep_code, general or general_code; from the question and those before it.

    With --correct the next question like it has the route that you name; an expert's word holds for everybody. A line of a batch may hold
    "history", the questions before it. JSON: {"label", "confidence", "by", "guess"?}, with --correct the lesson: {"id", "label", ...}.
    """
    if sum((question is not None, batch is not None, lessons, undo is not None)) != 1 or (correct and question is None):
        raise typer.BadParameter("give a question (with --correct or without), --batch FILE, --lessons or --undo ID")
    here = session.of(ctx, json=json)
    with here.client() as client:
        if batch is not None:
            batches.run(here.out, "routing", batches.Lines(batch), lambda line: client.route(batches.question_of(line), _history(line)))
        elif question is None:
            _taught(here, client, undo)
        elif correct is not None:
            lesson = client.call("POST", _path(), {"question": question, "label": str(correct)})
            here.out.done(lesson, "route_learnt", label=lesson["label"], lesson=lesson["id"])
        else:
            found = client.route(question, after)
            if json:
                here.out.result(found)
            else:
                reading.route(here.out, found)


def _taught(here: Session, client: Client, undo: str | None) -> None:
    """List what was taught, or take one of it back."""
    if undo is not None:
        client.remove(_path(undo), {})
        here.out.done({"id": undo}, "route_unlearnt", lesson=undo)
        return
    held = client.call("GET", _path())
    if here.out.json:
        here.out.result(held)
        return
    for one in held["lessons"]:
        here.out.print(f"{one['id']}  {one['label']:12}  {one['question']}")


def _history(line: batches.Line) -> list[str] | None:
    said: Any = line.fields.get("history")
    return [text for text in said if isinstance(text, str)] if isinstance(said, list) else None


def _path(*parts: str) -> str:
    from api.wire import path

    return path("route", "corrections", *parts)
