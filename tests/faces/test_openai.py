"""The OpenAI protocol, spoken by OpenAI's own client to the real service."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import numpy as np
import openai
import pytest
from openai import OpenAI

from api.task_prompts import Task
from jitl.principals import Role
from tests.faces.conftest import Live
from tests.unit.test_task_prompts import PROMPTS

PAGE = (
    "# Drift chamber\n\nThe drift chamber of the spectrometer holds 43 layers of sense wires.\n\n"
    "It runs with a mixture based on helium.\n\n# Magnet\n\nThe superconducting magnet gives a field of 1 tesla.\n"
)
QUESTION = "How many layers of sense wires does the drift chamber hold?"
WITHIN = {"jitl": {"collections": ["chamber"]}}


@pytest.fixture(scope="module", autouse=True)
def taught(live: Live) -> None:
    live.collection("chamber")
    live.collection("lore")
    live.upload(live.admin, "chamber", {"chamber.md": PAGE})
    lesson = {"question": "Which gas is in the straw tubes?", "answer": "Xenon since 2024.", "collection": "lore"}
    assert live.person("eva", Role.EXPERT, lore="teach", chamber="read").post("/v1/corrections", json=lesson).status_code == 201


def of(live: Live, key: str | None = None, prefix: str = "/v1") -> OpenAI:
    chosen = key or live.key("asker", chamber="read", lore="read")
    return OpenAI(
        base_url=live.url + prefix, api_key=chosen, max_retries=0, timeout=60, http_client=openai.DefaultHttpxClient(trust_env=False)
    )


@pytest.fixture(params=["/v1", "/apiv2"])
def client(live: Live, request: pytest.FixtureRequest) -> Iterator[OpenAI]:
    with of(live, prefix=request.param) as made:
        yield made


@pytest.fixture
def one(live: Live) -> Iterator[OpenAI]:
    with of(live) as made:
        yield made


def ask(client: OpenAI, question: str = QUESTION, **more):
    return client.chat.completions.create(model="xiwu-auto", messages=[{"role": "user", "content": question}], **more)


def test_models_are_listed(client: OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert names == ["xiwu-auto", "xiwu-hep", "xiwu-hep-code", "xiwu-general", "xiwu-general-code"]
    assert client.models.retrieve("xiwu-hep").owned_by == "jitl"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("other")


def test_an_answer_with_its_sources_in_the_text(live: Live, client: OpenAI) -> None:
    reply = ask(client)
    text = reply.choices[0].message.content
    assert "43 layers" in text
    body, _, end = text.partition("\n\nSources:\n")
    assert "[1]" in body
    assert end.startswith("- [1] Drift chamber")
    assert f"<{live.url}/v1/documents/" in end
    assert f"<{live.url}/a/{reply.id}>" in end
    told = reply.model_extra["jitl"]
    assert told["grounded"]
    assert told["sources"][0]["document"] == "chamber.md"
    assert told["route"]["label"].startswith("hep")
    assert told["correction"] is None
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens > 0


def test_the_id_is_the_answers(live: Live) -> None:
    key = live.key("voter", chamber="read")
    with of(live, key) as client:
        reply = ask(client)
    native = live.client(key)
    assert native.get(f"/v1/answers/{reply.id}").json()["question"] == QUESTION
    assert native.post("/v1/feedback", json={"answer": reply.id, "vote": "up"}).status_code == 201


def test_a_stream_has_openais_shape(client: OpenAI) -> None:
    whole = ask(client)
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert len({chunk.id for chunk in chunks}) == 1
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text.replace(chunks[0].id, whole.id) == whole.choices[0].message.content
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None] * (len(chunks) - 2) + ["stop"]
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens == whole.usage.total_tokens
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert chunks[-2].model_extra["jitl"]["sources"] == whole.model_extra["jitl"]["sources"] == chunks[0].model_extra["jitl"]["sources"]


def test_on_the_wire_a_stream_ends_with_done(live: Live) -> None:
    body = {"messages": [{"role": "user", "content": QUESTION}], "stream": True}
    reply = live.person("wire", chamber="read").post("/v1/chat/completions", json=body)
    assert reply.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in reply.text.split("\n") if line]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"
    assert '"usage"' not in reply.text


def test_who_corrected_it_stands_in_the_text(one: OpenAI) -> None:
    reply = ask(one, "Which gas is in the straw tubes?")
    assert "Xenon since 2024." in reply.choices[0].message.content
    assert "- [1] Corrected by eva, " in reply.choices[0].message.content
    assert reply.model_extra["jitl"]["correction"]["author"] == "eva"


def test_a_key_turns_the_sources_in_the_text_off(live: Live) -> None:
    with of(live, live.key("plain", chamber="read", rights=("plain_answers",))) as client:
        reply = ask(client)
    assert "Sources:" not in reply.choices[0].message.content
    assert "/a/" not in reply.choices[0].message.content
    assert reply.model_extra["jitl"]["sources"]


def test_what_is_not_kept_is_not_linked(live: Live) -> None:
    with of(live, live.key("silent", chamber="read", rights=("no_logging",))) as client:
        text = ask(client).choices[0].message.content
    assert "Sources:" in text
    assert "/a/" not in text


@pytest.mark.parametrize(("model", "label"), [("xiwu-hep", "hep"), ("xiwu-hep-code", "hep_code"), ("xiwu-general-code", "general_code")])
def test_the_model_chooses_the_route(one: OpenAI, model: str, label: str) -> None:
    reply = one.chat.completions.create(model=model, messages=[{"role": "user", "content": QUESTION}])
    assert reply.model == model
    assert reply.model_extra["jitl"]["route"] == {"label": label, "confidence": 1.0, "by": "asked"}
    assert "43 layers" in reply.choices[0].message.content


def test_the_same_as_the_native_route_says(live: Live, one: OpenAI) -> None:
    native = live.person("asker", chamber="read", lore="read").post("/v1/ask", json={"question": QUESTION}).json()
    told = ask(one).model_extra["jitl"]
    assert {name: told[name] for name in ("sources", "route", "correction", "grounded", "notices")} == {
        name: native[name] for name in ("sources", "route", "correction", "grounded", "notices")
    }


def test_within_collections(one: OpenAI) -> None:
    assert ask(one, extra_body=WITHIN).model_extra["jitl"]["grounded"]
    assert not ask(one, extra_body={"jitl": {"collections": ["lore"]}}).model_extra["jitl"]["grounded"]
    with pytest.raises(openai.NotFoundError) as refused:
        ask(one, extra_body={"jitl": {"collections": ["no-such"]}})
    assert refused.value.code == "not_found"
    with pytest.raises(openai.BadRequestError) as misspelt:
        ask(one, extra_body={"jitl": {"colections": ["lore"]}})
    assert misspelt.value.param == "jitl.colections"


def test_a_conversation_and_its_parts(one: OpenAI) -> None:
    parts = [{"type": "text", "text": "How many layers of sense wires"}, {"type": "text", "text": "does the drift chamber hold?"}]
    talk = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is the field of the magnet?"},
        {"role": "assistant", "content": "1 tesla [1]"},
        {"role": "user", "content": parts},
    ]
    reply = one.chat.completions.create(model="xiwu-auto", messages=talk)
    assert "43 layers" in reply.choices[0].message.content


def test_images_are_refused_with_a_reason(one: OpenAI) -> None:
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
    with pytest.raises(openai.BadRequestError, match="image_url"):
        one.chat.completions.create(model="xiwu-auto", messages=[{"role": "user", "content": parts}])


def test_stop_and_a_bound_on_tokens(one: OpenAI) -> None:
    text = ask(one).choices[0].message.content
    for stream in (False, True):
        reply = ask(one, stop=["layers"], stream=stream)
        said = "".join(c.choices[0].delta.content or "" for c in reply) if stream else reply.choices[0].message.content
        assert said == text[: text.index("layers")]
    short = ask(one, max_tokens=5)
    assert short.choices[0].finish_reason == "length"
    assert short.choices[0].message.content.partition("\n\nSources:")[0] == text[:15]


def test_parameters_that_mean_nothing_here_are_tolerated(one: OpenAI) -> None:
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
    reply = ask(
        one,
        temperature=0.3,
        n=2,
        top_p=0.5,
        seed=1,
        user="u",
        logprobs=True,
        tools=[tool],
        tool_choice="auto",
        response_format={"type": "text"},
        max_tokens=-1,
        extra_body={"options": {"num_ctx": 1}, "keep_alive": "5m", "jitl": None},
        extra_query={"api-version": "1"},
    )
    assert len(reply.choices) == 1
    assert "43 layers" in reply.choices[0].message.content


@pytest.mark.parametrize("task", PROMPTS)
def test_a_frontends_task_is_done_by_rule_where_no_model_is(live: Live, one: OpenAI, task: Task) -> None:
    for stream in (False, True):
        reply = one.chat.completions.create(model="xiwu-auto", messages=[{"role": "user", "content": PROMPTS[task]}], stream=stream)
        chunks = list(reply) if stream else []
        text = "".join(c.choices[0].delta.content or "" for c in chunks) if stream else reply.choices[0].message.content
        assert list(json.loads(text)) == [str(task)]
        assert live.admin.get(f"/v1/answers/{chunks[0].id if stream else reply.id}").status_code == 404
    asked = [item["question"] for item in live.admin.get("/v1/inbox?limit=1000").json()["items"]]
    assert not any("###" in question for question in asked)


def test_errors_have_openais_shape(live: Live, one: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        one.chat.completions.create(model="gpt-0", messages=[{"role": "user", "content": "x"}])
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError) as empty:
        one.chat.completions.create(model="xiwu-auto", messages=[])
    assert (empty.value.type, empty.value.param) == ("invalid_request_error", "messages")
    with pytest.raises(openai.BadRequestError):
        one.chat.completions.create(model="xiwu-auto", messages=[{"role": "assistant", "content": "x"}])
    with of(live, "jitl_wrong") as stranger, pytest.raises(openai.AuthenticationError) as refused:
        stranger.models.list()
    assert refused.value.code == "invalid_api_key"
    assert live.client().post("/apiv2/chat/completions", json={}).json()["error"]["code"] == "invalid_api_key"
    assert live.admin.get("/v1/chat/other").json()["error"]["code"] == "not_found"
    assert live.admin.post("/v1/chat/completions", content="{").json()["error"]["type"] == "invalid_request_error"
    with pytest.raises(openai.APIStatusError) as long:
        ask(one, "x" * 30_000)
    assert long.value.status_code == 413


def test_embeddings_as_numbers_and_as_base64(live: Live, client: OpenAI) -> None:
    texts = ["drift chamber", "A much longer sentence about the field of the magnet.", "muon"] * 12
    numbers = client.embeddings.create(model="xiwu-embedding", input=texts, encoding_format="float")
    default = client.embeddings.create(model="xiwu-embedding", input=texts)  # the client asks for base64 and decodes it
    vectors = np.array([one.embedding for one in numbers.data], np.float32)
    assert vectors.shape == (36, 384)
    assert np.array_equal(vectors, np.array([one.embedding for one in default.data], np.float32))
    assert np.array_equal(vectors, live.container.encoder.embed(texts))
    assert [one.index for one in numbers.data] == list(range(36))
    assert numbers.model.startswith("all-MiniLM-L6-v2")
    assert numbers.usage.prompt_tokens > 0
    body = {"input": "muon", "encoding_format": "base64"}
    raw = live.person("wire", chamber="read").post("/v1/embeddings", json=body).json()["data"][0]["embedding"]
    assert np.array_equal(np.frombuffer(base64.b64decode(raw), "<f4"), vectors[2])


@pytest.mark.parametrize(
    ("given", "reason"),
    [([1, 2, 3], "token"), ([[1, 2]], "token"), (["a", ""], r"input\[1\]"), ([], "empty"), (["探测器的分辨率"], "language")],
)
def test_what_cannot_be_embedded_is_refused_with_a_reason(one: OpenAI, given: list, reason: str) -> None:
    with pytest.raises(openai.BadRequestError, match=reason):
        one.embeddings.create(model="xiwu-embedding", input=given)


def test_a_batch_of_embeddings_is_bounded(one: OpenAI) -> None:
    with pytest.raises(openai.APIStatusError, match="256"):
        one.embeddings.create(model="xiwu-embedding", input=["x"] * 257)
    with pytest.raises(openai.BadRequestError, match="384"):
        one.embeddings.create(model="xiwu-embedding", input="x", dimensions=100)
