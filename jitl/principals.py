"""Who asks, and what they may."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

ALL_COLLECTIONS = "*"
"""The grant that covers every collection, those yet to come included."""


class Role(enum.StrEnum):
    """What a principal may do in general; collections are granted apart."""

    READER = "reader"
    EXPERT = "expert"  # corrections are authoritative at once, may review
    ADMIN = "admin"  # keys, principals, every collection


class Right(enum.StrEnum):
    """What a grant allows on one collection; each includes those before it."""

    READ = "read"
    TEACH = "teach"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `grants` maps collection ids (or ALL_COLLECTIONS) to the strongest right held there."""

    id: str
    name: str
    roles: frozenset[Role]
    grants: Mapping[str, Right]
    key_id: str | None = None
    key_rights: frozenset[str] = frozenset()  # acts_for, import, no_logging, plain_answers

    @property
    def is_admin(self) -> bool:
        return Role.ADMIN in self.roles

    @property
    def is_expert(self) -> bool:
        return Role.EXPERT in self.roles

    @property
    def opted_out(self) -> bool:
        """Nothing that is said through this key is kept for learning, nor exported."""
        return "no_logging" in self.key_rights

    def may(self, right: Right, collection_id: str) -> bool:
        """Whether the caller holds `right` (or a stronger one) on the collection."""
        order = tuple(Right)
        held = [self.grants[key] for key in (ALL_COLLECTIONS, collection_id) if key in self.grants]
        return self.is_admin or any(order.index(h) >= order.index(right) for h in held)
