"""From what search found along the documents' graph: what a question of several steps needs is put together, a passage at a time.

A walk begins only where the question, or a correction that it hangs on, names something that the documents name. Other rankings stay
as they are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from graph.asked import Asked
from graph.facts import Kind
from graph.keys import key
from graph.links import FORWARD, MOST, TITLES, Link, Links
from graph.names import spans
from graph.pool import Pool
from graph.steps import Steps, Weights, shipped

if TYPE_CHECKING:
    from graph.facts import Posting
    from graph.ports import FactExtractor, GraphStore
    from jitl.ports import SparseEncoder
    from jitl.types import Query, RankedHit

Look = Callable[[Sequence[str]], Sequence["RankedHit"]]
"""The passages of these chunks that SQL confirms, scored as search scores its own."""

BASE: Final = 32
"""Hits of the search that a walk chooses from."""
SEEDS: Final = 7
"""The first of them, whose links are followed before anything is chosen."""
FETCHED: Final = 40
"""Passages that links bring in, at most, from the seeds; from those that would be chosen first a third of it."""
STEPS: Final = 6
"""Passages that are chosen; what else was found follows in its order."""
FITTED: Final = ("en",)
"""Languages in which there were questions of several steps to fit the weights on."""
AHEAD: Final = 4
"""Of them, those whose links are looked up though they are no seeds."""


class Walk:
    """Implements `jitl.retrieve.Walker`."""

    pool = BASE

    def __init__(self, graph: GraphStore, extractor: FactExtractor, sparse: SparseEncoder, weights: Weights | None = None) -> None:
        self._graph = graph
        self._extractor = extractor
        self._sparse = sparse
        self._weights = shipped() if weights is None else weights

    def walk(self, query: Query, hits: Sequence[RankedHit], starts: Sequence[str], look: Look) -> list[RankedHit]:
        path = self.begin(query, hits, starts, look)
        return list(hits) if path is None else path.go(hits)

    def begin(self, query: Query, hits: Sequence[RankedHit], starts: Sequence[str], look: Look) -> Path | None:
        """Before its first step; None where nothing is named that the documents name."""
        if query.language not in FITTED and not starts:
            return None
        names = self._extractor.names(query.text)
        begun = sorted({name for text in starts for name in self._extractor.names(text)})
        known = self._named(query.text, self._graph.postings(sorted({*names, *begun}), query.collections, MOST))
        if not known:
            return None
        asked = Asked.of(query, names, {name: known[name] for name in names if name in known}, self._sparse)
        aliases = self._graph.aliases(sorted(known), query.collections)
        others = sorted({other for some in aliases.values() for other in some} - known.keys())
        known |= self._graph.postings(others, query.collections, MOST) if others else {}
        path = Path(self, query, asked, known, aliases, look)
        path.prepare(hits, [name for name in begun if name in known], starts)
        return path

    def links(self, query: Query, asked: Asked, known: Mapping[str, Posting]) -> Links:
        return Links(self._graph, query.collections, query.passages, known, asked.parts)

    def best(self, steps: Steps) -> int:
        return int(steps.scores(self._weights).argmax())

    def _named(self, question: str, postings: Mapping[str, Posting]) -> dict[str, Posting]:
        """Those that name something: a name by its form, a title, or what a passage has as a name and not as a common noun."""
        by_form = {key(question[start:end]) for start, end in spans(question)}
        sure = {name for name, posting in postings.items() if name in by_form or posting.titled}
        examples = {name: posting.chunks[0][0] for name, posting in postings.items() if name not in sure and posting.chunks}
        mentions = self._graph.mentions(sorted(set(examples.values())))
        proper = {(one.key, id_) for id_, found in mentions.items() for one in found if one.kind is not Kind.TERM}
        return {name: posting for name, posting in postings.items() if name in sure or (name, examples.get(name)) in proper}


class Path:
    """One walk: a pool of passages, and the steps taken over it."""

    def __init__(
        self, walk: Walk, query: Query, asked: Asked, known: Mapping[str, Posting], aliases: Mapping[str, Sequence[str]], look: Look
    ) -> None:
        standing = {name: frozenset(id_ for id_, _ in posting.chunks) for name, posting in known.items()}
        none: frozenset[str] = frozenset()
        holding = {name: none.union(*(standing.get(one, none) for one in (name, *aliases.get(name, ())))) for name in asked.named}
        self._walk = walk
        self._look = look
        self._deadline = query.deadline
        self._known = known
        self.pool = Pool(asked, holding)
        self.links = walk.links(query, asked, known)

    def prepare(self, hits: Sequence[RankedHit], begun: Sequence[str], starts: Sequence[str]) -> None:
        """The pool: the first hits, what the question's names are titles of, and where these lead."""
        base = [hit for hit in hits if hit.passage is not None][:BASE]
        self.pool.add(base)
        titled = [id_ for posting in self._known.values() for id_, _ in posting.chunks[: min(posting.titled, TITLES)]]
        seeds = list(dict.fromkeys([*(hit.passage.id for hit in base[:SEEDS] if hit.passage), *titled]))[: SEEDS + TITLES // 2]
        self.links.look_up(seeds)
        leading = [link for seed in seeds for link in self.links.of(seed)]
        from_starts = list(self.links.over(begun))
        self._fetch([*titled, *(link.chunk_id for link in from_starts), *self._ends(leading)], FETCHED)
        begin = (self.pool.shares(" ".join(starts)), from_starts) if starts else None
        self._look_ahead(Steps(self.pool, self.links, begin))
        self.steps = Steps(self.pool, self.links, begin)

    def _look_ahead(self, steps: Steps) -> None:
        """Where those lead that would be chosen first, all at once: what is asked of SQL is what a walk takes its time for."""
        while len(steps.chosen) < min(AHEAD, len(self.pool)):
            steps.take(self._walk.best(steps))
        passages = [self.pool.hits[at].passage for at in steps.chosen]
        new = [passage.id for passage in passages if passage is not None and not self.links.known(passage.id)]
        if new:
            self.links.look_up(new)
            self._fetch(self._ends([link for id_ in new for link in self.links.of(id_)]), FETCHED // 3)

    def go(self, hits: Sequence[RankedHit]) -> list[RankedHit]:
        found = {hit.passage.id for hit in hits if hit.passage is not None}
        while len(self.steps.chosen) < min(STEPS, len(self.pool)) and time.monotonic() < self._deadline:
            self.step()
        chosen = [self._shown(at, found) for at in self.steps.chosen]
        ids = {hit.passage.id for hit in chosen if hit.passage is not None}
        return [*chosen, *(hit for hit in hits if hit.passage is None or hit.passage.id not in ids)]

    def step(self) -> None:
        """Choose one more."""
        self.steps.take(self._walk.best(self.steps))

    def _ends(self, links: Sequence[Link]) -> list[str]:
        """Where links lead, those by titles first."""
        worth = (link for link in links if self.links.leads(link))
        return [link.chunk_id for link in sorted(worth, key=lambda link: (link.kind != FORWARD, -link.weight, link.chunk_id))]

    def _fetch(self, chunk_ids: Sequence[str], most: int) -> None:
        new = [id_ for id_ in dict.fromkeys(chunk_ids) if self.pool.at(id_) is None][:most]
        if new:
            self.pool.add(self._look(new))

    def _shown(self, at: int, found: set[str]) -> RankedHit:
        """With the names over which it was reached from what was chosen before it."""
        hit = self.pool.hits[at]
        assert hit.passage is not None
        return replace(hit, kind="passage" if hit.passage.id in found else "graph", path=self._way(at))

    def _way(self, at: int) -> tuple[str, ...]:
        names: list[str] = []
        source: int | None = at
        while source is not None and (step := self.steps.way.get(source)) is not None:
            _, link, source = step
            own = None if source is None else self.pool.hits[source].passage
            names.append(link.name if own is None else self.links.name(own.id, link.name))
        return tuple(reversed(names))
