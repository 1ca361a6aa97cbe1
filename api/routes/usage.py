"""What models cost, and what may be spent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from api.auth import Admin, Caller
from api.here import Here
from api.model_schemas import CapRequest
from api.schemas import Moment
from jitl.gateway.plan import Cap

router = APIRouter(prefix="/v1", tags=["usage"])

Scope = Literal["key", "person", "collection"]


@router.get("/usage")
def usage(here: Here, who: Caller, since: Annotated[Moment | None, Query(description="Default: 30 days ago.")] = None) -> dict[str, Any]:
    """Calls of language models, their tokens and what they cost: by your keys and on the collections that you administer.

    An admin sees every key, person, collection, route, endpoint and model. `estimated`: calls whose endpoint did not tell its tokens.
    """
    return here.spending.report(who, since or datetime.now(UTC) - timedelta(days=30))


@router.put("/usage/caps/{scope}/{name}")
def set_cap(scope: Scope, name: str, body: CapRequest, here: Here, who: Admin) -> dict[str, Any]:
    """Say what a key (by id), a person or a collection may spend. A call that could go beyond is refused with 429."""
    return here.spending.put(who, scope, name, Cap(body.tokens, body.money, body.per))


@router.delete("/usage/caps/{scope}/{name}")
def default_cap(scope: Scope, name: str, here: Here, who: Admin) -> dict[str, Any]:
    """Back to the cap of models.toml, where it has one."""
    return here.spending.put(who, scope, name, None)
