"""Several endpoints behind the service: routes, fallback, caps and what they cost, follow-ups, several routes side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from jitl.principals import Role
from tests.endpoint import Endpoint, serving
from tests.faces.conftest import Live, serve

PAGE = "# Drift chamber\n\nThe drift chamber has 43 layers of sense wires. The drift chamber was built by the Chen group in 2006.\n"
LAYERS = "How many layers of sense wires does the drift chamber have?"
FILE = """
currency = "CNY"
[endpoints.physics]
url = "{0}"
model = "xiwu"
retries = 0
timeout_s = 5
max_tokens = 300
price_out = 1000.0
[endpoints.spare]
url = "{1}"
model = "spare-model"
retries = 0
timeout_s = 5
[routes.hep]
use = ["physics"]
fallback = ["spare"]
[routes.default]
use = ["spare"]
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Live, Endpoint, Endpoint]]:
    folder = tmp_path_factory.mktemp("data")
    with ExitStack() as stack:
        physics, spare = stack.enter_context(serving()), stack.enter_context(serving())
        (folder / "models.toml").write_text(FILE.format(physics.url, spare.url), encoding="utf-8")
        live = stack.enter_context(serve(folder))
        live.collection("detector")
        live.upload(live.admin, "detector", {"mdc.md": PAGE})
        yield live, physics, spare


@pytest.fixture
def world(service) -> tuple[Live, Endpoint, Endpoint]:
    live, physics, spare = service
    for endpoint, said in ((physics, "The drift chamber has 43 layers of sense wires. [1]"), (spare, "It has 43 layers. [1]")):
        endpoint.mode, endpoint.pieces, endpoint.usage, endpoint.speaks = "well", (said,), (100, 10), None
        endpoint.requests.clear()
    for server in live.container.models._servers._servers.values():
        server.health.well()
    return service


def test_the_model_of_the_route_answers_and_is_named(world):
    live, physics, spare = world
    reply = live.admin.post("/v1/ask", json={"question": LAYERS, "route": "hep"}).json()
    assert (reply["answer"], reply["model"], reply["notices"]) == ("The drift chamber has 43 layers of sense wires. [1]", "xiwu", [])
    assert (len(physics.requests), len(spare.requests)) == (1, 0)
    sent = physics.requests[0]
    assert "<source" in sent["messages"][-1]["content"]


def test_a_fallback_is_told_of_in_the_text_itself(world):
    live, physics, _ = world
    physics.mode = "error"
    reply = live.admin.post("/v1/ask", json={"question": LAYERS, "route": "hep"}).json()
    notice = "Answered by spare-model: xiwu, which should have, does not answer."
    assert reply["answer"].startswith("It has 43 layers. [1]")
    assert reply["answer"].endswith(notice)
    assert (reply["model"], reply["notices"]) == ("spare-model", [notice])
    ready = live.client().get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert (ready.json()["parts"]["model physics"], ready.json()["parts"]["model spare"]) == ("degraded", "ready")
    parts = {part["name"]: part for part in live.admin.get("/v1/status").json()["parts"]}
    assert "HTTP 500" in parts["model physics"]["detail"]
    physics.mode = "well"
    parts = {part["name"]: part for part in live.admin.get("/v1/status?probe=true").json()["parts"]}
    assert parts["model physics"]["state"] == "ready"


def test_a_cap_answers_429_before_the_first_word_and_corrections_go_on(world):
    live, physics, _ = world
    reader = live.person("reader-capped", detector="read")
    key = reader.get("/v1/keys").json()["keys"][0]["id"]
    admin = live.admin
    set_ = admin.put(f"/v1/usage/caps/key/{key}", json={"tokens": 50})
    assert (set_.status_code, set_.json()["cap"]["tokens"]) == (200, 50)
    for stream in (False, True):
        refused = reader.post("/v1/ask", json={"question": LAYERS, "route": "hep", "stream": stream})
        assert refused.status_code == 429
        problem = refused.json()
        assert "50 tokens a day" in problem["detail"]
        assert "UTC; an admin can raise it" in problem["hint"]
        assert int(refused.headers["retry-after"]) > 1
    assert physics.requests == []
    expert = live.person("teacher", Role.EXPERT, detector="teach")
    taught = {"question": "Who keeps the keys of the drift chamber hut?", "answer": "The shift leader.", "collection": "detector"}
    expert.post("/v1/corrections", json=taught)
    told = reader.post("/v1/ask", json={"question": taught["question"]})
    assert told.status_code == 200
    assert "The shift leader." in told.json()["answer"], "what needs no model is answered"
    assert admin.delete(f"/v1/usage/caps/key/{key}").json()["cap"] is None
    assert reader.post("/v1/ask", json={"question": LAYERS, "route": "hep"}).status_code == 200


