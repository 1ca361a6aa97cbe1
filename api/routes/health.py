"""Alive, ready, what is degraded and what to do about it; the description of all this."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse

import jitl
from api import docs
from api.auth import Caller
from api.here import Here

router = APIRouter(tags=["service"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/readyz", responses={503: {"description": "Questions cannot be answered yet, or not any more."}})
def readyz(here: Here) -> JSONResponse:
    """Each part's state and no more; 503 while questions cannot be answered. `degraded` still answers."""
    parts = here.parts()
    status = overall([part.state for part in parts])
    return JSONResponse(
        {"status": status, "parts": {part.name: part.state for part in parts}}, 503 if status in ("starting", "down") else 200
    )


@router.get("/v1/status")
def status(here: Here, who: Caller, probe: bool = False) -> dict[str, Any]:
    """Each part, its version, what is degraded and what to do about it. `probe` (admins): ask the models' endpoints now."""
    if probe and who.is_admin:
        here.models.probe()
    parts = here.parts()
    shown: dict[str, Any] = {"version": jitl.__version__, "status": overall([part.state for part in parts])}
    shown["profile"] = str(here.settings.profile)
    shown["you"] = {"name": who.name, "roles": sorted(who.roles)}
    if not who.is_admin:  # details name folders and servers of this machine
        return shown | {"parts": [{"name": part.name, "state": part.state, "todo": part.todo} for part in parts]}
    shown["data_dir"] = str(here.settings.data_dir)
    return shown | {"parts": [{"name": p.name, "state": p.state, "detail": p.detail, "todo": p.todo} for p in parts]}


@router.get("/docs", include_in_schema=False)
def show_docs(request: Request) -> HTMLResponse:
    return HTMLResponse(docs.page(request.app.openapi()), headers={"Content-Security-Policy": docs.CSP})


def overall(states: list[str]) -> str:
    """The worst that matters: down, starting, degraded or ready."""
    return next((state for state in ("down", "starting", "degraded") if state in states), "ready")
