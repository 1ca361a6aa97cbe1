"""What a job may ask of a language model, kept in SQL: written down before the model is asked, so that a killed job never spends it twice.

Tokens are estimated, on the safe side and alike for every model: three letters, or one sign of Chinese, are one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from jitl.sql.tables import fission_calls
from jitl.text import tokens

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from jitl.ports import LanguageModel, Message
    from jitl.sql.engine import Database

LONGEST_REPLY: Final = 1500
"""Tokens; what is longer is cut off. So much is set aside while a reply is awaited."""
SPENT: Final = "The budget is used up."
WHAT_TO_SET: Final = "Set JITL_MODEL_URL (any OpenAI-compatible endpoint), JITL_MODEL_NAME and, where it wants one, JITL_MODEL_KEY."
"""For those who have no model to pay."""
A_MESSAGE: Final = 8
"""Tokens around each message."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Calls of the model and tokens, asked and replied together."""

    tokens: int
    calls: int


class Purse:
    """One job's. The same messages again cost nothing while their passage is not done. `longest`: tokens of a reply."""

    def __init__(self, db: Database, model: LanguageModel, job_id: str, budget: Budget, longest: int = LONGEST_REPLY) -> None:
        self._db = db
        self._model = model
        self._job_id = job_id
        self._budget = budget
        self._longest = longest

    def ask(self, messages: Sequence[Message]) -> str | None:
        """The reply; None where it could take more than is left. Raises what the model raises; then what was asked counts as spent."""
        key = hashlib.sha256(json.dumps([[message.role, message.content] for message in messages]).encode()).hexdigest()
        known = self._reserve(key, cost(messages) + self._longest)
        if known is None or isinstance(known, str):
            return known
        reply, came = "", 0
        try:
            with closing(self._model.stream(messages)) as pieces:
                for piece in pieces:
                    reply, came = reply + piece, tokens(reply + piece)
                    if came > self._longest:
                        break
        finally:
            self._settle(key, min(came, self._longest) - self._longest)
        with self._db.write() as connection:
            connection.execute(self._update(key).values(reply=reply))
        return reply

    def _reserve(self, key: str, wanted: int) -> str | bool | None:
        """The reply where it is known; True where it may be asked for now; None where the purse is too light."""
        with self._db.write() as connection:
            row = connection.execute(sa.select(fission_calls).where(self._mine(key))).first()
            if row is not None and row.reply is not None:
                return str(row.reply)
            gone = spent(connection, self._job_id)
            if gone.calls + 1 > self._budget.calls or gone.tokens + wanted > self._budget.tokens:
                return None
            if row is None:
                connection.execute(fission_calls.insert().values(job_id=self._job_id, key=key, calls=1, tokens=wanted))
            else:  # it was being asked when the process ended, and may have been answered
                connection.execute(self._update(key).values(calls=row.calls + 1, tokens=row.tokens + wanted))
        return True

    def _settle(self, key: str, unused: int) -> None:
        with self._db.write() as connection:
            connection.execute(self._update(key).values(tokens=fission_calls.c.tokens + unused))

    def _mine(self, key: str) -> sa.ColumnElement[bool]:
        return (fission_calls.c.job_id == self._job_id) & (fission_calls.c.key == key)

    def _update(self, key: str) -> sa.Update:
        return fission_calls.update().where(self._mine(key))


def cost(messages: Sequence[Message]) -> int:
    """Tokens of what is asked."""
    return sum(A_MESSAGE + tokens(message.content) for message in messages)


def spent(connection: Connection, job_id: str) -> Budget:
    """So far, with what is set aside."""
    total = sa.select(sa.func.coalesce(sa.func.sum(fission_calls.c.tokens), 0), sa.func.coalesce(sa.func.sum(fission_calls.c.calls), 0))
    gone, calls = connection.execute(total.where(fission_calls.c.job_id == job_id)).one()
    return Budget(int(gone), int(calls))


def forget_replies(connection: Connection, job_id: str) -> None:
    """They repeat what documents say; their cost stays known."""
    connection.execute(fission_calls.update().where(fission_calls.c.job_id == job_id).values(reply=None))
