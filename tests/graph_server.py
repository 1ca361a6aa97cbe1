"""A real Neo4j server for tests: one of a test's own, or one that all workers of a run share.

The shared one is kept by a process that ends it as soon as nobody holds a lock on the file of its users, however they ended.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.data import NEO4J_HOME, ROOT, need
from tests.servers import free_port

USER, PASSWORD = "neo4j", "only for tests"
START_S = 120.0
QUICKLY = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Java's options: a server that lives for minutes takes half the processor's time without its optimising compiler."""
CONF = """\
server.directories.data={folder}/data
server.directories.logs={folder}/logs
server.directories.run={folder}/run
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
dbms.usage_report.enabled=false
server.memory.heap.max_size=512m
server.memory.pagecache.size=128m
"""


_keepers: list[subprocess.Popen[bytes]] = []
"""Started here; they outlive their starters."""


@dataclass(frozen=True)
class Address:
    url: str
    user: str = USER
    password: str = PASSWORD


@dataclass
class GraphServer:
    """Data survives `kill` and `start` again; `folder` is the caller's to remove."""

    folder: Path
    java: str = QUICKLY
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        conf = self.folder / "conf"
        conf.mkdir(parents=True)
        (conf / "neo4j.conf").write_text(CONF.format(folder=self.folder, port=self.port))
        self._environment = {**os.environ, "NEO4J_CONF": str(conf), "JAVA_TOOL_OPTIONS": self.java}
        self._process: subprocess.Popen[bytes] | None = None
        password = [_command("neo4j-admin"), "dbms", "set-initial-password", PASSWORD]
        subprocess.run(password, env=self._environment, check=True, timeout=START_S, capture_output=True)

    @property
    def address(self) -> Address:
        return Address(f"bolt://127.0.0.1:{self.port}")

    def start(self) -> None:
        """Returns when it answers."""
        with (self.folder / "console.log").open("ab") as log:
            self._process = subprocess.Popen(
                [_command("neo4j"), "console"], env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + START_S
        while not _answers(self.address):
            assert self._process.poll() is None, "Neo4j did not start: " + (self.folder / "console.log").read_text()[-2000:]
            assert time.monotonic() < until, "Neo4j does not answer"
            time.sleep(0.1)

    def signal(self, number: int) -> None:
        """To the launcher and the server, a group of their own."""
        assert self._process is not None
        os.killpg(self._process.pid, number)

    def stop(self) -> None:
        """As an administrator would; takes some 11 s."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As `kill -9`, of launcher and server."""
        self._end(signal.SIGKILL)

    def _end(self, number: int) -> None:
        """Returns when both have ended: a new server on the same folder would say that it is running already."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self.signal(number)
        self._process.wait()
        until = time.monotonic() + START_S
        while time.monotonic() < until:  # the server is the launcher's child, not ours
            try:
                self.signal(0)
            except ProcessLookupError:
                break
            time.sleep(0.02)
        self._process = None


def needed() -> None:
    """Skip, or fail under CI, where no server can be started."""
    how = "unpack the Community edition of Neo4j 5.26, set NEO4J_HOME_FOR_TESTS to its folder, and install Java 17 or 21"
    need(shutil.which("java") and Path(_command("neo4j")).exists(), "Neo4j", how)


@contextmanager
def own(java: str = QUICKLY) -> Iterator[GraphServer]:
    needed()
    folder = Path(tempfile.mkdtemp(prefix="jitl-neo4j-"))
    server = GraphServer(folder, java)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def shared(folder: Path) -> Iterator[Address]:
    """The server of everybody who names this folder; started by the first of them."""
    needed()
    ready = folder / "neo4j.json"
    with (folder / "neo4j.users").open("a") as users:
        with locked(folder / "neo4j.starting"):
            fcntl.flock(users, fcntl.LOCK_SH)
            if not ready.exists():
                keeper = subprocess.Popen([sys.executable, "-m", "tests.graph_server", folder], cwd=ROOT, start_new_session=True)
                _keepers.append(keeper)
                until = time.monotonic() + START_S
                while not ready.exists():
                    assert keeper.poll() is None, "Neo4j did not start"
                    assert time.monotonic() < until, "Neo4j does not answer"
                    time.sleep(0.1)
        yield Address(**json.loads(ready.read_text()))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Nobody else is inside for this path, in whatever process."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def keep(folder: Path) -> None:
    """Run a server until the last user is gone."""
    ready = folder / "neo4j.json"
    with own() as server:
        draft = ready.with_suffix(".new")
        draft.write_text(json.dumps(asdict(server.address)))
        draft.rename(ready)
        with (folder / "neo4j.users").open("a") as users:
            fcntl.flock(users, fcntl.LOCK_EX)
            ready.unlink()


def clear(address: Address) -> None:
    """Empty the database, its constraints aside."""
    from neo4j import GraphDatabase

    with GraphDatabase.driver(address.url, auth=(address.user, address.password)) as driver, driver.session() as session:
        session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 1000 ROWS").consume()


def _answers(address: Address) -> bool:
    from neo4j import GraphDatabase
    from neo4j.exceptions import DriverError, Neo4jError

    try:
        with GraphDatabase.driver(address.url, auth=(address.user, address.password), max_transaction_retry_time=0) as driver:
            driver.verify_connectivity()
    except (DriverError, Neo4jError):
        return False
    return True


def _command(name: str) -> str:
    given = os.environ.get("NEO4J_HOME_FOR_TESTS")
    return (None if given else shutil.which(name)) or str(NEO4J_HOME / "bin" / name)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
