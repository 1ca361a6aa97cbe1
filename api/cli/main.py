"""`jitl`: the commands, and the one place where what goes wrong becomes a line and an exit code.

Exit codes: 0 done; 1 something failed; 2 the command was not understood; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

import jitl
from api.cli import (
    agents,
    collections,
    corrections,
    doctor,
    exporting,
    fission,
    graph,
    inbox,
    ingesting,
    jobs,
    keys,
    opinions,
    questions,
    replay,
    routing,
    serving,
    syncing,
    teaching,
    upkeep,
    usage,
    working,
)
from api.cli.messages import language
from api.cli.output import Output
from api.cli.session import Session
from jitl.errors import JitlError

app = typer.Typer(name="jitl", add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

_out = Output()
"""How what goes wrong is told; the session of a run takes it over."""


def _version(wanted: bool) -> None:
    if wanted:
        _out.print(jitl.__version__)
        raise typer.Exit


@app.callback()
def options(
    ctx: typer.Context,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Data folder. Default: JITL_DATA_DIR, or the user's own.")
    ] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="en or zh; default: as the locale says.")] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)] = False,  # noqa: ARG001  # its callback acts
) -> None:
    """Answers from what the collaboration has written, with sources, and learns from a correction at once.

    Put --data and --lang before the command and --json after it.
    """
    _out.lang = language(lang)
    _out.json = False
    ctx.obj = Session(data, _out)


COMMANDS: tuple[Callable[..., None], ...] = (
    serving.serve,
    working.worker,
    agents.mcp,
    ingesting.ingest,
    syncing.sync,
    questions.search,
    questions.ask,
    routing.route,
    teaching.teach,
    teaching.retract,
    replay.replay,
    exporting.export,
    fission.fission,
    opinions.feedback,
    doctor.doctor,
    upkeep.backup,
    upkeep.restore,
    upkeep.reindex,
)
for _command in COMMANDS:
    app.command()(_command)
app.add_typer(corrections.app, name="corrections")
app.add_typer(inbox.app, name="inbox")
app.add_typer(collections.app, name="collections")
app.add_typer(jobs.app, name="jobs")
app.add_typer(keys.app, name="keys")
app.add_typer(graph.app, name="graph")
app.add_typer(usage.app, name="usage")


def main() -> None:
    """The console script."""
    _out.lang = language()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]  # text streams of a process
    sys.exit(_run())


def _run() -> int:
    try:
        app()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        _out.tell("interrupted")
        _leave(130)
    except BrokenPipeError:  # whoever read our results has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except JitlError as error:
        return _told(error)
    except Exception as error:  # isolation: people get a line; JITL_DEBUG=1 raises
        if os.environ.get("JITL_DEBUG"):
            raise
        _out.tell("unexpected", text=f"{type(error).__name__}: {error}")
        return 1
    return 0


def _told(error: JitlError) -> int:
    if os.environ.get("JITL_DEBUG"):
        raise error
    _out.tell("error", text=error.message)
    if error.hint:
        _out.tell("hint", text=error.hint)
    if _out.json:
        from api.wire import problem_of

        _out.result({"error": problem_of(error)})
    return 1


def _leave(code: int) -> None:
    """At once: threads that still wait for an answer are not waited for."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
