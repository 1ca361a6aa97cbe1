"""Personal collections: their owner's alone, whoever else asks, and by whatever way."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from jitl.principals import Principal, Right, Role, is_personal, owns, personal_id
from tests.faces.conftest import Live, serve
from tests.faces.test_canary import CANARY, QUESTION, WALKS, Things, computed, never_made

PAGE = "# Canary title\n\nThe canary watchword of the muon system is canary-4711."


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Iterator[tuple[Live, Things, httpx.Client]]:
    """A service where pia, who may nothing else, has a personal collection with everything in it; what is in it, and pia."""
    with serve(tmp_path_factory.mktemp("data")) as live:
        live.collection("mine")
        live.upload(live.admin, "mine", {"mine.md": "# Mine\n\nThe muon system has nine layers of resistive plate chambers."})
        pia = live.person("pia")
        made = pia.post("/v1/collections", json={"name": "canary-notes", "personal": True}).json()
        job = live.upload(pia, made["id"], {"canary/page.md": PAGE})
        said = {"question": QUESTION, "answer": "It is canary-0815.", "collection": made["id"]}
        correction = pia.post("/v1/corrections", json=said).json()
        answer = pia.post("/v1/ask", json={"question": QUESTION}).json()
        hits = pia.post("/v1/search", json={"question": QUESTION}).json()["hits"]
        shown = pia.get("/v1/documents/canary/page.md/source").json()
        nothing = never_made()
        yield (
            live,
            replace(
                nothing,
                collection=made["id"],
                name=made["name"],
                document="canary/page.md",
                document_id=shown["id"],
                chunk=next(hit["chunk"] for hit in hits if hit["chunk"]),
                correction=correction["id"],
                answer=answer["id"],
                job=job["id"],
                community=computed(live, made["id"]),
                entity="Canary title",
            ),
            pia,
        )


def others(live: Live) -> dict[str, httpx.Client]:
    """Those who may everything else."""
    front = live.key("front", Role.ADMIN, Role.EXPERT, all="admin", rights=("acts_for", "import"))
    return {
        "admin": live.admin,
        "expert of all": live.person("everywhere", Role.EXPERT, all="admin", rights=("import",)),
        "front end for an admin": live.client(front, {"X-JITL-User": "admin"}),
        "front end itself": live.client(front),
    }


@pytest.fixture(scope="module")
def admin(kept: tuple[Live, Things, httpx.Client]) -> httpx.Client:
    """Who may everything else."""
    return kept[0].admin


@pytest.mark.parametrize("route", WALKS, ids=" ".join)
def test_nobody_else_learns_of_it(kept: tuple[Live, Things, httpx.Client], admin: httpx.Client, route: tuple[str, str]) -> None:
    _, things, _ = kept
    twin_things = replace(never_made(), name="~pia:nothing", key=things.key, principal=things.principal)
    for (method, path, more), (_, twin_path, twin_more) in zip(WALKS[route](things), WALKS[route](twin_things), strict=True):
        reply, twin = admin.request(method, path, **more), admin.request(method, twin_path, **twin_more)
        assert reply.status_code == twin.status_code, (path, reply.text, twin.text)
        for name in (things.collection, things.document_id, things.correction, things.chunk):
            assert name in str((path, more)) or name not in reply.text, path
        words = reply.text
        for said in sorted(vars(things).values(), key=len, reverse=True):
            words = words.replace(said, "")
        assert not CANARY.search(words.replace(QUESTION, "")), path


def test_its_owner_does_everything_there(kept: tuple[Live, Things, httpx.Client]) -> None:
    _, things, pia = kept
    assert [one["name"] for one in pia.get("/v1/collections").json()["collections"]] == [things.name] == ["~pia:canary-notes"]
    assert pia.get(f"/v1/corrections/{things.correction}").json()["status"] == "approved"
    answer = pia.post("/v1/ask", json={"question": QUESTION, "collections": [things.name]}).json()
    assert answer["correction"]["id"] == things.correction
    assert things.job in [one["id"] for one in pia.get("/v1/jobs").json()["jobs"]]
    assert CANARY.search(pia.get("/v1/graph/entities", params={"collection": things.name}).text)


def test_it_is_deleted_by_its_owner_alone(kept: tuple[Live, Things, httpx.Client]) -> None:
    live, _, pia = kept
    made = pia.post("/v1/collections", json={"name": "passing", "personal": True}).json()
    for client in others(live).values():
        assert client.delete(f"/v1/collections/{made['id']}").status_code == 404
    assert pia.delete("/v1/collections/~pia:passing").status_code == 204
    assert pia.get(f"/v1/collections/{made['id']}").status_code == 404


def test_experts_learn_from_what_it_gave_nothing_to(kept: tuple[Live, Things, httpx.Client]) -> None:
    """Questions that its owner asks of everything wait for experts like all others, but for those that it had a part in."""
    live, _, _ = kept
    live.collection("shared")
    lea, expert = live.person("lea", shared="read"), live.person("elsa", Role.EXPERT, shared="teach")
    made = lea.post("/v1/collections", json={"name": "notes", "personal": True}).json()
    live.upload(lea, made["id"], {"note.md": "# Locker\n\nThe combination of my locker is 4711."})
    unknown, own = "Who won the chess tournament of the canteen?", "What is the combination of my locker?"
    assert not lea.post("/v1/ask", json={"question": unknown}).json()["grounded"]
    answer = lea.post("/v1/ask", json={"question": own}).json()
    assert "4711" in answer["answer"]
    lea.post("/v1/feedback", json={"answer": answer["id"], "vote": "down"})
    for client, seen in ((expert, [unknown]), (live.admin, [unknown])):
        asked = [one["question"] for one in client.get("/v1/inbox").json()["items"]]
        assert [one for one in asked if one in (unknown, own)] == seen
    assert lea.get(f"/v1/answers/{answer['id']}").status_code == 200


def test_names_of_others_tell_nothing(kept: tuple[Live, Things, httpx.Client]) -> None:
    live, _, _ = kept
    pat = live.person("pat")
    assert pat.post("/v1/collections", json={"name": "canary-notes", "personal": True}).json()["name"] == "~pat:canary-notes"
    assert pat.post("/v1/collections", json={"name": "canary-notes", "personal": True}).status_code == 409
    for name in ("~pia:canary-notes", "~pia:nothing"):
        assert pat.post("/v1/collections", json={"name": name, "personal": True}).status_code == 422
        assert live.admin.post("/v1/collections", json={"name": name}).status_code == 422


def test_a_person_has_a_few(kept: tuple[Live, Things, httpx.Client]) -> None:
    live, _, _ = kept
    zoe = live.person("zoe")
    statuses = [zoe.post("/v1/collections", json={"name": f"c{n}", "personal": True}).status_code for n in range(6)]
    assert statuses == [201] * 5 + [429]


def test_the_id_says_whose_it_is() -> None:
    pia, ron = str(uuid.uuid4()), str(uuid.uuid4())
    ids = {personal_id(pia) for _ in range(200)}
    assert len(ids) == 200
    for one in ids:
        assert str(uuid.UUID(one)) == one
        assert is_personal(one)
        assert owns(pia, one)
        assert not owns(ron, one)
    admin = Principal(ron, "ron", frozenset({Role.ADMIN}), {"*": Right.ADMIN, next(iter(ids)): Right.READ})
    assert not any(admin.may(Right.READ, one) for one in ids)
    assert not any(is_personal(str(uuid.uuid4())) for _ in range(200))
