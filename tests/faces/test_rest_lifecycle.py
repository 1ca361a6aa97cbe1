"""A correction's life over REST: looked ahead, proposed, amended, vouched for, taken back together, looked at again."""

from __future__ import annotations

import json
from uuid import uuid4

import httpx
import pytest

from jitl.principals import Role
from tests.faces.conftest import Live, serve

PAGES = {
    "magnet.md": (
        "# Magnet\n\nThe superconducting solenoid of the Aurora spectrometer provides a field of 0.9 tesla. "
        "It was built by a firm in Beijing. The coil is cooled with liquid helium at 4.5 K.\n"
    ),
    "overview.md": "# Overview\n\nAurora has a drift chamber with 43 layers. The field of its solenoid is 0.9 tesla in the tracker.\n",
    "trigger.md": "# Trigger\n\nThe trigger of Aurora runs at a rate of 4 kHz. Its menu is kept by the trigger group.\n",
}
FIELD = "What field does the solenoid of the Aurora spectrometer provide?"
WRONG = "The superconducting solenoid of the Aurora spectrometer provides a field of 0.9 tesla."


@pytest.fixture(scope="module")
def read(live: Live) -> Live:
    live.collection("aurora")
    assert live.upload(live.admin, "aurora", PAGES)["state"] == "done"
    return live


def expert(live: Live, name: str = "erika", **more: str) -> httpx.Client:
    return live.person(name, Role.EXPERT, aurora="teach", **more)


def ask(client: httpx.Client, question: str = FIELD) -> dict:
    reply = client.post("/v1/ask", json={"question": question, "collections": ["aurora"]})
    assert reply.status_code == 200, reply.text
    return reply.json()


def plain(answer: dict) -> dict:
    return {key: value for key, value in answer.items() if key != "id"}


def teach(client: httpx.Client, question: str, answer: str, **said: object) -> dict:
    reply = client.post("/v1/corrections", json={"question": question, "answer": answer, "collection": "aurora", **said})
    assert reply.status_code == 201, reply.text
    return reply.json()


def rehearse(client: httpx.Client, question: str, answer: str, wrong: str | None = None, **said: object) -> dict:
    params = {"dry_run": "true"} | ({"wrong": wrong} if wrong else {})
    reply = client.post("/v1/corrections", params=params, json={"question": question, "answer": answer, "collection": "aurora", **said})
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_a_dry_run_tells_all_and_keeps_nothing(read: Live) -> None:
    dora = expert(read, "dora")  # whose questions no other test asks
    asked = ask(dora)
    other = ask(dora, "Who keeps the trigger menu of Aurora?")
    before = dora.get("/v1/corrections").json()
    told = rehearse(dora, FIELD, "1.0 tesla", asked["id"], paraphrases=["How strong is the solenoid of Aurora?"])
    assert (told["dry_run"], told["status"], told["conflicts"]) == (True, "approved", [])
    first = told["supersedes"][0]
    assert (first["document"], first["quote"], first["why"]) == ("magnet.md", WRONG, "quoted")
    assert all("0.9" in one["quote"] for one in told["supersedes"])
    assert [one["question"] for one in told["changes"]["answers"]] == [FIELD]
    assert told["changes"]["count"] == 1
    assert told["changes"]["looked_at"] == 2
    assert dora.get("/v1/corrections").json() == before
    assert plain(ask(dora)) == plain(asked)
    assert plain(ask(dora, "Who keeps the trigger menu of Aurora?")) == plain(other)


def test_conflicts_are_told_before_and_after(read: Live) -> None:
    erika, emil = expert(read), expert(read, "emil")
    first = teach(erika, "What is the trigger rate of Aurora?", "4 kHz")["id"]
    asked = "what is the  trigger rate of aurora"
    assert rehearse(emil, asked, "4000 Hz")["conflicts"] == []
    (clash,) = rehearse(emil, asked, "40 kHz")["conflicts"]
    assert (clash["correction"], clash["answer"], clash["author"], clash["status"]) == (first, "4 kHz", "erika", "approved")
    second = teach(emil, "At what rate does the trigger of Aurora run?", "40 kHz", paraphrases=[asked])
    assert second["status"] == "approved"
    (clash,) = rehearse(erika, "At what rate does the trigger of Aurora run?", "4 kHz")["conflicts"]
    assert clash["correction"] == second["id"]
    for one in (first, second["id"]):
        erika.delete(f"/v1/corrections/{one}")


