"""The documents' graph in a Neo4j server, for the cluster profile. `graph/merging.py` writes, `graph/cypher.py` says what is asked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np

from graph import cypher, merging, packing
from graph.aliases import connected
from graph.bolt import Bolt, Row
from graph.facts import Entity, Mention, Neighbour, PassageFacts, Posting, Stated, Statement
from graph.pairs import pairs
from graph.paths import shortest
from graph.ports import LOOKED_AT
from graph.reading import Node, entity

WALK_S: Final = 0.4
"""Time limit of a statement that a question waits for."""
LOOK_S: Final = 5.0
"""Time limit of a statement that somebody waits for who looks at the graph."""
JOB_S: Final = 60.0
"""Time limit of a page of what a job reads."""
PAGE: Final = 2000
"""Passages that a job reads at once."""
UUID_CHARS: Final = 36


class Neo4jGraph:
    """Implements `graph.ports.GraphStore`. Chunk ids are UUIDs. Opens without the server: until it answers, calls raise `Unavailable`."""

    def __init__(self, url: str, user: str, password: str, *, walk_s: float = WALK_S) -> None:
        """`walk_s`: time limit of a statement that a question waits for."""
        self._bolt = Bolt(url, (user, password), cypher.SCHEMA, _WARM)
        self._walk_s, self._look_s = walk_s, max(LOOK_S, walk_s)
        self._bolt.look()

    def write(self, facts: Sequence[PassageFacts]) -> None:
        latest = list({passage.chunk_id: passage for passage in facts}.values())
        for start in range(0, len(latest), merging.BATCH):
            self._bolt.write(partial(merging.write, facts=latest[start : start + merging.BATCH]))

    def remove(self, version_ids: Sequence[str]) -> None:
        self._empty(cypher.OF_VERSIONS, versions=list(version_ids))

    def forget(self, collection_id: str) -> None:
        self._empty(cypher.OF_COLLECTION, collection=collection_id)
        self._bolt.write(lambda run: run(cypher.UNLOCK, id=collection_id))

    def mentions(self, chunk_ids: Sequence[str]) -> Mapping[str, Sequence[Mention]]:
        wanted = _once(chunk_ids)
        found = {row[0]: row[1] for row in self._read(cypher.PACKED, self._walk_s, ids=wanted)}
        return {chunk_id: packing.unpack_mentions(found[chunk_id]) for chunk_id in wanted if chunk_id in found}

    def postings(self, keys: Sequence[str], collections: Sequence[str], most: int, *, crowded: bool = True) -> Mapping[str, Posting]:
        wanted = _once(keys)
        asked = {"names": [_numbers([key], collections) for key in wanted], "most": most, "crowded": crowded, "untitled": merging.UNTITLED}
        found: dict[str, Posting] = {}
        for at, passages, ids, titled in self._read(cypher.POSTINGS, self._walk_s, **asked):
            chunks = [(ids[start : start + UUID_CHARS], start < UUID_CHARS * titled) for start in range(0, len(ids), UUID_CHARS)]
            # While passages are written their number may be ahead of what is found, or behind it.
            found[wanted[at]] = Posting(passages if passages > most else len(chunks), chunks)
        return found

    def aliases(self, keys: Sequence[str], collections: Sequence[str]) -> Mapping[str, Sequence[str]]:
        return self._classes(_once(keys), collections, self._walk_s)

    def entities(self, prefix: str, collections: Sequence[str], most: int) -> Sequence[Entity]:
        inside = None if " " in prefix else f" {prefix}"
        wanted = {"prefix": prefix, "inside": inside, "collections": list(collections), "most": most}
        return self._entities(self._read(cypher.BEGINNING, self._look_s, **wanted), collections)

    def neighbours(self, key: str, collections: Sequence[str], most: int) -> Sequence[Neighbour]:
        own = [key, *self._classes([key], collections, self._look_s).get(key, ())]
        first = self._first(own, collections)
        counts = Counter((name, collection) for _, collection, names in first for name in names if name not in own)
        near = sorted(counts, key=lambda node: (-counts[node], node))[:most]
        nodes = self._read(cypher.NODES, self._look_s, numbers=[merging.number(collection, name) for name, collection in near])
        relations = self._relations(own, collections, [chunk_id for chunk_id, *_ in first])
        entities = {(one.key, one.collection_id): one for one in self._entities(nodes, collections)}
        return [Neighbour(entities[node], counts[node], relations.get(node, ())) for node in near if node in entities]

    def statements(self, keys: Sequence[str], collections: Sequence[str], most: int) -> Sequence[Stated]:
        rows = self._read(cypher.STATED, self._walk_s, numbers=_numbers(keys, collections), most=most)
        return [Stated(Statement(*row[:5]), row[5], row[6]) for row in rows]

    def path(self, first: str, second: str, collections: Sequence[str], most_steps: int) -> Sequence[str]:
        def expand(keys: set[str]) -> Sequence[frozenset[str]]:
            return [frozenset(names) for *_, names in self._first(sorted(keys), collections)]

        return shortest(first, second, most_steps, expand)

    def edges(self, collection_id: str) -> Iterator[tuple[str, str, int]]:
        number: dict[str, int] = {}
        held, after = [], ""
        while rows := self._read(cypher.PAGE, JOB_S, collection=collection_id, after=after, most=PAGE):
            for _, packed in rows:
                names = [number.setdefault(mention.key, len(number)) for mention in packing.unpack_mentions(packed)]
                held.append(np.array(names, dtype=np.uint32))
            after = rows[-1][0]
        yield from pairs(sorted(number.items()), held)

    def counts(self, collection_id: str | None = None) -> Mapping[str, int]:
        [row] = self._read(cypher.COUNTS, self._look_s, collection=collection_id)
        return dict(zip(merging.PARTS, row, strict=True))

    def flush(self) -> None:
        """The server has on disk what it has committed."""

    def close(self) -> None:
        self._bolt.close()

    def _read(self, statement: str, seconds: float, **parameters: Any) -> list[Row]:
        """A reader of this server meets what is being removed just now after it has lost its values: such rows are left out."""
        return [row for row in self._bolt.read(statement, seconds, **parameters) if None not in row]

    def _empty(self, wanted: str, **parameters: Any) -> None:
        """Remove the passages that the statement finds, some at a time."""
        while self._bolt.write(partial(merging.remove, wanted=wanted, **parameters)):
            pass

    def _classes(self, keys: list[str], collections: Sequence[str], seconds: float) -> dict[str, tuple[str, ...]]:
        def look(frontier: set[str]) -> list[tuple[str, str, int]]:
            facts: Counter[tuple[str, str]] = Counter()
            for key, other, times in self._read(cypher.OTHER_NAMES, seconds, numbers=_numbers(sorted(frontier), collections)):
                facts[key, other] += times
            return [(*pair, times) for pair, times in facts.items()]

        return connected(keys, look)

    def _entities(self, rows: Sequence[Row], collections: Sequence[str]) -> list[Entity]:
        others = self._classes(_once([row[0] for row in rows]), collections, self._look_s)
        return [entity(Node(0, key, where, n, 0), forms, others.get(key, ())) for key, where, n, forms in rows]

    def _first(self, keys: Sequence[str], collections: Sequence[str]) -> list[tuple[str, str, list[str]]]:
        """Chunk id, collection and names of the first passages that hold one of the keys."""
        rows = self._read(cypher.FIRST, self._look_s, numbers=_numbers(keys, collections), most=LOOKED_AT)
        return [(chunk_id, collection, [one.key for one in packing.unpack_mentions(packed)]) for chunk_id, collection, packed in rows]

    def _relations(
        self, own: Sequence[str], collections: Sequence[str], passages: Sequence[str]
    ) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """(key, collection) -> relation phrases between it and these names in these passages, the most frequent first."""
        asked = {"numbers": _numbers(own, collections), "passages": list(passages)}
        phrases: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for subject, relation, object_, collection in self._read(cypher.RELATIONS, self._look_s, **asked):
            phrases[object_ if subject in own else subject, collection][relation] += 1
        return {node: tuple(sorted(counts, key=lambda phrase: (-counts[phrase], phrase))) for node, counts in phrases.items()}


def _once(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _numbers(keys: Sequence[str], collections: Sequence[str]) -> list[int]:
    """Of these names in each of these collections."""
    return [merging.number(collection, key) for key in _once(keys) for collection in _once(collections)]


_WARM: Final = (
    (cypher.PACKED, {"ids": [""]}),
    (cypher.POSTINGS, {"names": [[-1]], "most": 1, "crowded": True, "untitled": 0}),
    (cypher.OTHER_NAMES, {"numbers": [-1]}),
    (cypher.STATED, {"numbers": [-1], "most": 1}),
    (cypher.FIRST, {"numbers": [-1], "most": 1}),
)
