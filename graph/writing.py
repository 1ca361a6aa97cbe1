"""The write side of the graph in SQL: passages replaced in small transactions, every count moved along in the same one."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring
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

NAMES = 160
"""Names a transaction moves; each touches a page or two of its own, and syncing a hundred pages takes some milliseconds."""
PASSAGES = 50
"""Passages a transaction moves."""
REMOVED = 8
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


class _Upserts:
    """Statements that are written for the database's dialect."""

    def __init__(self, db: Database) -> None:
        nodes, aliases = db.insert(graph_nodes), db.insert(graph_aliases)
        kept = {name: nodes.excluded[name] for name in ("passages", "titled", "forms")}
        self.nodes = nodes.on_conflict_do_update(index_elements=["id"], set_=kept)
        added = {"passages": graph_aliases.c.passages + aliases.excluded.passages}
        self.aliases = aliases.on_conflict_do_update(index_elements=["key", "collection", "other"], set_=added)


class GraphWriter:
    """One writer at a time: counts are read, changed and written back."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._upserts = _Upserts(db)

    def write(self, facts: Sequence[PassageFacts]) -> None:
        """Later facts of a passage that is named twice win."""
        latest = {packing.passage_number(passage.chunk_id): passage for passage in facts}
        for some in _runs(list(latest.items())):
            ordered = [(number, passage, packing.in_order(passage.facts)) for number, passage in some]
            packed = [(*one, packing.pack(one[2])) for one in ordered]
            with self._db.exclusive(LOCK), self._db.write() as connection:
                numbers = _numbers(connection, {passage.collection_id for _, passage in some})
                new = [Held(n, p.chunk_id, p.version_id, numbers[p.collection_id], bytes_, facts) for n, p, facts, bytes_ in packed]
                old = [_row(row) for row in connection.execute(_PASSAGES_OF, {"passages": [n for n, _ in some]})]
                _move(connection, old, new, self._upserts)

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
                old = [_row(row) for row in connection.execute(_HELD.where(condition).limit(REMOVED))]
                if not old:
                    return
                _move(connection, old, [], self._upserts)


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
    wanted = {"ids": sorted(collection_ids)}
    numbers = {row.collection_id: row.id for row in connection.execute(_NUMBERS, wanted)}
    if fresh := sorted(collection_ids - set(numbers)):
        connection.execute(sa.insert(graph_collections), [{"collection_id": id_} | dict.fromkeys(_PARTS, 0) for id_ in fresh])
        numbers = {row.collection_id: row.id for row in connection.execute(_NUMBERS, wanted)}
    return numbers


def _row(row: tuple[Any, ...]) -> Held:
    passage, chunk_id, version_id, collection, *packed = row
    return Held(passage, chunk_id, version_id, collection, (packed[0], packed[1], packed[2]))


def _move(connection: Connection, old: Sequence[Held], new: Sequence[Held], upserts: _Upserts) -> None:
    """Let the new stand where the old stood, in everything that counts or points."""
    same = set(old) & set(new)
    gone, come = [p for p in old if p not in same], [p for p in new if p not in same]
    if not gone and not come:
        return
    delta = Delta.of(gone, come)
    nodes = _nodes(connection, delta, upserts)
    _point(connection, delta, nodes)
    _merge_aliases(connection, delta, upserts)
    _store(connection, gone, come, nodes)
    numbers = sorted({number for number, _ in delta.totals})
    connection.execute(_COUNT, [{"number": number} | {f"more_{name}": delta.totals[number, name] for name in _PARTS} for number in numbers])
    if gone:
        connection.execute(sa.delete(graph_collections).where(graph_collections.c.passages == 0))


def _nodes(connection: Connection, delta: Delta, upserts: _Upserts) -> Mapping[Node, _Row]:
    """Bring the names' rows in line; all of them, those that are gone too."""
    keys, numbers = sorted({key for _, key in delta.nodes}), sorted({number for number, _ in delta.nodes})
    found: dict[Node, _Row] = {}
    for id_, key, number, titled, packed in connection.execute(_NODES_OF, {"keys": keys, "numbers": numbers}).all():
        if (number, key) in delta.forms:
            found[number, key] = _Row(id_, titled, {(name, kind): count for name, kind, count in json.loads(packed)})
    last = connection.scalar(_LAST_NODE) or 0
    for offset, node in enumerate(sorted(delta.nodes - set(found)), 1):
        found[node] = _Row(last + offset, 0, {}, fresh=True)
    changed: list[dict[str, Any]] = []
    for node, moved in delta.forms.items():
        own = found[node]
        forms = {form: count for form in own.forms | moved if (count := own.forms.get(form, 0) + moved[form])}
        if forms != own.forms or delta.titled[node]:
            own.forms, own.titled = forms, own.titled + delta.titled[node]
            changed.append(_node(node, own))
    if stay := [values for values in changed if values["passages"]]:
        connection.execute(upserts.nodes, stay)
    words = [{"word": word, "node": own.id} for node, own in found.items() if own.fresh for word in later_words(node[1])]
    if words:
        connection.execute(sa.insert(graph_words), words)
    if gone := {values["id"]: values["key"] for values in changed if not values["passages"]}:
        connection.execute(sa.delete(graph_nodes).where(graph_nodes.c.id.in_(list(gone))))
        lost = {word for key in gone.values() for word in later_words(key)}
        connection.execute(sa.delete(graph_words).where(graph_words.c.word.in_(lost), graph_words.c.node.in_(list(gone))))
    return found


