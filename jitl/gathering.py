"""Every leg asked at the same time, and what they find put together: passages that SQL confirms, each with what every leg gives it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from jitl.errors import JitlError, Unavailable
from jitl.fusion import Fused, fuse
from jitl.legs import Together
from jitl.ports import Stepwise, Weigher
from jitl.types import Hit, RankedHit

if TYPE_CHECKING:
    from jitl.ports import Retriever
    from jitl.types import Passage, Query

_log = logging.getLogger(__name__)
_WORKERS = 32  # legs of searches at once; one that hangs keeps its thread
GRAPH = "graph"

_Any = TypeVar("_Any")
Hits = Callable[[], Sequence[Hit]]


class Catalogue(Protocol):
    """What SQL is asked here (`jitl.sql.catalogue`)."""

    def confirm(self, chunk_ids: Sequence[str], collections: Sequence[str]) -> Mapping[str, tuple[str, int]]: ...
    def passages(self, chunk_ids: Sequence[str], collections: Sequence[str]) -> Mapping[str, Passage]: ...
    def epoch(self, collections: Sequence[str]) -> int: ...


class Gathering:
    """Safe to call from several threads."""

    def __init__(self, legs: Sequence[Retriever], catalogue: Catalogue) -> None:
        self.legs = tuple(legs)
        self._catalogue = catalogue
        self._stepwise = {leg.name: leg for leg in legs if leg.inline and isinstance(leg, Stepwise)}
        self._weighers = {leg.name: leg for leg in legs if isinstance(leg, Weigher)}
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="leg")

    def begin(self, query: Query, k: int) -> Mapping[str, Hits]:
        """Start the legs that wait for somebody else; calling what is returned gives a leg's hits, those of others last."""
        together = Together({name: leg.steps(query, k) for name, leg in self._stepwise.items()}, self._catalogue, query)
        inline = {
            leg.name: partial(together.hits, leg.name) if leg.name in self._stepwise else partial(leg.retrieve, query, k)
            for leg in self.legs
            if leg.inline
        }
        begun = {leg.name: self._pool.submit(leg.retrieve, query, k) for leg in self.legs if not leg.inline}
        return inline | {name: partial(_wait, future, query.deadline) for name, future in begun.items()}

    def end(self, query: Query, begun: Mapping[str, Hits], k: int, notices: list[str]) -> list[Fused] | None:
        """What the legs found, best first; None where none of them answers. Those that fail are named in `notices`."""
        found: dict[str, Sequence[Hit]] = {}
        for name, answer in begun.items():
            try:
                found[name] = isolated(name, answer)
            except Unavailable as error:
                notices.append(error.message)
        if self.legs and not found:
            return None
        return fuse(query, found, self._weighed(query, found, k, notices))

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def hydrated(self, query: Query, fused: Sequence[Fused], k: int) -> list[RankedHit]:
        """The best k that SQL still confirms, as passages."""
        hits: list[RankedHit] = []
        for start in range(0, len(fused), k):
            some = fused[start : start + k]
            passages = self._catalogue.passages([each.hit.chunk_id for each in some], query.collections)
            hits += [_ranked(each, passages[each.hit.chunk_id]) for each in some if each.hit.chunk_id in passages]
            if len(hits) >= k:
                break
        return hits[:k]

    def look_up(self, query: Query, chunk_ids: Sequence[str]) -> list[RankedHit]:
        """These passages as far as SQL confirms them, with what every leg gives them."""
        passages = self._catalogue.passages(chunk_ids, query.collections)
        hits = [Hit(one.id, one.document_id, one.ordinal, 0.0, GRAPH) for one in passages.values()]
        weighed = {name: leg.weigh(query, sorted(passages)) for name, leg in self._weighers.items()} if hits else {}
        return [_ranked(each, passages[each.hit.chunk_id]) for each in fuse(query, {GRAPH: hits}, weighed)]

    def _weighed(self, query: Query, found: Mapping[str, Sequence[Hit]], k: int, notices: list[str]) -> dict[str, Mapping[str, float]]:
        """What each leg gives to the hits of the others; one that found fewer than k has named all that it gives anything."""
        keys = {leg: {hit.chunk_id for hit in hits} for leg, hits in found.items()}
        every = set().union(*keys.values())
        weighed: dict[str, Mapping[str, float]] = {}
        for name, leg in self._weighers.items():
            missing = every - keys.get(name, every)  # a leg that failed is not asked again
            if missing and len(keys[name]) >= k:
                try:
                    weighed[name] = leg.weigh(query, sorted(missing))
                except JitlError as error:
                    notices.append(f"{name}: {error.message}")
        return weighed


def _wait(future: Future[Sequence[Hit]], deadline: float) -> Sequence[Hit]:
    try:
        return future.result(timeout=max(0.0, deadline - time.monotonic()))
    except TimeoutError as error:
        future.cancel()
        raise Unavailable("too late.") from error


def isolated(name: str, hits: Callable[[], Sequence[_Any]]) -> Sequence[_Any]:
    """A leg's hits; whatever goes wrong inside it comes out as `Unavailable` with its name."""
    try:
        return hits()
    except JitlError as error:
        raise Unavailable(f"{name}: {error.message}") from error
    except Exception as error:  # a leg is isolated: its bug must not take the others down
        _log.exception("leg %s failed", name)
        raise Unavailable(f"{name}: failed.") from error


def _ranked(fused: Fused, passage: Passage) -> RankedHit:
    return RankedHit("passage", fused.score, passage=passage, path=fused.hit.path, legs=fused.legs)
