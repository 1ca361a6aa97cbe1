"""One question's answers on several routes, one below the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from api.cli import reading

if TYPE_CHECKING:
    from api.cli.output import Output
    from api.client import Client, Scope


def show(out: Output, client: Client, question: str, routes: str, scope: Scope) -> None:
    """`routes`: their names parted by commas. Exit 1 where one of them could not answer."""
    from api.wire import given, path

    labels = [label.strip() for label in routes.split(",") if label.strip()]
    found = client.call("POST", path("compare"), {"question": question, "routes": labels, **given(**scope)})
    if out.json:
        out.result(found)
    for one in found["answers"] if not out.json else ():
        out.print(out.said("compared", route=one["compared"], model=one.get("model") or out.said("no_model")))
        if "error" in one:
            out.print(out.said("error", text=one["error"]["detail"]))
        else:
            out.print(one["answer"])
            reading.after_answer(out, one)
        out.print()
    if any("error" in one for one in found["answers"]):
        raise typer.Exit(1)
