"""Real servers that a test session starts for itself, on free loopback ports, and stops by their own process ids."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

from tests.data import need

POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
NOT_ROOT = "nobody"  # PostgreSQL refuses to run as root


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL of our own, without its database part: `postgresql+psycopg://…:port`."""
    need(POSTGRES, "PostgreSQL", "run `make test-servers` as root (Debian), or install postgresql")
    binaries = POSTGRES[-1]
    folder = Path(tempfile.mkdtemp(prefix="jitl-pg-"))
    as_other = os.geteuid() == 0
    if as_other:
        folder.chmod(0o755)
        shutil.chown(folder, NOT_ROOT)
    user = {"user": NOT_ROOT} if as_other else {}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **user}
    data, port = folder / "data", free_port()
    try:
        initdb = [binaries / "initdb", "-D", data, "-U", "jitl", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"]
        subprocess.run(initdb, check=True, timeout=60, **quiet)
        server = [
            binaries / "postgres",
            "-D",
            data,
            "-p",
            str(port),
            "-k",
            folder,
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "max_connections=100",
        ]
        process = subprocess.Popen([*server, "-c", "fsync=off"], **quiet)
        try:
            _await(port, process)
            yield f"postgresql+psycopg://jitl@127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown: it does not wait for clients
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str) -> str:
    """URL of a fresh, empty database on that server."""
    import psycopg  # only where a server is

    name = f"t{uuid4().hex}"
    with psycopg.connect(server.replace("+psycopg", "") + "/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"{server}/{name}"


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    import psycopg  # only where a server is

    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(host="127.0.0.1", port=port, user="jitl", dbname="postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            assert process.poll() is None, "PostgreSQL did not start"
            assert time.monotonic() < until, "PostgreSQL does not answer"
            time.sleep(0.05)
        else:
            return
