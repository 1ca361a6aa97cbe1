"""Routes over REST: the same for asking and routing, taught by the way, and told apart by what was asked before."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from jitl.principals import Role
from tests.faces.conftest import Live, serve

ASKED = "Which tag do we use for the new release?"
NEAR = "What tag do we use for our new release?"
FAR = ("Which tag do we use for release 7?", "What is a good name for a cat?", "What is the mass of the tau lepton?")


@pytest.fixture
def live(tmp_path) -> Iterator[Live]:
    with serve(tmp_path) as live:
        live.collection("bes")
        yield live


def route(client: httpx.Client, question: str, *history: str) -> dict:
    reply = client.post("/v1/route", json={"question": question, "history": history})
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_a_lesson_holds_at_once_for_near_questions_and_is_undone(live: Live) -> None:
    reader, expert = live.person("rita", bes="read"), live.person("erika", Role.EXPERT, bes="teach")
    before = {text: route(reader, text) for text in (ASKED, NEAR, *FAR)}
    taught = expert.post("/v1/route/corrections", json={"question": ASKED, "label": "hep_code"})
    assert (taught.status_code, taught.json()["everyone"]) == (201, True)
    for text in (ASKED, NEAR):
        assert (route(reader, text)["label"], route(reader, text)["by"]) == ("hep_code", "taught")
    assert {text: route(reader, text) for text in FAR} == {text: before[text] for text in FAR}
    answer = reader.post("/v1/ask", json={"question": NEAR, "collections": ["bes"]}).json()
    assert answer["route"] == route(reader, NEAR), "every face has the same route"
    address = f"/v1/route/corrections/{taught.json()['id']}"
    assert reader.delete(address).status_code == 404
    assert reader.get("/v1/route/corrections").json() == {"lessons": []}
    assert [one["question"] for one in expert.get("/v1/route/corrections").json()["lessons"]] == [ASKED]
    assert expert.delete(address).status_code == 204
    assert {text: route(reader, text) for text in before} == before


def test_a_readers_lesson_is_their_own(live: Live) -> None:
    rita, rob = live.person("rita", bes="read"), live.person("rob", bes="read")
    assert rita.post("/v1/route/corrections", json={"question": ASKED, "label": "general_code"}).json()["everyone"] is False
    assert route(rita, NEAR)["by"] == "taught"
    assert route(rob, NEAR)["by"] != "taught"
    assert rita.post("/v1/route/corrections", json={"question": ASKED, "label": "physics"}).status_code == 422


def test_what_was_asked_before_tells_the_topic(live: Live) -> None:
    reader = live.person("rita", bes="read")
    follow_up = "And how do I sort it in descending order?"
    assert route(reader, follow_up, "How do I sort a list in Python?")["label"] == "general_code"
    assert route(reader, "and its width?", "What is the mass of the J/psi meson?")["label"] == "hep"
    assert route(reader, "Thanks, bye!", "What is the mass of the J/psi meson?")["label"] == "general"
    said = {"question": "and its width?", "history": ["What is the mass of the J/psi meson?"], "collections": ["bes"]}
    assert reader.post("/v1/ask", json=said).json()["route"]["label"] == "hep"
    assert reader.post("/v1/route", json={"question": "x", "history": ["y"] * 51}).status_code == 422
