"""The documents' graph in SQL: names with their postings one way, passages with their packed facts the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from graph import packing
from graph.aliases import classes
from graph.facts import Entity, Mention, Neighbour, PassageFacts, Posting, Stated
from graph.pairs import pairs
from graph.paths import shortest
from graph.places import Node
from graph.reading import GraphReader, entity
from graph.writing import GraphWriter
from jitl.sql.frequencies import slices
from jitl.sql.graph_tables import graph_collections, graph_nodes, graph_passages
from jitl.sql.prepared import Prepared

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from jitl.sql.engine import Database

MOST_IDS = 1000
_P = graph_passages.c
_MENTIONS = Prepared(lambda among: sa.select(_P.chunk_id, _P.mentions).where(among(_P.passage, "passages")))


class SqlGraph:
    """Implements `graph.ports.GraphStore`. Chunk ids are UUIDs."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._writer = GraphWriter(db)

    def write(self, facts: Sequence[PassageFacts]) -> None:
        self._writer.write(facts)

    def remove(self, version_ids: Sequence[str]) -> None:
        self._writer.remove(version_ids)

    def forget(self, collection_id: str) -> None:
        self._writer.forget(collection_id)

    def mentions(self, chunk_ids: Sequence[str]) -> Mapping[str, Sequence[Mention]]:
        found: dict[str, Sequence[Mention]] = {}
        with self._db.read() as connection:
            for some in slices(list(dict.fromkeys(chunk_ids)), MOST_IDS):
                numbers = [packing.passage_number(id_) for id_ in some]
                rows = _MENTIONS.rows(connection, passages=numbers)
                found |= {row[0]: packing.unpack_mentions(row[1]) for row in rows}
        return {id_: found[id_] for id_ in dict.fromkeys(chunk_ids) if id_ in found}

    def postings(self, keys: Sequence[str], collections: Sequence[str], most: int, *, crowded: bool = True) -> Mapping[str, Posting]:
        by_key: defaultdict[str, list[Node]] = defaultdict(list)
        with self._db.read() as connection:
            reader = GraphReader(connection, collections)
            nodes = reader.nodes(keys)
            for node in nodes:
                by_key[node.key].append(node)
            many = set() if crowded else {key for key, its in by_key.items() if sum(node.passages for node in its) > most}
            places = reader.places([node for node in nodes if node.key not in many], most, chunks=True)
            places |= reader.places([node for node in nodes if node.key in many], most, chunks=True, titled=True)
        found: dict[str, Posting] = {}
        for key in (key for key in dict.fromkeys(keys) if key in by_key):
            first = [place for node in by_key[key] for place in places[node.id]]
            if len(by_key[key]) > 1:
                first = sorted(first, key=lambda place: tuple(place[1:]))[:most]
            found[key] = Posting(sum(node.passages for node in by_key[key]), [(place[3], not place[1]) for place in first])
        return found

    def aliases(self, keys: Sequence[str], collections: Sequence[str]) -> Mapping[str, Sequence[str]]:
        with self._db.read() as connection:
            return classes(connection, list(dict.fromkeys(keys)), collections)

    def entities(self, prefix: str, collections: Sequence[str], most: int) -> Sequence[Entity]:
        with self._db.read() as connection:
            reader = GraphReader(connection, collections)
            return _with_aliases(connection, reader, reader.beginning(prefix, most))

    def neighbours(self, key: str, collections: Sequence[str], most: int) -> Sequence[Neighbour]:
        with self._db.read() as connection:
            reader = GraphReader(connection, collections)
            own = reader.nodes([key, *classes(connection, [key], collections).get(key, ())])
            passages = reader.first(own)
            counts = reader.beside(own, passages)
            near = reader.most_shared(counts, most)
            relations = reader.relations(own, passages, {node.key for node in near})
            entities = _with_aliases(connection, reader, near)
        return [
            Neighbour(one, counts[node.id], relations.get((node.collection, node.key), ()))
            for node, one in zip(near, entities, strict=True)
        ]

    def statements(self, keys: Sequence[str], collections: Sequence[str], most: int) -> Sequence[Stated]:
        with self._db.read() as connection:
            reader = GraphReader(connection, collections)
            return reader.statements(set(keys), reader.nodes(keys), most)

    def path(self, first: str, second: str, collections: Sequence[str], most_steps: int) -> Sequence[str]:
        with self._db.read() as connection:
            return shortest(first, second, most_steps, GraphReader(connection, collections).holding)

    def edges(self, collection_id: str) -> Iterator[tuple[str, str, int]]:
        n, p = graph_nodes.c, graph_passages.c
        with self._db.read() as connection:
            number = _number(connection, collection_id)
            keys = [(row.key, row.id) for row in connection.execute(sa.select(n.key, n.id).where(n.collection == number))]
            held = [packing.unpack_nodes(packed) for packed in connection.scalars(sa.select(p.nodes).where(p.collection == number))]
        yield from pairs(sorted(keys), held)

    def counts(self, collection_id: str | None = None) -> Mapping[str, int]:
        c = graph_collections.c
        sums = [sa.func.coalesce(sa.func.sum(c[name]), 0).label(name) for name in ("passages", "mentions", "aliases", "statements")]
        wanted = sa.select(*sums)
        if collection_id is not None:
            wanted = wanted.where(c.collection_id == collection_id)
        with self._db.read() as connection:
            return {name: int(value) for name, value in connection.execute(wanted).one()._mapping.items()}  # noqa: SLF001  # its public name

    def flush(self) -> None:
        """Every write was on stable storage when it returned."""

    def close(self) -> None:
        """The database is its owner's."""


def _number(connection: Connection, collection_id: str) -> int | None:
    c = graph_collections.c
    return connection.scalar(sa.select(c.id).where(c.collection_id == collection_id))


def _with_aliases(connection: Connection, reader: GraphReader, nodes: Sequence[Node]) -> list[Entity]:
    others = classes(connection, list(dict.fromkeys(node.key for node in nodes)), reader.collections)
    forms = reader.forms(nodes)
    return [entity(node, forms[node.id], others.get(node.key, ())) for node in nodes]
