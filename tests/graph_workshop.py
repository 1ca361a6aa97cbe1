"""An ingest whose documents are followed by a graph, and what that graph's rows say whatever their ids."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sqlalchemy as sa

from graph.extract import Extractor
from graph.index import NAME, GraphIndexer
from graph.local import SqlGraph
from graph.ports import FactExtractor, GraphStore
from graph.written import ClaimsIndex
from ingest.handover import Handover
from ingest.pipeline import Pipeline
from ingest.projector import Projector
from jitl.sql.documents import Documents
from jitl.sql.engine import Database
from jitl.sql.graph_tables import (
    graph_aliases,
    graph_collections,
    graph_nodes,
    graph_passages,
    graph_postings,
    graph_stated,
    graph_words,
)
from jitl.sql.tables import versions
from tests.workshop import Workshop

PEOPLE = ["Maria Olsen", "Piet Vermeer", "Ana Ruiz", "Chen Wei", "Ivo Novak"]
THINGS = ["Lantern Array", "Delta Ring", "Harbour Framework", "Aurora Project", "Mount Kestrel", "North Tracker", "Basalt Magnet"]
SAYINGS = [
    "{person} designed the {thing} in 20{n:02}.",
    "The {thing} is part of the {other}, and {person} leads it.",
    "The {thing} ({short}) reads the events of the {other}.",
    "Release {n}.{n}.0 of the {thing} was tested by {person}.",
    "{person} and {somebody} wrote the note on the decay of the J/ψ to μ+ μ- at the {other}.",
    "{thing} 由 {person} 于 20{n:02} 年设计。",
]


@dataclass
class GraphWorkshop(Workshop):
    graph: GraphStore | None = None
    extractor: FactExtractor = field(default_factory=Extractor)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.held: GraphStore = self.graph or SqlGraph(self.db)
        self.graph_indexer = GraphIndexer(self.db, self.held, self.extractor)
        self.follower = Projector(self.db, [self.graph_indexer], NAME)

    @property
    def indexers(self) -> list[Any]:
        return [ClaimsIndex(self.db), Handover(self.db, NAME, self.follower), self.indexer]

    @property
    def projector(self) -> Projector:
        return Projector(self.db, self.indexers)

    @property
    def pipeline(self) -> Pipeline:
        plain = super().pipeline
        plain._indexers = tuple(self.indexers)
        return plain

    def settle(self) -> bool:
        return self.projector.drain() and self.follower.drain()

    def rebuild(self, store: GraphStore) -> None:
        """Into an empty store, from what SQL says now."""
        with self.db.read() as connection:
            published = list(connection.scalars(sa.select(versions.c.id).where(versions.c.state == "published")))
        GraphIndexer(self.db, store, self.extractor).project(published)

    def change(self, rng: random.Random) -> None:
        """One document comes, changes, or goes."""
        there = sorted(self.folder.iterdir())
        choice = rng.random()
        if choice < 0.4 or not there:
            (self.folder / f"note{rng.randrange(40)}.txt").write_text(prose(rng))
        elif choice < 0.7:
            rng.choice(there).write_text(prose(rng))
        elif choice < 0.9:
            rng.choice(there).unlink()
        elif held := self.catalogue.documents(self.collection):
            Documents(self.db).delete([rng.choice(held).id])


def prose(rng: random.Random) -> str:
    """Some sentences that share names, in one or several passages."""
    said = []
    for _ in range(rng.choice((1, 3, 3, 30))):
        thing, other = rng.sample(THINGS, 2)
        person, somebody = rng.sample(PEOPLE, 2)
        short = "".join(word[0] for word in thing.split()) + rng.choice(("", "", "2"))
        said.append(
            rng.choice(SAYINGS).format(thing=thing, other=other, person=person, somebody=somebody, short=short, n=rng.randrange(30))
        )
    return " ".join(said)


def rows(db: Database) -> dict[str, list[Any]]:
    """Every stored row of the graph in SQL, names and collections in the place of their ids."""
    with db.read() as connection:
        read = {table.name: connection.execute(sa.select(table)).mappings().all() for table in _TABLES}
    place = {row["id"]: row["collection_id"] for row in read["graph_collections"]}
    node = {row["id"]: (place[row["collection"]], row["key"]) for row in read["graph_nodes"]}
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for name, kept in read.items():
        for row in kept:
            plain = dict(row)
            if name in ("graph_collections", "graph_nodes", "graph_passages"):
                del plain["id"]
            if "collection" in plain:
                plain["collection"] = place[plain["collection"]]
            if "node" in plain:
                plain["node"] = node[plain["node"]]
            if "nodes" in plain:
                plain["nodes"] = [node[id_] for id_ in np.frombuffer(plain["nodes"], "<u4").tolist()]
            found[name].append(plain)
    return {name: sorted(found[name], key=repr) for name in read}


_TABLES = (graph_collections, graph_nodes, graph_words, graph_passages, graph_postings, graph_stated, graph_aliases)
