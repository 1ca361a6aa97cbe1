"""Principals, what they may do, and the keys that speak for them.

A key is 256 random bits, so one round of SHA-256 protects it at rest: there is nothing to guess. Every check reads SQL: what is
revoked, suspended or expired is refused at the next request, whichever process serves it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from jitl.errors import BadInput, Conflict, NotAllowed, NotFound, Unauthenticated
from jitl.principals import ALL_COLLECTIONS, Principal, Right, Role
from jitl.sql import audit
from jitl.sql.engine import Database
from jitl.sql.tables import grants, keys, principals

PREFIX: Final = "jitl_"
KEY_RIGHTS: Final = frozenset({"acts_for", "import", "no_logging", "plain_answers"})

OWNER: Final = Principal(
    id="00000000-0000-4000-8000-000000000001",
    name="owner",
    roles=frozenset({Role.ADMIN, Role.EXPERT}),
    grants={ALL_COLLECTIONS: Right.ADMIN},
)
"""Who reaches the service through the data folder itself: its files are theirs, so everything is."""


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A key as people may see it; the key itself is shown once, when it is made."""

    id: str
    name: str
    principal_id: str
    principal: str
    rights: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """`secret` exists here only: it can be neither read back nor recovered."""

    info: KeyInfo
    secret: str


@dataclass(frozen=True, slots=True)
class Person:
    """A principal as admins see it."""

    id: str
    name: str
    roles: frozenset[Role]
    grants: Mapping[str, Right]
    created_at: datetime
    suspended_at: datetime | None


