"""No question and no write of the graph reads a whole table: each finds its rows by an index, however many there are."""

from __future__ import annotations

import re
import uuid

import sqlalchemy as sa

from graph.facts import Alias, Facts, Kind, Mention, PassageFacts, Statement
from graph.local import SqlGraph
from jitl.sql.engine import Database

WHOLE = re.compile(r"SCAN (graph_(?!collections)\w+)(?! USING (COVERING )?INDEX \w+ \()")


def passage(number: int, *keys: str) -> PassageFacts:
    mentions = tuple(Mention(key, key, Kind.NAME, titled=number == 0) for key in keys)
    facts = Facts(mentions, (Alias(keys[0], keys[1]),), (Statement(keys[0], "is", keys[1], 0, 5),))
    return PassageFacts(str(uuid.uuid5(uuid.NAMESPACE_URL, str(number))), f"version {number}", "papers", facts)


def test_every_statement_finds_its_rows_by_an_index(sqlite_database: Database) -> None:
    said: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        said.append((statement, parameters[0] if isinstance(parameters, list) and parameters else parameters))

    engines = (sqlite_database._writer, sqlite_database._readers)
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    traced: list[str] = []  # of statements that go to the driver themselves
    with sqlite_database.read() as connection:
        connection.connection.driver_connection.set_trace_callback(traced.append)
    graph, within = SqlGraph(sqlite_database), ["papers"]
    graph.write([passage(n, "hub of all", "second word", f"own {n}") for n in range(40)])
    graph.write([passage(n, "hub of all", "another") for n in range(5)])
    for most in (3, 100):
        graph.postings(["hub of all", "own 7"], within, most)
    graph.mentions([passage(1, "a", "b").chunk_id])
    graph.aliases(["hub of all"], within)
    graph.entities("wo", within, 3)
    graph.neighbours("hub of all", within, 3)
    graph.statements(["hub of all"], within, 3)
    graph.path("own 7", "own 8", within, 3)
    graph.counts("papers")
    graph.remove(["version 7"])
    graph.forget("papers")
    said += [(statement, None) for statement in traced]
    with sqlite_database.read() as connection:
        for statement, parameters in said:
            if statement.split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE"):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                whole = [row[3] for row in plan if WHOLE.search(row[3])]
                assert not whole, (whole, statement)
    assert len({statement for statement, _ in said}) > 20
