"""Pages of other origins: refused by their browsers unless an admin lists them. Keys travel in a header, so no credentials are shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.middleware.cors import CORSMiddleware

if TYPE_CHECKING:
    from collections.abc import Collection

    from fastapi import FastAPI

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
HEADERS: Final = ("*",)  # client libraries send many of their own
SHOWN: Final = ("X-Request-Id", "Retry-After", "WWW-Authenticate", "Content-Disposition", "Mcp-Session-Id")
"""What a page may read of a response's headers, beyond what browsers always show."""


def install(app: FastAPI, origins: Collection[str]) -> None:
    """Call it last: a preflight carries no key, so it must be answered outside the gate. Without origins nothing is installed."""
    if origins:
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=METHODS, allow_headers=HEADERS, expose_headers=SHOWN)
