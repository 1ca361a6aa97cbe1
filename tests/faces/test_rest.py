"""The main job over REST: read, answer with sources, be corrected, know better at once, take it back."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator

import httpx
import pytest

from api.auth import as_owner
from jitl.principals import Role
from tests.faces.conftest import Live, wait_for_job, wait_until_started

RELEASES = """# BOSS releases

## Recommended release

The recommended BOSS release for new analyses is 7.0.9, which has been in use since the spring of 2024.

## Detector conditions

The drift chamber of BESIII runs with a gas mixture of helium and propane in the ratio 60 to 40.
"""
SHIFTS = """# Shifts

A shift at BESIII lasts eight hours and is taken by two people, one of whom is the shift leader.
"""
CHINESE = "# 江门中微子实验\n\n江门中微子实验的中心探测器装有两万吨液体闪烁体，埋深约七百米。\n"
QUESTION = "Which BOSS release is recommended for new analyses?"


@pytest.fixture(scope="module")
def read(live: Live) -> Live:
    """A service that has read a collection `bes`."""
    live.collection("bes")
    job = live.upload(live.admin, "bes", {"twiki/releases.md": RELEASES, "twiki/shifts.md": SHIFTS, "juno.md": CHINESE})
    assert (job["state"], job["counts"]) == ("done", {"added": 3}), job
    return live


def ask(client: httpx.Client, question: str = QUESTION, **more) -> dict:
    reply = client.post("/v1/ask", json={"question": question, "collections": ["bes"], **more})
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_collections_are_made_listed_and_deleted(live: Live) -> None:
    admin = live.admin
    made = admin.post("/v1/collections", json={"name": "short-lived"})
    assert made.status_code == 201
    assert admin.post("/v1/collections", json={"name": "short-lived"}).status_code == 409
    assert made.json()["id"] in [one["id"] for one in admin.get("/v1/collections").json()["collections"]]
    assert admin.get("/v1/collections/short-lived").json() == made.json()
    live.upload(admin, "short-lived", {"a.md": "# A\n\nThe tau-charm factory stands in Hefei."})
    assert admin.delete("/v1/collections/short-lived").status_code == 204
    assert admin.get("/v1/collections/short-lived").status_code == 404
    assert admin.get("/v1/collections/short-lived/documents").status_code == 404
    assert admin.post("/v1/search", json={"question": "tau-charm factory", "collections": ["short-lived"]}).status_code == 404
    assert "Hefei" not in admin.post("/v1/search", json={"question": "Where does the tau-charm factory stand?"}).text
    again = admin.post("/v1/collections", json={"name": "short-lived"})
    assert again.status_code == 201
    assert again.json()["id"] != made.json()["id"]


def test_only_admins_make_and_delete_collections(live: Live) -> None:
    live.collection("kept")
    teacher = live.person("teacher", Role.EXPERT, kept="teach")
    assert teacher.post("/v1/collections", json={"name": "mine"}).status_code == 403
    assert teacher.delete("/v1/collections/kept").status_code == 403
    assert live.person("steward", kept="admin").delete("/v1/collections/kept").status_code == 204


def test_an_answer_shows_where_it_comes_from(read: Live) -> None:
    answer = ask(read.admin)
    assert answer["grounded"] is True
    assert "7.0.9" in answer["answer"]
    first = answer["sources"][0]
    assert (first["number"], first["document"]) == (1, "twiki/releases.md")
    assert first["quote"] in read.admin.get("/v1/documents/twiki/releases.md/source").json()["text"]
    assert "BOSS releases" in (first["location"], first["title"])
    assert {"label", "confidence", "by"} <= set(answer["route"])
    assert answer["correction"] is None
    assert answer["evidence_corrections"] == []
    assert "candidates" not in answer
    assert ask(read.admin, explain=True)["candidates"] == []


def test_what_is_not_there_is_said(read: Live) -> None:
    answer = ask(read.admin, "Who won the football world cup in 1990?")
    assert answer["grounded"] is False
    assert answer["sources"] == []
    assert "ot found" in answer["answer"]


def test_chinese_is_found_by_its_terms(read: Live) -> None:
    answer = ask(read.admin, "江门中微子实验的中心探测器装有多少液体闪烁体？")
    assert answer["grounded"] is True
    assert "两万吨" in answer["answer"]
    assert answer["sources"][0]["document"] == "juno.md"


def test_a_search_lists_passages_best_first(read: Live) -> None:
    hits = read.admin.post("/v1/search", json={"question": "gas mixture of the drift chamber", "k": 2}).json()["hits"]
    assert 1 <= len(hits) <= 2
    assert {"document", "chunk", "kind", "title", "location", "text", "score"} <= set(hits[0])
    assert (hits[0]["document"], hits[0]["kind"]) == ("twiki/releases.md", "passage")
    assert "helium" in hits[0]["text"]


def test_a_route_is_chosen_from_the_question_alone(read: Live) -> None:
    nobody = read.person("nobody")
    route = nobody.post("/v1/route", json={"question": "Write a Python function that sorts a list"}).json()
    assert route["label"] in ("hep", "hep_code", "general", "general_code")
    assert 0 <= route["confidence"] <= 1


def events(reply: httpx.Response) -> Iterator[tuple[str, dict]]:
    name = ""
    for line in reply.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_a_stream_is_sources_tokens_done(read: Live) -> None:
    with read.admin.stream("POST", "/v1/ask", json={"question": QUESTION, "stream": True}) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        seen = list(events(reply))
    names = [name for name, _ in seen]
    assert names[0] == "sources"
    assert names[-1] == "done"
    assert set(names[1:-1]) == {"token"}
    done = seen[-1][1]
    assert "".join(data["text"] for name, data in seen if name == "token") == done["answer"]
    assert done["sources"] == ask(read.admin)["sources"]


def test_a_stream_that_cannot_begin_is_a_problem(read: Live) -> None:
    reply = read.admin.post("/v1/ask", json={"question": QUESTION, "stream": True, "collections": ["nowhere"]})
    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"


def test_documents_are_listed_shown_and_deleted(read: Live) -> None:
    admin = read.admin
    page = admin.get("/v1/collections/bes/documents", params={"limit": 2}).json()
    rest = admin.get("/v1/collections/bes/documents", params={"after": page["next"]}).json()
    names = [info["document"] for info in page["documents"] + rest["documents"]]
    assert names[:3] == sorted(names[:3]) == ["juno.md", "twiki/releases.md", "twiki/shifts.md"]
    assert rest["next"] is None
    read.upload(admin, "bes", {"gone.md": "# Gone\n\nThe superconducting wiggler hums at night."})
    question = {"question": "superconducting wiggler hums", "collections": ["bes"]}
    assert "wiggler" in admin.post("/v1/search", json=question).text
    shown = admin.get("/v1/collections/bes/documents/gone.md").json()
    assert admin.get(f"/v1/collections/bes/documents/{shown['id']}").json() == shown
    assert admin.delete("/v1/collections/bes/documents/gone.md").status_code == 204
    assert admin.get("/v1/collections/bes/documents/gone.md").status_code == 404
    assert admin.get(f"/v1/documents/{shown['id']}/source").status_code == 404
    assert "wiggler hums at" not in admin.post("/v1/search", json=question).text


def test_a_source_is_shown_with_its_passage_marked(read: Live) -> None:
    first = ask(read.admin)["sources"][0]
    shown = read.admin.get(f"/v1/documents/{first['document']}/source", params={"chunk": first["chunk"]}).json()
    marked = shown["text"][shown["passage"]["start"] : shown["passage"]["end"]]
    assert first["quote"] in marked
    assert read.admin.get(f"/v1/documents/{shown['id']}/source").json()["passage"] is None
    assert read.admin.get("/v1/documents/juno.md/source", params={"chunk": first["chunk"]}).status_code == 404
    original = read.admin.get(f"/v1/documents/{first['document']}/source", params={"original": True})
    assert original.content == RELEASES.encode()
    assert original.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in original.headers["content-security-policy"]


def test_a_name_in_two_collections_must_be_told_apart(live: Live) -> None:
    admin = live.admin
    for place in ("left", "right"):
        live.collection(place)
        live.upload(admin, place, {"same.md": f"# Same\n\nThis one is on the {place}."})
    assert admin.get("/v1/documents/same.md/source").status_code == 409
    assert "on the left" in admin.get("/v1/documents/same.md/source", params={"collection": "left"}).json()["text"]
    assert "on the right" in live.person("right-reader", right="read").get("/v1/documents/same.md/source").json()["text"]


def test_uploads_are_read_by_a_job_that_tells_how_it_went(live: Live) -> None:
    live.collection("inbox")
    admin = live.admin
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in {"a/one.md": "# One\n\nFirst words here.", "../evil.md": "# Evil"}.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    files = {"pack.tar.gz": packed.getvalue(), "broken.pdf": b"%PDF-1.7 nothing", "empty.md": b"", "note.txt": "Some plain words."}
    job = live.upload(admin, "inbox", files)
    items = {item["uri"]: item for item in admin.get(f"/v1/jobs/{job['id']}/items").json()["items"]}
    assert job["state"] == "done"
    assert job["progress"]["done"] == job["progress"]["total"]
    assert items["upload:note.txt"]["status"] == "added"
    assert items["upload:pack.tar.gz!/a/one.md"]["status"] == "added"
    assert items["upload:broken.pdf"]["status"] == "failed"
    assert items["upload:broken.pdf"]["reason"]
    assert not any("evil" in uri and item["status"] == "added" for uri, item in items.items())
    again = live.upload(admin, "inbox", {"note.txt": "Some plain words."})
    assert again["counts"] == {"unchanged": 1}
    changed = live.upload(admin, "inbox", {"note.txt": "Other plain words."})
    assert changed["counts"] == {"changed": 1}
    assert "Other plain" in admin.get("/v1/documents/note.txt/source", params={"collection": "inbox"}).json()["text"]


def test_records_are_documents_by_their_own_ids(live: Live) -> None:
    live.collection("records")
    lines = [{"id": "r1", "title": "One", "text": "The endcap was opened."}, {"id": "r2", "text": "The yoke was closed."}]
    job = live.upload(live.admin, "records", {"r.jsonl": "\n".join(map(json.dumps, lines))}, records="true")
    assert job["counts"] == {"added": 2}, job
    hits = live.admin.post("/v1/search", json={"question": "endcap opened", "collections": ["records"]}).json()["hits"]
    assert hits[0]["document"] == "r1"


def test_blobs_go_when_nothing_needs_them(live: Live) -> None:
    live.collection("blobs")
    admin = live.admin
    live.upload(admin, "blobs", {"kept.md": "# Kept\n\nWords that stay.", "skipped.bin": b"\x00\x01\x02" * 50})
    blobs = {path.read_bytes() for path in (live.data / "blobs").iterdir()}
    assert b"# Kept\n\nWords that stay." in blobs
    admin.delete("/v1/collections/blobs/documents/kept.md")
    live.container._sweep()
    live.container.blobs.sweep(live.container.uploads.needed(days=0), older_than_s=0)
    blobs = {path.read_bytes() for path in (live.data / "blobs").iterdir()}
    assert b"# Kept\n\nWords that stay." not in blobs
    assert not [path for path in (live.data / "blobs").iterdir() if path.name.startswith("incoming-")]


def test_who_may_fill_a_collection(live: Live) -> None:
    live.collection("filled")
    files = [("file", ("a.md", b"# A\n\nwords"))]
    for who, status in (
        (live.person("stranger"), 404),
        (live.person("reader", filled="read"), 403),
        (live.person("expert", Role.EXPERT, filled="teach"), 403),
        (live.person("importer", filled="teach", rights=("import",)), 202),
        (live.person("steward2", filled="admin"), 202),
    ):
        assert who.post("/v1/collections/filled/documents", files=files).status_code == status


def test_a_url_is_refused_clearly(live: Live) -> None:
    live.collection("urls")
    reply = live.admin.post("/v1/collections/urls/documents", json={"url": "http://127.0.0.1/secret"})
    assert reply.status_code == 422
    assert "URL" in reply.json()["detail"]


def test_jobs_are_cancelled_and_retried(live: Live) -> None:
    live.collection("retried")
    admin = live.admin
    job = live.upload(admin, "retried", {"bad.pdf": b"%PDF-1.7 nothing"})
    assert job["counts"] == {"failed": 1}
    assert admin.post(f"/v1/jobs/{job['id']}/cancel").status_code == 409
    assert admin.post(f"/v1/jobs/{job['id']}/retry").status_code == 202
    assert wait_for_job(admin, job["id"])["counts"] == {"failed": 1}
    good = live.upload(admin, "retried", {"good.md": "# Good\n\nwords"})
    assert admin.post(f"/v1/jobs/{good['id']}/retry").status_code == 409
    assert admin.post("/v1/jobs/nope/retry").status_code == 404
    states = {one["id"]: one["state"] for one in admin.get("/v1/jobs").json()["jobs"]}
    assert states[good["id"]] == "done"


def test_the_service_tells_how_it_is(live: Live) -> None:
    ready = wait_until_started(live.client())
    assert ready.status_code == 200
    assert set(ready.json()["parts"].values()) <= {"ready", "degraded"}
    assert str(live.data) not in ready.text
    assert str(live.data) in live.admin.get("/v1/status").text
    assert str(live.data) not in live.person("curious").get("/v1/status").text


def test_only_the_folders_own_socket_reads_files_of_the_machine(live: Live, tmp_path) -> None:
    (tmp_path / "page.md").write_text("# Page\n\nThe cryostat is cold.")
    body = {"paths": [str(tmp_path)], "collection": "local"}
    assert live.admin.post("/v1/local/ingest", json=body).status_code == 403
    from api.app import create_app

    async def run() -> None:
        transport = httpx.ASGITransport(as_owner(create_app(live.container)))
        async with httpx.AsyncClient(transport=transport, base_url="http://folder") as client:
            missing = await client.post("/v1/local/ingest", json={**body, "paths": ["/no/such/file"], "collection": "never-made"})
            assert missing.status_code == 422
            reply = await client.post("/v1/local/ingest", json=body)
            assert reply.status_code == 202, reply.text
            wait_for_job(live.admin, reply.json()["job"])

    import asyncio

    asyncio.run(run())
    assert "cryostat" in live.admin.post("/v1/search", json={"question": "cold cryostat", "collections": ["local"]}).text
    assert live.container.catalogue.collection("never-made") is None
