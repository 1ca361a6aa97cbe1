"""One run of the command line: which data folder, in which language, and the client that reaches it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.output import Output

if TYPE_CHECKING:
    from types import FrameType

    from api.client import Client
    from api.holder import Service

Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, and nothing else there.")]
Collection = Annotated[list[str] | None, typer.Option("--collection", "-c", help="Name or id; repeatable. Default: all you may read.")]


@dataclass
class Session:
    """What the options before the command said."""

    data: Path | None = None
    out: Output = field(default_factory=Output)

    @property
    def folder(self) -> Path:
        from api.folder import data_folder

        return data_folder(self.data)

    @contextmanager
    def client(self, *, resume: bool = False) -> Iterator[Client]:
        """A client of whoever holds the data folder: another process, or this one for as long as the block lasts.

        `resume`: if it is this one, go on with jobs that an earlier process left.
        """
        from api.client import Client
        from api.folder import meeting_place
        from api.holder import FolderTransport

        with meeting_place(self.folder) as place:
            transport = FolderTransport(place, self.out.tell, resume=resume, opened=lambda _: opened(self.folder))
            with _orderly_end(), Client(transport=transport) as client:
                yield client

    def confirm(self, what: str, *, yes: bool, key: str = "really") -> None:
        """Ask before something is gone; where nobody can be asked, `--yes` has to say it."""
        if not yes and not sys.stdin.isatty():
            raise typer.BadParameter("say --yes")
        if not yes and not typer.confirm(self.out.said(key, name=what), err=True):
            raise typer.Exit(1)


def opened(folder: Path, *, terminal: bool = False) -> Service:
    """The service in this process. What happens in it stands in the folder's log, unless others share it; `terminal`: on stderr too."""
    from api.holder import open_service

    write_log(folder, terminal=terminal)
    return open_service(folder)


def write_log(folder: Path, *, terminal: bool) -> None:
    """Of this process, from now on."""
    from api.folder import shared
    from jitl import log

    log.write_to(None if shared(folder) else folder, terminal=terminal or bool(os.environ.get("JITL_DEBUG")))


def of(ctx: typer.Context, *, json: bool) -> Session:
    """The run's session, told by a command whether it prints JSON."""
    session = ctx.find_object(Session)
    assert session is not None
    session.out.json = json
    return session


@contextmanager
def _orderly_end() -> Iterator[None]:
    """SIGTERM ends this process as Ctrl-C does: what it holds is given back."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _: FrameType | None) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
