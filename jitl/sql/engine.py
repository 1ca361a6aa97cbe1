"""Connections and everything that depends on the database's dialect; no other file may.

SQLite: WAL, synchronous=FULL, one writing connection that alone checkpoints (before 3.51.3, two connections that write or
checkpoint at once can corrupt a WAL: https://sqlite.org/wal.html#walresetbug). PostgreSQL: an ordinary pool.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import QueuePool, StaticPool

from jitl.errors import BadInput, Unavailable
from jitl.sql.readers import Look, Readers
from jitl.sql.turnstile import Turnstile

LEDGER_LOCK = 0x4A49544C  # "JITL": the advisory lock under which sequence numbers are given

LONGEST_LOG = 16 * 2**20
"""Bytes of SQLite's WAL at which it is emptied even if somebody reads all the time."""
READERS_WAIT_MS = 50
BUSY_MS = 10_000


class Database:
    """`read()` and `write()` give connections; a write is one transaction, on stable storage when the block ends."""

    def __init__(self, url: str) -> None:
        self.dialect = sa.make_url(url).get_backend_name()
        self._turnstile = Turnstile()
        self._exclusive: dict[str, threading.Lock] = {}
        self._present: set[str] = set()  # on SQLite, whose one process knows all who work
        self.longest_write = 0.0  # seconds, since it was last set to 0; what the 20 ms are checked against
        self._log: Path | None = None
        self._shorten_at = 0.0
        if self.dialect == "sqlite":
            self._writer, readers = _sqlite_engines(url)
            self._kept: Readers | None = Readers(readers)
            self._readers = readers
            self._log = Path(f"{sa.make_url(url).database}-wal")
        else:
            self._writer = sa.create_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True, connect_args={"connect_timeout": 5})
            self._kept = None
            self._readers = self._writer.execution_options(isolation_level="REPEATABLE READ")  # one look, whatever commits meanwhile

    def read(self) -> AbstractContextManager[Connection]:
        """A connection for one consistent look; it must not write."""
        return self._read_pool() if self._kept is None else Look(self._kept, translate)

    @contextmanager
    def _read_pool(self) -> Iterator[Connection]:
        with _translated(), self._readers.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, *, urgent: bool = False) -> Iterator[Connection]:
        """One transaction, committed and synced on leaving, rolled back on an exception.

        Keep it under 20 ms: on SQLite others wait. `urgent` ones (teaching) go before those that already wait.
        """
        if self.dialect != "sqlite":
            with _translated(), self._timed(), self._writer.begin() as connection:
                yield connection
            return
        with self._turnstile.turn(urgent=urgent), _translated():
            with self._timed(), self._writer.begin() as connection:
                yield connection
            if not urgent:
                self._shorten_log()

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """Hold a named lock, across processes where several share the database. Not reentrant; never taken inside a transaction."""
        if self.dialect == "sqlite":  # one process holds the folder
            with self._exclusive.setdefault(name, threading.Lock()):
                yield
            return
        with _translated(), self._session() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_lock(_key(name))))
            try:
                yield
            finally:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(_key(name))))

    @contextmanager
    def presence(self, name: str) -> Iterator[None]:
        """Be known under this name to everybody on the database until the block ends, or the process, however it ends."""
        if self.dialect != "sqlite":
            with self.exclusive(f"present {name}"):
                yield
            return
        self._present.add(name)
        try:
            yield
        finally:
            self._present.discard(name)

    def present(self, name: str) -> bool:
        """Whether somebody is known under the name."""
        if self.dialect == "sqlite":
            return name in self._present
        key = _key(f"present {name}")
        with _translated(), self._session() as connection:
            free = connection.scalar(sa.select(sa.func.pg_try_advisory_lock(key)))
            if free:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))
        return not free

    def _session(self) -> Connection:
        """A connection whose locks last until they are given back, or it ends."""
        return self._writer.connect().execution_options(isolation_level="AUTOCOMMIT")

    def _shorten_log(self) -> None:
        """Empty SQLite's WAL where readers that overlap kept it from being started anew.

        Nobody commits meanwhile, so readers that hold it up end soon; one that does not only puts it off.
        """
        try:
            if self._log is None or self._log.stat().st_size < LONGEST_LOG or time.monotonic() < self._shorten_at:
                return
        except FileNotFoundError:
            return
        self._shorten_at = time.monotonic() + 1
        raw = self._writer.raw_connection()
        try:
            for pragma in (f"busy_timeout={READERS_WAIT_MS}", "wal_checkpoint(TRUNCATE)", f"busy_timeout={BUSY_MS}"):
                raw.driver_connection.execute(f"PRAGMA {pragma}").fetchall()  # type: ignore[union-attr]
        finally:
            raw.close()

    @contextmanager
    def _timed(self) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.longest_write = max(self.longest_write, time.perf_counter() - start)

    def insert(self, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
        """An insert that knows `on_conflict_do_update` and `on_conflict_do_nothing`."""
        return sqlite.insert(table) if self.dialect == "sqlite" else postgresql.insert(table)

    def lock_ledger(self, connection: Connection) -> None:
        """Hold the ledger's sequence until this transaction ends, so that who has seen n has seen all below."""
        if self.dialect != "sqlite":  # SQLite's single writer is that lock already
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LEDGER_LOCK)))

    def hold(self, connection: Connection, name: str) -> None:
        """Hold a named lock until this transaction ends: what is read after it, nobody else who holds it changes meanwhile."""
        if self.dialect != "sqlite":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LEDGER_LOCK << 32 | zlib.crc32(name.encode()))))

    def claim(self, statement: sa.Select[Any]) -> sa.Select[Any]:
        """Rows that no other worker holds right now."""
        return statement if self.dialect == "sqlite" else statement.with_for_update(skip_locked=True)

    @property
    def version(self) -> str:
        """For `doctor` and `/readyz`."""
        with self.read() as connection:
            ask = sa.func.sqlite_version() if self.dialect == "sqlite" else sa.func.version()
            return f"{self.dialect} {connection.scalar(sa.select(ask))}"

    def snapshot(self, path: Path) -> None:
        """Copy one consistent moment to a new file while readers and the writer go on. SQLite only."""
        if self.dialect != "sqlite":
            raise BadInput("The database is a PostgreSQL server.", hint="Save it with pg_dump.")
        raw = self._readers.raw_connection()
        try:
            with closing(sqlite3.connect(path)) as target:
                raw.driver_connection.backup(target)  # type: ignore[union-attr]
                target.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        finally:
            raw.close()

    def sound(self) -> bool:
        """Whether the file is what a database should be. SQLite only; reads all of it."""
        try:
            with self.read() as connection:
                return bool(connection.scalar(sa.text("PRAGMA quick_check(1)")) == "ok")
        except Unavailable:
            return False

    @property
    def engine(self) -> Engine:
        """The writing engine, for migrations."""
        return self._writer

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
        self._readers.dispose()
        self._writer.dispose()


