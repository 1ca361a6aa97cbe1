"""Where things are kept: the one place that chooses, by the settings, which database, index and folder hold them."""

from __future__ import annotations

import importlib.util
import logging
from typing import TYPE_CHECKING

import sqlalchemy as sa

from api.blobs import Blobs
from api.chores import Chore
from jitl.adapters.edge import EdgeStore
from jitl.adapters.qdrant import QdrantStore
from jitl.errors import BadInput, MissingPart, Unavailable
from jitl.sql.answers import Answers
from jitl.sql.engine import Database
from jitl.sql.tables import collections

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.projector import Projector
    from jitl.ports import VectorStore
    from jitl.settings import Settings
    from jitl.sql.outbox import Outbox

log = logging.getLogger(__name__)

EXTRA = "Install the `cluster` extra: pip install -c constraints.txt '.[cluster]'"


def database(settings: Settings) -> Database:
    """The truth. Raises `BadInput` where several processes are to share a file of one of them."""
    url = settings.sql_url
    backend = sa.make_url(url).get_backend_name()
    if settings.shared and backend != "postgresql":
        raise BadInput(
            "The cluster profile keeps its data in a PostgreSQL server.",
            hint="Set JITL_DATABASE_URL=postgresql+psycopg://USER:PASSWORD@HOST/DATABASE, or leave JITL_PROFILE out.",
        )
    if backend == "postgresql":
        _need("psycopg", "PostgreSQL's driver")
    return Database(url)


def passages(settings: Settings, dimension: int) -> VectorStore:
    """The passages' index."""
    if settings.vectors_server is None:
        return EdgeStore(settings.data_dir / "passages", dimension)
    _need("qdrant_client", "Qdrant's client")
    key = settings.vectors_key.get_secret_value() if settings.vectors_key else None
    return QdrantStore(settings.vectors_server, dimension, key=key, name=settings.vectors_collection)


def engine(store: VectorStore) -> str:
    """For people: what holds the passages' index, and where. Raises `Unavailable`."""
    return f"Qdrant {store.version()} at {store.url}" if isinstance(store, QdrantStore) else "in the data folder"


def sender(settings: Settings) -> Callable[[str], None] | None:
    """What wakes processes elsewhere for a job; None where jobs are done in this process."""
    if not settings.shared:
        return None
    from api.worker import Calls

    return Calls(settings).send


def blobs(db: Database, settings: Settings) -> Blobs:
    """What people sent. The folder is on a volume that all processes share, where there are several."""
    return Blobs(settings.data_dir / "blobs", lambda: db.exclusive("blobs"))


def answers(db: Database, settings: Settings) -> Answers:
    """What was answered; with several processes another one may be asked about an answer at once."""
    return Answers(db, behind=not settings.shared)


class Loss:
    """Notices that the passages' index lost what it held: it was emptied, a backup was restored, its server's power failed."""

    def __init__(self, db: Database, store: VectorStore, outbox: Outbox, projector: Projector) -> None:
        self._db = db
        self._store = store
        self._outbox = outbox
        self._projector = projector

    def look(self) -> None:
        """Have everything projected again where the index holds less than SQL publishes. Raises `Unavailable`.

        The index holds a passage before SQL publishes it, and what is waiting to be looked at is no loss.
        """
        if self._outbox.count():
            return
        published = sa.select(sa.func.coalesce(sa.func.sum(collections.c.passages), 0)).where(collections.c.deleted_at.is_(None))
        with self._db.read() as connection:
            wanted = int(connection.scalar(published) or 0)
        held = self._store.count()
        if held < wanted and not self._outbox.count():
            log.warning("The passages' index holds %d of %d passages: everything is put into it again.", held, wanted)
            self._outbox.revisit()
            self._projector.wake()

    def look_first(self) -> None:
        """At a start: an empty index is filled. One that is away is no reason not to answer by what SQL knows."""
        try:
            if self._store.count() == 0:
                self._outbox.revisit()
        except Unavailable as error:
            log.warning("%s", error)


def taking_turns(db: Database, settings: Settings, chores: Sequence[Chore]) -> list[Chore]:
    """The same chores, each done by one process at a time where there are several."""
    if not settings.shared:
        return list(chores)

    def alone(chore: Chore) -> Callable[[], None]:
        def do() -> None:
            with db.exclusive(f"chore {chore.name}"):
                chore.do()

        return do

    return [Chore(chore.name, chore.every_s, alone(chore)) for chore in chores]


def _need(module: str, what: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise MissingPart(f"{what} is not installed.", hint=EXTRA)
