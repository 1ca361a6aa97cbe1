"""The Python client and the llama-index retriever over it, as people's own programs use them."""

from __future__ import annotations

import asyncio

import pytest
from llama_index.core.schema import MetadataMode

from api.client import Client
from api.llama import retriever
from jitl.errors import NotFound, Unauthenticated
from jitl.principals import Role
from tests.faces.conftest import Live

QUESTION = "What is the momentum resolution of the drift chamber?"


@pytest.fixture(scope="module")
def key(live: Live) -> str:
    live.collection("bes3")
    return live.key("eva", Role.EXPERT, bes3="admin")


def test_the_client_covers_what_people_do(live: Live, key: str, tmp_path) -> None:
    page = tmp_path / "chamber.md"
    page.write_text("# Drift chamber\n\nThe momentum resolution of the drift chamber is 0.5 percent at 1 GeV.")
    with Client(live.url, key=key) as client:
        job = client.wait_job(client.upload("bes3", [page]))
        assert (job["state"], [one["uri"] for one in client.job_items(job["id"])]) == ("done", ["upload:chamber.md"])
        assert job["id"] in [one["id"] for one in client.jobs()]
        assert [one["name"] for one in client.collections()] == ["bes3"]
        (document,) = client.documents("bes3")
        (hit,) = client.search(QUESTION, 1)["hits"]
        shown = client.source(document["id"], chunk=hit["chunk"])
        assert shown["text"][shown["passage"]["start"] : shown["passage"]["end"]] == hit["text"]
        answer = client.ask(QUESTION, collections=["bes3"], history=["What is a drift chamber?"])
        assert "0.5 percent" in answer["answer"]
        assert client.answer(answer["id"])["answer"] == answer["answer"]
        assert client.feedback(answer["id"], "down", "It was measured again.")["vote"] == "down"
        assert client.route(QUESTION)["label"] == "hep"
        receipt = client.teach({"question": QUESTION, "answer": "0.4 percent at 1 GeV."}, collection="bes3")
        events = list(client.ask_stream(QUESTION))
        assert events[0][0] == "sources"
        assert "".join(data["text"] for name, data in events if name == "token") == events[-1][1]["answer"]
        assert events[-1][1]["correction"]["id"] == receipt["id"]
        assert [one["id"] for one in client.corrections()] == [receipt["id"]]
        client.retract(receipt["id"])
        assert client.ask(QUESTION)["correction"] is None
        for drawn in (client.graph.entities("drift"), client.graph.communities(), client.graph.neighbours("drift chamber")):
            assert drawn
        assert "graphml" in "".join(client.graph.export(collections=["bes3"]))


def test_a_personal_collection_from_a_program(live: Live) -> None:
    with Client(live.url, key=live.key("pia")) as client:
        made = client.create_collection("notes", personal=True)
        assert (made["name"], made["personal"]) == ("~pia:notes", True)
        assert client.teach({"question": "Where is my badge?", "answer": "In the drawer."}, collection=made["name"])["status"] == "approved"
        client.delete_collection(made["name"])
        assert client.collections() == []


def test_errors_are_the_services_own(live: Live, key: str) -> None:
    with Client(live.url, key="jitl_no_such_key") as client, pytest.raises(Unauthenticated):
        client.collections()
    with Client(live.url, key=key) as client, pytest.raises(NotFound):
        client.ask(QUESTION, collections=["no such collection"])


def test_the_retriever_finds_what_a_search_finds(live: Live) -> None:
    live.collection("muons")
    key = live.key("ron", Role.EXPERT, muons="teach")
    live.upload(live.admin, "muons", {"muon.md": "# Muon system\n\nThe muon system has nine layers of resistive plate chambers."})
    asked = "How many layers has the muon system?"
    with Client(live.url, key=key) as client:
        receipt = client.teach({"question": "How many layers has the old muon system?", "answer": "Seven."}, collection="muons")
        hits = client.search(asked, 5, collections=["muons"])["hits"]
        index = retriever(client, k=5, collections=["muons"])
        nodes = index.retrieve(asked)
        again = asyncio.run(index.aretrieve(asked))
        client.retract(receipt["id"])
    assert [(one.node_id, one.score) for one in nodes] == [(hit["chunk"] or hit["correction"], hit["score"]) for hit in hits]
    assert [one.node_id for one in again] == [one.node_id for one in nodes]
    muon = next(one for one in nodes if one.metadata["document"] == "muon.md")
    assert "nine layers" in muon.text
    assert muon.metadata["title"] == "Muon system"
    assert muon.node.source_node.node_id == muon.metadata["document_id"]
    assert "muon.md" not in muon.node.get_content(MetadataMode.LLM)
