"""Statements that every question runs, compiled once: what is left of such a read is the database's own work.

Compiling, caching by structure and wrapping results costs several times what these statements do, most of all right after the encoder
has emptied the processor's caches.
"""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect

Among = Callable[[sa.ColumnElement[Any], str], sa.ColumnElement[bool]]
"""Column and parameter name -> whether the column's value stands in the list given for the parameter."""


class _Ready(NamedTuple):
    sql: str
    order: Sequence[str] | None  # of the parameters, where the driver takes them by place
    lists: frozenset[str]
    row: Callable[[Sequence[Any]], Any]


class Prepared:
    """A SELECT without other values than its parameters. Built at first use, of `among` for parameters that are lists of any length."""

    def __init__(self, build: Callable[[Among], sa.Select[Any]]) -> None:
        self._build = build
        self._ready: dict[str, _Ready] = {}

    def rows(self, connection: Connection, **values: Any) -> list[Any]:
        """Named tuples, by the names of the columns."""
        row = (self._ready.get(connection.dialect.name) or self._prepare(connection.dialect)).row
        return [row(found) for found in self.plain(connection, **values)]

    def plain(self, connection: Connection, **values: Any) -> Iterable[Any]:
        """As the driver gives them, for reads of thousands of rows whose columns' types need no reading."""
        ready = self._ready.get(connection.dialect.name) or self._prepare(connection.dialect)
        if ready.order is None:
            return connection.exec_driver_sql(ready.sql, values)
        given = [json.dumps(values[name]) if name in ready.lists else values[name] for name in ready.order]
        found: list[Any] = connection.connection.driver_connection.execute(ready.sql, given).fetchall()  # type: ignore[union-attr]
        return found

    def scalar(self, connection: Connection, **values: Any) -> Any:
        """The first column of the first row; None without one."""
        return next((row[0] for row in self.rows(connection, **values)), None)

    def _prepare(self, dialect: Dialect) -> _Ready:
        lists: set[str] = set()

        def among(column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
            lists.add(name)
            given: sa.BindParameter[Any] = sa.bindparam(name, type_=sa.types.NullType())
            if dialect.name == "sqlite":
                return column.in_(sa.select(sa.func.json_each(given).table_valued("value").c.value))
            return column == sa.func.any(given)

        statement = self._build(among)
        compiled = statement.compile(dialect=dialect)
        order = getattr(compiled, "positiontup", None)
        ready = _Ready(str(compiled), order, frozenset(lists), _reader(statement, dialect))
        self._ready[dialect.name] = ready
        return ready


def _reader(statement: sa.Select[Any], dialect: Dialect) -> Callable[[Sequence[Any]], Any]:
    """What a driver's row means: its values as the columns' types read them, by name."""
    columns = statement.selected_columns
    make: Callable[[Sequence[Any]], Any] = namedtuple("Row", columns.keys())._make  # type: ignore[attr-defined]  # noqa: PYI024
    types = [column.type.dialect_impl(dialect) for column in columns]
    read = {at: process for at, type_ in enumerate(types) if (process := type_.result_processor(dialect, None)) is not None}
    if not read:
        return make
    return lambda row: make([read[at](value) if at in read else value for at, value in enumerate(row)])
