"""The client: errors as the service raised them, windows of a batch, pages, events."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx
import pytest

from api import errors as problems
from api import wire
from api.client import Client
from api.wire import WINDOW_BYTES, WINDOW_LINES, encode, windows
from jitl import errors
from jitl.errors import BadInput, Conflict, JitlError, NotFound, Unavailable

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, JitlError)]


def speaking(handler) -> Client:
    return Client(transport=httpx.MockTransport(handler))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_comes_back_as_the_service_raised_it(kind: type[JitlError]) -> None:
    """As itself, or as the nearest ancestor that has a problem type of its own."""
    response = problems.render(kind("What went wrong.", hint="What to do."), "/v1/ask")
    reply = httpx.Response(response.status_code, content=bytes(response.body), headers=dict(response.headers))
    with pytest.raises(JitlError) as caught:
        wire.checked(reply)
    expected = next(row for row in kind.__mro__ if row in problems.TABLE)
    assert type(caught.value) is expected
    assert (caught.value.message, caught.value.hint) == ("What went wrong.", "What to do.")


def test_problems_of_both_sides_have_the_same_types() -> None:
    for kind in set(wire.KINDS.values()):
        slug = wire.problem_of(kind("x"))["type"].rpartition(":")[2]
        assert wire.KINDS[slug] is kind
    ours = {slug for _, slug, _ in problems.TABLE.values()}
    assert ours - {"internal"} <= set(wire.KINDS)


def test_refused_fields_and_the_request_are_named() -> None:
    error = wire.error_of({"type": "urn:jitl:problem:bad-input", "detail": "Bad.", "errors": [{"field": "body.k", "message": "too big"}]})
    assert isinstance(error, BadInput)
    assert "body.k: too big" in error.message
    assert "request 7" in wire.error_of({"type": "x", "detail": "Broken.", "request_id": "7"}).message


@pytest.mark.parametrize("body", [b"<html>proxy</html>", b"[1]", b""])
def test_an_answer_that_is_no_problem_is_an_error_all_the_same(body: bytes) -> None:
    with pytest.raises(Unavailable, match="502"):
        wire.checked(httpx.Response(502, content=body))


def test_names_travel_as_one_segment() -> None:
    assert wire.path("collections", "a/b ?#%", "documents", "../x") == "/v1/collections/a%2Fb%20%3F%23%25/documents/..%2Fx"


def test_events_are_read_as_browsers_read_them() -> None:
    lines = [": ping", "event: token", 'data: {"text":', 'data:  "a"}', "", "", 'data: {"b": 1}', "", "event: done", "data: {}"]
    assert list(wire.events(lines)) == [("token", {"text": "a"}), ("message", {"b": 1})]


def test_a_stream_ends_in_the_error_that_it_tells() -> None:
    body = b'event: token\ndata: {"text": "x"}\n\nevent: error\ndata: {"type": "urn:jitl:problem:unavailable", "detail": "Gone."}\n\n'
    seen = []
    with speaking(lambda _: httpx.Response(200, content=body)) as client, pytest.raises(Unavailable, match="Gone"):
        seen.extend(client.ask_stream("q"))
    with (
        speaking(lambda _: httpx.Response(404, json={"type": "urn:jitl:problem:not-found", "detail": "No."})) as client,
        pytest.raises(NotFound),
    ):
        list(client.ask_stream("q"))


def test_what_is_not_said_is_not_sent() -> None:
    sent = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content))
        return httpx.Response(200, json={"hits": [], "notices": []})

    with speaking(handler) as client:
        client.search("q", collections=None, release="7.1", run=0)
    assert sent == [{"question": "q", "k": 10, "release": "7.1", "run": 0}]


def test_teaching_always_carries_a_key() -> None:
    keys = []

    def handler(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        assert request.extensions["repeatable"]
        return httpx.Response(201, json={"id": "c", "seq": 1, "status": "approved", "conflicts": []})

    with speaking(handler) as client:
        client.teach({"question": "q", "answer": "a"})
        client.teach({"question": "q", "answer": "a"})
        client.teach({"question": "q", "answer": "a"}, key="mine")
    assert keys[0] != keys[1]
    assert keys[2] == "mine"


def test_a_batch_travels_in_windows_and_comes_back_in_order() -> None:
    requests = []

    def handler(request: httpx.Request) -> httpx.Response:
        lines = [json.loads(line) for line in request.content.splitlines()]
        requests.append(len(lines))
        return httpx.Response(200, content="".join(json.dumps({"id": line["id"], "seq": 1}) + "\n" for line in lines))

    with speaking(handler) as client:
        told = list(client.teach_many(({"id": str(n), "question": "q"} for n in range(450)), collection="c"))
    assert [line["id"] for line in told] == [str(n) for n in range(450)]
    assert requests == [WINDOW_LINES, WINDOW_LINES, 50]


def test_a_window_is_bounded_in_bytes() -> None:
    sizes = [sum(map(len, window)) for window in windows(iter([{"text": "x" * (WINDOW_BYTES // 2)}] * 5))]
    assert len(sizes) == 3


def test_fewer_answers_than_lines_are_an_error() -> None:
    with speaking(lambda _: httpx.Response(200, content=b'{"id": "1"}\n')) as client, pytest.raises(Unavailable, match="fewer"):
        list(client.teach_many(iter([{"id": "1"}, {"id": "2"}])))


def test_a_lone_surrogate_travels_for_the_service_to_refuse() -> None:
    assert json.loads(encode({"question": "a\ud800"})) == {"question": "a\ud800"}
    assert encode({"question": "物理"}) == '{"question": "物理"}'.encode()


def test_pages_are_followed_to_the_end() -> None:
    pages = {None: {"corrections": [1, 2], "next": 7}, "7": {"corrections": [3], "next": None}}
    asked = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(dict(request.url.params.multi_items()))
        return httpx.Response(200, json=pages[request.url.params.get("before")])

    since = datetime(2026, 10, 1, tzinfo=UTC)
    with speaking(handler) as client:
        assert list(client.corrections(collections=["a"], since=since)) == [1, 2, 3]
    assert asked == [
        {"collection": "a", "since": "2026-10-01T00:00:00+00:00"},
        {"collection": "a", "since": "2026-10-01T00:00:00+00:00", "before": "7"},
    ]


def test_a_job_is_watched_until_it_is_over() -> None:
    states = iter(["queued", "running", "done"])
    seen = []
    with speaking(lambda _: httpx.Response(200, json={"id": "j", "state": next(states)})) as client:
        assert client.wait_job("j", lambda job: seen.append(job["state"]))["state"] == "done"
    assert seen == ["queued", "running", "done"]


def test_what_is_not_to_be_done_twice_says_so() -> None:
    repeatable = {}

    def handler(request: httpx.Request) -> httpx.Response:
        repeatable[f"{request.method} {request.url.path}"] = request.extensions["repeatable"]
        return httpx.Response(200, json={"keys": [], "job": "j"})

    with speaking(handler) as client:
        client.create_key("bob")
        client.create_collection("c")
        client.keys()
        client.retract("x")
    assert repeatable == {"POST /v1/keys": False, "POST /v1/collections": False, "GET /v1/keys": True, "DELETE /v1/corrections/x": True}


def test_a_service_that_is_not_there_says_how_to_start_one() -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(Unavailable, match="cannot be reached") as caught:
        client.status()
    assert "jitl serve" in caught.value.hint


def test_a_conflict_is_told_apart_from_bad_input() -> None:
    reply = {"type": "urn:jitl:problem:conflict", "detail": "There is one of that name."}
    with speaking(lambda _: httpx.Response(409, json=reply)) as client, pytest.raises(Conflict):
        client.create_collection("c")
