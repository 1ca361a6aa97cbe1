"""Corrections, opinions and answers over REST."""

from __future__ import annotations

import json
import threading

import httpx
import pytest

from jitl.principals import Role
from tests.faces.conftest import Live

PAGE = "# Magnet\n\nThe superconducting solenoid of the spectrometer provides a field of 0.9 tesla.\n"
QUESTION = "What field does the superconducting solenoid of the spectrometer provide?"
ANSWER = "It provides 1.0 tesla since the refit of 2023."


@pytest.fixture(scope="module")
def read(live: Live) -> Live:
    live.collection("magnet")
    assert live.upload(live.admin, "magnet", {"magnet.md": PAGE})["state"] == "done"
    return live


def expert(live: Live, name: str = "erika") -> httpx.Client:
    return live.person(name, Role.EXPERT, magnet="teach")


def ask(client: httpx.Client, question: str = QUESTION) -> dict:
    reply = client.post("/v1/ask", json={"question": question, "collections": ["magnet"]})
    assert reply.status_code == 200, reply.text
    return {key: value for key, value in reply.json().items() if key != "id"}


def teach(client: httpx.Client, key: str | None = None, **said) -> httpx.Response:
    body = {"question": QUESTION, "answer": ANSWER, "collection": "magnet", **said}
    return client.post("/v1/corrections", json=body, headers={"Idempotency-Key": key} if key else {})


def test_a_correction_is_known_to_the_next_question_and_leaves_no_trace_when_withdrawn(read: Live) -> None:
    reader, erika = read.person("reader", magnet="read"), expert(read)
    before = ask(reader)
    other = ask(reader, "What is a shift?")
    assert "0.9" in before["answer"]
    reply = teach(erika, supersedes=[{"document": "magnet.md", "quote": "provides a field of 0.9 tesla"}])
    assert reply.status_code == 201, reply.text
    receipt = reply.json()
    assert receipt["status"] == "approved"
    after = ask(reader)
    assert ANSWER in after["answer"]
    assert after["correction"]["id"] == receipt["id"]
    assert after["correction"]["strength"] == "same"
    assert after["correction"]["author"] == "erika"
    assert after["sources"][0] | {"correction": receipt["id"], "document": None, "chunk": None} == after["sources"][0]
    assert ask(reader, "What is a shift?") == other
    hit = reader.post("/v1/search", json={"question": QUESTION, "collections": ["magnet"]}).json()["hits"][0]
    assert (hit["kind"], hit["correction"], hit["document"]) == ("correction", receipt["id"], None)
    shown = reader.get(f"/v1/corrections/{receipt['id']}").json()
    assert (shown["question"], shown["answer"], shown["author"]) == (QUESTION, ANSWER, "erika")
    assert shown["supersedes"] == [{"document": "magnet.md", "quote": "provides a field of 0.9 tesla"}]
    assert erika.delete(f"/v1/corrections/{receipt['id']}").status_code == 204
    assert erika.delete(f"/v1/corrections/{receipt['id']}").status_code == 204
    assert ask(reader) == before
    assert reader.get(f"/v1/corrections/{receipt['id']}").json()["status"] == "retracted"


def test_the_same_key_and_body_is_the_same_correction(read: Live) -> None:
    erika = expert(read)
    first = teach(erika, key="once", question="Who built the coil?", answer="A firm in Beijing.").json()
    again = teach(erika, key="once", question="Who built the coil?", answer="A firm in Beijing.")
    assert (again.status_code, again.json()) == (201, first)
    changed = teach(erika, key="once", question="Who built the coil?", answer="A firm in Wuhan.")
    assert changed.status_code == 409
    assert changed.headers["content-type"] == "application/problem+json"
    by_id = teach(erika, id="once", question="Who built the coil?", answer="A firm in Beijing.").json()
    assert by_id["id"] == first["id"]
    assert teach(expert(read, "emil"), key="once", question="Who built it?", answer="Somebody.").json()["id"] != first["id"]
    erika.delete(f"/v1/corrections/{first['id']}")


