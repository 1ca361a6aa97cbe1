"""Places that a collection is read from again and again."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from api import access, render
from api.auth import Caller
from api.here import Here
from api.source_schemas import IntakeRequest, OriginRequest, SyncRequest
from jitl.principals import Right
from jitl.sql.duplicates import Duplicates

router = APIRouter(prefix="/v1/collections", tags=["collections"])


@router.get("/{c}/sources")
def list_sources(c: str, here: Here, who: Caller) -> dict[str, Any]:
    """Where the collection is read from, for those who may fill it; `synced_at` is null until it was read whole."""
    place = access.importable(here.catalogue, who, c)
    return {"sources": [render.origin(one) for one in here.syncing.origins.listed(place.id)]}


@router.post("/{c}/sources", status_code=201)
def add_source(c: str, body: OriginRequest, here: Here, who: Caller) -> dict[str, Any]:
    """List a place: a page, a section of a site, a repository. Nothing is read yet: `POST /v1/collections/{c}/sync` does."""
    place = access.importable(here.catalogue, who, c)
    made = here.syncing.add(place.id, body.address, who)
    here.trail.note(who.id, "source.add", made.id)
    return render.origin(made)


@router.delete("/{c}/sources/{source}", status_code=204)
def remove_source(c: str, source: str, here: Here, who: Caller) -> Response:
    """Take it off the list; what was read from it stays."""
    place = access.importable(here.catalogue, who, c)
    here.syncing.origins.remove(place.id, source)
    here.trail.note(who.id, "source.remove", source)
    return Response(status_code=204)


@router.get("/{c}/duplicates")
def list_duplicates(c: str, here: Here, who: Caller) -> dict[str, Any]:
    """Documents that are nearly the same (mirrors, editions), the latest of each group first; a search shows what they share once."""
    place = access.collection(here.catalogue, who, c)
    return {"groups": [[render.duplicate(one) for one in group] for group in Duplicates(here.db).groups(place.id)]}


@router.put("/{c}/intake")
def set_intake(c: str, body: IntakeRequest, here: Here, who: Caller) -> dict[str, Any]:
    """What the collection asks of what is read into it from now on; what was read before changes when it is read again."""
    place = access.collection(here.catalogue, who, c, Right.ADMIN)
    here.syncing.rules.set_pseudonyms(place.id, body.pseudonyms)
    here.trail.note(who.id, "collection.intake", place.id)
    return {"pseudonyms": body.pseudonyms}


@router.post("/{c}/sync", status_code=202)
def sync(c: str, body: SyncRequest, here: Here, who: Caller) -> dict[str, str]:
    """Read what is new, changed, moved or vanished in the listed places, or in some of them."""
    place = access.importable(here.catalogue, who, c)
    return {"job": here.syncing.submit(here.runner, place.id, body.sources, who, force=body.force)}
