"""A question is made ready once, asked of every source of knowledge at the same time, and comes back as one ranking.

A source is a leg: a `Retriever`. Corrections stand apart, because they decide what is shown and need SQL alone. A leg that fails
or is late is named in the result; without corrections there is no result.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from jitl import text
from jitl.citations import statement_of
from jitl.errors import BadInput, MissingPart, TooLarge, Unavailable
from jitl.fusion import Fused
from jitl.gathering import GRAPH, Catalogue, Gathering, isolated
from jitl.glossary import Glossary
from jitl.legs import PassageLeg
from jitl.once import once
from jitl.translation import Translation
from jitl.types import Consultation, Query, RankedHit, SearchResult, Strength

if TYPE_CHECKING:
    from jitl.ports import Corrections, Encoder, Retriever, SparseEncoder
    from jitl.settings import Settings
    from jitl.types import Passage, Vector

__all__ = ["PassageLeg", "Searcher"]

_log = logging.getLogger(__name__)
_TRIES = 3
SPARE = 5  # hits in the place of those that only say the same again
ONWARD = 5
"""Passages of a question that is left when a correction has answered a part of it."""


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
        self._gathering = Gathering(legs, catalogue)
        self._corrections = corrections
        self.walker: Walker | None = None
        self._settings = settings
        self._glossary = glossary or Glossary.shipped()

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
        candidates = max(k, self._settings.candidates, self.walker.pool if self.walker else 0)
        begun = self._gathering.begin(query, candidates)
        consultation = self._corrections.consult(query) if self._corrections else Consultation()
        fused = self._gathering.end(query, begun, candidates, notices)
        if fused is None and consultation.answer is None:
            raise Unavailable("No source of passages answered: " + " ".join(notices), hint="Try again; `jitl doctor` says what is wrong.")
        onward = self._onward(query, consultation, notices)
        ahead = [hit for _, hits in onward for hit in hits]
        ids = {hit.passage.id for hit in ahead if hit.passage is not None}
        rest = self._walked(query, consultation, fused or [], k, notices)
        hits = once([*ahead, *(hit for hit in rest if hit.passage is None or hit.passage.id not in ids)], k)
        return SearchResult(self._corrected(query, consultation, hits[:k])[:k], consultation, query, tuple(notices), onward)

    def _onward(self, query: Query, consultation: Consultation, notices: list[str]) -> tuple[tuple[Query, Sequence[RankedHit]], ...]:
        """What a question asks of passages when corrections have answered a part of it, and what holds that."""
        found = []
        for left in consultation.onward:
            asked = self.prepare(left, query.collections, as_of=query.as_of, release=query.release, run=query.run)
            asked = replace(asked, deadline=query.deadline)
            missed: list[str] = []
            fused = self._gathering.end(asked, self._gathering.begin(asked, ONWARD), ONWARD, missed)
            notices += [notice for notice in missed if notice not in notices]
            hits = self._marked(asked, self._gathering.hydrated(asked, fused or [], ONWARD))
            found.append((asked, [replace(hit, path=(left,)) for hit in hits]))
        return tuple(found)

    def marks(self, query: Query, passages: Sequence[Passage]) -> Mapping[str, str]:
        """Chunk id -> correction that supersedes what stands there."""
        return {} if self._corrections is None else self._corrections.marks(query, passages)

    def close(self) -> None:
        self._gathering.close()

    def _vector(self, asked: str) -> Vector | None:
        if self._encoder is None or not self._encoder.covers(asked):
            return None
        try:
            return self._encoder.embed_question(asked)
        except (MissingPart, Unavailable) as error:
            _log.warning("question without a vector: %s", error)
            return None

    def _missing_vector(self, query: Query) -> list[str]:
        expected = self._encoder is not None and query.vector is None and self._encoder.covers(query.text)
        return ["The encoder did not answer: passages were found by their terms alone."] if expected else []

    def _walked(self, query: Query, consultation: Consultation, fused: Sequence[Fused], k: int, notices: list[str]) -> list[RankedHit]:
        """What the legs found and what that leads to; k at least, where there are so many."""
        if self.walker is None:
            return self._gathering.hydrated(query, fused, k + SPARE)
        hits = self._gathering.hydrated(query, fused, max(k, self.walker.pool))
        starts = [statement_of(each.correction) for each in consultation.evidence if each.strength is Strength.DEPENDENT]
        try:
            return list(isolated(GRAPH, partial(self.walker.walk, query, hits, starts, partial(self._gathering.look_up, query))))
        except Unavailable as error:
            notices.append(error.message)
            return hits

    def _corrected(self, query: Query, consultation: Consultation, hits: list[RankedHit]) -> list[RankedHit]:
        """Superseded passages marked, and the correction that answers ahead of them."""
        answer = consultation.answer
        first = [] if answer is None else [RankedHit("correction", answer.same, correction=answer.correction)]
        return [*first, *self._marked(query, hits)]

    def _marked(self, query: Query, hits: list[RankedHit]) -> list[RankedHit]:
        marks = self.marks(query, [hit.passage for hit in hits if hit.passage is not None])
        return [replace(hit, superseded_by=marks.get(hit.passage.id)) if marks and hit.passage is not None else hit for hit in hits]
