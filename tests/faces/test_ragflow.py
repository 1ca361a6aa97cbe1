"""Collections as RAGFlow's datasets: the requests that Dr.Sai and RAGFlow's own SDK send, as they send them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from jitl.principals import Role
from tests.faces.conftest import Live, serve, wait_for_job

CHAMBER = "# Drift chamber\n\nThe momentum resolution of the drift chamber is 0.5 percent at 1 GeV."
MUONS = "# Muon system\n\nThe muon system has nine layers of resistive plate chambers."
QUESTION = "What is the momentum resolution of the drift chamber?"
OTHERWISE = "How good is the momentum resolution of the drift chamber?"
PDF = b"%PDF-1.7 broken"


@dataclass
class Place:
    """A dataset with two documents, and who comes to it."""

    live: Live
    id: str
    expert: httpx.Client
    reader: httpx.Client
    importer: httpx.Client

    @property
    def path(self) -> str:
        return f"/api/v1/datasets/{self.id}"

    def document(self, name: str = "muons.md") -> str:
        docs = data(self.reader.get(f"{self.path}/documents"))["docs"]
        return str(next(one["id"] for one in docs if one["name"] == name))

    def retrieve(self, who: httpx.Client, question: str, **more: Any) -> dict[str, Any]:
        """As Dr.Sai asks: with much that means nothing here."""
        body = {"question": question, "dataset_ids": [self.id], "document_ids": [], "similarity_threshold": 0.2}
        body |= {"vector_similarity_weight": 0.3, "page_size": 10, "top_k": 1024, "rerank_id": "some/reranker", "keyword": True}
        body |= {"cross_languages": ["English", "Chinese"], "metadata_condition": {"user_id": "u1"}}
        found: dict[str, Any] = data(who.post("/api/v1/retrieval", json=body | more))
        return found


def data(reply: httpx.Response) -> Any:
    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert body["code"] == 0
    assert isinstance(body["message"], str)
    return body["data"]


def refused(reply: httpx.Response, status: int) -> str:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/json"
    body = reply.json()
    assert set(body) == {"code", "message", "data"}
    assert body["code"] == status
    assert body["data"] is None
    return str(body["message"])


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serve(tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture
def place(live: Live, request: pytest.FixtureRequest) -> Place:
    name = f"bes3-{request.node.name}"[:60]
    id_ = live.collection(name)
    live.upload(live.admin, name, {"chamber.md": CHAMBER, "muons.md": MUONS})
    expert = live.person(f"expert {name}", Role.EXPERT, **{name: "teach"})
    reader = live.person(f"reader {name}", **{name: "read"})
    importer = live.person(f"importer {name}", Role.EXPERT, rights=("import",), **{name: "teach"})
    return Place(live, id_, expert, reader, importer)


def test_datasets_are_the_collections_that_the_key_may_read(place: Place) -> None:
    (shown,) = data(place.reader.get("/api/v1/datasets"))
    assert shown["id"] == place.id
    assert (shown["document_count"], shown["chunk_count"]) == (2, 2)
    assert data(place.live.person("nobody at all").get("/api/v1/datasets")) == []
    query = {"page": 1, "page_size": 30, "orderby": "create_time", "desc": True, "name": shown["name"]}
    assert data(place.reader.get("/api/v1/datasets", params=query)) == [shown]
    assert data(place.reader.get("/api/v1/datasets", params={"page": 2})) == []
    assert data(place.reader.get("/api/v1/datasets", params={"id": "", "name": "another"})) == []


def test_documents_and_their_chunks(place: Place) -> None:
    listed = data(place.reader.get(f"{place.path}/documents"))
    assert [(one["name"], one["run"], one["chunk_count"]) for one in listed["docs"]] == [("chamber.md", "DONE", 1), ("muons.md", "DONE", 1)]
    assert listed["total"] == 2
    second = data(place.reader.get(f"{place.path}/documents", params={"page": 2, "page_size": 1}))
    assert [one["name"] for one in second["docs"]] == ["muons.md"]
    assert second["total"] == 2
    found = data(place.reader.get(f"{place.path}/documents", params={"keywords": "CHAM"}))
    assert ([one["name"] for one in found["docs"]], found["total"]) == (["chamber.md"], 1)
    chunks = data(place.reader.get(f"{place.path}/documents/{place.document()}/chunks"))
    assert "nine layers" in chunks["chunks"][0]["content"]
    assert chunks["doc"]["name"] == "muons.md"
    nothing = data(place.reader.get(f"{place.path}/documents/muons.md/chunks", params={"keywords": "absent", "id": ""}))
    assert (nothing["chunks"], nothing["total"]) == ([], 0)


def test_retrieval_has_the_passages_of_a_search_in_its_order(place: Place) -> None:
    found = place.retrieve(place.reader, QUESTION, similarity_threshold=0)
    hits = place.reader.post("/v1/search", json={"question": QUESTION}).json()["hits"]
    assert [chunk["id"] for chunk in found["chunks"]] == [hit["chunk"] for hit in hits]
    first = found["chunks"][0]
    assert first["document_keyword"] == "chamber.md"
    assert first["content"].endswith("\n[Drift chamber]")
    for number in ("similarity", "vector_similarity", "term_similarity"):
        assert 0 <= first[number] <= 1
    expected = 0.3 * first["vector_similarity"] + 0.7 * first["term_similarity"]
    assert first["similarity"] == pytest.approx(expected, abs=1e-5)
    assert found["total"] == 2
    assert {one["doc_name"] for one in found["doc_aggs"]} == {"chamber.md", "muons.md"}


def test_retrieval_keeps_to_threshold_documents_and_pages(place: Place) -> None:
    whole = place.retrieve(place.reader, QUESTION, similarity_threshold=0)["chunks"]
    bar = (whole[0]["similarity"] + whole[1]["similarity"]) / 2
    assert [one["id"] for one in place.retrieve(place.reader, QUESTION, similarity_threshold=bar)["chunks"]] == [whole[0]["id"]]
    one = place.retrieve(place.reader, QUESTION, similarity_threshold=0, page_size=1)
    assert (len(one["chunks"]), one["total"]) == (1, 2)
    second = place.retrieve(place.reader, QUESTION, similarity_threshold=0, page=2, page_size=1)
    assert [one["id"] for one in second["chunks"]] == [whole[1]["id"]]
    muons = place.document()
    for more in ({}, {"dataset_ids": []}, {"dataset_ids": None}):
        only = place.retrieve(place.reader, QUESTION, similarity_threshold=0, document_ids=[muons], **more)
        assert {one["document_id"] for one in only["chunks"]} == {muons}
    assert place.retrieve(place.reader, QUESTION, dataset_ids=[])["chunks"][0]["id"] == whole[0]["id"]


def test_a_key_may_turn_off_where_a_text_is_from(place: Place) -> None:
    plain = place.live.person("plain", rights=("plain_answers",), **{place.id: "read"})
    assert place.retrieve(plain, QUESTION)["chunks"][0]["content"].endswith("1 GeV.")


def teach(place: Place, who: httpx.Client, *questions: str, content: str = "It is 0.4 percent.", **more: Any) -> httpx.Response:
    body = {"content": content, "questions": list(questions), "important_keywords": ["thread_id:t1", "timestamp:2026-11-21"]}
    return who.post(f"{place.path}/documents/{place.document()}/chunks", json=body, **more)


def test_a_chunk_with_questions_is_a_correction_at_once(place: Place) -> None:
    chunk = data(teach(place, place.expert, QUESTION, "MDC momentum resolution?"))["chunk"]
    assert chunk["questions"] == [QUESTION, "MDC momentum resolution?"]
    assert chunk["important_keywords"] == ["thread_id:t1", "timestamp:2026-11-21"]
    assert chunk["available"] is True
    kept = place.expert.get(f"/v1/corrections/{chunk['id']}").json()
    assert (kept["status"], kept["answer"], kept["paraphrases"]) == ("approved", "It is 0.4 percent.", ["MDC momentum resolution?"])
    first = place.retrieve(place.reader, OTHERWISE)["chunks"][0]
    assert first["id"] == chunk["id"]
    assert first["content"].startswith("It is 0.4 percent.\n[Corrected by expert bes3-")
    assert first["similarity"] == 1
    assert first["important_keywords"][0] == "thread_id:t1"
    assert place.retrieve(place.reader, OTHERWISE, document_ids=[place.document()])["chunks"][0]["id"] == chunk["id"]
    shelf = data(place.reader.get(f"{place.path}/documents/{first['document_id']}/chunks"))
    assert [one["id"] for one in shelf["chunks"]] == [chunk["id"]]
    answer = place.reader.post("/v1/ask", json={"question": QUESTION}).json()
    assert answer["correction"]["id"] == chunk["id"]


def test_a_passage_that_a_correction_took_the_place_of_says_so(place: Place) -> None:
    wrong = [{"document": "chamber.md", "quote": "The momentum resolution of the drift chamber is 0.5 percent at 1 GeV."}]
    said = {"question": QUESTION, "answer": "It is 0.4 percent.", "collection": place.id, "supersedes": wrong}
    assert place.expert.post("/v1/corrections", json=said).status_code == 201
    passage = next(one for one in place.retrieve(place.reader, QUESTION)["chunks"] if one["document_keyword"] == "chamber.md")
    assert passage["content"].startswith("(superseded) ")
    assert passage["jitl"]["superseded_by"]


def test_a_readers_chunk_is_a_proposal_and_says_so(place: Place) -> None:
    reply = teach(place, place.reader, QUESTION)
    assert data(reply)["chunk"]["available"] is False
    assert "until an expert" in reply.json()["message"]
    assert place.retrieve(place.reader, OTHERWISE)["chunks"][0]["document_keyword"] == "chamber.md"


def test_what_contradicts_is_named_and_a_key_makes_it_one(place: Place) -> None:
    once = {"headers": {"Idempotency-Key": "k1"}}
    first = data(teach(place, place.expert, QUESTION, **once))["chunk"]["id"]
    assert data(teach(place, place.expert, QUESTION, **once))["chunk"]["id"] == first
    refused(teach(place, place.expert, QUESTION, content="Something else.", **once), 409)
    against = teach(place, place.expert, QUESTION, content="It is 0.3 percent.")
    assert first in against.json()["message"]


def test_a_pace_holds_here_too(tmp_path: Any) -> None:
    with serve(tmp_path, teach_per_minute=1) as live:
        place = Place(live, live.collection("slow"), *(live.person(name, Role.EXPERT, slow="admin") for name in "abc"))
        live.upload(place.importer, "slow", {"muons.md": MUONS})
        data(teach(place, place.expert, QUESTION))
        assert "minute" in refused(teach(place, place.expert, OTHERWISE), 429)


def test_corrections_are_changed_and_taken_back(place: Place) -> None:
    id_ = data(teach(place, place.expert, QUESTION))["chunk"]["id"]
    chunks = f"{place.path}/documents/{place.document()}/chunks"
    assert data(place.expert.put(f"{chunks}/{id_}", json={"content": "It is 0.6 percent."}))["content"] == "It is 0.6 percent."
    refused(place.expert.put(f"{chunks}/{id_}", json={"questions": ["Another question?"]}), 422)
    refused(place.reader.request("DELETE", chunks, json={"chunk_ids": [id_]}), 403)
    refused(place.expert.request("DELETE", chunks, json={"chunk_ids": []}), 422)
    data(place.expert.request("DELETE", chunks, json={"chunk_ids": [id_]}))
    assert place.retrieve(place.reader, OTHERWISE)["chunks"][0]["document_keyword"] == "chamber.md"
    (passage,) = data(place.expert.get(chunks))["chunks"]
    assert "passage" in refused(place.expert.request("DELETE", chunks, json={"chunk_ids": [passage["id"]]}), 422)


def test_a_chunk_without_questions_is_a_small_document(place: Place) -> None:
    body = {"content": "The shift leader keeps the key of the laser hut.", "important_keywords": ["thread_id:t2"]}
    path = f"{place.path}/documents/{place.document()}/chunks"
    chunk = data(place.importer.post(path, json=body))["chunk"]
    assert chunk["content"] == body["content"]
    found = place.retrieve(place.reader, "Who keeps the key of the laser hut?", document_ids=[place.document()])["chunks"]
    assert [one["id"] for one in found] == [chunk["id"]]
    assert found[0]["important_keywords"] == ["thread_id:t2"]
    assert data(place.importer.post(path, json=body))["chunk"]["id"] == chunk["id"]
    assert "may not" in refused(place.reader.post(path, json=body), 403)


def test_a_document_that_is_sent_is_there_when_the_reply_is(place: Place) -> None:
    """Dr.Sai sends a session's file, has it parsed, describes it and writes into it."""
    sent = ("file", ("u1_t1.txt", b"user_id: u1\nthread_id: t1\n", "application/octet-stream"))
    (made,) = data(place.importer.post(f"{place.path}/documents", files=[sent]))
    assert made["run"] == "DONE"
    assert data(place.importer.post(f"{place.path}/documents", files=[sent]))[0]["id"] == made["id"]
    data(place.importer.post(f"{place.path}/chunks", json={"document_ids": [made["id"]]}))
    reply = place.importer.put(f"{place.path}/documents/{made['id']}", json={"meta_fields": [{"user_id": "u1"}]})
    assert data(reply)["id"] == made["id"]
    assert "stays as it is" in reply.json()["message"]
    data(place.importer.post(f"{place.path}/documents/{made['id']}/chunks", json={"content": "Nine.", "questions": ["How many layers?"]}))
    two = [("file", ("a.md", b"# A\n\nSome words.")), ("file", ("b.pdf", PDF))]
    assert [(one["name"], one["run"]) for one in data(place.importer.post(f"{place.path}/documents", files=two))] == [
        ("a.md", "DONE"),
        ("b.pdf", "FAIL"),
    ]
    assert "b.pdf" in refused(place.importer.post(f"{place.path}/documents", files=two[1:]), 422)


