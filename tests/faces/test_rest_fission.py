"""Seed fission over REST: pairs with their sources, proposed and no more, each once, within the budget."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from jitl.principals import Role
from tests.endpoint import Endpoint, serving
from tests.faces.conftest import Live, serve, wait_for_job
from tests.personas import page, question, speak

FACTS = [
    ("gas gain", "drift chamber", "about 30000"),
    ("operating voltage", "muon counter", "8 kV"),
    ("altitude", "magnet", "5 m"),
    ("readout rate", "calorimeter", "4 kHz"),
]
GOOD = [fact for fact in FACTS if fact[0] != "altitude"]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with serving() as endpoint:
        endpoint.speaks = speak
        yield endpoint


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory, endpoint: Endpoint) -> Iterator[Live]:
    with serve(tmp_path_factory.mktemp("data"), model_url=endpoint.url, model_name="persona", replay_after_changes=False) as live:
        yield live


def place(live: Live, name: str) -> httpx.Client:
    """A collection with one page, and an expert of it."""
    live.collection(name)
    live.upload(live.admin, name, {"detector.md": page(FACTS)})
    return live.person(f"erika of {name}", Role.EXPERT, **{name: "teach"})


def run(client: httpx.Client, collection: str, **body: Any) -> dict[str, Any]:
    reply = client.post("/v1/fission", json={"collection": collection, "document": "detector.md"} | body)
    assert reply.status_code == 202, reply.text
    wait_for_job(client, reply.json()["job"])
    return client.get(f"/v1/fission/{reply.json()['job']}").json()


def test_pairs_are_proposed_with_their_sources_until_an_expert_approves_them(seeded: Live) -> None:
    erika = place(seeded, "proposals")
    report = run(erika, "proposals")
    assert (report["state"], report["error"]) == ("done", None)
    assert [(pair["question"], pair["answer"], pair["status"]) for pair in report["pairs"]] == [
        (question(what, subject), value, "proposed") for what, subject, value in GOOD
    ]
    for (what, subject, value), pair in zip(GOOD, report["pairs"], strict=True):
        assert (pair["document"], pair["quote"]) == ("detector.md", f"The {what} of the {subject} is {value}.")
        shown = erika.get(f"/v1/corrections/{pair['correction']}").json()
        assert shown["sources"] == [{"document": "detector.md", "quote": pair["quote"]}]
        asked = erika.post("/v1/ask", json={"question": pair["question"]}).json()
        assert asked["correction"] is None
    first = report["pairs"][0]
    reviewed = erika.post(f"/v1/corrections/{first['correction']}/review", json={"verdict": "approve"})
    assert reviewed.status_code == 200, "whoever started it may approve it: nobody's own word"
    asked = erika.post("/v1/ask", json={"question": first["question"]}).json()
    assert asked["correction"]["id"] == first["correction"]


def test_what_is_known_or_was_refused_is_not_proposed_again(seeded: Live, endpoint: Endpoint) -> None:
    erika = place(seeded, "known")
    taught = {"question": question("gas gain", "drift chamber").lower(), "answer": "20000", "collection": "known"}
    refused = {"question": question("readout rate", "calorimeter"), "answer": "2 kHz", "collection": "known"}
    assert erika.post("/v1/corrections", json=taught).status_code == 201
    gone = erika.post("/v1/corrections", json=refused).json()["id"]
    assert erika.delete(f"/v1/corrections/{gone}").status_code == 204
    report = run(erika, "known")
    assert [pair["question"] for pair in report["pairs"]] == [question("operating voltage", "muon counter")]
    before = len(endpoint.requests)
    again = run(erika, "known")
    assert (again["pairs"], again["spent"], len(endpoint.requests)) == ([], {"tokens": 0, "calls": 0}, before), "its passages are done"
    by_topic = run(erika, "known", document=None, topic="operating voltage of the muon counter")
    assert by_topic["pairs"] == []
    assert len(endpoint.requests) == before


def test_a_topic_finds_its_passages(seeded: Live) -> None:
    erika = place(seeded, "topics")
    report = run(erika, "topics", document=None, topic="operating voltage of the muon counter", calls=3)
    assert [pair["question"] for pair in report["pairs"]] == [question("operating voltage", "muon counter")], "the best passage first"


@pytest.mark.parametrize("budget", [{"calls": 4}, {"budget": 4500}])
def test_the_budget_is_kept_and_more_of_it_goes_on(seeded: Live, endpoint: Endpoint, budget: dict[str, int]) -> None:
    name = f"budget of {next(iter(budget))}"
    erika = place(seeded, name)
    before = len(endpoint.requests)
    report = run(erika, name, **budget)
    assert report["state"] == "done"
    assert report["progress"]["note"] == "The budget is used up."
    assert 0 < report["spent"]["calls"] == len(endpoint.requests) - before <= report["budget"]["calls"]
    assert report["spent"]["tokens"] <= report["budget"]["tokens"]
    assert 0 < len(report["pairs"]) < len(GOOD)
    rest = run(erika, name)
    assert sorted(pair["question"] for pair in (*report["pairs"], *rest["pairs"])) == sorted(question(*fact[:2]) for fact in GOOD)


def test_an_endpoint_that_fails_ends_the_job_and_a_retry_goes_on(seeded: Live, endpoint: Endpoint) -> None:
    erika = place(seeded, "failing")
    endpoint.mode = "bad key"
    report = run(erika, "failing")
    assert report["state"] == "failed"
    assert "HTTP 401" in report["error"]
    assert "sk-secret" not in str(report)
    endpoint.mode = "well"
    assert erika.post(f"/v1/jobs/{report['job']}/retry").status_code == 202
    wait_for_job(erika, report["job"])
    assert len(erika.get(f"/v1/fission/{report['job']}").json()["pairs"]) == len(GOOD)


def test_who_may_ask_for_it(seeded: Live) -> None:
    erika = place(seeded, "guarded")
    job = run(erika, "guarded")["job"]
    body = {"collection": "guarded", "document": "detector.md"}
    reader, stranger = seeded.person("rita", guarded="read"), seeded.person("sven", Role.EXPERT)
    assert reader.post("/v1/fission", json=body).status_code == 403
    assert seeded.person("pia", Role.EXPERT, guarded="read").post("/v1/fission", json=body).status_code == 403
    assert stranger.post("/v1/fission", json=body).status_code == 404
    assert stranger.get(f"/v1/fission/{job}").status_code == 404
    assert erika.post("/v1/fission", json=body | {"document": "nowhere.md"}).status_code == 404
    for wrong in ({"collection": "guarded"}, body | {"topic": "x"}, body | {"calls": 0}):
        assert erika.post("/v1/fission", json=wrong).status_code == 422
    upload = erika.post("/v1/fission", json=body).json()["job"]
    other = next(one["id"] for one in seeded.admin.get("/v1/jobs").json()["jobs"] if one["kind"] == "ingest")
    assert seeded.admin.get(f"/v1/fission/{other}").status_code == 404
    wait_for_job(erika, upload)


def test_without_an_endpoint_it_says_what_to_set(live: Live) -> None:
    erika = place(live, "bare")
    reply = erika.post("/v1/fission", json={"collection": "bare", "topic": "drift chamber"})
    assert reply.status_code == 501
    assert "JITL_MODEL_URL" in reply.json()["hint"]
