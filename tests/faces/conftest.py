"""The real service on a free loopback port, as people reach it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from api.app import create_app
from api.container import Container
from jitl.principals import Right, Role
from jitl.settings import Settings
from jitl.sql.people import OWNER

RIGHTS = {"read": Right.READ, "teach": Right.TEACH, "admin": Right.ADMIN}


@dataclass
class Live:
    """A running service. `admin` is a client with an admin's key; paths of clients are relative."""

    container: Container
    url: str
    data: Path
    clients: list[httpx.Client] = field(default_factory=list)

    def client(self, key: str | None = None, headers: Mapping[str, str] | None = None) -> httpx.Client:
        given = dict(headers or {}) | ({"Authorization": f"Bearer {key}"} if key else {})
        made = httpx.Client(base_url=self.url, headers=given, timeout=60, trust_env=False, verify=False)
        self.clients.append(made)
        return made

    def key(self, name: str, *roles: Role, rights: tuple[str, ...] = (), **collections: str) -> str:
        """A key of a principal with grants on collections by name ('all' for every one)."""
        held = {}
        for place, right in collections.items():
            info = self.container.catalogue.collection(place)
            held["*" if place == "all" else info.id if info else place] = RIGHTS[right]
        people = self.container.people
        people.set_person(name, by=OWNER.id, roles=roles or (Role.READER,), collections=held)
        return people.create_key(name, by=OWNER.id, rights=frozenset(rights)).secret

    def person(self, name: str, *roles: Role, rights: tuple[str, ...] = (), **collections: str) -> httpx.Client:
        return self.client(self.key(name, *roles, rights=rights, **collections))

    @property
    def admin(self) -> httpx.Client:
        return self.person("admin", Role.ADMIN, Role.EXPERT)

    def collection(self, name: str) -> str:
        """The id of the collection, made if need be."""
        return self.container.catalogue.create_collection(name, OWNER.id, exist_ok=True).id

    def upload(self, client: httpx.Client, collection: str, files: Mapping[str, str | bytes], **fields: str) -> dict[str, Any]:
        """Send files and wait until the job is over; the job."""
        parts = [("file", (name, text.encode() if isinstance(text, str) else text)) for name, text in files.items()]
        reply = client.post(f"/v1/collections/{collection}/documents", files=parts, data=fields)
        assert reply.status_code == 202, reply.text
        return wait_for_job(client, reply.json()["job"])


def wait_until_started(client: httpx.Client, seconds: float = 30) -> httpx.Response:
    """The first word of `/readyz` that is not "starting"; the encoder loads while the service answers already."""
    end = time.monotonic() + seconds
    while (ready := client.get("/readyz")).json()["status"] == "starting":
        assert ready.status_code == 503
        assert time.monotonic() < end
        time.sleep(0.1)
    return ready


def wait_for_job(client: httpx.Client, job: str, seconds: float = 60) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while (shown := client.get(f"/v1/jobs/{job}").json())["state"] in ("queued", "running"):
        assert time.monotonic() < end, shown
        time.sleep(0.05)
    return shown


@contextmanager
def serve(data: Path, **values: Any) -> Iterator[Live]:
    container = Container.build(Settings(data_dir=data, **values))
    container.resume()
    live = Live(container, "", data)
    config = uvicorn.Config(
        create_app(container), port=values.get("port", 0), lifespan="off", log_level="critical", ws="none", timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        live.url = f"http://127.0.0.1:{port}"
        container.registration.start()
        yield live
    finally:
        for client in live.clients:
            client.close()
        server.should_exit = True
        thread.join(20)
        container.close()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One service for the tests of a module: each test uses names of its own."""
    with serve(tmp_path_factory.mktemp("data")) as running:
        yield running
