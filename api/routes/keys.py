"""Keys and the principals they speak for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response

from api import access, render
from api.auth import Admin, Caller
from api.container import Container
from api.here import Here
from api.schemas import KeyRequest, PersonRequest
from jitl.errors import NotFound
from jitl.principals import ALL_COLLECTIONS, Principal, Right

router = APIRouter(prefix="/v1", tags=["keys"])


@router.post("/keys", status_code=201)
def create_key(body: KeyRequest, here: Here, who: Admin) -> dict[str, Any]:
    """Make a key. `key` is shown in this reply and never again; the service keeps a digest of it only."""
    collections = None if body.collections is None else _by_id(here, who, body.collections)
    issued = here.people.create_key(
        body.principal,
        by=who.id,
        name=body.name,
        roles=body.roles,
        collections=collections,
        rights=frozenset(body.rights),
        expires_at=body.expires_at,
    )
    return render.key(issued.info) | {"key": issued.secret}


@router.get("/keys")
def list_keys(here: Here, who: Caller) -> dict[str, Any]:
    """Your keys; all keys for an admin. Revoked ones are listed too."""
    found = here.people.list_keys(None if who.is_admin else who.id)
    return {"keys": [render.key(info) for info in found]}


@router.delete("/keys/{key}", status_code=204)
def revoke_key(key: str, here: Here, who: Caller) -> Response:
    """Refuse the key from the next request on."""
    info = here.people.key(key)
    if not who.is_admin and info.principal_id != who.id:
        raise NotFound("There is no such key.")
    here.people.revoke(key, by=who.id)
    return Response(status_code=204)


@router.get("/principals")
def list_principals(here: Here, who: Admin) -> dict[str, Any]:
    """Everyone with an account, and what they may do."""
    names = {info.id: info.name for info in here.catalogue.collections(who)}
    return {"principals": [render.person(person, names) for person in here.people.people()]}


@router.put("/principals/{name}")
def set_principal(name: str, body: PersonRequest, here: Here, who: Admin) -> dict[str, Any]:
    """Say what a principal may do; holds from the next request on, for all its keys."""
    names = {info.id: info.name for info in here.catalogue.collections(who)}
    held = _by_id(here, who, body.collections)
    return render.person(here.people.set_person(name, by=who.id, roles=body.roles, collections=held, suspended=body.suspended), names)


def _by_id(here: Container, who: Principal, collections: Mapping[str, Right]) -> dict[str, Right]:
    named = {name: right for name, right in collections.items() if name != ALL_COLLECTIONS}
    held = {access.collection(here.catalogue, who, name).id: right for name, right in named.items()}
    if ALL_COLLECTIONS in collections:
        held[ALL_COLLECTIONS] = collections[ALL_COLLECTIONS]
    return held
