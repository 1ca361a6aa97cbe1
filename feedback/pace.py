"""How much one person may teach a minute: counted from the ledger itself, so that it holds on every replica."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa

from jitl.errors import OutOfBudget
from jitl.principals import Principal
from jitl.sql.engine import Database
from jitl.sql.tables import correction_events

WINDOW: Final = timedelta(minutes=1)
COUNTED: Final = ("taught", "confirmed", "amended")


class Pace:
    """Safe to call from several threads. `per_minute` 0: no limit."""

    def __init__(self, db: Database, per_minute: int) -> None:
        self._db = db
        self._most = per_minute

    def check(self, principal: Principal, wanted: int = 1) -> None:
        """Raises `OutOfBudget` where so many more would be too many within the last minute. A key with the right `import` has no limit."""
        if not self._most or "import" in principal.key_rights or not wanted:
            return
        e = correction_events.c
        lately = sa.select(sa.func.count()).where(e.principal_id == principal.id, e.at >= datetime.now(UTC) - WINDOW, e.kind.in_(COUNTED))
        with self._db.read() as connection:
            taught = int(connection.scalar(lately) or 0)
        if taught + wanted > self._most:
            what = f"You taught {taught} corrections within the last minute; the limit is {self._most}."
            raise OutOfBudget(what, hint="Wait a minute, or teach many with `jitl teach --batch` or a key with the right `import`.")
