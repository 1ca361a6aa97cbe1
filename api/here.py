"""The container, as routes ask for it."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from api.container import Container


def container_of(request: Request) -> Container:
    return cast("Container", request.app.state.container)


Here = Annotated[Container, Depends(container_of)]