def test_usage_is_each_ones_own_and_all_of_it_the_admins(world):
    live, *_ = world
    reader, other = live.person("reader-frugal", detector="read"), live.person("reader-idle", detector="read")
    keeper = live.person("keeper", detector="admin")
    reader.post("/v1/ask", json={"question": LAYERS, "route": "hep"})
    mine = reader.get("/v1/usage").json()
    assert (mine["currency"], mine["you"]["calls"], mine["you"]["prompt_tokens"], mine["you"]["completion_tokens"]) == ("CNY", 1, 100, 10)
    assert mine["you"]["cost"] == pytest.approx(0.01)
    assert [line["principal"] for line in mine["keys"]] == ["reader-frugal"]
    assert (mine["collections"], "people" in mine) == ([], False)
    assert other.get("/v1/usage").json()["you"]["calls"] == 0
    assert [line["name"] for line in keeper.get("/v1/usage").json()["collections"]] == ["detector"]
    everything = live.admin.get("/v1/usage").json()
    assert {"reader-frugal"} <= {line["principal"] for line in everything["people"]}
    assert {line["endpoint"] for line in everything["endpoints"]} <= {"physics", "spare"}
    assert {line["route"] for line in everything["routes"]} >= {"hep"}
    assert live.admin.get("/v1/usage?since=2100-01-01").json()["people"] == []


def test_caps_are_the_admins_to_set(world):
    live, *_ = world
    expert = live.person("eva", Role.EXPERT, detector="admin")
    assert expert.put("/v1/usage/caps/collection/detector", json={"tokens": 1}).status_code == 403
    admin = live.admin
    assert admin.put("/v1/usage/caps/collection/nowhere", json={"tokens": 1}).status_code == 404
    assert admin.put("/v1/usage/caps/person/nobody", json={"tokens": 1}).status_code == 404
    assert admin.put("/v1/usage/caps/moon/x", json={"tokens": 1}).status_code == 422
    assert admin.put("/v1/usage/caps/collection/detector", json={"tokens": -1}).status_code == 422
    admin.put("/v1/usage/caps/collection/detector", json={"tokens": 0, "per": "month"})
    try:
        refused = expert.post("/v1/ask", json={"question": LAYERS, "route": "hep"})
        assert refused.status_code == 429
        assert "'detector'" in refused.json()["detail"]
    finally:
        admin.delete("/v1/usage/caps/collection/detector")


def test_a_follow_up_is_searched_by_what_it_means(world):
    live, physics, spare = world
    spare.mode = "error"  # it would have worded the question
    physics.pieces = ("The drift chamber was built by the Chen group in 2006. [1]",)
    told = live.admin.post("/v1/ask", json={"question": "Who built it?", "history": [LAYERS], "route": "hep"}).json()
    assert (told["grounded"], told["question"], told["read_as"]) == (True, "Who built it?", "Who built the drift chamber?")
    asked = physics.requests[-1]["messages"][-1]["content"]
    assert "Asked before: " + LAYERS in asked
    same = live.admin.post("/v1/ask", json={"question": LAYERS, "history": ["Who maintains BOSS?"], "route": "hep"}).json()
    assert "read_as" not in same


def test_a_follow_up_that_finds_nothing_as_read_is_looked_for_as_asked(world):
    live, *_ = world
    asked = {"question": "And the layers of sense wires of the drift chamber?", "history": ["Who painted the Night Watch?"], "route": "hep"}
    assert live.admin.post("/v1/ask", json=asked).json()["grounded"]


def test_side_by_side_over_one_search(world):
    live, physics, spare = world
    reply = live.admin.post("/v1/compare", json={"question": LAYERS, "routes": ["hep", "general_code"]})
    assert reply.status_code == 200, reply.text
    one, other = reply.json()["answers"]
    assert (one["compared"], one["model"], one["route"]["label"]) == ("hep", "xiwu", "hep")
    assert (other["compared"], other["model"]) == ("general_code", "spare-model")
    assert one["sources"] == other["sources"]
    assert one["id"] != other["id"]
    assert live.admin.get(f"/v1/answers/{other['id']}").status_code == 200, "each can be voted on"
    assert (len(physics.requests), len(spare.requests)) == (1, 1)


def test_side_by_side_one_fails_and_the_other_does_not(world):
    live, _, _ = world
    reader = live.person("reader-comparing", detector="read")
    live.admin.put("/v1/usage/caps/person/reader-comparing", json={"money": 0.1})  # the dear one may take .3 a reply
    answers = reader.post("/v1/compare", json={"question": LAYERS, "routes": ["hep", "general"]}).json()["answers"]
    assert answers[0]["error"]["status"] == 429
    assert answers[1]["answer"].startswith("It has 43 layers.")
    assert reader.post("/v1/compare", json={"question": LAYERS, "routes": ["hep"]}).status_code == 429


def test_side_by_side_as_a_stream(world):
    live, *_ = world
    body = {"question": LAYERS, "routes": ["hep", "general"], "stream": True}
    with live.admin.stream("POST", "/v1/compare", json=body) as reply:
        events = told(reply)
    for label in ("hep", "general"):
        names = [name for name, data in events if data["compared"] == label]
        assert (names[0], names[-1], set(names[1:-1])) == ("sources", "done", {"token"})


def told(reply: httpx.Response) -> list[tuple[str, dict]]:
    events, name = [], ""
    for line in reply.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            events.append((name, json.loads(line.removeprefix("data: "))))
    return events


def test_a_file_that_makes_no_sense_is_said_at_the_start(tmp_path: Path):
    from jitl.errors import BadInput

    (tmp_path / "models.toml").write_text("[routes.hep]\nuse = ['x']\n[endpoints]\n", encoding="utf-8")
    with pytest.raises(BadInput, match="which is not described"), serve(tmp_path):
        pass
