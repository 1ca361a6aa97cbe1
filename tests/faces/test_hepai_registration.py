"""The service as a worker of a HepAI controller: announced, known again after a restart, taken off."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import hepai
from api.container import Container
from api.registration import Registration
from jitl.errors import BadInput
from jitl.principals import Right
from jitl.settings import Settings, load_settings
from jitl.sql.engine import Database
from jitl.sql.people import OWNER, People
from tests.controller import OWNER_KEY, Controller, controller
from tests.faces.conftest import Live, serve
from tests.faces.test_hepai import MESSAGES, MUONS, refused
from tests.servers import free_port
from tests.terminal import Terminal

BEAT_S = 0.1


@pytest.fixture
def platform() -> Iterator[Controller]:
    with controller() as made:
        yield made


def worker_key(data: Path) -> str:
    """A key for the controller, made while nothing is served."""
    container = Container.build(Settings(data_dir=data))
    try:
        container.people.set_person("haichat", by=OWNER.id, roles=(), collections={"*": Right.READ})
        return container.people.create_key("haichat", by=OWNER.id).secret
    finally:
        container.close()


@contextmanager
def announced(platform: Controller, data: Path, **values: Any) -> Iterator[Live]:
    port = free_port()
    known = {"hepai_controller": platform.url, "hepai_owner_key": OWNER_KEY, "hepai_heartbeat_s": BEAT_S, "port": port}
    with serve(data, **{"public_url": f"http://127.0.0.1:{port}", **known, **values}) as live:
        yield live


def part(live: Live) -> tuple[str, str, str]:
    (shown,) = [one for one in live.container.parts() if one.name == "hepai"]
    return shown.state, shown.detail, shown.todo


def test_users_of_the_platform_are_answered_and_a_restarted_controller_knows_the_worker_again(platform: Controller, tmp_path: Path) -> None:
    key = worker_key(tmp_path)
    with announced(platform, tmp_path, hepai_worker_key=key, hepai_permissions="groups: all; owner: alice") as live:
        platform.until(lambda it: it.workers)
        assert platform.calls[:2] == ["/apiv2", "/apiv2/worker/register_worker"]
        (worker,) = platform.workers.values()
        assert (worker["is_shared"], worker["shared_groups"], worker["owner"]) == (True, ["all"], "alice")
        live.collection("bes3")
        live.upload(live.admin, "bes3", {"muons.md": MUONS})
        asked = httpx.post(
            f"{platform.url}/chat/completions", json={"model": "xiwu-auto", "messages": MESSAGES}, timeout=60, trust_env=False
        )
        assert "nine layers" in asked.json()["choices"][0]["message"]["content"]
        platform.restart()
        platform.until(lambda it: it.workers)
        assert list(platform.workers) == [worker["id"]]
        assert part(live)[0] == "ready"
    assert platform.calls[-1] == "/apiv2/worker/stop_worker"
    assert platform.workers == {}


def test_what_is_served_is_announced_and_a_command_that_holds_the_folder_is_not(platform: Controller, tmp_path: Path) -> None:
    known = {"PUBLIC_URL": "http://127.0.0.1:1", "HEPAI_CONTROLLER": platform.url, "HEPAI_OWNER_KEY": OWNER_KEY}
    known["HEPAI_WORKER_KEY"] = worker_key(tmp_path)
    (tmp_path / "jitl.env").write_text("".join(f"JITL_{name}={value}\n" for name, value in known.items()))
    container = Container.build(load_settings(tmp_path))
    container.resume()  # as a command does, and a worker of the cluster
    container.close()
    assert platform.calls == []
    with Terminal(tmp_path).serving():
        platform.until(lambda it: it.workers)
    assert platform.calls[-1] == "/apiv2/worker/stop_worker"


def test_a_controller_that_refuses_or_is_away_is_told_of_and_tried_again(
    platform: Controller, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = worker_key(tmp_path)
    platform.refusing = 503
    with caplog.at_level(logging.DEBUG), announced(platform, tmp_path, hepai_worker_key=key) as live:
        platform.until(lambda it: it.calls.count("/apiv2/worker/register_worker") >= 3)
        state, detail, todo = part(live)
        assert (state, "503" in detail) == ("degraded", True)
        assert "JITL_HEPAI_OWNER_KEY" in todo
        assert live.client().get("/readyz").status_code == 200
        platform.refusing = 0
        platform.until(lambda it: it.workers)
    said = caplog.text
    assert said.count("answers 503") == 1
    assert key not in said
    assert OWNER_KEY not in said
    assert "secret words" not in said


def test_an_address_where_nobody_answers_keeps_nothing_from_starting_or_ending(platform: Controller, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/apiv2"
    with announced(platform, tmp_path, hepai_worker_key=worker_key(tmp_path), hepai_controller=nowhere) as live:
        live.container.registration.beat()
        assert part(live)[:2] == ("degraded", f"The controller at {nowhere} does not answer (ConnectError).")
    assert platform.calls == []


def test_the_controller_lets_a_worker_go_and_it_stays_away_but_answers(platform: Controller, tmp_path: Path) -> None:
    key = worker_key(tmp_path)
    with announced(platform, tmp_path, hepai_worker_key=key) as live:
        platform.until(lambda it: it.workers)
        refused(live.person("haichat's neighbour").post("/apiv2/worker/shutdown"), 403)
        platform.restart()
        platform.until(lambda it: it.workers)  # it was not heeded
        assert live.client(key).post("/apiv2/worker/shutdown").json()["stopped"] is True
        platform.restart()
        live.container.registration.beat()
        assert platform.workers == {}
        assert part(live)[0] == "degraded"
        assert live.client(key).get("/apiv2/models").status_code == 200
    with announced(platform, tmp_path, hepai_worker_key=key):
        platform.until(lambda it: it.workers)


@pytest.mark.parametrize(
    ("values", "hint"), [({"hepai_worker_key": "wrong"}, "JITL_HEPAI_WORKER_KEY"), ({"public_url": None}, "JITL_PUBLIC_URL")]
)
def test_what_lacks_is_named_and_nothing_is_sent(platform: Controller, tmp_path: Path, values: dict[str, Any], hint: str) -> None:
    with announced(platform, tmp_path, **values) as live:
        live.container.registration.beat()
        state, _, todo = part(live)
        assert (state, hint in todo) == ("degraded", True)
    assert platform.calls == []


def test_without_a_controller_nothing_is_announced(platform: Controller, tmp_path: Path) -> None:
    with serve(tmp_path) as live:
        assert [one for one in live.container.parts() if one.name == "hepai"] == []
    assert platform.calls == []


def test_who_may_use_the_worker_is_read_as_hepai_writes_it() -> None:
    assert hepai.permissions(" groups: a, b; users: c ;owner: d") == {"groups": ["a", "b"], "users": ["c"], "owner": "d"}
    assert hepai.permissions("") == {}


@pytest.mark.parametrize("said", ["everybody", "groups:", "owner: a, b", "admins: a"])
def test_permissions_that_say_nothing_are_refused_at_the_start(tmp_path: Path, said: str) -> None:
    with closing(Database(f"sqlite:///{tmp_path / 'jitl.db'}")) as db, pytest.raises(BadInput, match="JITL_HEPAI_PERMISSIONS"):
        Registration(Settings(data_dir=tmp_path, hepai_permissions=said), People(db))
