"""Several people behind one key: what they say, see and may is theirs, whichever face they speak through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from jitl.principals import Role
from tests.agents import call, over_http, text, value
from tests.faces.conftest import Live, serve

PAGE = "# Drift chamber\n\nThe momentum resolution of the drift chamber is 0.5 percent at 1 GeV."
QUESTION = "What is the momentum resolution of the drift chamber?"
PER_MINUTE = 3

Teach = Callable[[Live, str, str, str], Any]


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Iterator[tuple[Live, str]]:
    """A service, and the key that ann (an expert) and bob (a reader) stand behind."""
    with serve(tmp_path_factory.mktemp("data"), teach_per_minute=PER_MINUTE) as live:
        live.collection("bes3")
        live.upload(live.admin, "bes3", {"chamber.md": PAGE})
        yield live, live.key("front", Role.EXPERT, bes3="teach", rights=("acts_for", "import"))


def people(live: Live, key: str, tag: str) -> tuple[httpx.Client, httpx.Client]:
    """ann and bob of one test, through the shared key."""
    for name, *roles in (("ann", Role.EXPERT), ("bob",)):
        live.key(f"{name}-{tag}", *roles, bes3="teach" if roles else "read")
    ann, bob = (live.client(key, {"X-JITL-User": f"{name}-{tag}"}) for name in ("ann", "bob"))
    return ann, bob


def rest(live: Live, key: str, person: str, question: str) -> Any:
    return live.client(key, {"X-JITL-User": person}).post("/v1/corrections", json={"question": question, "answer": "So."}).json()


def batch(live: Live, key: str, person: str, question: str) -> Any:
    line = f'{{"id": "{question}", "question": "{question}", "answer": "So."}}\n'
    reply = live.client(key, {"X-JITL-User": person}).post("/v1/corrections/batch?collection=bes3", content=line).json()
    return {**reply, "id": reply["correction"]} if "correction" in reply else reply


def agent(live: Live, key: str, person: str, question: str) -> Any:
    taught = over_http(live.url, key, call("teach", question=question, answer="So."), headers={"X-JITL-User": person})
    return {"detail": text(taught)} if taught.is_error else value(taught)


def chunk(live: Live, key: str, person: str, question: str) -> Any:
    client = live.client(key, {"X-JITL-User": person})
    (place,) = client.get("/api/v1/datasets").json()["data"]
    (document,) = [one for one in client.get(f"/api/v1/datasets/{place['id']}/documents").json()["data"]["docs"] if one["chunk_count"]][:1]
    body = {"content": "So.", "questions": [question]}
    reply = client.post(f"/api/v1/datasets/{place['id']}/documents/{document['id']}/chunks", json=body).json()
    return {"id": reply["data"]["chunk"]["id"]} if reply.get("data") else {"detail": reply["message"]}


FACES: dict[str, Teach] = {"rest": rest, "batch": batch, "mcp": agent, "ragflow": chunk}


@pytest.mark.parametrize("face", FACES)
def test_who_taught_it_and_how_it_stands(shared: tuple[Live, str], face: str) -> None:
    live, key = shared
    people(live, key, face)
    statuses = {}
    for name in ("ann", "bob"):
        taught = FACES[face](live, key, f"{name}-{face}", f"What does {name} say of {face}?")
        seen = live.admin.get(f"/v1/corrections/{taught['id']}").json()
        assert seen["author"] == f"{name}-{face}"
        statuses[name] = seen["status"]
    assert statuses == {"ann": "approved", "bob": "proposed"}


@pytest.mark.parametrize("face", FACES)
def test_the_pace_is_each_persons_own(shared: tuple[Live, str], face: str) -> None:
    """Though the key itself may import: one who teaches too much stops nobody else."""
    live, key = shared
    tag = f"fast-{face}"
    people(live, key, tag)
    for number in range(PER_MINUTE):
        assert "id" in FACES[face](live, key, f"ann-{tag}", f"What is fact {number} of {face}?")
    refused = FACES[face](live, key, f"ann-{tag}", f"What is one fact too many of {face}?")
    assert "within the last minute" in str(refused)
    assert "id" in FACES[face](live, key, f"bob-{tag}", f"What does bob add to {face}?")


def test_answers_opinions_lessons_and_jobs_are_each_persons_own(shared: tuple[Live, str]) -> None:
    live, key = shared
    ann, bob = people(live, key, "own")
    answer = bob.post("/v1/ask", json={"question": QUESTION}).json()["id"]
    assert bob.get(f"/v1/answers/{answer}").status_code == 200
    assert ann.get(f"/v1/answers/{answer}").status_code == 404
    assert ann.post("/v1/feedback", json={"answer": answer, "vote": "up"}).status_code == 404
    assert bob.post("/v1/feedback", json={"answer": answer, "vote": "up"}).status_code == 201
    (vote,) = live.container.answers.votes(answer)
    assert vote.principal_id == live.container.people.person("bob-own").id
    lesson = bob.post("/v1/route/corrections", json={"question": "Shall we have tea at four?", "label": "general"}).json()
    assert (lesson["everyone"], lesson["by"]) == (False, vote.principal_id)
    assert lesson["id"] not in [one["id"] for one in ann.get("/v1/route/corrections").json()["lessons"]]
    own = bob.post("/v1/collections", json={"name": "notes", "personal": True}).json()["id"]
    job = live.upload(bob, own, {"note.md": "# Note\n\nThe key lies under the mat."})
    assert job["id"] in [one["id"] for one in bob.get("/v1/jobs").json()["jobs"]]
    assert job["id"] not in [one["id"] for one in ann.get("/v1/jobs").json()["jobs"]]
    assert ann.get(f"/v1/jobs/{job['id']}").status_code == 404


def test_personal_collections_follow_the_person(shared: tuple[Live, str]) -> None:
    """Made through the shared key, read through the person's own, and the other way round; never by whoever shares the key."""
    live, key = shared
    ann, bob = people(live, key, "notes")
    made = bob.post("/v1/collections", json={"name": "secret", "personal": True}).json()
    live.upload(bob, made["id"], {"note.md": "# Note\n\nThe spare key lies under the doormat of hall seven."})
    asked = {"question": "Where does the spare key of hall seven lie?"}
    own_key = live.container.people.create_key("bob-notes", by="x").secret
    for client in (bob, live.client(own_key)):
        assert made["name"] in [one["name"] for one in client.get("/v1/collections").json()["collections"]]
        assert "doormat" in client.post("/v1/ask", json=asked).json()["answer"]
    for client in (ann, live.client(key), live.admin):
        assert made["name"] not in client.get("/v1/collections").text
        assert "doormat" not in client.post("/v1/ask", json=asked).text
    through = over_http(live.url, key, call("ask", **asked), headers={"X-JITL-User": "ann-notes"})
    assert "doormat" not in text(through)
    through = over_http(live.url, key, call("ask", **asked), headers={"X-JITL-User": "bob-notes"})
    assert "doormat" in text(through)


def test_the_same_idempotency_key_of_two_people(shared: tuple[Live, str]) -> None:
    live, key = shared
    said = {"question": "Which shift is on Friday?", "answer": "The early one."}
    ids = {one.post("/v1/corrections", json=said, headers={"Idempotency-Key": "same"}).json()["id"] for one in people(live, key, "twice")}
    assert len(ids) == 2


def test_two_names_in_one_request_are_refused(shared: tuple[Live, str]) -> None:
    live, key = shared
    people(live, key, "both")
    headers = [("Authorization", f"Bearer {key}"), ("X-JITL-User", "bob-both"), ("X-JITL-User", "ann-both")]
    assert live.client().get("/v1/status", headers=headers).status_code == 422
