"""What models cost, told to each caller as far as it is theirs to know, and the caps that admins set."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from api import access
from jitl.errors import NotFound
from jitl.gateway.caps import spent, window_start
from jitl.principals import Principal, Right
from jitl.sql.people import OWNER

if TYPE_CHECKING:
    from jitl.gateway.ledger import Ledger, Line
    from jitl.gateway.plan import Cap, Scope
    from jitl.sql.catalogue import Catalogue
    from jitl.sql.people import People

Json = dict[str, Any]
ELSEWHERE: Final = {"calls": 0, "prompt_tokens": 0, "completion_tokens": 0, "cost": 0.0, "estimated": 0}


class Spending:
    """Safe to call from several threads."""

    def __init__(self, ledger: Ledger, people: People, catalogue: Catalogue, currency: str) -> None:
        self._ledger = ledger
        self._people = people
        self._catalogue = catalogue
        self._currency = currency

    def report(self, who: Principal, since: datetime) -> Json:
        """One's own keys and the collections that one administers; an admin sees all, with persons, routes and endpoints."""
        mine = self._ledger.lines("principal", since, [who.id])
        keys = {key.id: key for key in self._people.list_keys(None if who.is_admin else who.id)}
        places = {place.id: place.name for place in self._catalogue.collections(who) if who.may(Right.ADMIN, place.id)}
        shown: Json = {"since": since.isoformat(), "currency": self._currency, "you": _line(mine[0]) if mine else dict(ELSEWHERE)}
        shown["keys"] = [
            {"key": line.ref, "name": keys[line.ref].name, "principal": keys[line.ref].principal} | _line(line) | self._cap("key", line.ref)
            for line in self._ledger.lines("key", since, list(keys))
        ]
        shown["collections"] = [
            {"collection": line.ref, "name": places[line.ref]} | _line(line) | self._cap("collection", line.ref)
            for line in self._ledger.lines("collection", since, list(places))
        ]
        return shown | self._all(since) if who.is_admin else shown

    def put(self, who: Principal, scope: Scope, name: str, cap: Cap | None) -> Json:
        """The cap as it stands now. `name`: of a collection or person, or their id; a key's id. Raises `NotFound`."""
        ref = self._ref(who, scope, name)
        self._ledger.caps.put(scope, ref, cap, by=who.id)
        return {"scope": scope, "ref": ref} | self._cap(scope, ref)

    def _all(self, since: datetime) -> Json:
        names = {person.id: person.name for person in self._people.people()} | {OWNER.id: OWNER.name}
        people = [
            {"principal": names.get(line.ref, line.ref)} | _line(line) | self._cap("person", line.ref)
            for line in self._ledger.lines("principal", since)
        ]
        by = {
            f"{what}s": [{what: line.ref} | _line(line) for line in self._ledger.lines(what, since)]
            for what in ("route", "endpoint", "model")
        }
        return {"people": people} | by

    def _cap(self, scope: Scope, ref: str) -> Json:
        """The cap with what is spent in its day or month; null where there is none."""
        with self._ledger.look() as connection:
            cap = self._ledger.caps.of(connection, scope, ref)
            if cap is None or (cap.tokens is None and cap.money is None):
                return {"cap": None}
            gone = spent(connection, scope, ref, window_start(cap.per))
        return {"cap": {**asdict(cap), "spent_tokens": gone.tokens, "spent_money": round(gone.money, 6)}}

    def _ref(self, who: Principal, scope: Scope, name: str) -> str:
        if scope == "collection":
            return access.collection(self._catalogue, who, name).id
        if scope == "key":
            return self._people.key(name).id
        found = [person.id for person in self._people.people() if name in (person.name, person.id)]
        if not found:
            raise NotFound(f"There is no principal named {name}.")
        return found[0]


def _line(line: Line) -> Json:
    return {name: value for name, value in asdict(line).items() if name != "ref"} | {"cost": round(line.cost, 6)}