def test_a_batch_is_rehearsed_line_by_line(read: Live) -> None:
    lines = [
        json.dumps({"id": "a", "question": "How many layers has the chamber of Aurora?", "answer": "43"}),
        "{no json",
        json.dumps({"id": "b", "question": "How many layers has the chamber of Aurora?", "answer": "44"}),
        json.dumps({"id": "c", "question": "", "answer": "x"}),
    ]
    erika = expert(read)
    before = erika.get("/v1/corrections").text
    params = {"collection": "aurora", "dry_run": "true"}
    out = [json.loads(line) for line in erika.post("/v1/corrections/batch", params=params, content="\n".join(lines)).text.splitlines()]
    assert [line["id"] for line in out] == ["a", None, "b", "c"]
    assert ["error" in line for line in out] == [False, True, False, True]
    assert out[0]["conflicts"] == []
    assert [one["answer"] for one in out[2]["conflicts"]] == ["43"], "a line before it counts"
    assert erika.get("/v1/corrections").text == before


def test_nobody_sees_others_questions_in_a_dry_run(read: Live) -> None:
    reader = read.person("curious", aurora="read")
    mine = "What field does the solenoid of Aurora provide in the tracker?"
    ask(read.person("somebody", aurora="read"), "What field does the Aurora spectrometer solenoid provide?")
    ask(reader, mine)
    told = rehearse(reader, mine, "1.0 tesla")
    assert told["status"] == "proposed"
    assert {one["question"] for one in told["changes"]["answers"]} <= {mine}
    assert told["changes"]["looked_at"] == 1


def test_sentences_that_carry_the_error_are_proposed(read: Live) -> None:
    erika = expert(read)
    body = {"question": FIELD, "answer": "1.0 tesla", "collection": "aurora"}
    found = erika.post("/v1/corrections/proposals", json=body).json()["supersedes"]
    assert {one["document"] for one in found} == {"magnet.md", "overview.md"}
    assert all("0.9 tesla" in one["quote"] for one in found)
    assert erika.post("/v1/corrections/proposals", json={**body, "answer": "0.9 T"}).json()["supersedes"] == []
    by_words = erika.post("/v1/corrections/proposals", json={**body, "wrong": "It provides 0.9 T."}).json()["supersedes"]
    assert [one["why"] for one in by_words] == ["says"] * len(by_words)
    marks = [{"document": one["document"], "quote": one["quote"]} for one in found]
    taught = teach(erika, FIELD, "1.0 tesla", supersedes=marks)
    hits = erika.post("/v1/search", json={"question": FIELD, "collections": ["aurora"]}).json()["hits"]
    assert {hit["document"] for hit in hits if hit.get("superseded_by") == taught["id"]} == {"magnet.md", "overview.md"}
    assert erika.post("/v1/corrections/proposals", json=body).json()["supersedes"] == [], "they are marked already"
    erika.delete(f"/v1/corrections/{taught['id']}")


def test_an_amendment_its_history_and_who_may(read: Live) -> None:
    erika, emil, reader = expert(read), expert(read, "emil"), read.person("reader", aurora="read")
    taught = teach(erika, "Who runs Aurora?", "Ann")
    path = f"/v1/corrections/{taught['id']}"
    assert reader.patch(path, json={"answer": "x"}).status_code == 403
    assert emil.patch(path, json={"answer": "Bob", "version": 7}).status_code == 409
    assert emil.patch(path, json={"question": "Who?"}).status_code == 422
    amended = emil.patch(path, json={"answer": "Bob", "version": 1}).json()
    assert (amended["answer"], amended["version"], amended["author"], amended["status"]) == ("Bob", 2, "emil", "approved")
    assert ask(reader, "Who runs Aurora?")["answer"].startswith("Bob")
    first, second = reader.get(f"{path}/history").json()["events"]
    assert (first["kind"], first["by"]) == ("taught", "erika")
    assert (second["kind"], second["by"], second["fields"], second["said"]["answer"]) == ("amended", "emil", ["answer"], "Ann")
    assert read.person("outsider").get(f"{path}/history").status_code == 404
    erika.delete(path)


