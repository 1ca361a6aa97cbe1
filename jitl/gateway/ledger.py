"""What calls of models cost, kept in SQL: set aside before the model is asked, settled when its reply has ended, however it did.

A call whose process was killed keeps what was set aside for it: a cap is never overrun for that.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
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


class Ledger:
    """Safe to call from several threads."""

    def __init__(self, db: Database, caps: Caps) -> None:
        self._db = db
        self.caps = caps

    def check(self, payer: Payer, wanted: Wanted) -> None:
        """Raises `OutOfBudget`."""
        with self._db.read() as connection:
            self.caps.check(connection, payer, wanted)

    def open(self, payer: Payer, route: str, endpoint: EndpointPlan, prompt: int, completion: int) -> str:
        """Set aside what the call can take at most; its id. Raises `OutOfBudget`, and then nothing is set aside."""
        id_, cost = str(uuid.uuid4()), endpoint.cost(prompt, completion)
        row = {"id": id_, "at": datetime.now(UTC), "principal_id": payer.principal_id, "key_id": payer.key_id, "route": route}
        row |= {"endpoint": endpoint.name, "model": endpoint.model, "outcome": "open", "estimated": True}
        row |= {"prompt_tokens": prompt, "completion_tokens": completion, "cost": cost}
        with self._db.write() as connection:
            self.caps.check(connection, payer, Wanted(prompt + completion, cost), hold=True)
            connection.execute(model_calls.insert().values(row))
            for place in payer.collections:
                share = {"call_id": id_, "collection_id": place, "share": 1.0 / len(payer.collections)}
                connection.execute(model_call_shares.insert().values(share))
        return id_

    def settle(self, call: str, endpoint: EndpointPlan, taken: Taken, outcome: str) -> None:
        """What it took in the end. The reply has been given: a database that is away now leaves what was set aside."""
        values = {"prompt_tokens": taken.prompt, "completion_tokens": taken.completion, "estimated": taken.estimated, "outcome": outcome}
        values["cost"] = endpoint.cost(taken.prompt, taken.completion)
        try:
            with self._db.write() as connection:
                connection.execute(model_calls.update().where(_calls.id == call).values(values))
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
