"""The write side of the graph in SQL: passages replaced in small transactions, every count moved along in the same one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from graph import packing
from graph.delta import Delta, Held, Node
from graph.facts import PassageFacts
from jitl.sql.frequencies import slices
from jitl.sql.graph_tables import graph_aliases, graph_collections, graph_nodes, graph_passages, graph_postings, graph_stated, graph_words

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from jitl.sql.engine import Database

NAMES = 120
"""Names a transaction moves; each touches a page or two of its own, and syncing a hundred pages takes some milliseconds."""
PASSAGES = 50
"""Passages a transaction moves."""
REMOVED = 6
"""Passages a transaction removes; their names are read there."""
LOCK = "graph facts"
_PARTS = ("passages", "mentions", "aliases", "statements")


@dataclass(slots=True)
class _Row:
    """A name as it will stand."""

    id: int
    titled: int
    forms: dict[tuple[str, str], int]
    fresh: bool = False


class GraphWriter:
    """One writer at a time: counts are read, changed and written back."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def write(self, facts: Sequence[PassageFacts]) -> None:
        """Later facts of a passage that is named twice win."""
        latest = {packing.passage_number(passage.chunk_id): passage for passage in facts}
        for some in _runs(list(latest.items())):
            ordered = [(number, passage, packing.in_order(passage.facts)) for number, passage in some]
            packed = [(*one, packing.pack(one[2])) for one in ordered]
            with self._db.exclusive(LOCK), self._db.write() as connection:
                numbers = _numbers(connection, {passage.collection_id for _, passage in some})
                new = [Held(n, p.chunk_id, p.version_id, numbers[p.collection_id], bytes_, facts) for n, p, facts, bytes_ in packed]
                _move(connection, _held(connection, graph_passages.c.passage.in_([n for n, _ in some])), new, self._db)

    def remove(self, version_ids: Sequence[str]) -> None:
        for some in slices(version_ids, 500):
            self._empty(graph_passages.c.version_id.in_(some))

    def forget(self, collection_id: str) -> None:
        c = graph_collections.c
        with self._db.read() as connection:
            number = connection.scalar(sa.select(c.id).where(c.collection_id == collection_id))
        if number is not None:
            self._empty(graph_passages.c.collection == number)

    def _empty(self, condition: sa.ColumnElement[bool]) -> None:
        """Remove the passages that meet the condition, some at a time."""
        while True:
            with self._db.exclusive(LOCK), self._db.write() as connection:
                old = _held(connection, condition, limit=REMOVED)
                if not old:
                    return
                _move(connection, old, [], self._db)


def _runs(facts: Sequence[tuple[int, PassageFacts]]) -> Iterator[list[tuple[int, PassageFacts]]]:
    """As many passages as one short transaction can take."""
    run: list[tuple[int, PassageFacts]] = []
    names = 0
    for passage in facts:
        more = len(passage[1].facts.mentions)
        if run and (names + more > NAMES or len(run) >= PASSAGES):
            yield run
            run, names = [], 0
        run.append(passage)
        names += more
    if run:
        yield run


def _numbers(connection: Connection, collection_ids: set[str]) -> dict[str, int]:
    """Numbers of the collections; one that is new here gets one."""
    c = graph_collections.c
    wanted = sa.select(c.collection_id, c.id).where(c.collection_id.in_(collection_ids))
    numbers = {row.collection_id: row.id for row in connection.execute(wanted)}
    if fresh := sorted(collection_ids - set(numbers)):
        connection.execute(sa.insert(graph_collections), [{"collection_id": id_} | dict.fromkeys(_PARTS, 0) for id_ in fresh])
        numbers = {row.collection_id: row.id for row in connection.execute(wanted)}
    return numbers


def _held(connection: Connection, condition: sa.ColumnElement[bool], limit: int | None = None) -> list[Held]:
    p = graph_passages.c
    rows = connection.execute(
        sa.select(p.passage, p.chunk_id, p.version_id, p.collection, p.mentions, p.aliases, p.statements).where(condition).limit(limit)
    )
    return [Held(*row[:4], (row.mentions, row.aliases, row.statements)) for row in rows]


def _move(connection: Connection, old: Sequence[Held], new: Sequence[Held], db: Database) -> None:
    """Let the new stand where the old stood, in everything that counts or points."""
    same = set(old) & set(new)
    gone, come = [p for p in old if p not in same], [p for p in new if p not in same]
    if not gone and not come:
        return
    delta = Delta.of(gone, come)
    nodes = _nodes(connection, delta, db)
    _point(connection, delta, nodes)
    _merge_aliases(connection, delta, db)
    _store(connection, gone, come, nodes)
    c = graph_collections.c
    for number in sorted({number for number, _ in delta.totals}):
        values = {name: c[name] + delta.totals[number, name] for name in _PARTS}
        connection.execute(sa.update(graph_collections).where(c.id == number).values(values))
    connection.execute(sa.delete(graph_collections).where(c.passages == 0))


