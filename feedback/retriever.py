"""What experts taught, as the question path reads it. Needs SQL alone: without a vector, terms decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from feedback.features import Rarity
from feedback.memory import Memory, MemoryView
from feedback.pool import nearest
from feedback.scope import Scope, shipped
from feedback.shelf import Entry
from feedback.validity import holds
from feedback.wording import Wording, WordingReader
from jitl.ports import Encoder, SparseEncoder
from jitl.sql.engine import Database
from jitl.types import Candidate, Consultation, Passage, Query, Strength

EVIDENCE: Final = 5
SHOWN: Final = 10
_FIRES: Final = (Strength.SAME, Strength.PARAPHRASE)


class TaughtCorrections:
    """One a process: it holds the memory. Safe to call from several threads."""

    def __init__(self, db: Database, encoder: Encoder | None, sparse: SparseEncoder, scope: Scope | None = None) -> None:
        self._reader = WordingReader(sparse)
        self._scope = scope
        encoder_id, dimension = (None, 1) if encoder is None else (encoder.id, encoder.dimension)
        self._memory = Memory(db, self._reader, encoder_id, dimension)

    def load(self) -> None:
        """Read now what the first question would wait for."""
        self._memory.refresh()

    def consult(self, query: Query) -> Consultation:
        """Weigh every correction acknowledged before the call that the caller may read. Raises `Unavailable` when SQL does not answer."""
        if not query.collections:
            return Consultation()
        view = self._memory.refresh()
        if not view.places:
            return Consultation()
        question = self._reader.read(query.text)
        taught = self._weigh(question, query, view, authoritative=True)
        proposed = self._weigh(question, query, view, authoritative=False)
        answer = next((candidate for candidate in taught if candidate.strength in _FIRES), None)
        dependent = sorted((c for c in taught if c.strength is Strength.DEPENDENT), key=lambda c: -c.dependent)
        beside = [candidate for candidate in proposed if candidate.strength in _FIRES]
        weighed = sorted([*taught, *proposed], key=lambda c: (-c.same, -c.correction.seq))
        return Consultation(answer, tuple([*dependent, *beside][:EVIDENCE]), tuple(weighed[:SHOWN]))

    def marks(self, query: Query, passages: Sequence[Passage]) -> Mapping[str, str]:
        """Chunk id -> id of the correction that supersedes it."""
        view = self._memory.refresh()
        found: dict[str, str] = {}
        for passage in passages:
            correction = view.wrong_sentences(passage.collection_id).find(passage.text)
            if correction is not None and passage.collection_id in query.collections:
                found[passage.id] = correction
        return found

    def _weigh(self, question: Wording, query: Query, view: MemoryView, *, authoritative: bool) -> list[Candidate]:
        shelves = view.shelves(query.collections, authoritative=authoritative)
        if not shelves:
            return []
        size = sum(shelf.size for shelf in shelves)

        def frequency(term: int) -> int:
            return sum(shelf.frequency(term) for shelf in shelves)

        scope = self._scope or shipped()
        rarity = Rarity(scope.general, size, frequency)
        moment = query.as_of or datetime.now(UTC)

        def usable(entry: Entry) -> bool:
            return holds(entry.state, moment, query.release, query.run)

        weights = {term: rarity(term) for term in question.terms}
        candidates = nearest(question, query.vector, weights, shelves, usable)
        return scope.decide(question, candidates, size, frequency)
