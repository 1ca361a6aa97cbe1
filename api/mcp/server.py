"""The protocol itself: the only file that imports its library, and only when somebody speaks it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from anyio import CancelScope
from pydantic import ValidationError

import jitl
from api.mcp import resources
from api.mcp.desk import Place
from api.mcp.tools import TOOLS, Steps, Told, Tool
from api.streaming import in_thread, once_begun
from jitl.errors import BadInput, JitlError

if TYPE_CHECKING:
    from mcp.server import Server as AnyServer
    from mcp.server import ServerRequestContext
    from mcp_types import (
        CallToolRequestParams,
        CallToolResult,
        ListResourcesResult,
        ListResourceTemplatesResult,
        ListToolsResult,
        PaginatedRequestParams,
        ReadResourceRequestParams,
        ReadResourceResult,
    )
    from starlette.types import Receive, Scope, Send

    Context = ServerRequestContext[Any, Any]
    Server = AnyServer[Any]

log = logging.getLogger(__name__)

BY_NAME: Final = {tool.name: tool for tool in TOOLS}
INSTRUCTIONS: Final = (
    "The knowledge of a high-energy-physics collaboration: its documents, and what experts corrected. Prefer `ask` for an answer with"
    " sources, and `search` with `fetch` to read for yourself; cite the urls. When a person tells you that an answer is wrong, offer to"
    " `teach` the right one."
)


def build(place_of: Callable[[Any], Place]) -> Server:
    """A server without state: whose desk a request goes to is read from its context alone."""
    from mcp.server import Server as AnyServer

    async def list_tools(_: Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return _listed()

    async def call_tool(context: Context, params: CallToolRequestParams) -> CallToolResult:
        return await _called(place_of(context), params.name, params.arguments or {})

    async def list_resources(context: Context, params: PaginatedRequestParams | None) -> ListResourcesResult:
        return await _resources(place_of(context), params.cursor if params else None)

    async def list_templates(_: Context, __: PaginatedRequestParams | None) -> ListResourceTemplatesResult:
        return _templates()

    async def read_resource(context: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        return await _read(place_of(context), params.uri)

    return AnyServer(
        "jitl",
        version=jitl.__version__,
        title="JITL",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
    )


async def answer_http(server: Server, scope: Scope, receive: Receive, send: Send) -> None:
    """One request over streamable HTTP. No session is kept: what it needs begins and ends with it."""
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    size = 2**40  # the gate has bounded the body already
    manager = StreamableHTTPSessionManager(server, stateless=True, max_request_body_size=size)
    async with manager.run():
        await manager.handle_request(scope, receive, send)


async def answer_stdio(server: Server) -> None:
    """Speak on stdin and stdout until stdin ends."""
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


@cache
def _listed() -> ListToolsResult:
    from mcp_types import ListToolsResult, ToolAnnotations
    from mcp_types import Tool as Described

    return ListToolsResult(
        tools=[
            Described(
                name=tool.name,
                title=tool.title,
                description=tool.description,
                input_schema=tool.takes.model_json_schema(),
                output_schema=tool.returns.model_json_schema(),
                annotations=ToolAnnotations(
                    title=tool.title, read_only_hint=tool.reads, destructive_hint=False, idempotent_hint=tool.reads, open_world_hint=False
                ),
            )
            for tool in TOOLS
        ]
    )


async def _called(place: Place, name: str, arguments: dict[str, Any]) -> CallToolResult:
    """What goes wrong is told in the result, where the agent reads it."""
    from mcp_types import CallToolResult, TextContent

    tool = _tool(name)
    try:
        told = await _run(tool, place, arguments)
    except JitlError as error:
        return CallToolResult(content=[TextContent(text=f"{error.message} {error.hint}".strip())], is_error=True)
    except Exception:  # isolation: what it was stands in the log alone
        log.exception("the tool %s failed", name)
        return CallToolResult(content=[TextContent(text="Something went wrong here; the service's log tells more.")], is_error=True)
    return CallToolResult(content=[TextContent(text=told.text)], structured_content=dict(told.value))


def _tool(name: str) -> Tool:
    from mcp.shared.exceptions import MCPError
    from mcp_types import INVALID_PARAMS

    if name not in BY_NAME:
        raise MCPError(INVALID_PARAMS, f"There is no tool {name!r}.")
    return BY_NAME[name]


async def _run(tool: Tool, place: Place, arguments: dict[str, Any]) -> Told:
    try:
        said = tool.takes.model_validate(arguments)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False, include_url=False))
        raise BadInput(f"Some arguments are not what they should be: {wrong}.") from None
    steps = tool.run(place, said.model_dump(mode="json", exclude_none=True))
    try:
        told = await in_thread(partial(_next, steps))
        while told is None:  # between two steps the client may leave
            told = await once_begun(partial(_next, steps))
    finally:
        with CancelScope(shield=True):  # lets go of the model's connection, also when the client has left
            await once_begun(steps.close)
    return told


def _next(steps: Steps) -> Told | None:
    return next(steps)


async def _resources(place: Place, cursor: str | None) -> ListResourcesResult:
    from mcp.shared.exceptions import MCPError
    from mcp_types import INVALID_PARAMS, ListResourcesResult, Resource

    try:
        page = await in_thread(partial(resources.listed, place, cursor))
    except JitlError as error:
        raise MCPError(INVALID_PARAMS, error.message) from None
    fields = ("uri", "name", "title", "description")
    found = [Resource(mime_type=resources.MIME, **{field: getattr(one, field) for field in fields}) for one in page.resources]
    return ListResourcesResult(resources=found, next_cursor=page.following)


def _templates() -> ListResourceTemplatesResult:
    from mcp_types import ListResourceTemplatesResult, ResourceTemplate

    about = "The text of a document that you may read, by its id."
    shown = ResourceTemplate(
        uri_template=resources.TEMPLATE, name="document", title="Document", description=about, mime_type=resources.MIME
    )
    return ListResourceTemplatesResult(resource_templates=[shown])


async def _read(place: Place, uri: str) -> ReadResourceResult:
    from mcp.shared.exceptions import MCPError
    from mcp_types import INVALID_PARAMS, ReadResourceResult, TextResourceContents

    try:
        text = await in_thread(partial(resources.read, place, uri))
    except JitlError as error:
        raise MCPError(INVALID_PARAMS, error.message, {"uri": uri}) from None
    return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type=resources.MIME, text=text)])
