"""The language-model adapter against a real HTTP server that behaves well and badly."""

from __future__ import annotations

import socket
import sys
import time

import pytest

from jitl.errors import Unavailable
from jitl.ports import Message
from jitl.speech import RoutedModel
from tests.endpoint import Endpoint, gateway, serving

ASKED = [Message("system", "Be brief."), Message("user", "How many cells?")]


@pytest.fixture(scope="module")
def server():
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(server: Endpoint):
    server.mode = "well"
    server.requests.clear()
    server.dropped.clear()
    return server


def model(endpoint: Endpoint, timeout_s: float = 5.0) -> RoutedModel:
    """The endpoint as a route's only one, with no history of failures."""
    return speaking(endpoint.url, timeout_s)


def speaking(url: str, timeout_s: float = 5.0) -> RoutedModel:
    found = gateway(url, key="sk-test", timeout_s=timeout_s).of("hep")
    assert found is not None
    return found


def test_the_reply_comes_in_pieces_and_the_request_says_what_was_asked(endpoint):
    assert tuple(model(endpoint).stream(ASKED)) == endpoint.pieces
    (request,) = endpoint.requests
    assert request["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How many cells?"}]
    assert (request["model"], request["stream"], request["temperature"], request["key"]) == ("xiwu", True, 0, "sk-test")


@pytest.mark.parametrize("mode", ["no done", "no choices last"])
def test_dialects_of_the_protocol_are_tolerated(endpoint, mode):
    endpoint.mode = mode
    assert "".join(model(endpoint).stream(ASKED)) == "".join(endpoint.pieces)


def test_a_passing_error_is_tried_once_more(endpoint):
    endpoint.mode = "error once"
    assert "".join(model(endpoint).stream(ASKED)) == "".join(endpoint.pieces)
    assert len(endpoint.requests) == 2


def test_a_model_that_refuses_our_wishes_is_asked_without_them_from_then_on(endpoint):
    endpoint.mode = "no wishes"
    chat = model(endpoint)
    assert "".join(chat.stream(ASKED)) == "".join(chat.stream(ASKED)) == "".join(endpoint.pieces)
    assert ["max_tokens" in request for request in endpoint.requests] == [True, False, False]


@pytest.mark.parametrize(("mode", "attempts"), [("error", 2), ("unknown model", 1), ("bad key", 1)])
def test_an_error_is_unavailable_and_tells_no_secret(endpoint, mode, attempts):
    endpoint.mode = mode
    with pytest.raises(Unavailable) as raised:
        list(model(endpoint).stream(ASKED))
    assert "HTTP" in str(raised.value)
    assert "secret" not in str(raised.value)
    assert len(endpoint.requests) == attempts


def test_a_spent_quota_is_said_and_not_tried_again(endpoint):
    endpoint.mode = "quota"
    with pytest.raises(Unavailable, match="quota"):
        list(model(endpoint).stream(ASKED))
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("mode", ["cut", "crash", "error inside"])
def test_a_reply_that_breaks_off_gives_what_came_and_then_says_so(endpoint, mode):
    endpoint.mode = mode
    came = []
    with pytest.raises(Unavailable):
        came.extend(model(endpoint).stream(ASKED))
    replies = model(endpoint).stream(ASKED)
    assert next(replies) == endpoint.pieces[0]
    with pytest.raises(Unavailable):
        list(replies)
    assert len(endpoint.requests) == 2, "a reply that began is never asked for again"


def test_an_empty_reply_is_unavailable(endpoint):
    endpoint.mode = "empty"
    with pytest.raises(Unavailable, match="nothing"):
        list(model(endpoint).stream(ASKED))


@pytest.mark.parametrize("mode", ["silent", "stall"])
def test_silence_ends_at_the_timeout_without_a_second_wait(endpoint, mode):
    endpoint.mode = mode
    began = time.monotonic()
    with pytest.raises(Unavailable, match="within"):
        list(model(endpoint, timeout_s=0.4).stream(ASKED))
    assert time.monotonic() - began < 3
    assert len(endpoint.requests) == 1


def test_a_trickle_ends_too(endpoint):
    endpoint.mode, endpoint.pieces = "trickle", ("drop ",) * 100
    try:
        with pytest.raises(Unavailable, match="longer"):
            list(model(endpoint, timeout_s=0.2).stream(ASKED))
    finally:
        endpoint.pieces = Endpoint.pieces


def test_closing_the_stream_cancels_the_request(endpoint):
    endpoint.mode, endpoint.pieces = "trickle", ("drop ",) * 100
    try:
        reply = model(endpoint).stream(ASKED)
        assert next(reply) == "drop "
        reply.close()
        assert endpoint.dropped.wait(5)
    finally:
        endpoint.pieces = Endpoint.pieces


def test_nobody_listening_is_unavailable_at_once():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        began = time.monotonic()
        with pytest.raises(Unavailable, match="reached"):
            list(speaking(url).stream(ASKED))
    assert time.monotonic() - began < 5


def test_building_the_adapter_calls_and_imports_nothing(endpoint):
    loaded = "openai" in sys.modules
    speaking(endpoint.url).stream(ASKED)
    assert endpoint.requests == []
    assert loaded or "openai" not in sys.modules
