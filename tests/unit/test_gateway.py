"""Endpoints behind one route: shared load, rest and return, fallback, chat bodies passed through, against real HTTP servers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from pydantic import SecretStr

from jitl.errors import BadInput, MissingPart, Unanswered, Unavailable
from jitl.gateway.fitting import fitted
from jitl.gateway.gateway import Gateway
from jitl.gateway.health import Health
from jitl.gateway.meter import prompt_tokens, thoughtless, words
from jitl.gateway.plan import EndpointPlan, Plan, RoutePlan
from jitl.ports import Message
from jitl.speech import Reached
from tests.endpoint import Endpoint, connect, serving

ASKED = [Message("user", "How many cells?")]
BODY = {"model": "xiwu-general", "messages": [{"role": "user", "content": "How many cells?"}], "stream": True}
DOWN = EndpointPlan("down", "http://127.0.0.1:9/v1", "m-down", retries=0)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Endpoint, Endpoint]]:
    with ExitStack() as stack:
        yield stack.enter_context(serving()), stack.enter_context(serving())


@pytest.fixture
def two(servers: tuple[Endpoint, Endpoint]) -> tuple[Endpoint, Endpoint]:
    for at, endpoint in enumerate(servers):
        endpoint.mode, endpoint.pause_s, endpoint.usage, endpoint.pieces = "well", 0.0, (1, 2), ("from ", "ab"[at])
        endpoint.requests.clear()
    return servers


def plan_of(endpoint: Endpoint, name: str, **more) -> EndpointPlan:
    return EndpointPlan(name, endpoint.url, f"m-{name}", **({"timeout_s": 5.0, "retries": 0} | more))


def gateway(*plans: EndpointPlan, fallback: int = 0, clock=None) -> Gateway:
    """All for every route, the last `fallback` of them as fallbacks."""
    names = [one.name for one in plans]
    route = RoutePlan(tuple(names[: len(names) - fallback]), tuple(names[len(names) - fallback :]))
    made = Gateway(Plan({one.name: one for one in plans}, {"default": route}), connect)
    if clock is not None:
        for name, server in made._servers._servers.items():
            made._servers._servers[name] = type(server)(server.plan, server.transport, Health(clock))
    return made


def ask(models: Gateway) -> str:
    return "".join(models.of("hep").stream(ASKED))


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_load_is_shared(two):
    models = gateway(plan_of(two[0], "a"), plan_of(two[1], "b"))
    assert sorted(ask(models) for _ in range(4)) == ["from a"] * 2 + ["from b"] * 2
    held = models.of("hep").stream(ASKED)
    next(held)
    busy = "a" if len(two[0].requests) > len(two[1].requests) else "b"
    others = {ask(models) for _ in range(3)}
    held.close()
    assert others == {f"from {'b' if busy == 'a' else 'a'}"}, "a second call goes where none is under way"


@pytest.mark.parametrize("mode", ["error", "bad key", "quota", "busy", "empty", "silent"])
def test_one_that_fails_rests_while_the_other_answers_and_comes_back(two, mode):
    clock = Clock()
    a = plan_of(two[0], "a", timeout_s=0.4) if mode == "silent" else plan_of(two[0], "a")
    models = gateway(a, plan_of(two[1], "b"), clock=clock)
    two[0].mode = mode
    assert [ask(models) for _ in range(4)] == ["from b"] * 4, "nobody notices"
    assert len(two[0].requests) == 1, "it rests"
    state = models.standings()[0].state
    assert state.rests_s > 0
    assert state.reason
    two[0].mode = "well"
    clock.now += state.rests_s + 1
    assert "from a" in [ask(models) for _ in range(2)], "it is back"
    assert models.standings()[0].state.failures == 0


def test_rest_grows_and_the_endpoints_own_word_counts(two):
    clock = Clock()
    health = Health(clock)
    rests = []
    for _ in range(9):
        health.failed(Unanswered("no"))
        rests.append(health.state().rests_s)
    assert rests == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    health.well()
    assert health.state().rests_s == 0
    health.failed(Unanswered("busy", rest_s=120))
    assert health.state().rests_s == 120
    health.well()
    health.failed(Unanswered("this question is too long", refused=True))
    assert not health.state().doubtful, "what a request does wrong is no fault of the endpoint"


def test_a_fallback_answers_and_is_named(two):
    two[0].mode = "error"
    models = gateway(plan_of(two[0], "a"), plan_of(two[1], "b"), fallback=1)
    for _ in range(2):
        model = models.of("hep")
        assert "".join(model.stream(ASKED)) == "from b"
        assert model.reached == Reached("m-b", "m-a")
    assert len(two[0].requests) == 1
    two[0].mode = "well"
    well = gateway(plan_of(two[0], "a"), plan_of(two[1], "b"), fallback=1).of("hep")
    assert ("".join(well.stream(ASKED)), well.reached) == ("from a", Reached("m-a"))


def test_a_reply_that_began_is_never_begun_anew_elsewhere(two):
    two[0].mode = "crash"
    models = gateway(plan_of(two[0], "a"), plan_of(two[1], "b"), fallback=1)
    came = []
    with pytest.raises(Unavailable, match="broke off"):
        came.extend(models.of("hep").stream(ASKED))
    replies = models.of("hep").stream(ASKED)
    assert next(replies) == "from ", "from the fallback now: the first rests"
    assert len(two[0].requests) == 1


@pytest.mark.parametrize("mode", ["garbled", "misshapen"])
def test_malformed_chunks_break_a_reply_off_and_nothing_else(two, mode):
    two[0].mode = mode
    with pytest.raises(Unavailable, match="no chunk"):
        ask(gateway(plan_of(two[0], "a", retries=1)))
    assert len(two[0].requests) == 1


def test_where_all_rest_only_those_that_failed_quickly_are_asked_again(two):
    two[0].mode, two[1].mode = "silent", "error"
    models = gateway(plan_of(two[0], "a", timeout_s=0.3), plan_of(two[1], "b"))
    for _ in range(3):
        with pytest.raises(Unavailable):
            ask(models)
    assert (len(two[0].requests), len(two[1].requests)) == (1, 3)
    alone = gateway(plan_of(two[0], "a", timeout_s=0.3))
    with pytest.raises(Unavailable, match="within"):
        ask(alone)
    with pytest.raises(Unavailable, match="rests"):
        ask(alone)


def test_the_reply_of_a_shorter_wait_is_no_fault_of_the_endpoint(two):
    two[0].mode = "silent"
    models = gateway(plan_of(two[0], "a"))
    with pytest.raises(Unavailable, match=r"within 0\.3 s"):
        list(models.of("hep", within_s=0.3).stream(ASKED))
    assert not models.standings()[0].state.doubtful


def test_two_of_which_one_dies_under_load_and_comes_back(two):
    clock = Clock()
    models = gateway(plan_of(two[0], "a", retries=1), plan_of(two[1], "b", retries=1), clock=clock)
    said: list[str] = []

    def client() -> None:
        for _ in range(6):
            said.append(ask(models))  # noqa: PERF401  # one after the other, as they come

    for mode in ("well", "error", "well"):
        two[0].mode = mode
        threads = [threading.Thread(target=client) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        clock.now += 400
    assert len(said) == 72, "not one request failed"
    assert "from a" in said[-24:]


def test_a_chat_body_is_passed_through_with_all_that_it_asks(two):
    tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    asked = {**BODY, "tools": tools, "temperature": 0.7, "stop": ["x"], "max_tokens": 7, "user": None}
    models = gateway(plan_of(two[0], "a", key=SecretStr("sk-1")))
    chunks = list(models.chat("general", asked))
    assert "".join(words(chunk) for chunk in chunks) == "from a"
    assert chunks[-1]["usage"]["completion_tokens"] == 2
    (sent,) = two[0].requests
    assert (sent["model"], sent["tools"], sent["temperature"], sent["stop"], sent["max_tokens"]) == ("m-a", tools, 0.7, ["x"], 7)
    assert (sent["stream_options"], sent["key"], "user" in sent) == ({"include_usage": True}, "sk-1", False)


def test_a_chat_body_asks_for_one_reply_and_cannot_lend_itself_tokens(two):
    models = gateway(plan_of(two[0], "a"))
    list(models.chat("general", {**BODY, "n": 50, "max_tokens": -(10**6)}))
    assert "n" not in two[0].requests[0]
    with pytest.raises(BadInput, match="messages"):
        list(models.chat("general", {"messages": ["hello"]}))


def test_an_endpoint_that_hangs_after_the_end_has_answered(two):
    two[0].mode = "hangs after the end"
    models = gateway(plan_of(two[0], "a", timeout_s=0.4))
    assert ask(models) == "from a"
    assert not models.standings()[0].state.doubtful


def test_a_chat_body_that_no_endpoint_takes_is_the_callers_fault(two):
    two[0].mode = "unknown model"
    models = gateway(plan_of(two[0], "a"))
    with pytest.raises(BadInput, match="400"):
        list(models.chat("general", BODY))
    with pytest.raises(Unavailable):
        ask(models)
    with pytest.raises(MissingPart, match="No model"):
        list(Gateway(Plan(), connect).chat("general", BODY))


def test_only_routes_that_are_planned_have_models(two):
    a = plan_of(two[0], "a")
    models = Gateway(Plan({"a": a}, {"hep": RoutePlan(("a",))}), connect)
    assert models.of("general") is None
    assert models.of("hep") is not None
    assert models.of("jobs") is not None, "work borrows from hep"
    assert models.name("jobs") == f"{two[0].url} m-a"
    assert models.name("general") == ""


def test_the_room_is_that_of_the_smallest_endpoint(two):
    a, b = plan_of(two[0], "a", context=8000, max_tokens=1000), plan_of(two[1], "b", context=4000, max_tokens=1000)
    assert gateway(a, b, fallback=1).of("hep").room == 3000
    assert gateway(a).of("hep", max_tokens=200).room == 7800
    assert gateway(plan_of(two[0], "c")).of("hep").room is None


def test_a_conversation_is_cut_from_its_oldest_turns():
    system, tool = {"role": "system", "content": "Be brief."}, {"role": "tool", "content": "42", "tool_call_id": "1"}
    call = {"role": "assistant", "content": "", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]}
    turns = [{"role": "user", "content": "old " * 300}, call, tool, {"role": "user", "content": "new"}]
    body = {"messages": [system, *turns], "temperature": 1}
    assert fitted(body, None) == body
    assert fitted(body, prompt_tokens(body)) == body
    cut = fitted(body, 60)
    assert cut["messages"] in ([system, call, tool, turns[-1]], [system, turns[-1]])
    assert fitted(body, prompt_tokens({"messages": [system, tool, turns[-1]]}))["messages"] == [system, turns[-1]], (
        "no result without its call"
    )
    assert fitted(body, 1)["messages"] == [system, turns[-1]], "the last turn always goes out"


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        (["<thi", "nk>hm", "m</th", "ink>\n\nYes", "."], "Yes."),
        (["<think>never ends"], ""),
        (["Yes", "."], "Yes."),
        (["<", "b>"], "<b>"),
        ([], ""),
    ],
)
def test_what_a_model_thinks_aloud_is_no_part_of_its_reply(pieces, said):
    assert "".join(thoughtless(iter(pieces))) == said


def test_a_probe_tells_who_is_there(two):
    two[1].mode = "bad key"
    models = gateway(plan_of(two[0], "a"), plan_of(two[1], "b"), DOWN)
    assert [one.state.tried for one in models.standings()] == [False] * 3
    models.probe()
    states = {one.plan.name: one.state for one in models.standings()}
    assert not states["a"].doubtful
    assert (states["b"].reason, states["down"].reason) == ("the endpoint answered with HTTP 401", "the endpoint cannot be reached")
