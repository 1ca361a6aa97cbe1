"""From the names in a request to the things they stand for, as far as the caller may see them.

What the caller may not see does not exist (`NotFound`); what it sees but may not change is refused (`NotAllowed`).
"""

from __future__ import annotations

from collections.abc import Sequence

from jitl.errors import BadInput, Conflict, NotAllowed, NotFound
from jitl.principals import ALL_COLLECTIONS, Principal, Right, is_personal
from jitl.sql.catalogue import Catalogue, CollectionInfo
from jitl.sql.documents import DocumentInfo


def collection(catalogue: Catalogue, principal: Principal, name: str, right: Right = Right.READ) -> CollectionInfo:
    """The living collection of that name or id."""
    found = catalogue.collection(name)
    if found is None or not principal.may(Right.READ, found.id):
        raise NotFound(f"There is no collection {name!r}.", hint="`jitl collections list` (GET /v1/collections) lists those you may read.")
    if not principal.may(right, found.id):
        raise NotAllowed(f"You may not {_DEED[right]} {found.name!r}.", hint=f"Ask an admin for the right {str(right)!r} on it.")
    return found


def importable(catalogue: Catalogue, principal: Principal, name: str) -> CollectionInfo:
    """A collection that the caller may fill: its admin, or a key with the right `import` whose owner may teach there."""
    may_import = "import" in principal.key_rights
    return collection(catalogue, principal, name, Right.TEACH if may_import else Right.ADMIN)


def proposable(catalogue: Catalogue, principal: Principal, name: str | None) -> CollectionInfo:
    """Where what the caller says goes: the named collection, if they may read it; else the only one they may teach in, or read.

    Who may not teach there proposes: it is shown beside answers, labelled, and has no authority until an expert approves it.
    """
    if name is not None:
        return collection(catalogue, principal, name)
    readable = catalogue.collections(principal)
    readable = [info for info in readable if not is_personal(info.id)] or readable
    places = [info for info in readable if principal.may(Right.TEACH, info.id)] or readable
    if len(places) != 1:
        what = "You may teach in no collection." if not places else "You may teach in several collections."
        raise BadInput(what, hint="Name the collection: `collection`.")
    return places[0]


def taught(catalogue: Catalogue, principal: Principal, names: Sequence[str] | None) -> list[CollectionInfo]:
    """The named collections, or all that the caller may teach in: for experts and admins, who care for what is taught there."""
    if not (principal.is_expert or principal.is_admin):
        raise NotAllowed("This is for experts and admins.", hint="Ask an admin of this service for the role.")
    if names is not None:
        return [collection(catalogue, principal, name, Right.TEACH) for name in dict.fromkeys(names)]
    return [info for info in catalogue.collections(principal) if principal.may(Right.TEACH, info.id)]


def may_create(principal: Principal) -> None:
    """New collections are made by admins and by those who administer all of them."""
    if not principal.is_admin and principal.grants.get(ALL_COLLECTIONS) is not Right.ADMIN:
        raise NotAllowed("You may not make collections.", hint="Ask an admin of this service.")


def document(catalogue: Catalogue, principal: Principal, place: CollectionInfo | None, name: str) -> DocumentInfo:
    """The document of that name or id in the place, or in any collection that the caller may read."""
    if place is not None:
        found = [catalogue.document(place.id, name)]
    else:
        found = [catalogue.document(info.id, name) for info in catalogue.collections(principal)]
    documents = [info for info in found if info is not None]
    if not documents:
        raise NotFound(f"There is no document {name!r}.")
    if len(documents) > 1:
        raise Conflict(f"Several collections have a document {name!r}.", hint="Name one: ?collection=...")
    return documents[0]


_DEED = {Right.READ: "read", Right.TEACH: "teach in", Right.ADMIN: "administer"}
