"""The cluster of `compose.yaml` without containers: our own services as processes on loopback, with exactly the commands, settings and
health checks that the file gives them, on real servers (Qdrant: tests/qdrant_server.py). Only addresses and folders are put in their place.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import yaml

from api.client import Client
from tests import qdrant_server, redis_server, servers
from tests.data import ROOT
from tests.graph_server import Address

START_S = 90.0
OURS = ("api", "worker")
BINARIES = Path(sys.executable).parent  # of the environment under test: `jitl` and `python` are its own


def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))


def interpolated(text: str, given: Mapping[str, str]) -> str:
    """As compose does it: `${NAME:?what to do}` and `${NAME:-default}`."""

    def value(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        if given.get(name):
            return given[name]
        assert kind == ":-", f"{name} is not set: {rest}"
        return rest

    return re.sub(r"\$\{(\w+)(?:(:[-?])([^}]*))?\}", value, text)


@dataclass
class Service:
    """One process of ours; `port` of those that serve."""

    name: str
    process: subprocess.Popen[str]
    environment: Mapping[str, str]
    check: Sequence[str]
    log: Path
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def healthy(self) -> bool:
        return subprocess.run(self.check, env=self.environment, cwd="/", capture_output=True, timeout=60, check=False).returncode == 0

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def said(self) -> str:
        return self.log.read_text()

    def stop(self) -> int:
        """As a container's end; its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@dataclass
class Cluster:
    folder: Path
    database: str
    broker: str
    vectors: str
    graph: Address
    running: list[Service] = field(default_factory=list)
    index: str = field(default_factory=lambda: f"test-{uuid4()}")

    def start(self, name: str, **more: str) -> Service:
        """One more process of that service; it may not be ready yet. `more`: settings beside the file's."""
        wanted = compose()["services"][name]
        own = f"{name}{len(self.running)}"
        settings = {key: self._here(str(value)) for key, value in wanted["environment"].items()}
        settings |= {
            "JITL_WORKER_NAME": own,
            "JITL_VECTORS_COLLECTION": self.index,
            **more,
        }  # for several of them on one machine and server
        port = 0
        if "JITL_PORT" in settings:
            port = servers.free_port()
            settings |= {"JITL_PORT": str(port), "JITL_HOST": "127.0.0.1"}
        kept = {key: value for key, value in os.environ.items() if not key.startswith("JITL_")}
        environment = {**kept, **settings, "PATH": f"{BINARIES}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        kind, *check = wanted["healthcheck"]["test"]
        assert kind == "CMD"
        log = self.folder / f"{own}.log"
        with log.open("w") as out:
            command = [str(BINARIES / wanted["command"][0]), *wanted["command"][1:]]
            process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, cwd="/", text=True)
        service = Service(own, process, environment, [str(BINARIES / check[0]), *check[1:]], log, port)
        self.running.append(service)
        return service

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`jitl` with the settings of the services."""
        environment = self.running[0].environment
        return subprocess.run(
            [BINARIES / "jitl", *arguments], env=environment, cwd="/", capture_output=True, text=True, timeout=100, check=False
        )

    def ready(self, *chosen: Service) -> None:
        """Returns when their health checks pass."""
        until = time.monotonic() + START_S
        for service in chosen:
            while not service.healthy:
                assert service.process.poll() is None, service.said
                assert time.monotonic() < until, service.said
                time.sleep(0.1)

    def stop(self) -> None:
        for service in self.running:
            if service.process.poll() is None:
                service.process.terminate()
        for service in self.running:
            service.stop()

    def admin(self) -> str:
        """The key that one of the replicas printed, once."""
        keys = [key for service in self.running for key in re.findall(r"\bjitl_\S+", service.said)]
        assert len(keys) == 1, keys
        return keys[0]

    def _here(self, value: str) -> str:
        value = interpolated(value, {"POSTGRES_PASSWORD": "letters", "NEO4J_PASSWORD": self.graph.password})
        real = re.sub(r"^\S+//", "", self.database)
        places = {
            r"^postgresql\+psycopg://jitl:letters@postgres:5432/jitl$": f"postgresql+psycopg://{real}",
            r"^http://qdrant:6333$": self.vectors,
            r"^bolt://neo4j:7687$": self.graph.url,
            r"^redis://redis:6379/0$": self.broker,
            r"^/data$": str(self.folder / "data"),
        }
        for pattern, place in places.items():
            value = re.sub(pattern, place, value)
        return value


@contextmanager
def around(folder: Path, postgres: str, graph: Address) -> Iterator[Cluster]:
    """The servers, and what is started there ends with them."""
    with ExitStack() as stack:
        broker = stack.enter_context(redis_server.running())
        vectors = stack.enter_context(qdrant_server.any_server())
        cluster = Cluster(folder, servers.new_database(postgres), broker, vectors, graph)
        stack.callback(lambda: httpx.delete(f"{vectors}/collections/{cluster.index}", trust_env=False))
        stack.callback(cluster.stop)
        yield cluster


def upload(client: Client, collection: str, texts: Mapping[str, str]) -> str:
    """The job that reads them, sent as one file of records."""
    lines = "".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in texts.items())
    return send(client, collection, [("notes.jsonl", lines.encode())], records="true")


def send(client: Client, collection: str, files: Sequence[tuple[str, bytes]], **fields: str) -> str:
    """The job that reads these files."""
    parts = [("file", file) for file in files]
    reply = client._http.post(f"/v1/collections/{collection}/documents", files=parts, data=fields)
    assert reply.status_code == 202, reply.text
    return str(reply.json()["job"])
