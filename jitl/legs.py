"""Passages as a source of knowledge: what the index finds, as far as SQL confirms it."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

from jitl.errors import Unavailable
from jitl.types import Hit

if TYPE_CHECKING:
    from jitl.ports import VectorStore
    from jitl.types import Query

DENSE, SPARSE = "dense", "sparse"
REWRITTEN_DENSE, REWRITTEN_SPARSE = "dense-rewritten", "sparse-rewritten"
NAMES = (DENSE, SPARSE, REWRITTEN_DENSE, REWRITTEN_SPARSE)
_SPARE = 10  # asked for beyond k at first: stale points and ties at the cut
_GROWTH = 4
_MOST = 20_000  # of an index's hits; beyond it ties are left as the index gave them

_Found = list[tuple[str, float]]
Confirmed = Mapping[str, tuple[str, int]]
"""Chunk id -> (document id, ordinal) of those that SQL confirms."""
Steps = Generator[Sequence[str], Confirmed, Sequence[Hit]]
"""A leg's search: it yields the ids that it found, others each time, is sent those confirmed, and returns its hits."""


class Catalogue(Protocol):
    """What SQL is asked here (`jitl.sql.catalogue`)."""

    def confirm(self, chunk_ids: Sequence[str], collections: Sequence[str]) -> Confirmed: ...


class PassageLeg:
    """Implements `jitl.ports.Retriever` and `Weigher`. `name` says by what it searches: one of `NAMES`."""

    def __init__(self, name: str, store: VectorStore, catalogue: Catalogue) -> None:
        self.name = name
        self.inline = store.in_process
        self._store = store
        self._catalogue = catalogue

    def retrieve(self, query: Query, k: int) -> Sequence[Hit]:
        return Together({self.name: self.steps(query, k)}, self._catalogue, query).hits(self.name)

    def steps(self, query: Query, k: int) -> Steps:
        """What `retrieve` does, but for asking SQL."""
        look = self._search(query)
        if look is None or not query.collections:
            return ()
        confirmed: dict[str, tuple[str, int]] = {}
        asked: set[str] = set()
        limit = k + _SPARE
        while True:
            found = look(limit)
            for some in (_first(found, k), found):  # mostly the first k stand, and nobody asks for what was found to spare
                confirmed |= yield [key for key, _ in some if key not in asked]
                asked.update(key for key, _ in some)
                hits = [Hit(key, *confirmed[key], score, self.name) for key, score in some if key in confirmed]
                if len(hits) >= k or len(some) == len(found):
                    break
            if _settled(hits, found, k, limit):
                return sorted(hits, key=lambda hit: (-hit.score, hit.document_id, hit.ordinal))[:k]
            if time.monotonic() > query.deadline:
                raise Unavailable("too late.")
            limit *= _GROWTH

    def weigh(self, query: Query, chunk_ids: Sequence[str]) -> Mapping[str, float]:
        look = self._search(query, chunk_ids)
        return dict(look(len(chunk_ids))) if look is not None else {}

    def _search(self, query: Query, among: Sequence[str] | None = None) -> Callable[[int], _Found] | None:
        """The index's best for a limit; None where the question has nothing to search by."""
        store, within = self._store, query.collections
        if self.name in (SPARSE, REWRITTEN_SPARSE):
            terms = query.terms if self.name == SPARSE else query.rewritten_terms
            return (lambda limit: store.search_sparse(terms, within, limit, among=among)) if terms else None
        vector = query.vector if self.name == DENSE else query.rewritten_vector
        return (lambda limit: store.search_dense(vector, within, limit, among=among)) if vector is not None else None


class Together:
    """Searches of several legs for one question: what they find is confirmed by one statement a round. Nothing is asked before `hits`."""

    def __init__(self, searches: Mapping[str, Steps], catalogue: Catalogue, query: Query) -> None:
        self._searches = dict(searches)
        self._catalogue = catalogue
        self._query = query
        self._over: dict[str, Sequence[Hit] | Exception] = {}

    def hits(self, name: str) -> Sequence[Hit]:
        """Of one leg. Raises what went wrong in it: the others are none the worse for it."""
        if self._searches:
            self._run()
        hits = self._over[name]
        if isinstance(hits, Exception):
            raise hits
        return hits

    def _run(self) -> None:
        steps: dict[str, Callable[[], Sequence[str]]] = {name: search.__next__ for name, search in self._searches.items()}
        while steps:
            found = {name: ids for name, step in steps.items() if (ids := self._step(name, step)) is not None}
            try:
                confirmed = self._confirmed(found.values())
            except Exception as error:  # noqa: BLE001  # raised for each leg that needs it
                self._over |= dict.fromkeys(found, error)
                break
            steps = {name: partial(self._searches[name].send, confirmed) for name in found}
        self._searches.clear()

    def _confirmed(self, found: Iterable[Sequence[str]]) -> Confirmed:
        ids = list(dict.fromkeys(key for its in found for key in its))
        return self._catalogue.confirm(ids, self._query.collections) if ids else {}

    def _step(self, name: str, step: Callable[[], Sequence[str]]) -> Sequence[str] | None:
        """The ids that a search yields next; None where it is over."""
        try:
            return step()
        except StopIteration as end:
            self._over[name] = end.value
        except Exception as error:  # noqa: BLE001  # a leg is isolated; whoever asks for its hits is told
            self._over[name] = error
        return None


def _first(found: _Found, k: int) -> _Found:
    """The best k with all that score like the last of them."""
    return [pair for pair in found if pair[1] >= found[k - 1][1]] if len(found) > k else found


def _settled(hits: Sequence[Hit], found: _Found, k: int, limit: int) -> bool:
    """Whether no more asking changes the first k: none are left, or those left score below the k-th."""
    if len(found) < limit or limit >= _MOST:
        return True
    return len(hits) >= k and found[-1][1] < hits[k - 1].score
