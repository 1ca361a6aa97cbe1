"""The HTTP application: routes over a container that was built before."""

from __future__ import annotations

from fastapi import Depends, FastAPI
from starlette.routing import Route

import jitl
from api import cors, errors, limits, openapi
from api.auth import Gate
from api.container import Container
from api.here import known_parameters
from api.mcp.http import PATH, Mcp
from api.routes import (
    answers,
    ask,
    calibration,
    collections,
    compare,
    corrections,
    documents,
    exports,
    extraction,
    fission,
    graph,
    health,
    hepai,
    inbox,
    jobs,
    keys,
    lessons,
    lifecycle,
    openai,
    ragflow,
    ragflow_chunks,
    replay,
    sources,
    upkeep,
    usage,
)

ROUTES = (
    ask,
    compare,
    usage,
    lessons,
    lifecycle,
    calibration,
    corrections,
    answers,
    inbox,
    exports,
    replay,
    fission,
    graph,
    extraction,
    collections,
    sources,
    documents,
    jobs,
    keys,
    upkeep,
    health,
)

FACES = (ragflow_chunks, ragflow, hepai)
"""Spoken by clients that were written for another service: what they send beside is left alone."""

DESCRIPTION = """\
Reads what a collaboration has written, answers from it with sources, and learns from an expert's correction at once.

Every address but `/healthz`, `/readyz`, `/docs` and `/openapi.json` needs `Authorization: Bearer KEY`. Errors are problem details
(RFC 9457, `application/problem+json`). What a key may not see does not exist for it: 404, never 403. Unknown fields of a body are
refused.

What clients of other services speak (`/v1/chat/completions` and its kin, `/apiv2` for HepAI, `/api/v1` for RAGFlow) refuses in their
forms and leaves alone what it does not know. Agents speak the Model Context Protocol at `/mcp` (streamable HTTP, no sessions).
"""


def create_app(container: Container) -> FastAPI:
    """Serve this on TCP; on the data folder's own socket serve `api.auth.as_owner(create_app(container))`."""
    app = FastAPI(
        title="JITL",
        version=jitl.__version__,
        description=DESCRIPTION,
        docs_url=None,  # the framework's page loads its scripts from another host
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.container = container
    settings = container.settings
    caps = limits.Caps(settings.max_body_bytes, settings.max_batch_bytes, settings.max_upload_bytes)
    app.add_middleware(Gate, people=container.people, caps=caps)
    errors.install(app)
    for routes in ROUTES:
        app.include_router(routes.router, responses=openapi.PROBLEMS, dependencies=[Depends(known_parameters)])
    for routes in FACES:
        app.include_router(routes.router, responses=routes.REFUSALS)
    for prefix in openai.PREFIXES:
        app.include_router(openai.router, prefix=prefix, responses=openai.REFUSALS)
    app.router.routes.append(Route(PATH, Mcp(container)))
    cors.install(app, settings.cors_origins)
    app.openapi = lambda: openapi.described(app)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app
