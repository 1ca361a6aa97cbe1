"""Keys, rights and grants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jitl.errors import BadInput, Conflict, NotAllowed, NotFound, Unauthenticated
from jitl.principals import ALL_COLLECTIONS, Principal, Right, Role
from jitl.sql.engine import Database
from jitl.sql.people import OWNER, People, digest_of, intersection
from jitl.sql.tables import keys


@pytest.fixture
def people(database: Database) -> People:
    return People(database)


def test_a_key_speaks_for_its_principal(people: People) -> None:
    issued = people.create_key("alice", by=OWNER.id, roles=[Role.EXPERT], collections={"c1": Right.TEACH}, rights=frozenset({"no_logging"}))
    who = people.authenticate(issued.secret)
    assert (who.name, who.roles, dict(who.grants)) == ("alice", {Role.EXPERT}, {"c1": Right.TEACH})
    assert who.key_id == issued.info.id
    assert who.key_rights == {"no_logging"}
    assert who.may(Right.READ, "c1")
    assert not who.may(Right.ADMIN, "c1")
    assert not who.may(Right.READ, "c2")


def test_keys_are_long_random_and_only_digests_are_kept(sqlite_database: Database, tmp_path: Path) -> None:
    people = People(sqlite_database)
    secrets = [people.create_key("alice", by=OWNER.id).secret for _ in range(5)]
    assert len(set(secrets)) == 5
    assert all(secret.startswith("jitl_") and len(secret) >= 48 for secret in secrets)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not any(secret.encode() in stored or secret[5:].encode() in stored for secret in secrets)
    assert digest_of(secrets[0]).encode() in stored


@pytest.mark.parametrize("key", ["", "jitl_", "jitl_" + "a" * 43, "x", "\ud800", "'; DROP TABLE keys; --"])
def test_what_is_no_key_is_refused(people: People, key: str) -> None:
    people.create_first_admin()
    with pytest.raises(Unauthenticated):
        people.authenticate(key)


def test_revoked_expired_and_suspended_keys_say_the_same(people: People, database: Database) -> None:
    revoked = people.create_key("alice", by=OWNER.id)
    people.revoke(revoked.info.id, by=OWNER.id)
    people.revoke(revoked.info.id, by=OWNER.id)
    expired = people.create_key("bob", by=OWNER.id, expires_at=datetime.now(UTC) + timedelta(days=1))
    with database.write() as connection:
        connection.execute(keys.update().where(keys.c.id == expired.info.id).values(expires_at=datetime(2020, 1, 1, tzinfo=UTC)))
    suspended = people.create_key("carol", by=OWNER.id)
    people.set_person("carol", by=OWNER.id, roles=[Role.READER], collections={}, suspended=True)
    reasons = set()
    for issued in (revoked, expired, suspended):
        with pytest.raises(Unauthenticated) as refused:
            people.authenticate(issued.secret)
        reasons.add(str(refused.value))
    assert len(reasons) == 1
    people.set_person("carol", by=OWNER.id, roles=[Role.READER], collections={})
    assert people.authenticate(suspended.secret).name == "carol"


def test_a_second_key_never_changes_what_the_first_may_do(people: People) -> None:
    people.create_key("alice", by=OWNER.id, collections={"c1": Right.READ})
    with pytest.raises(Conflict):
        people.create_key("alice", by=OWNER.id, collections={"c1": Right.ADMIN})
    with pytest.raises(Conflict):
        people.create_key("alice", by=OWNER.id, roles=[Role.ADMIN])
    again = people.create_key("alice", by=OWNER.id, roles=[Role.READER], collections={"c1": Right.READ})
    assert dict(people.authenticate(again.secret).grants) == {"c1": Right.READ}


def test_new_rights_hold_at_the_next_request(people: People) -> None:
    issued = people.create_key("alice", by=OWNER.id, roles=[Role.EXPERT], collections={"c1": Right.TEACH})
    people.set_person("alice", by=OWNER.id, roles=[Role.READER], collections={"c2": Right.READ})
    who = people.authenticate(issued.secret)
    assert (who.roles, dict(who.grants)) == ({Role.READER}, {"c2": Right.READ})
    people.grant(who.id, "c2", Right.ADMIN, by=OWNER.id)
    people.grant(who.id, "c3", Right.READ, by=OWNER.id)
    assert dict(people.authenticate(issued.secret).grants) == {"c2": Right.ADMIN, "c3": Right.READ}


def test_the_first_admin_is_made_once(people: People) -> None:
    secret = people.create_first_admin()
    assert secret is not None
    who = people.authenticate(secret)
    assert who.is_admin
    assert who.is_expert
    people.revoke(who.key_id or "", by=OWNER.id)
    assert people.create_first_admin() is None


@pytest.mark.parametrize("bad", [{"rights": frozenset({"root"})}, {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, {"principal": " "}])
def test_impossible_keys_are_refused_and_leave_nothing(people: People, bad: dict) -> None:
    with pytest.raises(BadInput):
        people.create_key(**{"principal": "alice", "by": OWNER.id, **bad})
    assert people.list_keys() == []
    assert people.people() == []


def test_unknown_keys_and_people_are_not_found(people: People) -> None:
    with pytest.raises(NotFound):
        people.key("nope")
    with pytest.raises(NotFound):
        people.person("nope")


def test_acting_for_a_person_allows_what_both_are_allowed(people: People) -> None:
    front = people.create_key("webui", by=OWNER.id, collections={"*": Right.READ, "c1": Right.TEACH}, rights=frozenset({"acts_for"}))
    people.create_key("alice", by=OWNER.id, roles=[Role.EXPERT, Role.ADMIN], collections={"c1": Right.ADMIN})
    people.create_key("bob", by=OWNER.id, collections={"c2": Right.ADMIN})
    webui = people.authenticate(front.secret)
    alice = people.acting_for(webui, "alice")
    assert alice.name == "alice"
    assert not alice.is_admin
    assert not alice.is_expert
    assert alice.may(Right.TEACH, "c1")
    assert not alice.may(Right.ADMIN, "c1")
    assert alice.may(Right.READ, "c9")
    bob = people.acting_for(webui, "bob")
    assert dict(bob.grants) == {"c2": Right.READ}
    with pytest.raises(NotAllowed):
        people.acting_for(webui, "nobody")
    people.set_person("bob", by=OWNER.id, roles=[Role.READER], collections={"c2": Right.READ}, suspended=True)
    with pytest.raises(NotAllowed):
        people.acting_for(webui, "bob")


def test_intersection_is_what_both_hold() -> None:
    def someone(grants: dict[str, Right], *roles: Role) -> Principal:
        return Principal("id", "name", frozenset(roles), grants)

    rights = [None, *Right]
    places = ("*", "a", "b")
    some = [someone({p: r for p, r in zip(places, (x, y, None), strict=True) if r}) for x in rights for y in rights]
    some += [someone({}, Role.ADMIN), someone({ALL_COLLECTIONS: Right.READ, "b": Right.ADMIN})]
    for one in some:
        for other in some:
            both = someone(intersection(one, other))
            for place in ("a", "b", "c"):
                for right in Right:
                    assert both.may(right, place) == (one.may(right, place) and other.may(right, place))
