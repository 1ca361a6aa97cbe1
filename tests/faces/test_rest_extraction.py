"""Extraction by a model over REST: priced first, for admins of the collection, within a cap, seen in the graph's own routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from graph import extra
from jitl.principals import Role
from jitl.sql.people import OWNER
from tests.data import need
from tests.endpoint import Endpoint, serving
from tests.faces.conftest import Live, serve, wait_for_job
from tests.reader_model import MISTAKES, speak

WHERE = "/v1/graph/extraction"
PAGES = {
    "track.md": "Ana Ruiz wrote TrackFit. It fits the tracks of the whole detector in three passes every night.",
    "lamp.md": "The blue lamp is part of the North Tracker. It has been lit every night since the autumn of 2004.",
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with serving() as endpoint:
        endpoint.speaks = speak
        yield endpoint


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory, endpoint: Endpoint) -> Iterator[Live]:
    need(extra.installed(), "graphrag", "pip install 'jitl[graph]'")
    with serve(tmp_path_factory.mktemp("data"), model_url=endpoint.url, model_name="reader", replay_after_changes=False) as live:
        yield live


def place(live: Live, name: str) -> httpx.Client:
    """A collection with two pages, and its admin."""
    live.collection(name)
    live.upload(live.admin, name, PAGES)
    return live.person(f"ada of {name}", **{name: "admin"})


def run(client: httpx.Client, collection: str, **body: Any) -> dict[str, Any]:
    reply = client.post(WHERE, json={"collection": collection, "budget": 10**6} | body)
    assert reply.status_code == 202, reply.text
    assert reply.json()["estimate"].keys() == {"passages", "done", "calls", "tokens", "most_tokens"}
    wait_for_job(client, reply.json()["job"])
    return client.get(f"{WHERE}/{reply.json()['job']}").json()


def made(client: httpx.Client, live: Live) -> list[dict[str, Any]]:
    """What the graph's own route shows of the model's statement."""
    assert live.container.following.projector.drain()
    found = client.get("/v1/graph/statements", params={"name": "TrackFit"}).json().get("statements", [])
    return [one for one in found if one["relation"] == "made"]


def test_its_cost_is_told_before_anything_is_asked(read: Live, endpoint: Endpoint) -> None:
    ada = place(read, "priced")
    before = len(endpoint.requests)
    told = ada.post(f"{WHERE}?dry_run=true", json={"collection": "priced"})
    assert told.status_code == 200
    priced = told.json()["estimate"]
    assert (priced["passages"], priced["done"], priced["calls"]) == (2, 0, 2)
    assert 0 < priced["tokens"] < priced["most_tokens"]
    bare = ada.post(WHERE, json={"collection": "priced"})
    assert (bare.status_code, "JITL_GRAPH_EXTRACT_TOKENS" in bare.json()["hint"]) == (422, True)
    assert len(endpoint.requests) == before


def test_what_it_reads_is_in_the_graph_with_its_sentence_for_those_who_may_read(read: Live, endpoint: Endpoint) -> None:
    ada = place(read, "read")
    report = run(ada, "read")
    assert (report["state"], report["error"]) == ("done", None)
    assert (report["passages"], report["statements"], report["dropped"]) == (2, 2, 2 * MISTAKES)
    assert 0 < report["spent"]["tokens"] <= report["budget"]["tokens"]
    (one,) = made(ada, read)
    assert (one["subject"], one["document"], one["quote"]) == ("Ana Ruiz", "track.md", "Ana Ruiz wrote TrackFit.")
    assert made(read.person("stranger of read", Role.EXPERT), read) == []
    asked = len(endpoint.requests)
    assert run(ada, "read")["spent"] == {"tokens": 0, "calls": 0}
    assert len(endpoint.requests) == asked
    again = read.container.runner.submit("reindex", {}, principal_id=OWNER.id)
    assert wait_for_job(read.admin, again)["state"] == "done"
    assert len(made(ada, read)) == 1
    assert ada.delete("/v1/collections/read/documents/track.md").status_code in (200, 202, 204)
    read.container.projector.drain()
    assert made(ada, read) == []


def test_the_cap_is_kept(read: Live, endpoint: Endpoint) -> None:
    ada = place(read, "capped")
    before = len(endpoint.requests)
    report = run(ada, "capped", calls=1)
    assert (report["state"], report["progress"]["note"]) == ("done", "The budget is used up.")
    assert (report["passages"], report["spent"]["calls"], len(endpoint.requests) - before) == (1, 1, 1)


def test_who_may_ask_for_it(read: Live) -> None:
    ada = place(read, "guarded")
    job = run(ada, "guarded")["job"]
    body = {"collection": "guarded", "budget": 10**6}
    for address in (WHERE, f"{WHERE}?dry_run=true"):
        assert read.person("rita", guarded="read").post(address, json=body).status_code == 403
        assert read.person("theo", Role.EXPERT, guarded="teach").post(address, json=body).status_code == 403
        assert read.person("sven", Role.EXPERT).post(address, json=body).status_code == 404
    assert read.person("rita", guarded="read").get(f"{WHERE}/{job}").status_code == 404
    assert ada.post(WHERE, json=body | {"budget": 0}).status_code == 422
    other = next(one["id"] for one in read.admin.get("/v1/jobs").json()["jobs"] if one["kind"] == "ingest")
    assert read.admin.get(f"{WHERE}/{other}").status_code == 404


def test_without_an_endpoint_it_says_what_to_set(live: Live) -> None:
    live.collection("bare")
    reply = live.person("ada", bare="admin").post(WHERE, json={"collection": "bare", "budget": 100})
    assert (reply.status_code, "JITL_MODEL_URL" in reply.json()["hint"]) == (501, True)
