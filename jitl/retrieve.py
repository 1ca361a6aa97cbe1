"""A question is made ready once, asked of every source of knowledge at the same time, and comes back as one ranking.

A source is a leg: a `Retriever`. Corrections stand apart, because they decide what is shown and need SQL alone. A leg that fails
or is late is named in the result; without corrections there is no result.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from jitl import text
from jitl.citations import statement_of
from jitl.errors import BadInput, JitlError, MissingPart, TooLarge, Unavailable
from jitl.fusion import Fused, fuse
from jitl.glossary import Glossary
from jitl.legs import PassageLeg, Together
from jitl.ports import Stepwise, Weigher
from jitl.translation import Translation
from jitl.types import Consultation, Hit, Query, RankedHit, SearchResult, Strength

if TYPE_CHECKING:
    from jitl.ports import Corrections, Encoder, Retriever, SparseEncoder
    from jitl.settings import Settings
    from jitl.types import Passage, Vector

__all__ = ["PassageLeg", "Searcher"]

_log = logging.getLogger(__name__)
_WORKERS = 32  # legs of searches at once; one that hangs keeps its thread
_TRIES = 3
GRAPH = "graph"

_Any = TypeVar("_Any")
_Hits = Callable[[], Sequence[Hit]]


class Catalogue(Protocol):
    """What SQL is asked here (`jitl.sql.catalogue`)."""

    def confirm(self, chunk_ids: Sequence[str], collections: Sequence[str]) -> Mapping[str, tuple[str, int]]: ...
    def passages(self, chunk_ids: Sequence[str], collections: Sequence[str]) -> Mapping[str, Passage]: ...
    def epoch(self, collections: Sequence[str]) -> int: ...


class Frequencies(Protocol):
    """What SQL is asked here (`jitl.sql.frequencies`)."""

    def lookup(self, terms: Sequence[int], collections: Sequence[str]) -> tuple[dict[int, int], int]: ...


class Walker(Protocol):
    """Puts together what a question of several steps needs, from what search found and from where that leads."""

    pool: int
    """Hits of the search that it chooses from."""

    def walk(
        self, query: Query, hits: Sequence[RankedHit], starts: Sequence[str], look: Callable[[Sequence[str]], Sequence[RankedHit]]
    ) -> Sequence[RankedHit]:
        """The hits in a better order, with passages that they lead to among them (`kind` graph, `path` the names on the way).

        `starts`: what corrections say that the question hangs on. `look`: chunk ids -> those that SQL confirms, scored as search
        scores its own. Where nothing leads anywhere the hits come back as they are. Honours `query.collections` and `query.deadline`.
        """
        ...


class Searcher:
    """Safe to call from several threads. `encoder` None: terms alone. `glossary` None: the shipped one.

    `walker` may be set before the first search; without one hits stay in the order that the legs' scores give.
    """

    def __init__(
        self,
        encoder: Encoder | None,
        sparse: SparseEncoder,
        catalogue: Catalogue,
        frequencies: Frequencies,
        legs: Sequence[Retriever],
        corrections: Corrections | None,
        settings: Settings,
        glossary: Glossary | None = None,
    ) -> None:
        self._encoder = encoder
        self._sparse = sparse
        self._catalogue = catalogue
        self._frequencies = frequencies
        self._legs = tuple(legs)
        self._stepwise = {leg.name: leg for leg in legs if leg.inline and isinstance(leg, Stepwise)}
        self._weighers = {leg.name: leg for leg in legs if isinstance(leg, Weigher)}
        self._corrections = corrections
        self.walker: Walker | None = None
        self._settings = settings
        self._glossary = glossary or Glossary.shipped()
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="leg")

    def prepare(
        self,
        question: str,
        collections: Sequence[str],
        *,
        as_of: datetime | None = None,
        release: str | None = None,
        run: int | None = None,
    ) -> Query:
        """The question with its vector, its weighted terms and its deadline. `collections` are ids that the caller may read.

        Raises `BadInput` for a question that is empty, too long or no text.
        """
        asked = text.clean(question).strip()
        if not asked:
            raise BadInput("The question is empty.", hint="Ask something.")
        limit = self._settings.max_question_chars
        if len(asked) > limit:
            raise TooLarge(f"The question has {len(asked)} characters.", hint=f"Ask in {limit} at most.")
        deadline = time.monotonic() + self._settings.search_timeout_s
        within = tuple(collections)
        own = self._sparse.terms(asked)
        other = Translation.of(asked, self._glossary, self._sparse, own)
        frequencies, passages = self._frequencies.lookup([*own, *other.counts], within)
        vector = self._vector(asked)
        return Query(
            text=asked,
            language=text.language(asked),
            vector=vector,
            terms=self._sparse.question(asked, frequencies, passages),
            collections=within,
            deadline=deadline,
            as_of=as_of,
            release=release,
            run=run,
            frequencies={**frequencies, **other.unknown},
            passages=passages,
            rewritten=other.text,
            rewritten_vector=self._vector(other.text) if vector is None and other.text else None,
            rewritten_terms=other.weights(self._sparse, frequencies, passages),
        )

    def embed(self, question: str) -> Vector | None:
        """The vector that `prepare` would give the question."""
        return self._vector(text.clean(question).strip())

    def search(self, query: Query, k: int) -> SearchResult:
        """At most k hits, a correction that answers the question first.

        Raises `Unavailable` where SQL does not answer, or no leg does and no correction answers either.
        """
        for _ in range(_TRIES):
            epoch = self._catalogue.epoch(query.collections)
            result = self._attempt(query, k)
            if self._catalogue.epoch(query.collections) == epoch:
                break  # else documents were published meanwhile: neither their old nor their new passages may have been seen
        return result

    def _attempt(self, query: Query, k: int) -> SearchResult:
        notices = self._missing_vector(query)
        candidates = max(k, self._settings.candidates)
        asked = self._begin(query, candidates)
        consultation = self._corrections.consult(query) if self._corrections else Consultation()
        found: dict[str, Sequence[Hit]] = {}
        for name, answer in asked.items():
            try:
                found[name] = _isolated(name, answer)
            except Unavailable as error:
                notices.append(error.message)
        if self._legs and not found and consultation.answer is None:
            raise Unavailable("No source of passages answered: " + " ".join(notices), hint="Try again; `jitl doctor` says what is wrong.")
        fused = fuse(query, found, self._weighed(query, found, candidates, notices))
        hits = self._corrected(query, consultation, self._walked(query, consultation, fused, k, notices)[:k])
        return SearchResult(hits[:k], consultation, query, tuple(notices))

    def marks(self, query: Query, passages: Sequence[Passage]) -> Mapping[str, str]:
        """Chunk id -> correction that supersedes what stands there."""
        return {} if self._corrections is None else self._corrections.marks(query, passages)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _vector(self, asked: str) -> Vector | None:
        if self._encoder is None or not self._encoder.covers(asked):
            return None
        try:
            return self._encoder.embed_question(asked)
        except (MissingPart, Unavailable) as error:
            _log.warning("question without a vector: %s", error)
            return None

    def _begin(self, query: Query, k: int) -> Mapping[str, _Hits]:
        """Start the legs that wait for somebody else; calling what is returned gives a leg's hits, those of others last."""
        together = Together({name: leg.steps(query, k) for name, leg in self._stepwise.items()}, self._catalogue, query)
        inline = {
            leg.name: partial(together.hits, leg.name) if leg.name in self._stepwise else partial(leg.retrieve, query, k)
            for leg in self._legs
            if leg.inline
        }
        begun = {leg.name: self._pool.submit(leg.retrieve, query, k) for leg in self._legs if not leg.inline}
        return inline | {name: partial(_wait, future, query.deadline) for name, future in begun.items()}

    def _missing_vector(self, query: Query) -> list[str]:
        expected = self._encoder is not None and query.vector is None and self._encoder.covers(query.text)
        return ["The encoder did not answer: passages were found by their terms alone."] if expected else []

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

    def _walked(self, query: Query, consultation: Consultation, fused: Sequence[Fused], k: int, notices: list[str]) -> list[RankedHit]:
        """What the legs found and what that leads to; k at least, where there are so many."""
        if self.walker is None:
            return self._hydrated(query, fused, k)
        hits = self._hydrated(query, fused, max(k, self.walker.pool))
        starts = [statement_of(each.correction) for each in consultation.evidence if each.strength is Strength.DEPENDENT]
        try:
            return list(_isolated(GRAPH, partial(self.walker.walk, query, hits, starts, partial(self._looked_up, query))))
        except Unavailable as error:
            notices.append(error.message)
            return hits

    def _looked_up(self, query: Query, chunk_ids: Sequence[str]) -> list[RankedHit]:
        """These passages as far as SQL confirms them, with what every leg gives them."""
        passages = self._catalogue.passages(chunk_ids, query.collections)
        hits = [Hit(one.id, one.document_id, one.ordinal, 0.0, GRAPH) for one in passages.values()]
        weighed = {name: leg.weigh(query, sorted(passages)) for name, leg in self._weighers.items()} if hits else {}
        return [_ranked(each, passages[each.hit.chunk_id]) for each in fuse(query, {GRAPH: hits}, weighed)]

    def _hydrated(self, query: Query, fused: Sequence[Fused], k: int) -> list[RankedHit]:
        """The best k that SQL still confirms, as passages."""
        hits: list[RankedHit] = []
        for start in range(0, len(fused), k):
            some = fused[start : start + k]
            passages = self._catalogue.passages([each.hit.chunk_id for each in some], query.collections)
            hits += [_ranked(each, passages[each.hit.chunk_id]) for each in some if each.hit.chunk_id in passages]
            if len(hits) >= k:
                break
        return hits[:k]

    def _corrected(self, query: Query, consultation: Consultation, hits: list[RankedHit]) -> list[RankedHit]:
        """Superseded passages marked, and the correction that answers ahead of them."""
        if self._corrections is None:
            return hits
        marks = self._corrections.marks(query, [hit.passage for hit in hits if hit.passage is not None])
        if marks:
            hits = [_marked(hit, marks) for hit in hits]
        if consultation.answer is None:
            return hits
        answer = consultation.answer
        return [RankedHit("correction", answer.same, correction=answer.correction), *hits]


def _wait(future: Future[Sequence[Hit]], deadline: float) -> Sequence[Hit]:
    try:
        return future.result(timeout=max(0.0, deadline - time.monotonic()))
    except TimeoutError as error:
        future.cancel()
        raise Unavailable("too late.") from error


def _isolated(name: str, hits: Callable[[], Sequence[_Any]]) -> Sequence[_Any]:
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


def _marked(hit: RankedHit, marks: Mapping[str, str]) -> RankedHit:
    correction = marks.get(hit.passage.id) if hit.passage is not None else None
    if correction is None:
        return hit
    return RankedHit(hit.kind, hit.score, hit.passage, superseded_by=correction, path=hit.path, legs=hit.legs)