def test_nobody_approves_their_own_whatever_the_way(read: Live) -> None:
    erika, emil = expert(read), expert(read, "emil")
    taught = teach(erika, "Who checks the gas of Aurora?", "Nobody yet.")
    path = f"/v1/corrections/{taught['id']}"
    assert erika.post(f"{path}/review", json={"verdict": "approve"}).status_code == 403
    assert emil.post(f"{path}/review", json={"verdict": "refuse"}).json()["status"] == "disputed"
    assert erika.post(f"{path}/review", json={"verdict": "approve"}).status_code == 403
    assert erika.patch(path, json={"answer": "The shifter."}).json()["status"] == "proposed"
    assert erika.post(f"{path}/marks", json={"quote": "The gas of Aurora is checked by nobody."}).status_code == 409
    assert ask(erika, "Who checks the gas of Aurora?")["correction"] is None
    assert erika.post(f"{path}/review", json={"verdict": "approve"}).status_code == 403
    assert emil.post(f"{path}/review", json={"verdict": "approve"}).json()["status"] == "approved"
    erika.delete(path)


def test_all_of_an_author_is_taken_back(read: Live) -> None:
    mallory, erika = expert(read, "mallory"), expert(read)
    probes = [FIELD, "How cold is the coil?", "How many layers has the drift chamber of Aurora?", "What is the rate of the trigger?"]
    before = [plain(ask(erika, probe)) for probe in probes]
    for probe in probes:
        teach(mallory, probe, "42", supersedes=[{"document": "magnet.md", "quote": WRONG}])
    assert [plain(ask(erika, probe)) for probe in probes] != before
    assert read.person("reader", aurora="read").post("/v1/corrections/revert", json={"author": "mallory"}).status_code == 403
    assert erika.post("/v1/corrections/revert", json={}).status_code == 422
    assert erika.post("/v1/corrections/revert", json={"author": "mallory"}).json() == {"retracted": 4, "left": 0}
    assert [plain(ask(erika, probe)) for probe in probes] == before


def test_an_answer_is_vouched_for(read: Live) -> None:
    question = "What is the coil of Aurora cooled with?"
    erika, reader = expert(read), read.person("reader", aurora="read")
    answer = ask(erika, question)
    path = f"/v1/answers/{answer['id']}/confirm"
    assert reader.post(path).status_code == 404, "it was given to somebody else"
    mine = ask(reader, question)["id"]
    assert reader.post(f"/v1/answers/{mine}/confirm").status_code == 403
    made = erika.post(path)
    assert made.status_code == 201, made.text
    assert erika.post(path, json={"collection": "aurora"}).json()["id"] == made.json()["id"]
    assert made.json()["answer"] in answer["answer"].replace(" [1]", "").replace(" [2]", "")
    shown = ask(reader, question)
    assert shown["correction"]["id"] == made.json()["id"]
    assert "[2]" not in made.json()["answer"]
    assert erika.get(f"/v1/corrections/{made.json()['id']}").json()["confirmed"] is True
    again = erika.post(f"/v1/answers/{ask(erika, question)['id']}/confirm")
    assert again.status_code == 409, "a correction gave it"
    nothing = ask(erika, "Which politician visited the moon in 1850?")
    assert nothing["grounded"] is False
    assert erika.post(f"/v1/answers/{nothing['id']}/confirm").status_code == 422
    erika.delete(f"/v1/corrections/{made.json()['id']}")


