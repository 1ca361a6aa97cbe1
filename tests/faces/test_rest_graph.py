"""The graph over REST, and overview questions: names, facts and communities of what the caller may read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import networkx as nx
import pytest

from graph.communities import installed
from jitl.principals import Role
from tests.data import need
from tests.faces.conftest import Live, serve, wait_for_job
from tests.graphs import AURORA, HARBOUR, follow, write_by_hand
from tests.terminal import eventually

PAGES = {f"aurora{number}.md": f"# Page {number}\n\n{AURORA}" for number in range(3)} | {"harbour.md": f"# Harbour\n\n{HARBOUR}"}
OVERVIEW = "What does this collection say about the Lantern Array?"
SPECIAL = "Who leads the Aurora Project?"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serve(tmp_path_factory.mktemp("data")) as running:
        fill(running, "alps")
        yield running


def fill(live: Live, name: str) -> str:
    place = live.collection(name)
    live.upload(live.admin, name, PAGES)
    eventually(lambda: live.container.following.outbox.count() == 0)
    follow(live.container.db, live.container.graph, place)
    return place


def test_names_and_where_their_facts_stand(live: Live) -> None:
    reader = live.person("rita", alps="read")
    found = reader.get("/v1/graph/entities", params={"q": "lant"}).json()["entities"]
    assert ("Lantern Array", 3, False) in [(one["name"], one["passages"], one["more"]) for one in found]
    beside = reader.get("/v1/graph/neighbours", params={"name": "Lantern Array", "collection": "alps"}).json()
    assert beside["names"][0]["name"] == "Lantern Array"
    assert {"Aurora Project", "Maria Olsen"} <= {one["name"] for one in beside["neighbours"]}
    stated = reader.get("/v1/graph/statements", params={"name": "Maria Olsen"}).json()["statements"]
    assert ("aurora0.md", "Maria Olsen leads the Aurora Project since 2019.") in [(one["document"], one["quote"]) for one in stated]
    (step,) = reader.get("/v1/graph/path", params={"first": "Maria Olsen", "second": "Lantern Array"}).json()["steps"]
    assert step["passages"][0]["title"].startswith("Page")
    assert reader.get("/v1/graph/neighbours", params={"name": "Nobody"}).status_code == 404
    assert reader.get("/v1/graph/entities", params={"limit": 0}).status_code == 422
    assert reader.get("/v1/graph/entities", params={"prefix": "x"}).status_code == 422


def test_an_export_is_graphml(live: Live) -> None:
    reply = live.person("rita", alps="read").get("/v1/graph/export", params={"collection": "alps"})
    assert reply.headers["content-type"].startswith("application/graphml+xml")
    loaded = nx.read_graphml(io.BytesIO(reply.content))
    assert {"Lantern Array", "Delta Ring"} <= set(nx.get_node_attributes(loaded, "name").values())
    assert set(nx.get_node_attributes(loaded, "collection").values()) == {"alps"}


def test_a_wrong_sentence_is_told_where_it_is_shown(live: Live) -> None:
    fill(live, "marked")
    erika = live.person("erika", Role.EXPERT, marked="teach")
    wrong = {"document": "aurora0.md", "quote": "Maria Olsen leads the Aurora Project since 2019."}
    said = {"question": SPECIAL, "answer": "Jan Moen since 2024.", "collection": "marked", "supersedes": [wrong]}
    correction = erika.post("/v1/corrections", json=said).json()["id"]
    stated = erika.get("/v1/graph/statements", params={"name": "Maria Olsen", "collection": "marked"}).json()["statements"]
    struck = {one["quote"]: one["superseded_by"] for one in stated}
    assert struck[wrong["quote"]] == correction
    assert None in struck.values() or len(struck) == 1


def test_an_overview_strikes_what_a_correction_supersedes(live: Live) -> None:
    write_by_hand(live.container, fill(live, "struck"))
    erika = live.person("ella", Role.EXPERT, struck="teach")
    wrong = "The Aurora Project records cosmic showers with the Lantern Array on Mount Kestrel."
    said = {"question": "What do the lamps record?", "answer": "Nothing since 2024.", "collection": "struck"}
    before = erika.post("/v1/ask", json={"question": OVERVIEW}).json()["answer"]
    assert wrong in before
    assert f"(superseded) {wrong}" not in before
    correction = erika.post("/v1/corrections", json=said | {"supersedes": [{"document": "aurora0.md", "quote": wrong}]}).json()["id"]
    answer = erika.post("/v1/ask", json={"question": OVERVIEW}).json()
    assert f"(superseded) {wrong}" in answer["answer"]
    assert correction in [source.get("superseded_by") for source in answer["sources"]]
    erika.delete(f"/v1/corrections/{correction}")
    assert erika.post("/v1/ask", json={"question": OVERVIEW}).json()["answer"] == before


def test_communities_are_those_that_the_caller_may_read(live: Live) -> None:
    place = fill(live, "drawn")
    id_ = write_by_hand(live.container, place)
    reader, other = live.person("drew", drawn="read"), live.person("otto", alps="read")
    listed = reader.get("/v1/graph/communities").json()
    assert [one["id"] for one in listed["communities"]] == [id_]
    assert listed["computed"][0]["changed"] == 0
    shown = reader.get(f"/v1/graph/communities/{id_}").json()
    assert (shown["size"], shown["title"]) == (2, "Lantern Array, Aurora Project")
    assert shown["summary"][0]["sources"][0]["quote"].startswith("The Aurora Project records")
    assert other.get("/v1/graph/communities").json()["communities"] == []
    assert other.get(f"/v1/graph/communities/{id_}").status_code == 404
    assert reader.post("/v1/graph/communities", json={"collection": "drawn"}).status_code == 403


def test_an_overview_is_answered_from_communities_with_sources(live: Live) -> None:
    write_by_hand(live.container, fill(live, "told"))
    reader = live.person("tina", told="read")
    answer = reader.post("/v1/ask", json={"question": OVERVIEW}).json()
    assert answer["grounded"]
    assert answer["answer"].startswith("**the Lantern Array**")
    assert "[1]" in answer["answer"]
    assert all(source["quote"] in PAGES[source["document"]] for source in answer["sources"])
    everything = reader.post("/v1/ask", json={"question": "这个集合讲了什么？"}).json()
    assert everything["answer"].startswith("**Lantern Array, Aurora Project**")
    special = reader.post("/v1/ask", json={"question": SPECIAL}).json()
    assert "**" not in special["answer"]
    assert "Maria Olsen" in special["answer"]
    for subject in ("the price of tea", "the price of tea at the Lantern Array"):
        other = reader.post("/v1/ask", json={"question": f"What does this collection say about {subject}?"}).json()
        assert "**" not in other["answer"]


def test_without_an_overview_the_subject_is_answered_and_not_the_words_that_ask(live: Live) -> None:
    fill(live, "plain")
    say = "# This collection\n\nWhat this collection does say of a thing is what any collection does say about it."
    live.upload(live.admin, "plain", {"say.md": say})
    reader = live.person("pia", plain="read")
    answer = reader.post("/v1/ask", json={"question": OVERVIEW}).json()
    assert answer["question"] == OVERVIEW
    assert answer["grounded"]
    assert {source["document"] for source in answer["sources"]} <= set(PAGES)
    unknown = reader.post("/v1/ask", json={"question": "What does this collection say about glaciology?"}).json()
    assert not unknown["grounded"]
    assert unknown["sources"] == []


def test_a_correction_goes_before_an_overview(live: Live) -> None:
    write_by_hand(live.container, fill(live, "taught"))
    erika = live.person("edda", Role.EXPERT, taught="teach")
    assert erika.post("/v1/ask", json={"question": OVERVIEW}).json()["answer"].startswith("**")
    erika.post("/v1/corrections", json={"question": OVERVIEW, "answer": "Ask the shift leader.", "collection": "taught"})
    answer = erika.post("/v1/ask", json={"question": OVERVIEW}).json()
    assert answer["answer"].startswith("Ask the shift leader.")
    assert answer["correction"] is not None


def test_without_the_extra_it_says_what_to_install(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(live, "bare")
    erika = live.person("emma", Role.EXPERT, bare="teach")
    monkeypatch.setattr("graph.communities.installed", lambda: False)
    notices = erika.post("/v1/ask", json={"question": OVERVIEW}).json()["notices"]
    assert any("pip install 'jitl[graph]'" in notice for notice in notices)
    assert not erika.post("/v1/ask", json={"question": SPECIAL}).json()["notices"]
    reply = erika.post("/v1/graph/communities", json={"collection": "bare"})
    assert reply.status_code == 501
    assert "jitl[graph]" in reply.json()["hint"]
    assert "jitl[graph]" in erika.get("/v1/graph/communities").json()["notice"]


def test_a_refresh_is_a_job_and_deleting_takes_all_with_it(live: Live) -> None:
    need(installed(), "graphrag", "pip install 'jitl[graph]'")
    fill(live, "fresh")
    erika = live.person("elsa", Role.EXPERT, fresh="admin")
    job = erika.post("/v1/graph/communities", json={"collection": "fresh"}).json()["job"]
    ended = wait_for_job(erika, job)
    assert (ended["state"], ended["progress"]["unit"]) == ("done", "passages")
    shown = erika.get("/v1/graph/communities").json()["communities"]
    assert shown
    assert "Lantern Array" in shown[0]["names"] + shown[-1]["names"]
    place = live.container.catalogue.collection("fresh")
    assert place is not None
    erika.delete("/v1/collections/fresh")
    eventually(lambda: not live.container.surveying.shelf.computed([place.id]))


def test_it_is_computed_by_itself_once_enough_has_changed(tmp_path: Path) -> None:
    need(installed(), "graphrag", "pip install 'jitl[graph]'")
    with serve(tmp_path) as live:
        place = fill(live, "alps")
        container = live.container
        container.surveying.look(container.runner)
        eventually(lambda: container.surveying.shelf.computed([place]))
        eventually(lambda: not container.jobs.unfinished())
        container.surveying.look(container.runner)
        assert not container.jobs.unfinished()


def test_what_corrections_state_is_shown_beside_the_documents_and_to_readers_alone(live: Live) -> None:
    fill(live, "taught")
    reader, other = live.person("rolf", taught="read"), live.person("olga", alps="read")
    expert = live.person("edda", Role.EXPERT, taught="teach")
    asked = [
        ("statements", {"name": "Maria Olsen"}), ("neighbours", {"name": "Maria Olsen"}), ("entities", {"q": "olsen"}),
        ("path", {"first": "Mount Kestrel", "second": "Delta Ring"}), ("statements", {"name": "Quill Observatory"}),
    ]  # fmt: skip

    def shown(who: httpx.Client) -> list[tuple[int, Any]]:
        replies = [who.get(f"/v1/graph/{face}", params=params) for face, params in asked]
        return [(reply.status_code, reply.json() if reply.status_code == 200 else None) for reply in replies]

    before, unseen = shown(reader), shown(other)
    said = {"question": "Which observatory does Maria Olsen direct?", "answer": "Quill", "collection": "taught"}
    first = {"statement": "Maria Olsen founded the Quill Observatory."}
    second = {"question": "Who built the Quill hall?", "answer": "x", "statement": "The Delta Ring uses the Quill Observatory."}
    ids = [expert.post("/v1/corrections", json=said | more).json()["id"] for more in (first, second)]
    statements, neighbours, entities, path, unknown = (content for _, content in shown(reader))
    (one,) = statements["taught"]
    assert (one["subject"], one["object"], one["correction"], one["author"]) == ("Maria Olsen", "Quill Observatory", ids[0], "edda")
    assert one["at"]
    assert neighbours["taught"] == entities["taught"] == [one]
    assert {each["correction"] for each in unknown["taught"]} == set(ids)
    assert unknown["statements"] == []
    ends = [(step["first"], step["second"], [each["correction"] for each in step["taught"]]) for step in path["steps"]]
    assert ends[-2:] == [("Maria Olsen", "Quill Observatory", [ids[0]]), ("Quill Observatory", "Delta Ring", [ids[1]])]
    assert path["steps"][0]["passages"]
    for (_, was), now in zip(before[:3], (statements, neighbours, entities), strict=True):
        assert {**now, "taught": []} == was, "the documents' names and numbers are as before"
    assert shown(other) == unseen
    for id_ in ids:
        expert.delete(f"/v1/corrections/{id_}")
    assert shown(reader) == before