class People:
    """Who may ask what. Safe to call from several threads."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def authenticate(self, key: str) -> Principal:
        """Who the key speaks for; `Unauthenticated` says the same whatever is wrong with it."""
        digest = digest_of(key)
        with self._db.read() as connection:
            statement = sa.select(keys, principals.c.name.label("who"), principals.c.roles, principals.c.suspended_at)
            row = connection.execute(statement.join(principals).where(keys.c.digest == digest)).first()
            if row is None or not hmac.compare_digest(row.digest, digest) or not _usable(row):
                raise Unauthenticated("This key is not valid.", hint="Ask an admin for a key: `jitl keys create`.")
            held = _grants(connection, row.principal_id)
        return Principal(
            id=row.principal_id,
            name=row.who,
            roles=frozenset(Role(role) for role in row.roles),
            grants=held,
            key_id=row.id,
            key_rights=frozenset(row.rights),
        )

    def acting_for(self, front: Principal, person: str) -> Principal:
        """`person` through the key of `front` (which has the right `acts_for`): allowed is what both are allowed."""
        try:
            who = self.person(person)
        except NotFound:
            who = None
        if who is None or who.suspended_at is not None:
            raise NotAllowed("The person named in the header has no account here.", hint="An admin adds one: PUT /v1/principals/{name}.")
        theirs = Principal(id=who.id, name=who.name, roles=who.roles, grants=who.grants)
        return replace(
            theirs,
            roles=front.roles & theirs.roles,
            grants=intersection(front, theirs),
            key_id=front.key_id,
            key_rights=front.key_rights - {"import"},
        )

    def create_first_admin(self) -> str | None:
        """The first key ever, for an admin who is an expert too; None where a key was ever made."""
        with self._db.exclusive("first key"), self._db.write() as connection:
            if connection.scalar(sa.select(sa.func.count()).select_from(keys)):
                return None
            row = _person(connection, "admin")
            who = row.id if row is not None else _add(connection, "admin", (Role.ADMIN, Role.EXPERT), {})
            return _issue(connection, who, "first admin key", frozenset(), None, OWNER.id)[1]

    def create_key(
        self,
        principal: str,
        *,
        by: str,
        name: str = "",
        roles: Sequence[Role] | None = None,
        collections: Mapping[str, Right] | None = None,
        rights: frozenset[str] = frozenset(),
        expires_at: datetime | None = None,
    ) -> IssuedKey:
        """A key for the principal of that name, who is made where there is none yet.

        `roles` and `collections` describe a new principal; for one that exists they must say what already is (`Conflict`), so
        that a second key never changes what the first one may do.
        """
        if unknown := rights - KEY_RIGHTS:
            raise BadInput(f"Unknown rights of a key: {', '.join(sorted(unknown))}.", hint=f"Known: {', '.join(sorted(KEY_RIGHTS))}.")
        if expires_at is not None and expires_at <= datetime.now(UTC):
            raise BadInput("The key would have expired already.", hint="Give a time to come.")
        with self._db.write() as connection:
            row = _person(connection, principal)
            if row is None:
                who = _add(connection, principal, roles or (Role.READER,), collections or {})
                audit.record(connection, by, "principal.create", who)
            else:
                who = row.id
                same = (roles is None or set(roles) == set(row.roles)) and (
                    collections is None or dict(collections) == _grants(connection, who)
                )
                if not same:
                    raise Conflict(f"{principal} exists with other rights.", hint="Change them with PUT /v1/principals/{name} first.")
            key_id, secret = _issue(connection, who, name, rights, expires_at, by)
        return IssuedKey(self.key(key_id), secret)

    def set_person(
        self,
        name: str,
        *,
        by: str,
        roles: Sequence[Role],
        collections: Mapping[str, Right],
        suspended: bool = False,
    ) -> Person:
        """Make the principal, or say anew what it may do. Holds from the next request on, for all its keys."""
        with self._db.write() as connection:
            row = _person(connection, name)
            if row is None:
                who = _add(connection, name, roles, collections)
            else:
                who = row.id
                connection.execute(grants.delete().where(grants.c.principal_id == who))
                _grant(connection, who, collections)
            now = datetime.now(UTC)
            values = {"roles": sorted(set(roles)), "suspended_at": now if suspended else None}
            connection.execute(principals.update().where(principals.c.id == who).values(values))
            detail = {"roles": sorted(set(roles)), "collections": {key: str(right) for key, right in collections.items()}}
            audit.record(connection, by, "principal.set", who, detail | {"suspended": suspended})
        return self.person(name)

    def grant(self, principal_id: str, collection_id: str, right: Right, *, by: str) -> None:
        """Give one right on one collection; an existing one there is replaced."""
        with self._db.write() as connection:
            where = (grants.c.principal_id == principal_id) & (grants.c.collection_id == collection_id)
            connection.execute(grants.delete().where(where))
            _grant(connection, principal_id, {collection_id: right})
            audit.record(connection, by, "grant", principal_id, {"collection": collection_id, "right": str(right)})

    def person(self, name: str) -> Person:
        """`NotFound` where there is none of that name."""
        with self._db.read() as connection:
            row = _person(connection, name)
            if row is None:
                raise NotFound(f"There is no principal named {name}.")
            return _as_person(connection, row)

    def people(self) -> list[Person]:
        with self._db.read() as connection:
            return [_as_person(connection, row) for row in connection.execute(sa.select(principals).order_by(principals.c.name)).all()]

    def key(self, key_id: str) -> KeyInfo:
        with self._db.read() as connection:
            row = connection.execute(_listing().where(keys.c.id == key_id)).first()
        if row is None:
            raise NotFound("There is no such key.")
        return _as_key(row)

    def list_keys(self, principal_id: str | None = None) -> list[KeyInfo]:
        """Newest first, revoked ones included; of one principal or of all."""
        statement = _listing().order_by(keys.c.created_at.desc(), keys.c.id)
        if principal_id is not None:
            statement = statement.where(keys.c.principal_id == principal_id)
        with self._db.read() as connection:
            return [_as_key(row) for row in connection.execute(statement)]

    def revoke(self, key_id: str, *, by: str) -> None:
        """Refused from the next request on. Revoking twice is no error."""
        with self._db.write() as connection:
            where = (keys.c.id == key_id) & keys.c.revoked_at.is_(None)
            if connection.execute(keys.update().where(where).values(revoked_at=datetime.now(UTC))).rowcount:
                audit.record(connection, by, "key.revoke", key_id)


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def intersection(one: Principal, other: Principal) -> dict[str, Right]:
    """What both hold, collection by collection; being an admin counts as holding everything."""
    order = tuple(Right)

    def held(who: Principal, collection: str) -> int:
        if who.is_admin:
            return order.index(Right.ADMIN)
        return max((order.index(who.grants[key]) for key in {ALL_COLLECTIONS, collection} if key in who.grants), default=-1)

    both = {key: min(held(one, key), held(other, key)) for key in {ALL_COLLECTIONS, *one.grants, *other.grants}}
    return {key: order[level] for key, level in both.items() if level >= 0}


def _usable(row: sa.Row[Any]) -> bool:
    return row.revoked_at is None and row.suspended_at is None and (row.expires_at is None or row.expires_at > datetime.now(UTC))


def _person(connection: Connection, name: str) -> sa.Row[Any] | None:
    return connection.execute(sa.select(principals).where(principals.c.name == name)).first()


def _grants(connection: Connection, principal_id: str) -> dict[str, Right]:
    rows = connection.execute(sa.select(grants).where(grants.c.principal_id == principal_id))
    return {row.collection_id: Right(row.right) for row in rows}


def _add(connection: Connection, name: str, roles: Sequence[Role], collections: Mapping[str, Right]) -> str:
    if not name.strip() or name == OWNER.name:
        raise BadInput(f"A principal cannot be called {name!r}.")
    who = str(uuid.uuid4())
    values = {"id": who, "name": name, "roles": sorted(set(roles)), "created_at": datetime.now(UTC)}
    connection.execute(principals.insert().values(values))
    _grant(connection, who, collections)
    return who


def _grant(connection: Connection, principal_id: str, collections: Mapping[str, Right]) -> None:
    for collection, right in collections.items():
        connection.execute(grants.insert().values(principal_id=principal_id, collection_id=collection, right=str(right)))


def _issue(connection: Connection, who: str, name: str, rights: frozenset[str], expires_at: datetime | None, by: str) -> tuple[str, str]:
    secret = PREFIX + secrets.token_urlsafe(32)
    key_id = str(uuid.uuid4())
    values = {"id": key_id, "principal_id": who, "name": name, "digest": digest_of(secret), "rights": sorted(rights)}
    connection.execute(keys.insert().values(**values, created_at=datetime.now(UTC), expires_at=expires_at))
    audit.record(connection, by, "key.create", key_id, {"principal": who, "rights": sorted(rights)})
    return key_id, secret


def _listing() -> sa.Select[Any]:
    return sa.select(keys, principals.c.name.label("who")).join(principals)


def _as_key(row: sa.Row[Any]) -> KeyInfo:
    return KeyInfo(row.id, row.name, row.principal_id, row.who, frozenset(row.rights), row.created_at, row.expires_at, row.revoked_at)


def _as_person(connection: Connection, row: sa.Row[Any]) -> Person:
    roles = frozenset(Role(role) for role in row.roles)
    return Person(row.id, row.name, roles, _grants(connection, row.id), row.created_at, row.suspended_at)
