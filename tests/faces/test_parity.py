"""One question, every face: the same sources, route and correction."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from api.client import Client
from api.holder import Holder
from jitl.principals import Right, Role
from jitl.sql.people import OWNER
from tests.agents import call, over_http, over_stdio, value
from tests.terminal import Terminal

PAGES = {
    "chamber.md": "# Drift chamber\n\nThe momentum resolution of the drift chamber is 0.5 percent at 1 GeV. It is filled with helium.",
    "muons.md": "# Muon system\n\nThe muon system has nine layers of resistive plate chambers in the barrel and eight in the endcaps.",
    "release.md": "# Releases\n\nThe recommended BOSS release is 7.0.5. Source the setup script of the release before you submit jobs.",
    "中文.md": "# 量能器\n\n电磁量能器由碘化铯晶体组成，能量分辨率为百分之二点五。",
}
TAUGHT = {"question": "Which BOSS release is recommended?", "answer": "BOSS 7.1.2, since October 2026.", "subject": "BOSS"}
QUESTIONS = {
    "a passage": "What is the momentum resolution of the drift chamber?",
    "corrected": "Which BOSS release is recommended?",
    "corrected in other words": "What BOSS release do you recommend?",
    "in Chinese": "电磁量能器的能量分辨率是多少？",
    "not there": "Who won the chess tournament of the canteen?",
    "code": "Write a python loop that prints the names of all branches of a ROOT tree.",
}


class Service:
    """One that answers on TCP and on its data folder's socket."""

    def __init__(self, url: str, data: Path, key: str) -> None:
        self.url, self.data, self.key = url, data, key
        self.rest = Client(url, key=key)
        self.terminal = Terminal(data)


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Iterator[Service]:
    folder, data = tmp_path_factory.mktemp("pages"), tmp_path_factory.mktemp("data")
    for name, text in PAGES.items():
        (folder / name).write_text(text)
    door = socket.create_server(("127.0.0.1", 0))
    holder = Holder.take(data, door=door)
    assert holder is not None
    with door:
        people = holder.service.outside.state.container.people
        people.set_person("eva", by=OWNER.id, roles=[Role.EXPERT], collections={"*": Right.ADMIN})
        made = Service(f"http://127.0.0.1:{door.getsockname()[1]}", data, people.create_key("eva", by=OWNER.id).secret)
        with made.rest as rest:
            rest.create_collection("bes3")
            rest.wait_job(rest.upload("bes3", [folder / name for name in PAGES]))
            rest.teach(TAUGHT, collection="bes3")
            yield made
        holder.close()


@pytest.fixture(scope="module")
def expected(service: Service) -> dict[str, Any]:
    """What REST says."""
    return {name: told(service.rest.ask(question)) for name, question in QUESTIONS.items()}


def told(answer: Any) -> dict[str, Any]:
    """What must not depend on the face: neither does the answer's id count nor the time it was given."""
    correction = answer["correction"]
    return {"route": answer["route"], "sources": answer["sources"], "correction": correction and (correction["id"], correction["strength"])}


def by_agent_over_http(service: Service) -> dict[str, Any]:
    async def talk(client: Any) -> dict[str, Any]:
        return {name: value(await client.call_tool("ask", {"question": question})) for name, question in QUESTIONS.items()}

    return over_http(service.url, service.key, talk)


def by_agent_over_stdio(service: Service) -> dict[str, Any]:
    async def talk(client: Any) -> dict[str, Any]:
        return {name: value(await client.call_tool("ask", {"question": question})) for name, question in QUESTIONS.items()}

    return over_stdio(service.data, talk)


def by_command_line(service: Service) -> dict[str, Any]:
    lines = "".join(json.dumps({"id": name, "question": question}) + "\n" for name, question in QUESTIONS.items())
    return {one["id"]: one for one in service.terminal.ok("ask", "--batch", "-", "--json", stdin=lines).lines}


def by_stream(service: Service) -> dict[str, Any]:
    return {name: list(service.rest.ask_stream(question))[-1][1] for name, question in QUESTIONS.items()}