def later_words(key: str) -> set[str]:
    """Words of a key after its first."""
    return set(key.split()[1:])


def _node(node: Node, row: _Row) -> dict[str, Any]:
    """By hand, since thousands are written: a list of JSON as `json.dumps` gives it."""
    forms = ",".join(f'[{encode_basestring(name)},"{kind}",{count}]' for (name, kind), count in sorted(row.forms.items()))
    values = {"id": row.id, "key": node[1], "collection": node[0], "titled": row.titled}
    return values | {"passages": sum(row.forms.values()), "forms": f"[{forms}]"}


def _point(connection: Connection, delta: Delta, nodes: Mapping[Node, _Row]) -> None:
    """Postings of names and of statements. Statements of names that the passage does not mention point nowhere."""
    postings = {(nodes[node].id, untitled, passage): n for (node, untitled, passage), n in delta.postings.items() if n}
    stated = {(nodes[node].id, passage): n for (node, passage), n in delta.stated.items() if n and node in nodes}
    out: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for (node, untitled, passage), n in postings.items():
        if n < 0:
            out[passage, untitled].append(node)
    for (passage, untitled), ids in out.items():  # not as rows of values, for which SQLite reads the whole table
        connection.execute(_UNPOST, {"of": passage, "form": untitled, "nodes": ids})
    for passage in {passage for (_, passage), n in stated.items() if n < 0}:
        connection.execute(_UNSTATE, {"of": passage, "nodes": [node for (node, where), n in stated.items() if n < 0 and where == passage]})
    for table, moved in ((graph_postings, postings), (graph_stated, stated)):
        names = [column.name for column in table.primary_key.columns]
        if into := sorted(row for row, n in moved.items() if n > 0):
            connection.execute(sa.insert(table), [dict(zip(names, row, strict=True)) for row in into])


def _merge_aliases(connection: Connection, delta: Delta, upserts: _Upserts) -> None:
    a = graph_aliases.c
    moved = [(key, number, other, n) for (number, key, other), n in sorted(delta.aliases.items()) if n]
    if moved:
        connection.execute(upserts.aliases, [dict(zip(("key", "collection", "other", "passages"), row, strict=True)) for row in moved])
    if fallen := sorted({key for key, _, _, n in moved if n < 0}):
        connection.execute(sa.delete(graph_aliases).where(a.key.in_(fallen), a.passages <= 0))


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


def _among(column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    return column.in_(sa.bindparam(name, expanding=True))


_P, _N, _C = graph_passages.c, graph_nodes.c, graph_collections.c
_HELD = sa.select(_P.passage, _P.chunk_id, _P.version_id, _P.collection, _P.mentions, _P.aliases, _P.statements)
_PASSAGES_OF = _HELD.where(_among(_P.passage, "passages"))
_NODES_OF = sa.select(_N.id, _N.key, _N.collection, _N.titled, _N.forms).where(_among(_N.key, "keys"), _among(_N.collection, "numbers"))
_LAST_NODE = sa.select(sa.func.max(_N.id))
_NUMBERS = sa.select(_C.collection_id, _C.id).where(_among(_C.collection_id, "ids"))
_MORE = {name: _C[name] + sa.bindparam(f"more_{name}") for name in _PARTS}
_COUNT = sa.update(graph_collections).where(_C.id == sa.bindparam("number")).values(_MORE)
_UNPOST = sa.delete(graph_postings).where(
    _among(graph_postings.c.node, "nodes"),
    graph_postings.c.untitled == sa.bindparam("form"),
    graph_postings.c.passage == sa.bindparam("of"),
)
_UNSTATE = sa.delete(graph_stated).where(_among(graph_stated.c.node, "nodes"), graph_stated.c.passage == sa.bindparam("of"))
