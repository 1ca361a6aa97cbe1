"""The Model Context Protocol where a language model answers slowly and the agent does not wait."""

from __future__ import annotations

from collections.abc import Iterator

import anyio
import pytest
from mcp import Client

from tests import endpoint
from tests.agents import MODES, Talk, over_http, over_stdio
from tests.endpoint import Endpoint
from tests.faces.conftest import Live, serve
from tests.terminal import eventually

CHAT = "Tell me a joke about cats, please."


@pytest.fixture(scope="module")
def talker() -> Iterator[Endpoint]:
    with endpoint.serving() as running:
        running.mode, running.pieces = "trickle", tuple(f"word{n} " for n in range(200))
        yield running


@pytest.fixture(scope="module")
def service(talker: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serve(tmp_path_factory.mktemp("data"), model_url=talker.url, model_name="m") as live:
        live.collection("chamber")
        yield live


def leaving(talker: Endpoint) -> Talk[None]:
    """Ask, and go once the model has begun."""
    talker.requests.clear()
    talker.dropped.clear()

    async def talk(client: Client) -> None:
        async with anyio.create_task_group() as asking:
            asking.start_soon(client.call_tool, "ask", {"question": CHAT, "route": "general"})
            await anyio.to_thread.run_sync(eventually, lambda: talker.requests)
            asking.cancel_scope.cancel()

    return talk


@pytest.mark.parametrize("mode", MODES)
def test_the_model_stops_when_the_agent_leaves(service: Live, talker: Endpoint, mode: str) -> None:
    over_http(service.url, service.key("impatient", chamber="read"), leaving(talker), mode=mode)
    assert talker.dropped.wait(10), "the model is still talking"


def test_the_model_stops_when_an_agent_on_stdin_takes_it_back(service: Live, talker: Endpoint, tmp_path) -> None:
    key, leave = service.key("impatient", chamber="read"), leaving(talker)

    async def talk(client: Client) -> bool:
        await leave(client)
        return await anyio.to_thread.run_sync(talker.dropped.wait, 10)

    assert over_stdio(tmp_path, talk, JITL_URL=service.url, JITL_KEY=key), "the model is still talking"