def test_many_posts_of_one_key_at_once_are_one_correction(read: Live) -> None:
    key, seen = read.key("erika", Role.EXPERT, magnet="teach"), []

    def post() -> None:
        with read.client(key) as client:
            seen.append(teach(client, key="race", question="How cold is the coil?", answer="4.5 K."))

    threads = [threading.Thread(target=post) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {reply.status_code for reply in seen} == {201}
    assert len({reply.text for reply in seen}) == 1


def test_who_may_teach_review_and_withdraw(read: Live) -> None:
    reader, writer = read.person("reader", magnet="read"), read.person("writer", magnet="teach")
    erika, emil = expert(read), expert(read, "emil")
    stranger = read.person("stranger", Role.EXPERT)
    said = {"question": "How long is the solenoid?", "answer": "It is 3.5 m long."}
    own = teach(reader, **said)
    assert (own.status_code, own.json()["status"]) == (201, "proposed"), "everybody who may read may propose"
    assert reader.delete(f"/v1/corrections/{own.json()['id']}").status_code == 204
    assert teach(stranger, **said).status_code == 404
    proposed = teach(writer, **said).json()
    assert proposed["status"] == "proposed"
    path = f"/v1/corrections/{proposed['id']}"
    assert ask(reader, said["question"])["correction"] is None, "visible is not authoritative"
    assert writer.post(f"{path}/review", json={"verdict": "approve"}).status_code == 403
    assert stranger.post(f"{path}/review", json={"verdict": "approve"}).status_code == 404
    assert emil.post(f"{path}/review", json={"verdict": "perhaps"}).status_code == 422
    assert emil.post(f"{path}/review", json={"verdict": "approve"}).json()["status"] == "approved"
    assert ask(reader, said["question"])["correction"]["id"] == proposed["id"]
    assert erika.post(f"{path}/review", json={"verdict": "refuse"}).json()["status"] == "disputed"
    assert ask(reader, said["question"])["correction"] is None
    own = teach(erika, question="How wide is it?", answer="2.9 m.").json()["id"]
    assert erika.post(f"/v1/corrections/{own}/review", json={"verdict": "approve"}).status_code == 403
    assert reader.delete(path).status_code == 403
    assert stranger.delete(path).status_code == 404
    assert writer.delete(path).status_code == 204
    assert erika.delete(f"/v1/corrections/{own}").status_code == 204


def test_a_batch_answers_line_by_line_and_never_stops(read: Live) -> None:
    lines = [
        json.dumps({"id": "b1", "question": "What is the current?", "answer": "3369 A."}),
        "{not json",
        "[]",
        json.dumps({"id": "b2", "question": "", "answer": "nothing"}),
        json.dumps({"id": "b3", "question": "What is the bore?", "answer": "2.75 m.", "metadata": {"unknown": 1}}),
        json.dumps({"id": "b1", "question": "What is the current?", "answer": "Another value."}),
        "",
        json.dumps({"id": 4, "question": "What cools it?", "answer": "Helium."}),
    ]
    erika = expert(read)
    reply = erika.post("/v1/corrections/batch", params={"collection": "magnet"}, content="\n".join(lines))
    assert reply.headers["content-type"] == "application/x-ndjson"
    out = [json.loads(line) for line in reply.text.splitlines()]
    assert [line["id"] for line in out] == ["b1", None, None, "b2", "b3", "b1", "4"]
    assert ["error" in line for line in out] == [False, True, True, True, False, True, False]
    assert out[0]["seq"] < out[4]["seq"] < out[6]["seq"]
    assert out[5]["conflicts"]
    again = erika.post("/v1/corrections/batch", params={"collection": "magnet"}, content="\n".join(lines))
    assert [json.loads(line).get("correction") for line in again.text.splitlines()] == [line.get("correction") for line in out]
    for line in out:
        if "correction" in line:
            erika.delete(f"/v1/corrections/{line['correction']}")


def test_corrections_are_listed_newest_first(read: Live) -> None:
    erika = expert(read)
    ids = [teach(erika, question=f"What is part {n}?", answer=f"Part {n}.").json()["id"] for n in range(3)]
    page = erika.get("/v1/corrections", params={"limit": 2, "collection": "magnet"}).json()
    assert [one["id"] for one in page["corrections"]] == ids[:0:-1]
    more = erika.get("/v1/corrections", params={"limit": 1, "before": page["next"]}).json()
    assert more["corrections"][0]["id"] == ids[0]
    assert erika.get("/v1/corrections", params={"collection": "nowhere"}).status_code == 404
    assert erika.get("/v1/corrections", params={"since": "2100-01-01T00:00:00Z"}).json()["corrections"] == []
    assert read.person("nobody").get("/v1/corrections").json()["corrections"] == []
    for one in ids:
        erika.delete(f"/v1/corrections/{one}")
    approved = erika.get("/v1/corrections", params={"status": "approved"}).json()["corrections"]
    assert not {one["id"] for one in approved} & set(ids)


def test_the_collection_may_be_left_out_where_there_is_one(read: Live) -> None:
    read.collection("second")
    one, two = expert(read, "solo"), read.person("both", Role.EXPERT, magnet="teach", second="teach")
    body = {"question": "Which way does the field point?", "answer": "Along the beam."}
    made = one.post("/v1/corrections", json=body)
    assert made.status_code == 201
    assert two.post("/v1/corrections", json=body).status_code == 422
    one.delete(f"/v1/corrections/{made.json()['id']}")


def test_answers_are_kept_for_who_asked_and_take_votes(read: Live) -> None:
    alice, bob = read.person("alice", magnet="read"), read.person("bob", magnet="read")
    answer = alice.post("/v1/ask", json={"question": QUESTION}).json()
    kept = alice.get(f"/v1/answers/{answer['id']}").json()
    assert {key: kept[key] for key in answer} == answer
    assert bob.get(f"/v1/answers/{answer['id']}").status_code == 404
    assert read.admin.get(f"/v1/answers/{answer['id']}").status_code == 200
    vote = {"answer": answer["id"], "vote": "up"}
    assert bob.post("/v1/feedback", json=vote).status_code == 404
    assert alice.post("/v1/feedback", json=vote).json()["vote"] == "up"
    assert alice.post("/v1/feedback", json={**vote, "vote": "down", "reason": "Old."}).status_code == 201
    (stored,) = read.container.answers.votes(answer["id"])
    assert (stored.vote, stored.reason) == ("down", "Old.")
    read.person("alice")
    assert alice.get(f"/v1/answers/{answer['id']}").status_code == 404, "what it rests on is no longer readable"


def test_an_answer_goes_with_the_document_that_it_quotes(read: Live) -> None:
    read.collection("brief")
    read.upload(read.admin, "brief", {"note.md": "# Note\n\nThe muon chamber was repaired in March 2025.\n"})
    asked = {"question": "When was the muon chamber repaired?", "collections": ["brief"]}
    who = read.person("brief-reader", brief="read")
    answer = who.post("/v1/ask", json=asked).json()
    assert "March 2025" in answer["answer"]
    assert who.get(f"/v1/answers/{answer['id']}").status_code == 200
    read.admin.delete("/v1/collections/brief/documents/note.md")
    assert who.get(f"/v1/answers/{answer['id']}").status_code == 404
    assert read.admin.get(f"/v1/answers/{answer['id']}").status_code == 404


def test_a_key_may_forbid_to_keep_answers(read: Live) -> None:
    private = read.person("private", magnet="read", rights=("no_logging",))
    answer = private.post("/v1/ask", json={"question": QUESTION}).json()
    assert private.get(f"/v1/answers/{answer['id']}").status_code == 404
    read.container.answers.settle()
    assert read.admin.get(f"/v1/answers/{answer['id']}").status_code == 404


def test_a_front_end_acts_for_people_and_never_beyond_both(read: Live) -> None:
    read.collection("hidden")
    read.key("alice", Role.EXPERT, magnet="teach", hidden="teach")
    key = read.key("webui", magnet="read", rights=("acts_for",))
    as_alice = read.client(key, {"X-JITL-User": "alice"})
    assert [one["name"] for one in as_alice.get("/v1/collections").json()["collections"]] == ["magnet"]
    proposed = teach(as_alice, question="What does the front end say?", answer="That it proposes.")
    assert proposed.json()["status"] == "proposed", "an expert through a key that may only read is no expert there"
    assert as_alice.delete(f"/v1/corrections/{proposed.json()['id']}").status_code == 204
    assert as_alice.get("/v1/status").json()["you"] == {"name": "alice", "roles": []}
    assert read.client(key, {"X-JITL-User": "nobody at all"}).get("/v1/collections").status_code == 403
    assert read.client(key, {"X-OpenWebUI-User-Email": "alice"}).get("/v1/status").json()["you"]["name"] == "alice"
    assert read.client(key).get("/v1/status").json()["you"]["name"] == "webui"
    plain = read.client(read.key("plain", magnet="read"), {"X-JITL-User": "alice"})
    assert plain.get("/v1/status").json()["you"]["name"] == "plain", "from other keys the header is ignored"


def test_keys_are_made_used_and_revoked(read: Live) -> None:
    admin = read.admin
    made = admin.post("/v1/keys", json={"principal": "carol", "name": "laptop", "collections": {"magnet": "read"}})
    assert made.status_code == 201
    secret, carol = made.json()["key"], read.client(made.json()["key"])
    assert secret.startswith("jitl_")
    assert carol.get("/v1/collections/magnet").status_code == 200
    assert secret not in admin.get("/v1/keys").text + carol.get("/v1/keys").text
    assert [one["principal"] for one in carol.get("/v1/keys").json()["keys"]] == ["carol"]
    for path in ("/v1/keys", "/v1/principals"):
        assert carol.request("POST" if path == "/v1/keys" else "GET", path, json={"principal": "x"}).status_code == 403
    assert admin.post("/v1/keys", json={"principal": "x", "collections": {"nowhere": "read"}}).status_code == 404
    assert admin.post("/v1/keys", json={"principal": "carol", "roles": ["admin"]}).status_code == 409
    put = admin.put("/v1/principals/carol", json={"roles": ["reader"], "collections": {}})
    assert put.json()["collections"] == {}
    assert carol.get("/v1/collections/magnet").status_code == 404
    foreign = admin.get("/v1/keys").json()["keys"][-1]["id"]
    assert carol.delete(f"/v1/keys/{foreign}").status_code == 404
    assert carol.delete(f"/v1/keys/{made.json()['id']}").status_code == 204
    assert carol.get("/v1/collections").status_code == 401
    people = {one["name"]: one for one in admin.get("/v1/principals").json()["principals"]}
    assert people["carol"]["roles"] == ["reader"]
