"""worker: does jobs of the cluster, until somebody ends it."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli import session
from api.cli.session import Json
from jitl.errors import BadInput

NAME = "worker"


def worker(
    ctx: typer.Context,
    name: Annotated[str, typer.Option(envvar="JITL_WORKER_NAME", help="Tells this worker from others of the machine.")] = NAME,
    check: Annotated[bool, typer.Option("--check", help="Only see whether the worker of that name runs here: exit 0, else 1.")] = False,
    json: Json = False,
) -> None:
    """Do jobs of a cluster until Ctrl-C; those at work then go on with another worker. JITL_WORKER_THREADS at the same time.

    JSON, one object: {"worker", "threads"}; with --check {"worker", "alive"}.
    """
    from api import worker as workers
    from jitl.settings import load_settings

    here = session.of(ctx, json=json)
    settings = load_settings(here.folder)
    if not settings.shared:
        raise BadInput("Workers are for the cluster profile; without it `jitl serve` does all jobs.", hint="Set JITL_PROFILE=cluster.")
    if check:
        alive = workers.answers(settings, name)
        here.out.result({"worker": name, "alive": alive}) if json else here.out.print(
            here.out.said("worker_alive" if alive else "worker_gone")
        )
        raise typer.Exit(0 if alive else 1)

    from api.container import Container  # not for a mere look

    def ready() -> None:
        told = {"worker": name, "threads": settings.worker_threads}
        here.out.result(told) if json else here.out.print(here.out.said("working", name=name, count=settings.worker_threads))

    session.write_log(here.folder, terminal=True)
    container = Container.build(settings)
    try:
        container.resume()
        workers.work(container, settings, name=name, ready=ready)
    finally:
        here.out.tell("stopping")
        container.close()
