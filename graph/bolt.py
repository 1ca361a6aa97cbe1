"""Conversations with a Neo4j server over Bolt: bounded in time, in our errors, and silent while the server rests.

A question waits for nobody: what it reads goes through a few threads of our own, because the driver lets a socket wait two minutes
for a server that hangs. After a failure nothing is asked for `REST_S`; then a look in the background, which also makes the
constraints and has the server plan what it will be asked, says whether to go on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from jitl.errors import MissingPart, Unavailable

if TYPE_CHECKING:
    from neo4j import Driver, ManagedTransaction

T = TypeVar("T")
Row = Sequence[Any]
"""Values of a record in the order of the statement's RETURN: what Bolt knows is numbers, texts, booleans and lists of them."""

REST_S: Final = 2.0
"""How long a server that failed is left alone."""
CONNECT_S: Final = 0.4
"""Longest that a question waits for a connection, its handshake included."""
CONNECT_WRITER_S: Final = 3.0
"""The same for what nobody waits for: a busy server is not one that is away."""
GRACE_S: Final = 0.1
"""What an answer may take on its way after the server's own time limit."""
LOOK_S: Final = 30.0
"""Longest a statement of a look may take: a server that has just started plans its first one for seconds."""
WRITE_S: Final = 120.0
"""Longest a transaction that writes may take on the server."""
RETRY_S: Final = 0.5
"""Time within which a transaction may begin to wait for its next try; tries are a second apart, so there is one."""
IDLE_S: Final = 1.0
"""A connection that a question has not used for this long is tried before it is trusted; one that writes is always tried."""
_READERS: Final = 32
_HINT: Final = "`jitl doctor` says whether the graph server runs."


class Run(Protocol):
    """Runs a statement inside a transaction."""

    def __call__(self, statement: str, **parameters: Any) -> list[Row]: ...


