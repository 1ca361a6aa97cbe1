"""The OpenAI protocol where language models answer: their own words, tools, frontends' task prompts, and clients that leave."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection

import openai
import pytest
from openai import OpenAI

from jitl.sql.people import OWNER
from tests import endpoint
from tests.endpoint import Endpoint
from tests.faces.conftest import Live, serve
from tests.faces.test_openai import PAGE, QUESTION, of
from tests.terminal import eventually
from tests.unit.test_task_prompts import PROMPTS

MARK = "This comes from the language model, not from the collections; no source supports it."
CHAT = "Tell me a joke about cats, please."
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}
CALL = (
    {"role": "assistant", "tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": {"name": "weather", "arguments": ""}}]},
    {"tool_calls": [{"index": 0, "function": {"arguments": '{"city": '}}]},
    {"tool_calls": [{"index": 0, "function": {"arguments": '"Beijing"}'}}]},
)


@pytest.fixture(scope="module")
def talker() -> Iterator[Endpoint]:
    with endpoint.serving() as running:
        yield running


@pytest.fixture(scope="module")
def service(talker: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serve(tmp_path_factory.mktemp("data"), model_url=talker.url, model_name="m") as live:
        live.collection("chamber")
        live.upload(live.admin, "chamber", {"chamber.md": PAGE})
        yield live


@pytest.fixture
def model(talker: Endpoint) -> Endpoint:
    talker.mode, talker.speaks, talker.pieces = "well", None, ("Two cats ", "walk into a bar.")
    talker.requests.clear()
    talker.dropped.clear()
    return talker


@pytest.fixture
def client(service: Live, model: Endpoint) -> Iterator[OpenAI]:
    with of(service, service.key("asker", chamber="read")) as made:
        yield made


def user(text: str) -> list[dict]:
    return [{"role": "user", "content": text}]


def text_of(stream) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def kept(live: Live) -> int:
    return sum(item["asked"] for item in live.admin.get("/v1/inbox?limit=1000").json()["items"])


def test_a_models_own_words_are_marked_before_any_of_them(client: OpenAI) -> None:
    for stream in (False, True):
        reply = client.chat.completions.create(model="xiwu-general", messages=user(CHAT), stream=stream)
        text = text_of(reply) if stream else reply.choices[0].message.content
        assert text.startswith(f"{MARK}\n\nTwo cats walk into a bar.")


def test_pieces_come_as_the_model_speaks(client: OpenAI, model: Endpoint) -> None:
    model.mode, model.pieces = "trickle", tuple(f"word{n} " for n in range(4))
    pieces = [c.choices[0].delta.content for c in client.chat.completions.create(model="xiwu-general", messages=user(CHAT), stream=True)]
    assert [piece for piece in pieces if piece and piece.startswith("word")] == list(model.pieces)


def test_tools_go_to_the_model_of_a_general_route(client: OpenAI, model: Endpoint) -> None:
    model.speaks = lambda _: CALL
    asked = {"model": "xiwu-general", "messages": user("Will it rain in Beijing?"), "tools": [TOOL]}
    reply = client.chat.completions.create(**asked, tool_choice="auto")
    call = reply.choices[0].message.tool_calls[0]
    assert (call.id, call.function.name, json.loads(call.function.arguments)) == ("c1", "weather", {"city": "Beijing"})
    assert reply.choices[0].finish_reason == "tool_calls"
    assert not reply.model_extra["jitl"]["grounded"]
    assert reply.usage.total_tokens == 3
    assert model.requests[-1]["tools"] == [TOOL]
    assert model.requests[-1]["tool_choice"] == "auto"
    deltas = [c.choices[0].delta.tool_calls for c in client.chat.completions.create(**asked, stream=True) if c.choices[0].delta.tool_calls]
    assert "".join(part[0].function.arguments for part in deltas) == '{"city": "Beijing"}'


def test_what_a_tool_returned_goes_back_to_the_model(client: OpenAI, model: Endpoint) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    talk = [
        *user("Will it rain in Beijing?"),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "rain"},
    ]
    model.pieces = ("Yes, ", "take an umbrella.")
    reply = client.chat.completions.create(model="xiwu-general", messages=talk, tools=[TOOL])
    assert reply.choices[0].message.content == f"{MARK}\n\nYes, take an umbrella."
    assert model.requests[-1]["messages"][1]["tool_calls"] == [call]
    assert model.requests[-1]["messages"][2]["tool_call_id"] == "c1"


def test_what_the_collections_hold_is_answered_from_them_in_spite_of_tools(client: OpenAI, model: Endpoint) -> None:
    model.pieces = ("It holds 43 layers of sense wires [1].",)
    for name in ("xiwu-general", "xiwu-hep"):
        reply = client.chat.completions.create(model=name, messages=user(QUESTION), tools=[TOOL])
        assert "43 layers" in reply.choices[0].message.content
        assert reply.model_extra["jitl"]["grounded"]
        assert "tools" not in model.requests[-1]


def test_the_hep_routes_take_tools_and_call_none(client: OpenAI, model: Endpoint) -> None:
    model.speaks = lambda _: CALL
    reply = client.chat.completions.create(model="xiwu-hep", messages=user("Which beam pipe was used in 1931?"), tools=[TOOL])
    assert reply.choices[0].message.tool_calls is None
    assert "Not found in these collections." in reply.choices[0].message.content


def test_a_model_that_breaks_off_is_an_error_of_the_stream(client: OpenAI, model: Endpoint) -> None:
    model.mode, model.pieces = "cut", ("Well, ", "rain.")
    asked = {"model": "xiwu-general", "messages": user("Will it rain in Beijing?"), "tools": [TOOL]}
    said = []
    with pytest.raises(openai.APIError, match="broke off"):
        said.extend(chunk.choices[0].delta.content for chunk in client.chat.completions.create(**asked, stream=True))
    assert f"{MARK}\n\nWell, " in said
    with pytest.raises(openai.APIStatusError) as whole:
        client.chat.completions.create(**asked)
    assert whole.value.status_code == 503


def test_a_model_that_refuses_is_told_before_the_stream(client: OpenAI, model: Endpoint) -> None:
    model.mode = "unknown model"
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="xiwu-general", messages=user("Will it rain?"), tools=[TOOL], stream=True)


@pytest.mark.parametrize("task", PROMPTS)
def test_a_frontends_task_goes_to_the_general_model_alone(service: Live, client: OpenAI, model: Endpoint, task: str) -> None:
    model.pieces = ('{"', f'{task}": "x"}}')
    before = kept(service)
    reply = client.chat.completions.create(model="xiwu-hep", messages=user(PROMPTS[task]))
    assert reply.choices[0].message.content == f'{{"{task}": "x"}}'
    assert [one["messages"][-1]["content"] for one in model.requests] == [PROMPTS[task]]
    assert "jitl" not in (reply.model_extra or {})
    assert service.admin.get(f"/v1/answers/{reply.id}").status_code == 404
    assert kept(service) == before


def test_a_task_is_done_by_rule_where_the_model_fails(client: OpenAI, model: Endpoint) -> None:
    model.mode = "bad key"
    reply = client.chat.completions.create(model="xiwu-auto", messages=user(PROMPTS["tags"]))
    assert json.loads(reply.choices[0].message.content)["tags"][0] == "drift chamber"


def test_the_model_stops_when_the_client_leaves(client: OpenAI, model: Endpoint) -> None:
    model.mode, model.pieces = "trickle", tuple(f"word{n} " for n in range(200))
    with client.chat.completions.create(model="xiwu-general", messages=user(CHAT), stream=True) as stream:
        for chunk in stream:
            if "word" in (chunk.choices[0].delta.content or ""):
                break
    assert model.dropped.wait(10), "the model is still talking"


def test_the_model_stops_when_a_client_that_wanted_it_whole_leaves(service: Live, model: Endpoint) -> None:
    model.mode, model.pieces = "trickle", tuple(f"word{n} " for n in range(200))
    headers = {"Authorization": f"Bearer {service.key('impatient', chamber='read')}", "Content-Type": "application/json"}
    with closing(HTTPConnection(service.url.removeprefix("http://"), timeout=60)) as connection:
        connection.request("POST", "/v1/chat/completions", json.dumps({"model": "xiwu-general", "messages": user(CHAT)}), headers)
        eventually(lambda: model.requests)
    assert model.dropped.wait(10), "the model is still talking"


def test_a_person_behind_a_frontend(service: Live, model: Endpoint) -> None:
    service.key("mail@example.org", chamber="read")
    front = service.key("webui", all="read", rights=("acts_for",))
    with of(service, front) as client:
        header = {"X-OpenWebUI-User-Email": "mail@example.org"}
        reply = client.chat.completions.create(model="xiwu-auto", messages=user(QUESTION), extra_headers=header)
        with pytest.raises(openai.PermissionDeniedError) as unknown:
            client.models.list(extra_headers={"X-OpenWebUI-User-Email": "nobody@example.org"})
    assert unknown.value.code == "permission_denied"
    theirs = service.container.people.acting_for(service.container.people.authenticate(front), "mail@example.org")
    assert service.container.answers.get(reply.id, theirs)
    assert theirs.id != OWNER.id
