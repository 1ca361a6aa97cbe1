"""What may be spent: by a key, by a person, on a collection. An admin's word on one of them stands before that of `models.toml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

import sqlalchemy as sa

from jitl.errors import OutOfBudget
from jitl.gateway.plan import Cap, Scope, Window
from jitl.sql import audit
from jitl.sql.people import OWNER
from jitl.sql.tables import collections, keys
from jitl.sql.usage_tables import model_call_shares, model_calls, usage_caps

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from jitl.speech import Payer
    from jitl.sql.engine import Database

_calls = model_calls.c
_shares = model_call_shares.c
_WHO: Final[Mapping[Scope, str]] = {"key": "The key {name}", "person": "This person", "collection": "The collection {name}"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a call may take at most."""

    tokens: int
    money: float


class Caps:
    """`defaults`: scope -> the cap of whoever has none of their own. The folder's owner and jobs without a key have no default."""

    def __init__(self, db: Database, defaults: Mapping[str, Cap]) -> None:
        self._db = db
        self._defaults = defaults

    def put(self, scope: Scope, ref: str, cap: Cap | None, *, by: str) -> None:
        """None: back to the default. A cap without tokens and money lifts the default."""
        with self._db.write() as connection:
            connection.execute(usage_caps.delete().where((usage_caps.c.scope == scope) & (usage_caps.c.ref == ref)))
            if cap is not None:
                row = {"scope": scope, "ref": ref, "tokens": cap.tokens, "money": cap.money, "per": cap.per}
                connection.execute(usage_caps.insert().values(row))
            detail: dict[str, object] = {} if cap is None else {"tokens": cap.tokens, "money": cap.money, "per": cap.per}
            audit.record(connection, by, f"cap.{scope}", ref, detail)

    def of(self, connection: Connection, scope: Scope, ref: str) -> Cap | None:
        row = connection.execute(sa.select(usage_caps).where((usage_caps.c.scope == scope) & (usage_caps.c.ref == ref))).first()
        if row is not None:
            return Cap(row.tokens, row.money, cast("Window", row.per))
        return None if ref == OWNER.id else self._defaults.get(scope)

    def among(self, connection: Connection, payer: Payer) -> Iterator[tuple[Scope, str, float, Cap]]:
        """Those who pay and may not spend as they like: scope, ref, the share that they pay, their cap."""
        for scope, ref, share in _payers(payer):
            cap = self.of(connection, scope, ref)
            if cap is not None and (cap.tokens is not None or cap.money is not None):
                yield scope, ref, share, cap

    def check(self, connection: Connection, payer: Payer, wanted: Wanted, *, hold: bool = False) -> None:
        """Raises `OutOfBudget` where any of those who pay could come to stand above their cap.

        `hold`: nobody else is let through under the same caps until this transaction, which writes, has ended.
        """
        now = datetime.now(UTC)
        for scope, ref, share, cap in self.among(connection, payer):
            if hold:
                self._db.hold(connection, f"cap {scope} {ref}")
            gone = spent(connection, scope, ref, window_start(cap.per, now))
            over_tokens = cap.tokens is not None and gone.tokens + wanted.tokens * share > cap.tokens
            over_money = cap.money is not None and gone.money + wanted.money * share > cap.money
            if over_tokens or over_money:
                raise _refusal(connection, scope, ref, cap, now, money=not over_tokens)


def spent(connection: Connection, scope: Scope, ref: str, since: datetime) -> Wanted:
    """By or on one of them, with what is set aside for calls under way."""
    tokens = _calls.prompt_tokens + _calls.completion_tokens
    if scope == "collection":
        wanted = sa.select(sa.func.sum(tokens * _shares.share), sa.func.sum(_calls.cost * _shares.share))
        wanted = wanted.select_from(model_call_shares.join(model_calls)).where(_shares.collection_id == ref)
    else:
        column = _calls.key_id if scope == "key" else _calls.principal_id
        wanted = sa.select(sa.func.sum(tokens), sa.func.sum(_calls.cost)).where(column == ref)
    gone: Any = connection.execute(wanted.where(_calls.at >= since)).one()
    return Wanted(int(gone[0] or 0), float(gone[1] or 0.0))


def _payers(payer: Payer) -> Iterator[tuple[Scope, str, float]]:
    if payer.key_id is not None:
        yield "key", payer.key_id, 1.0
        yield "person", payer.principal_id, 1.0
    for place in sorted(payer.collections):  # in one order for all: who waits for a lock holds none that comes after it
        yield "collection", place, 1.0 / len(payer.collections)


def _refusal(connection: Connection, scope: Scope, ref: str, cap: Cap, now: datetime, *, money: bool) -> OutOfBudget:
    table = keys if scope == "key" else collections
    name = "" if scope == "person" else connection.scalar(sa.select(table.c.name).where(table.c.id == ref)) or ref
    ends = _end(cap.per, now)
    limit = f"{cap.money:g} of money" if money else f"{cap.tokens} tokens"
    who = _WHO[scope].format(name=repr(str(name)))
    return OutOfBudget(
        f"{who} has no room left for this under its cap of {limit} a {cap.per} for language models.",
        hint=f"It counts anew at {ends:%Y-%m-%d %H:%M} UTC; an admin can raise it: jitl usage cap {scope} {ref} --tokens N.",
        retry_s=(ends - now).total_seconds(),
    )


def window_start(per: Window, now: datetime | None = None) -> datetime:
    """When the day or month began that is counted now, or at another time."""
    day = (now or datetime.now(UTC)).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day if per == "day" else day.replace(day=1)


def _end(per: Window, now: datetime) -> datetime:
    start = window_start(per, now)
    return start + timedelta(days=1) if per == "day" else (start + timedelta(days=32)).replace(day=1)
