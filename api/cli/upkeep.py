"""backup, restore, reindex: care of the data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli import session
from api.cli.ingesting import follow
from api.cli.session import Json
from jitl.errors import Busy

File = Annotated[Path, typer.Argument(metavar="FILE")]


def backup(ctx: typer.Context, file: File, json: Json = False) -> None:
    """Save SQL and what people sent into a new FILE; the service goes on meanwhile. JSON, one object: {"file", "bytes"}."""
    here = session.of(ctx, json=json)
    target = file.absolute()
    with here.client() as client:
        size = client.backup(target)
    here.out.done({"file": str(target), "bytes": size}, "backed_up", file=target, size=size)


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)],
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until the indexes are made anew.")] = True,
    json: Json = False,
) -> None:
    """Fill an empty data folder from a backup and rebuild the rest.

    JSON, one object: {"data_dir"}, then what `reindex` prints.
    """
    from api import backup as backups
    from api.folder import FolderLock, prepare

    here = session.of(ctx, json=json)
    folder = here.folder
    prepare(folder)
    lock = FolderLock(folder)
    if not lock.take():
        raise Busy(f"Another process holds {folder}.", hint="Restore into a new folder: jitl --data DIR restore FILE.")
    try:
        backups.restore(file.absolute(), folder)
    finally:
        lock.release()
    here.out.done({"data_dir": str(folder)}, "restored", folder=folder)
    if wait:
        _rebuild(here)


def reindex(ctx: typer.Context, json: Json = False) -> None:
    """Make vectors and terms anew from SQL. Where nobody holds the folder, the old ones are removed first.

    JSON, one object: {"job", "state", "error", "counts", "seconds"}.
    """
    from api.folder import FolderLock, holding, prepare

    here = session.of(ctx, json=json)
    folder = here.folder
    prepare(folder)
    lock = FolderLock(folder)
    if lock.take():
        try:
            _remove_index(folder)
        finally:
            lock.release()
    else:
        other = holding(folder)
        here.out.tell("indexing_beside", pid=other.pid if other else "?")
    _rebuild(here)


def _rebuild(here: session.Session) -> None:
    with here.client(resume=True) as client:
        follow(here.out, client, client.reindex(), title="indexing")


def _remove_index(folder: Path) -> None:
    """Whatever state it is in: SQL has all that is needed to make it again."""
    import shutil

    shutil.rmtree(folder / "passages", ignore_errors=True)
