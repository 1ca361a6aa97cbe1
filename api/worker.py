"""Jobs in processes of their own: Celery carries ids of jobs and nothing else.

The job table is the queue: who may do a job, until when and how often is written there. A message only says "look at this one now", so
one too many does no harm, and one that was lost with its broker is made up for by the next idle worker, which looks at the table
by itself. Messages are taken off the broker before the work, and what they are about is JSON text.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from api.chores import Chore, Chores
from jitl.errors import MissingPart

if TYPE_CHECKING:
    from api.container import Container
    from jitl.settings import Settings

log = logging.getLogger(__name__)

TASK: Final = "jitl.job"
QUEUE: Final = "jitl"
LOOK_S: Final = 5.0
"""An idle worker looks at the table as often."""
PATIENCE_S: Final = 2.0
"""Longest that somebody who asks for a job waits for the broker."""
STALE_S: Final = 600.0
"""A message that waited as long is left out: its job was done by another's, or will be sent again."""


class Calls:
    """Wakes the workers. Safe to call from several threads; a broker that is away is no error, since workers look by themselves."""

    def __init__(self, settings: Settings) -> None:
        """Raises `MissingPart`."""
        self._app = _app(settings)

    def send(self, job_id: str) -> None:
        from kombu.exceptions import KombuError

        try:
            self._app.send_task(TASK, [job_id], queue=QUEUE, expires=STALE_S, ignore_result=True, retry=False)
        except (KombuError, OSError) as error:
            log.warning("The broker does not answer; a worker will find job %s by itself: %s", job_id, error)

    def close(self) -> None:
        self._app.close()


def work(container: Container, settings: Settings, *, name: str, ready: Callable[[], None]) -> None:
    """Do jobs until SIGTERM, which has running ones stop where they are for others to go on with. In the main thread.

    `name`: of this worker among those of its machine. `ready` is called when it takes jobs.
    """
    from celery import signals

    app = _app(settings)

    def do(job_id: str) -> None:
        container.runner.do(job_id)

    app.task(name=TASK)(do)
    look = Chore("waiting jobs", LOOK_S, lambda: container.runner.send_again(settings.worker_threads))
    looking = Chores([look])

    def begin_now() -> None:
        looking.start()
        ready()

    begin, stop = _once(begin_now), _once(container.runner.stop)
    signals.worker_ready.connect(begin, weak=False)
    signals.worker_shutting_down.connect(stop, weak=False)
    try:
        app.worker_main(_arguments(name, settings.worker_threads))
    except SystemExit:  # how Celery ends when it was told to
        log.info("the worker ends")
    finally:
        signals.worker_ready.disconnect(begin)
        signals.worker_shutting_down.disconnect(stop)
        looking.close()
        app.close()


def answers(settings: Settings, name: str, within_s: float = 5.0) -> bool:
    """Whether the worker of that name on this machine takes jobs."""
    from kombu.exceptions import KombuError

    app = _app(settings)
    try:
        return bool(app.control.ping([_node(name)], timeout=within_s))
    except (KombuError, OSError):
        return False
    finally:
        app.close()


def _node(name: str) -> str:
    return f"{name}@{socket.gethostname()}"


def _arguments(name: str, threads: int) -> list[str]:
    quiet = ["--without-gossip", "--without-mingle", "--loglevel=WARNING"]
    return ["--quiet", "worker", "--pool=threads", f"--concurrency={threads}", f"--queues={QUEUE}", f"--hostname={_node(name)}", *quiet]


def _app(settings: Settings) -> Any:
    try:
        from celery import Celery  # only in the cluster
    except ImportError as error:
        raise MissingPart(
            "Celery is not installed.", hint="Install the `cluster` extra: pip install -c constraints.txt '.[cluster]'"
        ) from error
    app = Celery("jitl", broker=settings.broker, set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_acks_late=False,  # the table knows what is undone
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,  # they need no broker
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=PATIENCE_S,
        broker_transport_options={"socket_connect_timeout": PATIENCE_S, "max_retries": 1},
    )
    return app


def _once(do: Callable[[], object]) -> Callable[..., None]:
    """A receiver of a signal that may come again."""
    done = threading.Event()

    def receive(*_: object, **__: object) -> None:
        if not done.is_set():
            done.set()
            do()

    return receive
