"""What hepai's clients and controllers send beyond the OpenAI protocol, as they send it."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from jitl.principals import Role
from tests.controller import WORKER
from tests.faces.conftest import Live, serve

MUONS = "# Muon system\n\nThe muon system has nine layers of resistive plate chambers."
QUESTION = "How many layers has the muon system?"
MESSAGES = [{"role": "user", "content": QUESTION}]
MODEL = {
    *("model_name", "model_type", "model_version", "model_description", "model_author", "model_owner", "model_groups", "model_users"),
    *("model_functions", "id", "created", "object", "owned_by"),
}
"""Fields of hepai's `ModelResourceInfo`: it refuses any other."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serve(tmp_path_factory.mktemp("data")) as running:
        running.collection("bes3")
        running.upload(running.admin, "bes3", {"muons.md": MUONS})
        yield running


@pytest.fixture
def user(live: Live) -> httpx.Client:
    return live.person("user", bes3="read")


def call(client: httpx.Client, function: str, *args: Any, model: str = "xiwu-hep", **kwargs: Any) -> httpx.Response:
    """As `LRemoteModel` calls a function; what is empty is left out."""
    body = {name: value for name, value in (("args", args), ("kwargs", kwargs)) if value}
    return client.post(f"/apiv2/worker/unified_gate/?model={model}&function={function}", json=body)


def refused(reply: httpx.Response, status: int) -> str:
    assert reply.status_code == status, reply.text
    error = reply.json()["error"]
    assert {"message", "type", "code"} <= set(error)
    return str(error["message"])


def test_the_worker_has_the_fields_of_hepais_classes(user: httpx.Client, live: Live) -> None:
    page = user.get("/apiv2/worker/list_workers").json()
    assert set(page) == {"object", "data", "first_id", "last_id", "has_more", "offset", "total", "page_number"}
    (worker,) = page["data"]
    assert set(worker) == WORKER
    assert worker["network_info"]["worker_address"] == f"{live.url}/apiv2"
    assert isinstance(worker["last_heartbeat"], int)
    assert [set(model) for model in worker["resource_info"]] == [MODEL] * len(worker["resource_info"])
    models = [model["id"] for model in user.get("/apiv2/models").json()["data"]]
    assert [model["model_name"] for model in worker["resource_info"]] == models
    for body in ({"worker_id": None, "model_name": "xiwu-auto"}, {"worker_id": worker["id"], "model_name": None}):
        assert user.post("/apiv2/worker/get_worker_info", json=body).json()["id"] == worker["id"]
    status = user.post("/apiv2/worker/get_worker_status", json={"worker_id": worker["id"], "refresh": False}).json()
    assert set(status) == {"speed", "queue_length", "status", "start_time"}
    assert user.get("/apiv2/worker_get_status").json() == user.get("/apiv2/worker/get_status").json() == status
    assert user.get("/apiv2/worker/refresh_all_workers").json() == {"refreshed": [worker["id"]]}
    refused(user.post("/apiv2/worker/get_worker_info", json={"model_name": "gpt-0"}), 404)
    refused(user.post("/apiv2/worker/get_worker_info", json={"worker_id": "wk-other"}), 404)


def test_functions_by_name_answer_as_their_routes(user: httpx.Client) -> None:
    plain = user.post("/v1/ask", json={"question": QUESTION}).json()
    for reply in (call(user, "ask", QUESTION), call(user, "__call__", question=QUESTION), call(user, "ask", QUESTION, model="xiwu-auto")):
        assert reply.json()["answer"] == plain["answer"]
        assert [one["document"] for one in reply.json()["sources"]] == ["muons.md"]
    assert call(user, "ask", QUESTION).json()["route"]["label"] == "hep"
    assert call(user, "search", QUESTION, k=1).json()["hits"][0]["document"] == "muons.md"
    short = user.post("/apiv2/worker_unified_gate/xiwu-hep/ask", json={"args": [QUESTION]})
    assert short.json()["answer"] == plain["answer"]
    assert user.post("/apiv2/worker_unified_gate/search", json={"args": [QUESTION]}).json()["hits"]
    told = call(user, "get_register_functions").json()
    worker = user.get("/apiv2/worker/models").json()["data"][0]
    assert [one["__name__"] for one in told] == worker["model_functions"]


