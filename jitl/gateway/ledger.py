"""What calls of models cost, kept in SQL: under a cap set aside before the model is asked, settled when its reply ends, however it does.

A call whose process was killed keeps what was set aside for it: a cap is never overrun for that. Where nothing is capped nothing is
written before the model is asked: a person waits for its first word.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from jitl.errors import Unavailable
from jitl.gateway.caps import Caps, Wanted
from jitl.sql.usage_tables import model_call_shares, model_calls

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from jitl.gateway.meter import Taken
    from jitl.gateway.plan import EndpointPlan
    from jitl.speech import Payer
    from jitl.sql.engine import Database

log = logging.getLogger(__name__)

_calls = model_calls.c
_shares = model_call_shares.c


@dataclass(frozen=True, slots=True)
class Line:
    """What one of those who were counted took; `ref` is an id, a route or the name of an endpoint."""

    ref: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float
    estimated: int  # calls whose tokens the endpoint did not tell


@dataclass(frozen=True, slots=True)
class Call:
    """One under way: its row, and who of the collections pays which share. `kept`: it stands in SQL already."""

    row: Mapping[str, Any]
    shares: Sequence[Mapping[str, Any]]
    kept: bool


class Ledger:
    """Safe to call from several threads."""

    def __init__(self, db: Database, caps: Caps) -> None:
        self._db = db
        self.caps = caps

    def check(self, payer: Payer, wanted: Wanted) -> None:
        """Raises `OutOfBudget`."""
        with self._db.read() as connection:
            self.caps.check(connection, payer, wanted)

    def open(self, payer: Payer, route: str, endpoint: EndpointPlan, prompt: int, completion: int) -> Call:
        """Set aside what the call can take at most, where anyone who pays is capped. Raises `OutOfBudget`, then without any trace."""
        id_, cost = str(uuid.uuid4()), endpoint.cost(prompt, completion)
        row = {"id": id_, "at": datetime.now(UTC), "principal_id": payer.principal_id, "key_id": payer.key_id, "route": route}
        row |= {"endpoint": endpoint.name, "model": endpoint.model, "outcome": "open", "estimated": True}
        row |= {"prompt_tokens": prompt, "completion_tokens": completion, "cost": cost}
        shares = [{"call_id": id_, "collection_id": place, "share": 1.0 / len(payer.collections)} for place in payer.collections]
        with self._db.read() as connection:
            capped = any(self.caps.among(connection, payer))
        if capped:
            with self._db.write() as connection:
                self.caps.check(connection, payer, Wanted(prompt + completion, cost), hold=True)
                _keep(connection, row, shares)
        return Call(row, shares, capped)

    def settle(self, call: Call, endpoint: EndpointPlan, taken: Taken, outcome: str) -> None:
        """What it took in the end. The reply has been given: a database that is away now leaves what was set aside."""
        values = {"prompt_tokens": taken.prompt, "completion_tokens": taken.completion, "estimated": taken.estimated, "outcome": outcome}
        values["cost"] = endpoint.cost(taken.prompt, taken.completion)
        try:
            with self._db.write() as connection:
                if call.kept:
                    connection.execute(model_calls.update().where(_calls.id == call.row["id"]).values(values))
                else:
                    _keep(connection, {**call.row, **values}, call.shares)
        except Unavailable as error:
            log.warning("What a call of %s took could not be noted: %s", endpoint.name, error)

    def lines(self, by: str, since: datetime, only: Sequence[str] | None = None) -> list[Line]:
        """By key, principal, collection, route, endpoint or model, the most tokens first; `only`: of these refs."""
        tokens = (_calls.prompt_tokens, _calls.completion_tokens)
        share: Any = _shares.share if by == "collection" else 1
        column = {"key": _calls.key_id, "principal": _calls.principal_id, "collection": _shares.collection_id}.get(by)
        column = model_calls.c[by] if column is None else column
        sums = [sa.func.sum(one * share) for one in (*tokens, _calls.cost)]
        estimated = sa.func.sum(sa.case((_calls.estimated, 1), else_=0))
        wanted = sa.select(column, sa.func.count(), *sums, estimated).where(_calls.at >= since, column.is_not(None)).group_by(column)
        source = model_calls.join(model_call_shares) if by == "collection" else model_calls
        if only is not None:
            wanted = wanted.where(column.in_(list(only)))
        with self._db.read() as connection:
            rows = connection.execute(wanted.select_from(source)).all()
        lines = [Line(row[0], row[1], round(row[2]), round(row[3]), float(row[4]), int(row[5])) for row in rows]
        return sorted(lines, key=lambda line: (-line.prompt_tokens - line.completion_tokens, line.ref))

    def look(self) -> AbstractContextManager[Connection]:
        return self._db.read()


def _keep(connection: Connection, row: Mapping[str, Any], shares: Sequence[Mapping[str, Any]]) -> None:
    connection.execute(model_calls.insert().values(row))
    if shares:
        connection.execute(model_call_shares.insert(), list(shares))
