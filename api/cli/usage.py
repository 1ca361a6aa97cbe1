"""usage: what language models cost, and what may be spent."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import session
from api.cli.corrections import moment_of
from api.cli.session import Json

if TYPE_CHECKING:
    from api.cli.output import Output

app = typer.Typer(help="What language models cost, and caps.", invoke_without_command=True, no_args_is_help=False)


class Scope(StrEnum):
    KEY = "key"
    PERSON = "person"
    COLLECTION = "collection"


class Per(StrEnum):
    DAY = "day"
    MONTH = "month"


Since = Annotated[str, typer.Option(metavar="7d|DATE", help="From when on.")]
NAMED = {"keys": "name", "people": "principal", "collections": "name", "routes": "route", "endpoints": "endpoint", "models": "model"}


@app.callback()
def usage(ctx: typer.Context, since: Since = "30d", json: Json = False) -> None:
    """Calls, tokens and cost: of your keys and of the collections that you administer; an admin sees all.

    JSON, one object: {"since", "currency", "you", "keys", "collections", "people"?, "routes"?, "endpoints"?, "models"?}; a line of these
    holds {"calls", "prompt_tokens", "completion_tokens", "cost", "estimated"} and, where it can have one, "cap".
    """
    if ctx.invoked_subcommand is not None:
        return
    from api.wire import path

    here = session.of(ctx, json=json)
    with here.client() as client:
        found = client.call("GET", path("usage"), params={"since": moment_of(since).isoformat()})
    if json:
        here.out.result(found)
    else:
        _show(here.out, found)


@app.command()
def cap(
    ctx: typer.Context,
    scope: Annotated[Scope, typer.Argument(help="What the cap is for.")],
    name: Annotated[str, typer.Argument(help="A key's id, a person's or a collection's name.")],
    tokens: Annotated[int | None, typer.Option(min=0, help="Asked and replied together.")] = None,
    money: Annotated[float | None, typer.Option(min=0, help="In the currency of models.toml.")] = None,
    per: Annotated[Per, typer.Option(help="day or month, of UTC.")] = Per.DAY,
    unlimited: Annotated[bool, typer.Option("--unlimited", help="No cap, whatever models.toml says.")] = False,
    default: Annotated[bool, typer.Option("--default", help="Back to what models.toml says.")] = False,
    json: Json = False,
) -> None:
    """Say what a key, a person or a collection may spend on language models; for admins. A call that could go beyond is refused.

    JSON: {"scope", "ref", "cap": {"tokens", "money", "per", "spent_tokens", "spent_money"} or null}.
    """
    if sum((tokens is not None or money is not None, unlimited, default)) != 1:
        raise typer.BadParameter("give --tokens or --money (or both), or --unlimited, or --default")
    from api.wire import path

    here = session.of(ctx, json=json)
    where = path("usage", "caps", str(scope), name)
    with here.client() as client:
        said = {"tokens": tokens, "money": money, "per": str(per)}
        found = client.call("DELETE", where) if default else client.call("PUT", where, said)
    if json:
        here.out.result(found)
    else:
        here.out.tell("cap_set", scope=scope, name=name, cap=_cap(found))


def _show(out: Output, found: dict[str, Any]) -> None:
    money = found["currency"] or "cost"
    for what, label in NAMED.items():
        lines = found.get(what, [])
        if lines:
            rows = [
                (line[label] or line.get("key"), line["calls"], line["prompt_tokens"], line["completion_tokens"], line["cost"], _cap(line))
                for line in lines
            ]
            out.table((what, "calls", "asked", "replied", money, "cap"), rows)
            out.print()
    if not found["you"]["calls"] and not any(found.get(what) for what in NAMED):
        out.tell("nothing_here")


def _cap(line: dict[str, Any]) -> str:
    held = line.get("cap")
    if held is None:
        return ""
    limits = [
        f"{held[f'spent_{what}']:g}/{held[what]:g}{unit}" for what, unit in (("tokens", ""), ("money", " money")) if held[what] is not None
    ]
    return f"{', '.join(limits)} a {held['per']}"