def _key(name: str) -> int:
    """Of the advisory lock with that name."""
    return LEDGER_LOCK << 32 | zlib.crc32(name.encode())


def translate(error: BaseException) -> None:
    """Raise what a database's error means to our callers: SQLAlchemy's, and the driver's own from statements that are `Prepared`."""
    if isinstance(error, OperationalError | sqlite3.OperationalError):
        raise Unavailable(f"The database does not answer: {getattr(error, 'orig', error)}", hint="Run `jitl doctor`.") from error
    if type(error) in (DatabaseError, sqlite3.DatabaseError):  # their subclasses are about a statement, these are about the file
        hint = "Move it away and restore a backup: jitl restore FILE."
        raise Unavailable(f"The database file is damaged: {getattr(error, 'orig', error)}.", hint=hint) from error


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        translate(error)
        raise


def _sqlite_engines(url: str) -> tuple[Engine, Engine]:
    path = sa.make_url(url).database
    if not path or path == ":memory:":
        message = "SQLite needs a file: threads would each see another :memory: database"
        raise ValueError(message)
    Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    arguments = {"check_same_thread": False, "timeout": BUSY_MS / 1000}
    writer = sa.create_engine(url, poolclass=StaticPool, connect_args=arguments)
    readers = sa.create_engine(url, poolclass=QueuePool, pool_size=16, max_overflow=48, connect_args=arguments)
    # Many rows as one statement: sqlite3 lets go of the interpreter's lock at every step, and a transaction of a thousand steps waits
    # a thousand times for its turn while others compute.
    writer.dialect.use_insertmanyvalues_wo_returning = True
    sa.event.listen(writer, "connect", _prepare_writer)
    sa.event.listen(writer, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    sa.event.listen(readers, "connect", _prepare_reader)
    return writer, readers


def _prepare_writer(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, so that DDL and reads are in the transaction too
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=1000", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_reader(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("query_only=ON", "wal_autocheckpoint=0", "cache_size=-8192"):
        connection.execute(f"PRAGMA {pragma}")