def test_deleting_wants_names_and_rights(place: Place) -> None:
    admin, path = place.live.admin, f"{place.path}/documents"
    muons = place.document()
    refused(place.expert.request("DELETE", path, json={"ids": [muons]}), 403)
    refused(admin.request("DELETE", path, json={"ids": None}), 422)
    refused(admin.request("DELETE", path, json={"ids": [muons, "absent"]}), 404)
    assert len(data(admin.get(path))["docs"]) == 2
    data(admin.request("DELETE", path, json={"ids": [muons]}))
    assert [one["name"] for one in data(admin.get(path))["docs"]] == ["chamber.md"]
    refused(admin.request("DELETE", "/api/v1/datasets", json={}), 422)
    made = data(admin.post("/api/v1/datasets", json={"name": f"new of {place.id}", "chunk_method": "naive", "avatar": None}))
    data(admin.request("DELETE", "/api/v1/datasets", json={"ids": [made["id"]]}))
    refused(admin.get(f"/api/v1/datasets/{made['id']}/documents"), 404)
    refused(place.expert.post("/api/v1/datasets", json={"name": "mine"}), 403)


def test_failures_wear_the_envelope(place: Place) -> None:
    anyone = place.live.client()
    assert "No key" in refused(anyone.get("/api/v1/datasets"), 401)
    refused(place.live.client("wrong").post("/api/v1/retrieval", json={}), 401)
    refused(place.reader.get("/api/v1/chats"), 404)
    refused(place.reader.get("/api/v1/datasets/absent/documents"), 404)
    assert "question" in refused(place.reader.post("/api/v1/retrieval", json={"dataset_ids": [place.id]}), 422)
    refused(place.reader.get("/api/v1/datasets", params={"page": 0}), 422)
    refused(place.reader.post("/api/v1/retrieval", json={"question": QUESTION, "document_ids": ["absent"]}), 404)


def test_jobs_of_what_was_sent_are_the_senders(place: Place) -> None:
    (made,) = data(place.importer.post(f"{place.path}/documents", files=[("file", ("c.md", b"# C\n\nMore words."))]))
    newest = place.importer.get("/v1/jobs").json()["jobs"][0]
    assert wait_for_job(place.importer, newest["id"])["counts"] == {"added": 1}
    assert made["name"] == "c.md"