def _nodes(connection: Connection, delta: Delta, db: Database) -> Mapping[Node, _Row]:
    """Bring the names' rows in line; all of them, those that are gone too."""
    n = graph_nodes.c
    keys, numbers = sorted({key for _, key in delta.nodes}), sorted({number for number, _ in delta.nodes})
    found: dict[Node, _Row] = {}
    for row in connection.execute(
        sa.select(n.id, n.key, n.collection, n.titled, n.forms).where(n.key.in_(keys), n.collection.in_(numbers))
    ):
        if (row.collection, row.key) in delta.forms:
            found[row.collection, row.key] = _Row(row.id, row.titled, {(name, kind): count for name, kind, count in json.loads(row.forms)})
    last = connection.scalar(sa.select(sa.func.max(n.id))) or 0
    for offset, node in enumerate(sorted(delta.nodes - set(found)), 1):
        found[node] = _Row(last + offset, 0, {}, fresh=True)
    changed: list[dict[str, Any]] = []
    for node, moved in delta.forms.items():
        own = found[node]
        forms = {form: count for form in own.forms | moved if (count := own.forms.get(form, 0) + moved[form])}
        if forms != own.forms or delta.titled[node]:
            own.forms, own.titled = forms, own.titled + delta.titled[node]
            changed.append(_node(node, own))
    upsert = db.insert(graph_nodes)
    if stay := [values for values in changed if values["passages"]]:
        kept = {name: upsert.excluded[name] for name in ("passages", "titled", "forms")}
        connection.execute(upsert.on_conflict_do_update(index_elements=[n.id], set_=kept), stay)
    words = [{"word": word, "node": own.id} for node, own in found.items() if own.fresh for word in later_words(node[1])]
    if words:
        connection.execute(sa.insert(graph_words), words)
    if gone := [values["id"] for values in changed if not values["passages"]]:
        connection.execute(sa.delete(graph_nodes).where(n.id.in_(gone)))
        lost = {word for values in changed if not values["passages"] for word in later_words(values["key"])}
        connection.execute(sa.delete(graph_words).where(graph_words.c.word.in_(lost), graph_words.c.node.in_(gone)))
    return found


def later_words(key: str) -> set[str]:
    """Words of a key after its first."""
    return set(key.split()[1:])


def _node(node: Node, row: _Row) -> dict[str, Any]:
    forms = sorted((name, kind, count) for (name, kind), count in row.forms.items())
    packed = json.dumps(forms, ensure_ascii=False, separators=(",", ":"))
    values = {"id": row.id, "key": node[1], "collection": node[0], "titled": row.titled}
    return values | {"passages": sum(row.forms.values()), "forms": packed}


def _point(connection: Connection, delta: Delta, nodes: Mapping[Node, _Row]) -> None:
    """Postings of names and of statements. Statements of names that the passage does not mention point nowhere."""
    postings = {(nodes[node].id, untitled, passage): n for (node, untitled, passage), n in delta.postings.items() if n}
    stated = {(nodes[node].id, passage): n for (node, passage), n in delta.stated.items() if n and node in nodes}
    for table, moved in ((graph_postings, postings), (graph_stated, stated)):
        columns = list(table.primary_key.columns)
        if out := [row for row, n in moved.items() if n < 0]:
            connection.execute(sa.delete(table).where(sa.tuple_(*columns).in_(out)))
        if into := [row for row, n in moved.items() if n > 0]:
            connection.execute(sa.insert(table), [dict(zip((c.name for c in columns), row, strict=True)) for row in sorted(into)])


def _merge_aliases(connection: Connection, delta: Delta, db: Database) -> None:
    moved = [(key, number, other, n) for (number, key, other), n in sorted(delta.aliases.items()) if n]
    if not moved:
        return
    a = graph_aliases.c
    insert = db.insert(graph_aliases)
    added = {"passages": a.passages + insert.excluded.passages}
    rows = [{"key": key, "collection": number, "other": other, "passages": n} for key, number, other, n in moved]
    connection.execute(insert.on_conflict_do_update(index_elements=[a.key, a.collection, a.other], set_=added), rows)
    connection.execute(sa.delete(graph_aliases).where(a.key.in_(sorted({key for key, _, _, n in moved if n < 0})), a.passages <= 0))


def _store(connection: Connection, gone: Sequence[Held], come: Sequence[Held], nodes: Mapping[Node, _Row]) -> None:
    p = graph_passages.c
    if gone:
        connection.execute(sa.delete(graph_passages).where(p.passage.in_([held.passage for held in gone])))
    rows = []
    for held in come:
        mentions, aliases, statements = held.packed
        ids = [nodes[held.collection, mention.key].id for mention in held.facts.mentions]
        row = {"passage": held.passage, "chunk_id": held.chunk_id, "version_id": held.version_id, "collection": held.collection}
        row |= {"nodes": packing.pack_nodes(ids), "mentions": mentions, "aliases": aliases, "statements": statements}
        rows.append(row)
    if rows:
        connection.execute(sa.insert(graph_passages), rows)
