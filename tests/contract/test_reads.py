"""Looks at the database, on every backend: consistent in themselves, fresh each time, and none the worse for one that broke."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from jitl.errors import NotFound, Unavailable
from jitl.sql.engine import Database
from jitl.sql.prepared import Prepared
from jitl.sql.tables import audit, meta

KEYS = Prepared(lambda among: sa.select(meta.c.key, meta.c.value).where(among(meta.c.key, "keys")).order_by(meta.c.key))
DEEDS = Prepared(
    lambda among: sa.select(audit.c.at, audit.c.detail, sa.literal_column("1").label("one")).where(among(audit.c.action, "deeds"))
)
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def put(database: Database, *keys: str) -> None:
    with database.write() as connection:
        connection.execute(meta.insert(), [{"key": key, "value": key.upper()} for key in keys])


def held(database: Database, *keys: str) -> list[str]:
    with database.read() as connection:
        return [row.value for row in KEYS.rows(connection, keys=list(keys))]


@pytest.mark.parametrize("more", [0, 1, 40_000])
def test_lists_have_any_length(database: Database, more: int) -> None:
    put(database, "a", "b", "it's", "中文")
    assert held(database, "b", "it's", "中文", *(f"none {n}" for n in range(more))) == ["B", "IT'S", "中文"]
    assert held(database) == []


def test_values_are_what_their_columns_say(database: Database) -> None:
    row = {"at": NOW, "principal_id": "p", "action": "test", "object": "o", "detail": {"n": [1, None, "é"]}}
    with database.write() as connection:
        connection.execute(audit.insert(), row)
        assert [tuple(found) for found in DEEDS.rows(connection, deeds=["test"])] == [(NOW, {"n": [1, None, "é"]}, 1)]
        assert DEEDS.scalar(connection, deeds=["test"]) == NOW
    with database.read() as connection:
        assert KEYS.scalar(connection, keys=["no such"]) is None


def test_one_look_sees_one_moment_and_the_next_one_the_next(database: Database) -> None:
    put(database, "a")
    with database.read() as connection:
        assert len(KEYS.rows(connection, keys=["a", "b"])) == 1
        put(database, "b")
        assert len(KEYS.rows(connection, keys=["a", "b"])) == 1
        assert connection.scalar(sa.select(sa.func.count()).select_from(meta).where(meta.c.key == "b")) == 0
        assert held(database, "a", "b") == ["A", "B"]  # a look within a look is another one
    assert held(database, "a", "b") == ["A", "B"]


def test_a_look_that_breaks_leaves_nothing_behind(database: Database) -> None:
    def look(error: BaseException | None) -> None:
        with database.read() as connection:
            KEYS.rows(connection, keys=["a"])
            if error is not None:
                raise error
            connection.execute(sa.text("SELECT nothing FROM nowhere"))

    put(database, "a")
    for error, raised in ((NotFound("none"), NotFound), (KeyboardInterrupt(), KeyboardInterrupt), (None, (Unavailable, sa.exc.DBAPIError))):
        with pytest.raises(raised):
            look(error)
    put(database, "b")
    assert held(database, "a", "b") == ["A", "B"]


def test_many_threads_look_at_once(database: Database) -> None:
    put(database, "a", "b")
    found: list[list[str]] = []

    def look() -> None:
        for _ in range(30):
            with database.read() as connection:
                found.append([row.value for row in KEYS.rows(connection, keys=["a", "b"])])

    threads = [threading.Thread(target=look) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["A", "B"]] * (24 * 30)


def test_readers_may_not_write(sqlite_database: Database) -> None:
    with pytest.raises(Exception, match="readonly"), sqlite_database.read() as connection:
        connection.execute(meta.insert(), {"key": "k", "value": "v"})
    assert held(sqlite_database, "k") == []
