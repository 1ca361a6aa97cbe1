"""feedback: thumbs on an answer."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from api.cli import session
from api.cli.session import Json


class Thumb(StrEnum):
    UP = "up"
    DOWN = "down"


def feedback(
    ctx: typer.Context,
    answer: Annotated[str, typer.Argument(metavar="ANSWER", help="The answer's id, as `ask --json` prints it.")],
    vote: Annotated[Thumb, typer.Argument(help="What you think of it.")],
    reason: Annotated[str, typer.Option(help="What is wrong with it, or good.")] = "",
    json: Json = False,
) -> None:
    """Say whether an answer helped; a second vote replaces the first. What is voted down waits in the experts' inbox.

    JSON, one object: {"answer", "vote", "reason", "at"}.
    """
    from api.wire import path

    here = session.of(ctx, json=json)
    with here.client() as client:
        kept = client.call("POST", path("feedback"), {"answer": answer, "vote": str(vote), "reason": reason})
    here.out.done(kept, "voted", answer=answer, vote=kept["vote"])
