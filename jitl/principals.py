"""Who asks, and what they may."""

from __future__ import annotations

import enum
import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

ALL_COLLECTIONS = "*"
"""The grant that covers every collection, those yet to come included."""


_PERSONAL = "8"  # a UUID's version digit where the others are random, version 4


def personal_id(owner_id: str) -> str:
    """A new id for a collection of that principal's own.

    The id itself says whose it is (60 bits of a digest): every check of a right sees it, none needs to look it up, no grant opens it.
    """
    digits = uuid.uuid4().hex
    return str(uuid.UUID(digits[:12] + _PERSONAL + digits[13:17] + _owner_part(owner_id)))


def personal_like(owner_id: str | None = None) -> str:
    """A LIKE pattern of those ids; of the personal collections of one owner."""
    part = "_" * 15 if owner_id is None else _owner_part(owner_id)
    return f"{'_' * 14}{_PERSONAL}{'_' * 5}{part[:3]}_{part[3:]}"


def owns(principal_id: str, collection_id: str) -> bool:
    """Whether it is a personal collection of that principal."""
    return is_personal(collection_id) and collection_id.replace("-", "")[17:] == _owner_part(principal_id)


def is_personal(collection_id: str) -> bool:
    """Whether the collection is one principal's own: nobody else sees it, not even admins."""
    return len(collection_id) == 36 and collection_id[14] == _PERSONAL


@lru_cache(maxsize=4096)
def _owner_part(owner_id: str) -> str:
    return hashlib.sha256(b"personal:" + owner_id.encode()).hexdigest()[:15]


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
        """Whether the caller holds `right` (or a stronger one) on the collection; on personal ones the owner holds all, others none."""
        if is_personal(collection_id):
            return owns(self.id, collection_id)
        order = tuple(Right)
        held = [self.grants[key] for key in (ALL_COLLECTIONS, collection_id) if key in self.grants]
        return self.is_admin or any(order.index(h) >= order.index(right) for h in held)

    def speaks_for(self, collection_id: str) -> bool:
        """Whether what the caller teaches there has authority at once: an expert who may teach, and the owner of a personal one."""
        return self.may(Right.TEACH, collection_id) and (self.is_expert or is_personal(collection_id))
