"""The experts' inbox: questions that nothing good was found for."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api import access, render
from api.auth import Caller
from api.container import Container
from api.here import Here
from feedback.inbox import Reach
from jitl.principals import Principal

router = APIRouter(prefix="/v1/inbox", tags=["feedback"])


@router.get("")
def show_inbox(
    here: Here,
    who: Caller,
    collection: Annotated[list[str] | None, Query(max_length=100, description="Names or ids; left out: all you may teach in.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Questions with a thumb down or without an answer, alike ones together, the most asked first. For experts and admins.

    A line leaves when a correction answers its question. Questions of keys with `no_logging` are never here. `complete: false`: more
    wait than there was time to look at; ask again.
    """
    found = here.inbox.items(_reach(here, who, collection), limit=limit)
    return {"items": [render.inbox_item(one) for one in found.items], "complete": found.complete}


@router.post("/{item}/dismiss")
def dismiss_item(item: str, here: Here, who: Caller) -> dict[str, Any]:
    """Show this question in the inbox no more."""
    here.inbox.dismiss(item, _reach(here, who, None), who.id)
    here.trail.note(who.id, "inbox.dismiss", item)
    return {"id": item, "dismissed": True}


def _reach(here: Container, who: Principal, collection: list[str] | None) -> Reach:
    taught = frozenset(place.id for place in access.taught(here.catalogue, who, collection))
    return Reach(frozenset(here.catalogue.readable(who, None)), taught)
