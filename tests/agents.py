"""An agent: the protocol's own client, asked from tests that are not asynchronous."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import anyio
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult

from tests.data import ROOT

Result = TypeVar("Result")
Talk = Callable[[Client], Awaitable[Result]]
MODES = ("legacy", "auto")  # the handshake of older clients, and none


def over_http(url: str, key: str | None, talk: Talk[Result], *, mode: str = "auto", headers: Mapping[str, str] | None = None) -> Result:
    async def spoken() -> Result:
        given = dict(headers or {}) | ({"Authorization": f"Bearer {key}"} if key else {})
        http = httpx2.AsyncClient(headers=given, timeout=60, trust_env=False)
        async with http, Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode) as client:
            return await talk(client)

    return anyio.run(spoken)


def over_stdio(data: Path, talk: Talk[Result], *arguments: str, mode: str = "auto", **environment: str) -> Result:
    command = ["-m", "api.cli.main", "--data", str(data), "mcp", *arguments]
    server = StdioServerParameters(command=sys.executable, args=command, env={"PYTHONPATH": str(ROOT), **environment})

    async def spoken() -> Result:
        async with Client(server, mode=mode) as client:
            return await talk(client)

    return anyio.run(spoken)


def call(name: str, **arguments: Any) -> Talk[CallToolResult]:
    return lambda client: client.call_tool(name, arguments)


def refused(ask: Talk[Any]) -> Talk[str]:
    """What is asked is an error of the protocol; its words."""

    async def talk(client: Client) -> str:
        with pytest.raises(MCPError) as caught:
            await ask(client)
        return str(caught.value)

    return talk


def value(result: CallToolResult) -> dict[str, Any]:
    """What a call that succeeded returns to programs."""
    assert not result.is_error, result.content[0].text
    return result.structured_content


def text(result: CallToolResult) -> str:
    (block,) = result.content
    return block.text


def said(result: CallToolResult) -> dict[str, Any]:
    """What is returned as JSON in text."""
    return json.loads(text(result))
