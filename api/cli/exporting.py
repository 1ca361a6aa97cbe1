"""export: what use left behind, as files that models are trained and measured with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import session
from api.cli.output import encode
from api.cli.session import Collection, Json
from jitl.errors import BadInput

if TYPE_CHECKING:
    from typing import TextIO


class Form(StrEnum):
    SFT = "sft"
    DPO = "dpo"
    RETRIEVAL = "retrieval"
    QA = "qa"


def export(
    ctx: typer.Context,
    form: Annotated[Form, typer.Option("--format", help="sft: chats; dpo: preferences; retrieval: passages; qa: questions and answers.")],
    collection: Collection = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", dir_okay=False, help="Default: stdout. Replaced if it is there.")
    ] = None,
    json: Json = False,
) -> None:
    """Print approved corrections and liked answers as JSON lines to train or measure models with. For experts and admins.

    Left out is what comes from keys with no_logging. With -o and --json, one object: {"file", "rows"}.
    """
    from api.wire import given, path

    here = session.of(ctx, json=json)
    with here.client() as client:
        rows = client.call_lines(path("exports", str(form)), None, given(collection=collection))
        with here.out.progress("exporting", None, lines=output is None) as bar:
            if output is None:
                for row in rows:
                    here.out.result(row)
                    bar.advance()
                return
            with fresh(output) as file:
                written = _write(rows, file, bar.advance)
    here.out.done({"file": str(output), "rows": written}, "exported", file=output, rows=written)


def _write(rows: Iterator[dict[str, Any]], file: TextIO, advance: Any) -> int:
    written = 0
    for row in rows:
        file.write(encode(row) + "\n")
        advance()
        written += 1
    return written


@contextmanager
def fresh(output: Path) -> Iterator[TextIO]:
    """A file that takes the output's place once it is whole; only its owner may read it."""
    beside = output.with_name(f".{output.name}.part")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            yield file
        beside.replace(output)
    except OSError as error:
        raise BadInput(f"{output} cannot be written: {error.strerror}.", hint="Give another FILE.") from error
    finally:
        beside.unlink(missing_ok=True)
