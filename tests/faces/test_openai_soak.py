"""Many streams at once: the service's memory stays flat, slow readers hold up nobody, and a first word costs what a search costs.

`JITL_SOAK_STREAM_S=100` makes it the long run: 10,000 stream seconds.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import endpoint
from tests.bench.measure import rss_mb
from tests.endpoint import Endpoint
from tests.faces.conftest import wait_until_started
from tests.faces.test_openai import PAGE, QUESTION
from tests.terminal import Terminal, eventually

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]

STREAMS = 100
SLOW = 20  # of them read a kilobyte a second
STREAM_S = float(os.environ.get("JITL_SOAK_STREAM_S", "20"))
WORD_EVERY_S = 0.25
WORDS = {"Tell me about cats.": "cat " * 300, "Tell me all about cats.": "cat " * 6000}
"""A piece of the reply to each question; the second comes faster than a slow reader reads."""
GROWTH_MB = 24.0
FIRST = '"content": "It holds 43'  # not a quote among the sources


@pytest.fixture(scope="module")
def model() -> Iterator[Endpoint]:
    with endpoint.serving() as running:
        yield running


@pytest.fixture(scope="module")
def service(model: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, int]]:
    """A client with an admin's key and the id of the process that serves."""
    environment = {"JITL_MODEL_URL": model.url, "JITL_MODEL_NAME": "m"}
    process = Terminal(tmp_path_factory.mktemp("data")).start("serve", "--port", 0, "--json", stderr=subprocess.DEVNULL, **environment)
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        headers = {"Authorization": f"Bearer {told['admin_key']}"}
        with httpx.Client(base_url=told["url"], headers=headers, timeout=60, trust_env=False) as client:
            wait_until_started(client)
            client.post("/v1/collections", json={"name": "chamber"})
            client.post("/v1/collections/chamber/documents", files=[("file", ("chamber.md", PAGE.encode()))])
            eventually(lambda: client.get("/v1/collections/chamber").json()["passages"])
            yield client, process.pid
    finally:
        process.terminate()
        process.communicate(timeout=60)


class Reader:
    """One client of a stream, on a bare socket; `slow` reads a kilobyte a second and leaves when the others are done."""

    def __init__(self, client: httpx.Client, *, slow: bool) -> None:
        self._host, self._port = client.base_url.host, client.base_url.port
        self._key = client.headers["Authorization"]
        self._slow = slow
        self.words = 0
        self.ended = False

    async def read(self) -> None:
        question = list(WORDS)[self._slow]
        body = json.dumps({"model": "xiwu-general", "stream": True, "messages": [{"role": "user", "content": question}]})
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)  # or the loopback's own buffers would hold megabytes
        plain.settimeout(0)
        await asyncio.get_running_loop().sock_connect(plain, (self._host, self._port))
        reader, writer = await asyncio.open_connection(sock=plain, limit=4096)
        try:
            head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: {self._key}\r\nContent-Length: {len(body)}\r\n"
            writer.write(f"{head}Content-Type: application/json\r\nConnection: close\r\n\r\n{body}".encode())
            last = b""
            while piece := await reader.read(1000):
                self.words += piece.count(b'"content"')
                last = (last + piece)[-40:]
                self.ended = b"[DONE]" in last
                if self._slow:
                    await asyncio.sleep(1)
        finally:
            writer.close()


def speak(model: Endpoint, seconds: float) -> None:
    def reply(body: dict[str, Any]) -> tuple[dict[str, str], ...]:
        asked = str(body["messages"][-1]["content"])
        word = next(word for question, word in WORDS.items() if question in asked)
        return ({"content": word},) * int(seconds / WORD_EVERY_S)

    model.mode, model.pause_s, model.every_s, model.speaks = "trickle", 0.0, WORD_EVERY_S, reply


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def sockets(pid: int) -> int:
    found = [path.readlink() for path in Path(f"/proc/{pid}/fd").iterdir() if path.is_symlink()]
    return sum(str(link).startswith("socket:") for link in found)


async def load(readers: list[Reader], slow: list[Reader], pid: int, seen: list[float]) -> None:
    async def watch() -> None:
        while True:
            await asyncio.sleep(0.5)
            seen.append(rss_mb(pid))

    background = [asyncio.create_task(one.read()) for one in slow] + [asyncio.create_task(watch())]
    await asyncio.gather(*(one.read() for one in readers))
    for one in background:
        one.cancel()
    await asyncio.gather(*background, return_exceptions=True)


def test_memory_is_flat_under_streams(service: tuple[httpx.Client, int], model: Endpoint) -> None:
    client, pid = service
    speak(model, 4)
    asyncio.run(load([Reader(client, slow=False) for _ in range(STREAMS)], [], pid, []))  # threads and connections are there from now on
    speak(model, STREAM_S)
    readers = [Reader(client, slow=False) for _ in range(STREAMS - SLOW)]
    slow = [Reader(client, slow=True) for _ in range(SLOW)]
    seen: list[float] = []
    start = time.monotonic()
    asyncio.run(load(readers, slow, pid, seen))
    took = time.monotonic() - start
    assert all(one.ended for one in readers)
    assert all(one.words for one in slow)
    early, late = statistics.median(seen[2:8]), statistics.median(seen[-6:])
    print(f"{STREAMS} streams of {STREAM_S:g} s took {took:.1f} s; memory {early:.0f} -> {late:.0f} MB, {threads(pid)} threads")
    assert late - early < GROWTH_MB
    assert took < 2 * STREAM_S + 10
    eventually(lambda: sockets(pid) < SLOW / 2, 30)  # of slow readers that have left, and of their models


def first_word_ms(client: httpx.Client, address: str, body: dict[str, Any], word: str) -> float:
    start = time.perf_counter()
    with client.stream("POST", address, json=body) as reply:
        lines = reply.iter_lines()
        next(line for line in lines if word in line)
        took = time.perf_counter() - start
        for _ in lines:  # to the end: the connection is used again
            pass
    return 1000 * took


@pytest.mark.parametrize("grounded", [True, False])
def test_a_first_word_costs_what_a_search_costs(service: tuple[httpx.Client, int], model: Endpoint, grounded: bool) -> None:
    client, _ = service
    model.mode, model.speaks, model.pieces = "well", None, ("It holds 43 layers of sense wires [1]. ", "So says the page [1].")
    question = QUESTION if grounded else "Tell me a joke about cats, please."
    messages = [{"role": "user", "content": question}]
    searched, beyond = [], []
    with httpx.Client(timeout=60, trust_env=False) as bare:
        for round_ in range(80):
            start = time.perf_counter()
            client.post("/v1/search", json={"question": question}).raise_for_status()
            search = 1000 * (time.perf_counter() - start)
            own = first_word_ms(bare, f"{model.url}/chat/completions", {"messages": messages, "stream": True}, FIRST)
            body = {"model": "xiwu-auto" if grounded else "xiwu-general", "messages": messages, "stream": True}
            whole = first_word_ms(client, "/v1/chat/completions", body, FIRST)
            if round_ >= 20:
                searched.append(search)
                beyond.append(whole - own)
    ratio = statistics.median(beyond) / statistics.median(searched)
    print(
        f"search {statistics.median(searched):.1f} ms, first word beyond the model's own {statistics.median(beyond):.1f} ms: {ratio:.2f}x"
    )
    assert ratio < 2.0