def test_completions_through_the_gate_are_those_of_the_face(user: httpx.Client) -> None:
    direct = user.post("/apiv2/chat/completions", json={"model": "xiwu-hep", "messages": MESSAGES}).json()
    body = {"messages": MESSAGES, "extra_body": {"user": {"username": "a"}}, "timeout": 600, "temperature": 0.2}
    through = call(user, "chat_completions", **body).json()
    assert through["model"] == "xiwu-hep"
    texts = [one["choices"][0]["message"]["content"].split("\n\nSources:")[0] for one in (direct, through)]
    assert texts[0] == texts[1]
    assert "nine layers" in texts[0]
    assert "Sources:" in through["choices"][0]["message"]["content"]
    lines = call(user, "chat_completions", messages=MESSAGES, stream=True).text.splitlines()
    chunks = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    assert "nine layers" in "".join(one["choices"][0]["delta"].get("content") or "" for one in chunks if one["choices"])
    assert "data: [DONE]" in lines


def test_embeddings_come_as_numbers_and_as_base64(user: httpx.Client) -> None:
    numbers = call(user, "embeddings", input=["drift chamber"]).json()["data"][0]["embedding"]
    packed = user.post("/apiv2/embeddings", json={"model": "x", "input": ["drift chamber"], "encoding_format": "base64"}).json()
    raw = base64.b64decode(packed["data"][0]["embedding"])
    assert struct.unpack(f"<{len(raw) // 4}f", raw) == pytest.approx(numbers, abs=1e-6)


def test_what_a_gate_refuses_it_says(user: httpx.Client) -> None:
    assert "chat_completions" in refused(call(user, "train"), 404)
    refused(call(user, "ask", QUESTION, model="another"), 404)
    refused(call(user, "ask"), 400)
    refused(call(user, "ask", QUESTION, "more"), 400)
    refused(call(user, "ask", QUESTION, stream=True), 400)
    refused(call(user, "search", QUESTION, collection="misspelt"), 400)
    refused(call(user, "chat_completions"), 400)
    refused(user.post("/apiv2/worker/unified_gate/?function=ask", files={"file": ("a.txt", b"a")}), 400)


@pytest.mark.parametrize("gate", ["worker/unified_gate/", "worker_unified_gate/", "worker_unified_gate/xiwu-auto/ask"])
def test_every_gate_wants_a_key_and_keeps_to_what_it_may_read(live: Live, gate: str) -> None:
    body = {"args": [QUESTION], "kwargs": {}}
    for client in (live.client(), live.client("wrong")):
        refused(client.post(f"/apiv2/{gate}?function=ask", json=body), 401)
    stranger = live.person("stranger").post(f"/apiv2/{gate}?function=ask", json=body).json()
    assert (stranger["grounded"], stranger["sources"]) == (False, [])


def test_a_person_behind_a_shared_key_is_the_one_that_the_platform_names(live: Live) -> None:
    live.key("alice@lab", bes3="read")
    front = live.person("platform", rights=("acts_for",), bes3="read")
    assert call(front, "ask", QUESTION).json()["grounded"] is True
    front.headers["X-HepAI-User-Email"] = "alice@lab"
    answer = call(front, "ask", QUESTION).json()
    assert (
        live.client(live.container.people.create_key("alice@lab", by="test").secret).get(f"/v1/answers/{answer['id']}").status_code == 200
    )
    front.headers["X-HepAI-User-Email"] = "nobody@lab"
    refused(call(front, "ask", QUESTION), 403)


def test_keys_are_looked_at_and_nothing_else_is_managed(live: Live, user: httpx.Client) -> None:
    key = live.key("somebody")
    shown = user.post("/apiv2/key/verify_api_key", json={"api_key": key}).json()
    assert (shown["valid"], shown["username"]) == (True, "somebody")
    refused(user.post("/apiv2/verify_api_key", json={"api_key": "wrong"}), 401)
    assert user.get("/apiv2/agents/list_agents").json()["data"] == []
    refused(user.get("/apiv2/user/list_users"), 404)


def test_a_worker_is_taken_off_by_admins_alone(live: Live, user: httpx.Client) -> None:
    expert = live.person("an expert", Role.EXPERT, bes3="admin")
    for path in ("worker/stop_worker", "worker/shutdown", "shutdown_worker"):
        for client in (user, expert):
            refused(client.post(f"/apiv2/{path}", json={"worker_id": "x", "permanent": True}), 403)
        stopped = live.admin.post(f"/apiv2/{path}", json={"worker_id": "x", "permanent": True}).json()
        assert (set(stopped), stopped["shutdown"]) == ({"id", "stopped", "message", "shutdown"}, False)
    assert user.get("/healthz").status_code == 200
