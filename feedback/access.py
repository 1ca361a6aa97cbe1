"""Who may do what with a correction. What a caller may not read does not exist for them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jitl.errors import NotAllowed, NotFound
from jitl.principals import Principal, Right
from jitl.sql.tables import collections, corrections


def standing(principal: Principal, collection_id: str) -> str:
    """The status that what this principal teaches there gets. Raises `NotFound` where they may not even read."""
    if not principal.may(Right.READ, collection_id):
        raise NotFound("No such collection.")
    return "approved" if principal.speaks_for(collection_id) else "proposed"


def readable(connection: Connection, correction_id: str, principal: Principal) -> Any:
    """The correction's state row, where the principal may read it; else `NotFound`."""
    found = sa.select(corrections).join(collections, collections.c.id == corrections.c.collection_id)
    row = connection.execute(found.where(corrections.c.id == correction_id, collections.c.deleted_at.is_(None))).first()
    if row is None or not principal.may(Right.READ, row.collection_id):
        raise NotFound("No such correction.", hint="`jitl corrections list` lists those there are.")
    return row


def require_change(row: Any, principal: Principal, deed: str) -> None:
    """Its author, an expert who may teach there, or who administers the collection."""
    if row.author_id != principal.id and not principal.speaks_for(row.collection_id) and not principal.may(Right.ADMIN, row.collection_id):
        raise NotAllowed(f"Only its author or an expert of the collection may {deed} this correction.")


def require_expert(row: Any, principal: Principal) -> None:
    """An expert who may teach there."""
    if not principal.speaks_for(row.collection_id):
        raise NotAllowed("Only an expert of the collection may do this.", hint="Ask one of its experts.")


def require_review(row: Any, principal: Principal) -> None:
    """An expert who may teach there, and never the author."""
    if not principal.speaks_for(row.collection_id):
        raise NotAllowed("Only an expert of the collection may review this correction.")
    if row.author_id == principal.id:
        raise NotAllowed("Nobody reviews their own correction.", hint="Ask another expert.")