def test_a_mark_whose_sentence_was_edited_is_looked_at_again(read: Live) -> None:
    erika, reader = expert(read), read.person("reader", aurora="read")
    read.collection("edited")
    erika = expert(read, edited="teach")
    old = "The beam pipe of the Aurora spectrometer has an outer diameter of 63 mm."
    page = f"# Pipe\n\nSome words about it. {old} It is made of beryllium.\n"
    assert read.upload(read.admin, "edited", {"pipe.md": page})["state"] == "done"
    said = {"question": "What diameter has the beam pipe of Aurora?", "answer": "63.5 cm", "collection": "edited"}
    taught = erika.post("/v1/corrections", json={**said, "supersedes": [{"document": "pipe.md", "quote": old}]}).json()["id"]
    assert erika.get("/v1/corrections/review").json()["marks"] == []
    new = old.replace("has an outer diameter", "now has the outer diameter")
    assert read.upload(read.admin, "edited", {"pipe.md": page.replace(old, new)})["state"] == "done"
    (moved,) = erika.get("/v1/corrections/review", params={"collection": "edited"}).json()["marks"]
    assert (moved["correction"], moved["document"], moved["old"], moved["new"]) == (taught, "pipe.md", old, new)
    assert reader.get("/v1/corrections/review").json()["marks"] == []
    hits = erika.post("/v1/search", json={"question": said["question"], "collections": ["edited"]}).json()["hits"]
    assert not any("superseded_by" in hit for hit in hits)
    path, body = f"/v1/corrections/{taught}/marks", {"document": "pipe.md", "quote": moved["new"]}
    assert read.person("viewer", edited="read").post(path, json=body).status_code == 403
    assert expert(read, "emil", edited="teach").post(path, json=body).json()["author"] == "erika"
    hits = erika.post("/v1/search", json={"question": said["question"], "collections": ["edited"]}).json()["hits"]
    assert any(hit.get("superseded_by") == taught for hit in hits)
    assert erika.get("/v1/corrections/review").json()["marks"] == []
    right = old.replace("63 mm", "63.5 cm")
    assert read.upload(read.admin, "edited", {"pipe.md": page.replace(old, right)})["state"] == "done"
    assert erika.get("/v1/corrections/review").json()["marks"] == [], "what stands there now is right"
    erika.delete(f"/v1/corrections/{taught}")


def test_an_admin_erases(read: Live) -> None:
    erika = expert(read)
    taught = teach(erika, "What is the private number?", "4711")["id"]
    shown = ask(erika, "What is the private number?")
    path = f"/v1/corrections/{taught}"
    assert erika.delete(path, params={"erase": "true"}).status_code == 403
    assert read.admin.delete(path, params={"erase": "true"}).status_code == 204
    assert erika.get(path).status_code == 404
    assert "4711" not in erika.get(f"{path}/history").text + erika.get("/v1/corrections").text
    assert erika.get(f"/v1/answers/{shown['id']}").status_code == 404
    assert erika.delete(path).status_code == 204, "it is retracted already"


def test_teaching_has_a_pace_but_not_for_imports(tmp_path) -> None:
    with serve(tmp_path, teach_per_minute=2) as live:
        live.collection("aurora")
        hasty, bulk = live.person("hasty", aurora="read"), live.person("bulk", Role.EXPERT, rights=("import",), aurora="teach")
        for n in range(2):
            teach(hasty, f"What is {n}?", str(n))
        late = hasty.post("/v1/corrections", json={"question": "Why?", "answer": "So.", "collection": "aurora"})
        assert (late.status_code, late.headers["retry-after"]) == (429, "60")
        line = json.dumps({"question": "Why?", "answer": "So."})
        assert hasty.post("/v1/corrections/batch", params={"collection": "aurora"}, content=line).status_code == 429
        assert rehearse(hasty, "Why?", "So.")["dry_run"] is True
        batch = str(uuid4())
        params = {"collection": "aurora", "batch": batch}
        lines = "\n".join(json.dumps({"question": f"Who is {n}?", "answer": "N."}) for n in range(5))
        assert bulk.post("/v1/corrections/batch", params=params, content=lines).text.count("approved") == 5
        assert bulk.post("/v1/corrections/revert", json={"batch": batch}).json()["retracted"] == 5
        assert hasty.post("/v1/corrections/batch", params={"batch": "x"}, content=line).status_code == 422
