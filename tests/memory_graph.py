"""The contract of `graph.ports.GraphStore` in the plainest words: everything is counted anew at every question."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from graph.facts import Entity, Kind, Mention, Neighbour, PassageFacts, Posting, Stated, Statement
from graph.ports import LOOKED_AT, MOST_ALIASES


class MemoryGraph:
    def __init__(self) -> None:
        self.passages: dict[str, PassageFacts] = {}

    def write(self, facts: Sequence[PassageFacts]) -> None:
        self.passages |= {passage.chunk_id: passage for passage in facts}

    def remove(self, version_ids: Sequence[str]) -> None:
        self.passages = {id_: p for id_, p in self.passages.items() if p.version_id not in version_ids}

    def forget(self, collection_id: str) -> None:
        self.passages = {id_: p for id_, p in self.passages.items() if p.collection_id != collection_id}

    def mentions(self, chunk_ids: Sequence[str]) -> Mapping[str, Sequence[Mention]]:
        held = {id_: self.passages[id_] for id_ in chunk_ids if id_ in self.passages}
        return {id_: sorted(p.facts.mentions, key=lambda m: m.key) for id_, p in held.items()}

    def postings(self, keys: Sequence[str], collections: Sequence[str], most: int, *, crowded: bool = True) -> Mapping[str, Posting]:
        found = {key: self._places([key], collections) for key in keys}
        shown = {key: [p for p in places if crowded or len(places) <= most or not p[0]] for key, places in found.items() if places}
        return {key: Posting(len(found[key]), [(chunk, not untitled) for untitled, chunk in shown[key][:most]]) for key in shown}

    def aliases(self, keys: Sequence[str], collections: Sequence[str]) -> Mapping[str, Sequence[str]]:
        stated: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for passage in self._within(collections):
            for alias in passage.facts.aliases:
                stated[alias.key][alias.other] += 1
                stated[alias.other][alias.key] += 1
        return {key: others for key in keys if (others := alias_class(key, stated))}

    def entities(self, prefix: str, collections: Sequence[str], most: int) -> Sequence[Entity]:
        def begins(key: str) -> bool:
            return key.startswith(prefix) or any(word.startswith(prefix) for word in key.split()[1:])

        found = [one for one in self._entities(collections).values() if begins(one.key)]
        return sorted(found, key=lambda one: (-one.passages, one.key, one.collection_id))[:most]

    def neighbours(self, key: str, collections: Sequence[str], most: int) -> Sequence[Neighbour]:
        own = {key, *self.aliases([key], collections).get(key, ())}
        entities = self._entities(collections)
        counts: Counter[tuple[str, str]] = Counter()
        phrases: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for _, chunk in self._places(own, collections)[:LOOKED_AT]:
            passage = self.passages[chunk]
            counts.update((m.key, passage.collection_id) for m in passage.facts.mentions if m.key not in own)
            for one in passage.facts.statements:
                if one.subject in own or one.object in own:
                    other = one.object if one.subject in own else one.subject
                    phrases[other, passage.collection_id][one.relation] += 1
        best = sorted(counts, key=lambda node: (-counts[node], node))[:most]
        return [Neighbour(entities[node], counts[node], _ranked(phrases[node])) for node in best]

    def statements(self, keys: Sequence[str], collections: Sequence[str], most: int) -> Sequence[Stated]:
        found = [
            Stated(one, passage.chunk_id, passage.collection_id)
            for passage in self._within(collections)
            for one in passage.facts.statements
            if one.subject in keys or one.object in keys
        ]
        return sorted(found, key=lambda stated: (stated.chunk_id, *_order(stated.statement)))[:most]

    def path(self, first: str, second: str, collections: Sequence[str], most_steps: int) -> Sequence[str]:
        together: defaultdict[str, set[str]] = defaultdict(set)
        for passage in self._within(collections):
            names = {m.key for m in passage.facts.mentions}
            for name in names:
                together[name] |= names
        ways = [[first]] if first in together else []
        for _ in range(most_steps):
            if any(way[-1] == second for way in ways):
                break
            ways = [[*way, name] for way in ways for name in sorted(together[way[-1]]) if name not in way]
        return min((way for way in ways if way[-1] == second), default=[])

    def edges(self, collection_id: str) -> Iterator[tuple[str, str, int]]:
        counts: Counter[tuple[str, str]] = Counter()
        for passage in self._within([collection_id]):
            counts.update(combinations(sorted(m.key for m in passage.facts.mentions), 2))
        yield from ((first, second, n) for (first, second), n in sorted(counts.items()))

    def counts(self, collection_id: str | None = None) -> Mapping[str, int]:
        held = list(self.passages.values()) if collection_id is None else list(self._within([collection_id]))
        return {"passages": len(held)} | {
            name: sum(len(getattr(p.facts, name)) for p in held) for name in ("mentions", "aliases", "statements")
        }

    def flush(self) -> None: ...

    def close(self) -> None: ...

    def _within(self, collections: Sequence[str]) -> Iterator[PassageFacts]:
        return (p for p in self.passages.values() if p.collection_id in collections)

    def _places(self, keys: Iterable[str], collections: Sequence[str]) -> list[tuple[int, str]]:
        keys = set(keys)
        found = [(p.chunk_id, [m.titled for m in p.facts.mentions if m.key in keys]) for p in self._within(collections)]
        return sorted((int(not any(titled)), chunk) for chunk, titled in found if titled)

    def _entities(self, collections: Sequence[str]) -> dict[tuple[str, str], Entity]:
        names: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        kinds: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for passage in self._within(collections):
            for mention in passage.facts.mentions:
                names[mention.key, passage.collection_id][mention.name] += 1
                kinds[mention.key, passage.collection_id][mention.kind.value] += 1
        others = self.aliases([key for key, _ in names], collections)
        return {
            (key, where): Entity(key, _ranked(names[key, where])[0], _kind(kinds[key, where]), where, n.total(), others.get(key, ()))
            for (key, where), n in names.items()
        }


def _order(one: Statement) -> tuple[int, int, str, str, str]:
    return one.start, one.end, one.subject, one.relation, one.object


def _ranked(counts: Counter[str]) -> tuple[str, ...]:
    return tuple(sorted(counts, key=lambda name: (-counts[name], name)))


def _kind(counts: Counter[str]) -> Kind:
    telling = Counter({kind: n for kind, n in counts.items() if kind not in ("name", "term")})
    return Kind(_ranked(telling or counts)[0])


def alias_class(key: str, stated: Mapping[str, Counter[str]]) -> tuple[str, ...]:
    members, new = {key}, {key}
    while new:
        new = {other for one in new for other in stated.get(one, ())} - members
        members |= new
    if len(members) - 1 > MOST_ALIASES:
        return tuple(sorted(_ranked(stated[key])[:MOST_ALIASES]))
    return tuple(sorted(members - {key}))
