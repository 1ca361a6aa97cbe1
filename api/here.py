"""What every route asks for: the container, and an address that says nothing unknown."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.routing import APIRoute

from api.container import Container
from jitl.errors import BadInput


async def container_of(request: Request) -> Container:
    return cast("Container", request.app.state.container)


async def known_parameters(request: Request) -> None:
    """Refuses query parameters that the route does not know: a misspelt filter must not silently widen a list."""
    route = request.scope.get("route")
    assert isinstance(route, APIRoute)
    known = {field.alias for field in route.dependant.query_params}  # no dependency of ours reads the address
    if unknown := set(request.query_params) - known:
        raise BadInput(f"Unknown query parameters: {', '.join(sorted(unknown))}.", hint="See /docs.")


Here = Annotated[Container, Depends(container_of)]
