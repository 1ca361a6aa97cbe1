"""Collections."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from api import access, render
from api.auth import Caller
from api.here import Here
from api.schemas import CollectionRequest
from jitl.principals import Right

router = APIRouter(prefix="/v1/collections", tags=["collections"])


@router.post("", status_code=201)
def create_collection(body: CollectionRequest, here: Here, who: Caller) -> dict[str, Any]:
    """Make an empty collection. A `personal` one anybody may make: it is called `~you:name` and nobody else sees it, not even admins."""
    if body.personal:
        made = here.catalogue.create_personal(body.name, who, most=here.settings.personal_collections)
    else:
        access.may_create(who)
        made = here.catalogue.create_collection(body.name, who.id)
    here.trail.note(who.id, "collection.create", made.id)
    return render.collection(made)


@router.get("")
def list_collections(here: Here, who: Caller) -> dict[str, Any]:
    """Those the key may read, by name."""
    return {"collections": [render.collection(info) for info in here.catalogue.collections(who)]}


@router.get("/{c}")
def show_collection(c: str, here: Here, who: Caller) -> dict[str, Any]:
    """One collection, by name or id."""
    return render.collection(access.collection(here.catalogue, who, c))


@router.delete("/{c}", status_code=204)
def delete_collection(c: str, here: Here, who: Caller) -> Response:
    """Hide the collection and all that is in it, at once; what was stored of it is removed afterwards."""
    place = access.collection(here.catalogue, who, c, Right.ADMIN)
    here.catalogue.delete_collection(place.id, who.id)
    here.trail.note(who.id, "collection.delete", place.id)
    here.project()
    return Response(status_code=204)
