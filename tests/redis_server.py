"""A real Redis server for tests, on a free loopback port, without anything on disk."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from tests.data import need
from tests.servers import free_port


@contextmanager
def running() -> Iterator[str]:
    """Its URL."""
    need(shutil.which("redis-server"), "Redis", "run `make test-servers` as root (Debian), or install redis-server")
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", "/"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while not _answers(port):
            assert process.poll() is None, "Redis did not start"
            assert time.monotonic() < until, "Redis does not answer"
            time.sleep(0.02)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)


def flush(url: str) -> int:
    """Make it forget all it holds; how many keys that was."""
    with redis.Redis.from_url(url) as client:
        held = client.dbsize()
        client.flushall()
        return int(held)


def _answers(port: int) -> bool:
    try:
        with redis.Redis(port=port, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False