class Bolt:
    """One database of one server. Building it contacts nobody; raises `MissingPart` where the driver is not installed.

    `schema` can be repeated; it is run before the first write, and again after every failure. `warm` is what a look asks.
    """

    def __init__(self, url: str, auth: tuple[str, str], schema: Sequence[str], warm: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        self._reader, self._writer = _driver(url, auth, CONNECT_S, IDLE_S), _driver(url, auth, CONNECT_WRITER_S, 0.0)
        self._schema, self._warm = tuple(schema), tuple(warm)
        self._made = self._resting = False
        self._ask_again_at = 0.0
        self._making, self._starting = threading.Lock(), threading.Lock()
        self._pool = ThreadPoolExecutor(_READERS, thread_name_prefix="graph")
        self._look: Future[None] | None = None

    def read(self, statement: str, seconds: float, **parameters: Any) -> list[Row]:
        """Rows of a statement that changes nothing. Raises `Unavailable`: at once while the server rests, else soon after `seconds`."""
        self._refuse_while_resting()
        answer = self._submit(self._ask, statement, seconds, parameters)
        try:
            return answer.result(timeout=seconds + CONNECT_S + GRACE_S)
        except TimeoutError as error:
            if not answer.cancel():  # it had its turn
                self._rest()
            raise Unavailable("The graph server is too slow.", hint=_HINT) from error

    def write(self, work: Callable[[Run], T]) -> T:
        """One transaction, committed when this returns. `work` may be called again after a passing trouble.

        Raises `Unavailable`, at once while the server rests.
        """
        from neo4j import unit_of_work

        self._refuse_while_resting()
        self._make_schema()

        @unit_of_work(timeout=WRITE_S)
        def inside(transaction: ManagedTransaction) -> T:
            def run(statement: str, **parameters: Any) -> list[Row]:
                return [record.values() for record in transaction.run(statement, parameters)]

            return work(run)

        with self._translated(), self._writer.session(max_transaction_retry_time=RETRY_S) as session:
            return session.execute_write(inside)

    def look(self) -> Future[None]:
        """Make the constraints and warm the server up, in the background; the look that is under way where one is."""
        with self._starting:
            if self._look is None or self._look.done():
                self._look = self._submit(self._open)
            return self._look

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._look is not None:
            wait([self._look], timeout=CONNECT_S)  # it may be opening a connection
        with suppress(Unavailable), self._translated():
            self._reader.close()  # and with it the sockets at which somebody waits
            self._writer.close()

    def _submit(self, work: Callable[..., T], *arguments: Any) -> Future[T]:
        try:
            return self._pool.submit(work, *arguments)
        except RuntimeError as error:  # the pool's word for it
            raise Unavailable("The graph was closed.") from error

    def _ask(self, statement: str, seconds: float, parameters: Mapping[str, Any]) -> list[Row]:
        from neo4j import READ_ACCESS, Query
        from neo4j.exceptions import DriverError, Neo4jError

        query = Query(statement, timeout=seconds)

        def once() -> list[Row]:
            with self._reader.session(default_access_mode=READ_ACCESS) as session:
                return [record.values() for record in session.run(query, dict(parameters))]

        with self._translated():
            try:
                return once()
            except (DriverError, Neo4jError) as error:
                if not error.is_retryable() and not _vanished(error):
                    raise
            return once()  # by now over a new connection, or without what was being removed

    def _open(self) -> None:
        self._make_schema()
        for statement, parameters in self._warm:
            self._ask(statement, LOOK_S, parameters)
        self._resting = False

    def _make_schema(self) -> None:
        with self._making:
            if self._made:
                return
            with self._translated(), self._writer.session() as session:
                for statement in self._schema:
                    session.run(statement).consume()
            self._made = True

    def _refuse_while_resting(self) -> None:
        if not self._resting:
            return
        if time.monotonic() >= self._ask_again_at:
            self._ask_again_at = time.monotonic() + REST_S
            self.look()
        raise Unavailable("The graph server did not answer and is left alone for a moment.", hint=_HINT)

    def _rest(self) -> None:
        self._made, self._resting, self._ask_again_at = False, True, time.monotonic() + REST_S

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """A server that is away or refuses us rests; one that gave up a statement is asked the next one."""
        from neo4j.exceptions import ClientError, DriverError, Neo4jError

        try:
            yield
        except DriverError as error:
            self._rest()
            raise Unavailable("The graph server does not answer.", hint=_HINT) from error
        except Neo4jError as error:
            code = error.code or ""
            if _vanished(error):
                raise Unavailable("The graph is being changed.", hint="Try again.") from error
            if "TimedOut" in code:
                raise Unavailable("The graph server gave up: it took too long.", hint="Ask for less.") from error
            if isinstance(error, ClientError) and ".Security." not in code and "Terminated" not in code:
                raise  # our own mistake
            self._rest()
            if ".Security." in code:
                hint = "Set JITL_GRAPH_USER and JITL_GRAPH_PASSWORD."
                raise Unavailable("The graph server refuses our name or password.", hint=hint) from error
            raise Unavailable(f"The graph server is in trouble: {error.message}", hint=_HINT) from error
        except ValueError as error:  # so the driver says that nobody has this name
            if "resolve address" not in str(error):
                raise
            self._rest()
            raise Unavailable(f"The graph server is not found: {error}.", hint="Set JITL_GRAPH_URL.") from error


def _vanished(error: Exception) -> bool:
    """Something was removed while a statement looked at it."""
    return "EntityNotFound" in (getattr(error, "code", None) or "")


def _driver(url: str, auth: tuple[str, str], connect_s: float, trusted_s: float) -> Driver:
    try:
        from neo4j import GraphDatabase, NotificationMinimumSeverity
    except ImportError as error:
        raise MissingPart("The graph server's driver is not installed.", hint="pip install 'jitl[cluster]'") from error
    return GraphDatabase.driver(
        url,
        auth=auth,
        connection_timeout=connect_s,
        connection_acquisition_timeout=connect_s,
        liveness_check_timeout=trusted_s,
        max_transaction_retry_time=0.0,
        notifications_min_severity=NotificationMinimumSeverity.OFF,
        user_agent="jitl",
    )