def by_openai(service: Service, path: str = "/v1") -> dict[str, Any]:
    found = {}
    with openai.OpenAI(base_url=service.url + path, api_key=service.key, max_retries=0) as client:
        for name, question in QUESTIONS.items():
            reply = client.chat.completions.create(model="xiwu-auto", messages=[{"role": "user", "content": question}])
            found[name] = reply.model_extra["jitl"]
    return found


def by_hepai(service: Service) -> dict[str, Any]:
    return by_openai(service, "/apiv2")


FACES: dict[str, Callable[[Service], dict[str, Any]]] = {
    "stream": by_stream,
    "command line": by_command_line,
    "agent over HTTP": by_agent_over_http,
    "agent over stdin": by_agent_over_stdio,
    "openai": by_openai,
    "hepai": by_hepai,
}


def test_the_questions_are_of_every_kind(expected: dict[str, Any]) -> None:
    assert [expected[name]["correction"] and expected[name]["correction"][1] for name in ("corrected", "corrected in other words")] == [
        "same",
        "paraphrase",
    ]
    assert expected["a passage"]["sources"][0]["document"] == "chamber.md"
    assert expected["in Chinese"]["sources"][0]["document"] == "中文.md"
    assert expected["not there"]["sources"] == []
    assert {expected[name]["route"]["label"] for name in ("a passage", "code")} == {"hep", "hep_code"}


@pytest.mark.parametrize("face", FACES)
def test_the_same_question_has_the_same_answer(service: Service, expected: dict[str, Any], face: str) -> None:
    answers = FACES[face](service)
    for name in QUESTIONS:
        assert told(answers[name]) == expected[name], (face, name)


def test_the_same_search_finds_the_same(service: Service) -> None:
    """Hits have no answer, so no route and no strength; what is found, and in which order, is the same."""
    (place,) = (one["id"] for one in service.rest.collections())
    for question in QUESTIONS.values():
        hits = service.rest.search(question, 10)["hits"]
        found = value(over_http(service.url, service.key, call("search", query=question, k=10)))["results"]
        assert [one["id"].removeprefix("correction:").partition("#") for one in found] == [
            (hit["document_id"], "#", hit["chunk"]) if hit["chunk"] else (hit["correction"], "", "") for hit in hits
        ]
        body = {"question": question, "dataset_ids": [place], "page_size": 10, "similarity_threshold": 0.0}
        chunks = service.rest.call("POST", "/api/v1/retrieval", body)["data"]["chunks"]
        assert [one["id"] for one in chunks] == [hit["chunk"] or hit["correction"] for hit in hits]


def test_a_question_that_follows_another_is_the_same_too(service: Service) -> None:
    """The command line asks single questions."""
    before, question = QUESTIONS["a passage"], "And with what is it filled?"
    expected = told(service.rest.ask(question, history=[before]))
    assert expected["route"]["label"] == "hep"
    agent = value(over_http(service.url, service.key, call("ask", question=question, history=[before])))
    assert told(agent) == expected
    talk = [{"role": "user", "content": before}, {"role": "assistant", "content": "0.5 percent."}, {"role": "user", "content": question}]
    for path in ("/v1", "/apiv2"):
        with openai.OpenAI(base_url=service.url + path, api_key=service.key, max_retries=0) as client:
            reply = client.chat.completions.create(model="xiwu-auto", messages=talk)
        assert told(reply.model_extra["jitl"]) == expected


@pytest.mark.parametrize("label", ["hep", "hep_code", "general", "general_code"])
def test_a_route_that_was_asked_for_is_the_same_too(service: Service, label: str) -> None:
    question = QUESTIONS["corrected"]
    expected = told(service.rest.ask(question, route=label))
    assert expected["route"]["label"] == label
    assert told(value(over_http(service.url, service.key, call("ask", question=question, route=label)))) == expected
    with openai.OpenAI(base_url=service.url + "/v1", api_key=service.key, max_retries=0) as client:
        model = f"xiwu-{label.replace('_', '-')}"
        reply = client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}])
    assert told(reply.model_extra["jitl"]) == expected
