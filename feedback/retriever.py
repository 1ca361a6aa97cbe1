"""What experts taught, as the question path reads it. Needs SQL alone: without a vector, terms decide."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from feedback import moments, undated
from feedback.features import Rarity
from feedback.memory import Memory, MemoryView
from feedback.pool import nearest
from feedback.scope import VETOED, Scope, shipped
from feedback.shelf import Entry, ShelfView
from feedback.timeline import FIRES, Asked, Limits, Reading, Timeline, Weighing
from feedback.tongues import Tongues
from feedback.walk import walk
from feedback.wording import WordingReader
from jitl.errors import MissingPart, Unavailable
from jitl.glossary import Glossary
from jitl.ports import Encoder, PairReader, SparseEncoder
from jitl.sql.engine import Database
from jitl.types import Candidate, Consultation, Passage, Query, Strength

if TYPE_CHECKING:
    from jitl.types import Vector

_log = logging.getLogger(__name__)

EVIDENCE: Final = 5
SHOWN: Final = 10


class TaughtCorrections:
    """One a process: it holds the memory. Safe to call from several threads."""

    def __init__(
        self,
        db: Database,
        encoder: Encoder | None,
        sparse: SparseEncoder,
        scope: Scope | None = None,
        pairs: PairReader | None = None,
        glossary: Glossary | None = None,
    ) -> None:
        """`glossary` None: the shipped one."""
        self._reader = WordingReader(sparse)
        self._scope = scope
        self._encoder = encoder
        self._pairs = pairs
        self._limits = Limits()
        self._tongues = Tongues(encoder, glossary)
        encoder_id, dimension = (None, 1) if encoder is None else (encoder.id, encoder.dimension)
        self._memory = Memory(db, self._reader, encoder_id, dimension, self._tongues)

    def load(self) -> None:
        """Read now what the first question would wait for; the pair reader only where something is taught."""
        if self._memory.refresh().places and self._pairs is not None:
            self._pairs.load()

    def damaged(self) -> frozenset[str]:
        """Corrections whose stored vectors cannot be read, as a process knows that has read them. Raises `Unavailable`."""
        return self._memory.refresh().damaged if self._memory.read else frozenset()

    def consult(self, query: Query) -> Consultation:
        """Weigh every correction acknowledged before the call that the caller may read. Raises `Unavailable` when SQL does not answer."""
        if not query.collections:
            return Consultation()
        view = self._memory.refresh()
        if not view.concerns(query.collections):
            return Consultation()
        standings = [view.shelves(query.collections, authoritative=authoritative) for authoritative in (True, False)]
        asked = self._asked(query, standings)
        readings = [Reading(query.text, self._reader.read(query.text), query.vector), *self._stripped(asked)]
        taught, proposed = (
            Timeline(asked, shelves).settle(self._every(query, readings, view, authoritative=authoritative))
            for shelves, authoritative in zip(standings, (True, False), strict=True)
        )
        dependent = sorted(taught.dependent, key=lambda c: -c.dependent)
        onward: tuple[str, ...] = ()
        if dependent and taught.answer is None:
            dependent, onward = walk(query.text, dependent, lambda text: self._answer(text, query, standings[0]))
        weighed = sorted([*taught.weighed, *proposed.weighed], key=lambda c: (-c.same, -c.correction.seq))
        return Consultation(taught.answer, (*taught.past, *dependent, *proposed.firing)[:EVIDENCE], tuple(weighed[:SHOWN]), onward)

    def marks(self, query: Query, passages: Sequence[Passage]) -> Mapping[str, str]:
        """Chunk id -> id of the correction that supersedes it."""
        view = self._memory.refresh()
        found: dict[str, str] = {}
        for passage in passages:
            correction = view.wrong_sentences(passage.collection_id).find(passage.text)
            if correction is not None and passage.collection_id in query.collections:
                found[passage.id] = correction
        return found

    def _asked(self, query: Query, standings: Sequence[Sequence[ShelfView]]) -> Asked:
        """With those words of the question that can say when: of a kind by which some correction is limited."""
        now = datetime.now(UTC)
        limited = self._limits.of(shelf for shelves in standings for shelf in shelves)
        found = moments.find(query.text, now, limited.releases) if limited.kinds else ()
        return Asked.of(query, now, [phrase for phrase in found if phrase.kind in limited.kinds])

    def _stripped(self, asked: Asked) -> list[Reading]:
        """The question without the words that say when: an embedding more for each form, for such questions alone."""
        return [
            Reading(text, self._reader.read(text), self._vector(text), stripped=True)
            for text in undated.readings(asked.text, asked.phrases)
        ]

    def _answer(self, text: str, query: Query, shelves: Sequence[ShelfView]) -> Candidate | None:
        """What answers a text by itself, of the authoritative corrections; of texts that the encoder knows alone."""
        if not self._tongues.known(text):
            return None
        reading = Reading(text, self._reader.read(text), self._vector(text))
        asked = Asked.of(query, datetime.now(UTC), ())
        return Timeline(asked, shelves).settle(self._weighed([reading], shelves)).answer

    def _every(self, query: Query, readings: Sequence[Reading], view: MemoryView, *, authoritative: bool) -> list[Weighing]:
        """Against corrections in the question's language and, where the glossary says one side as the encoder knows it, in the other."""
        own, glossed = (view.shelves(query.collections, authoritative=authoritative, glossed=glossed) for glossed in (False, True))
        weighed = self._weighed(readings, own)
        if query.vector is not None:
            return [*weighed, *self._weighed(readings[:1], glossed)]
        if query.rewritten is None or query.rewritten_vector is None:
            return weighed
        said = Reading(query.rewritten, self._reader.read(query.rewritten), query.rewritten_vector)
        agreed = [self._agreed(reading, weighing, said, glossed) for reading, weighing in zip(readings, weighed, strict=bool(weighed))]
        return [*agreed, *self._weighed([said], own, lambda entry: self._tongues.known(entry.state.question))]

    def _agreed(self, reading: Reading, weighing: Weighing, whole: Reading, glossed: Sequence[ShelfView]) -> Weighing:
        """Terms alone take neighbours for the same: both they and what the glossary makes of question and correction must agree."""
        said = whole
        if reading.stripped:
            gloss = self._tongues.gloss(reading.text)
            if gloss is None:
                return weighing
            said = Reading(gloss, self._reader.read(gloss), self._vector(gloss), stripped=True)
        held = {candidate.correction.id: candidate for other in self._weighed([said], glossed) for candidate in other.candidates}
        judged = [self._lower(one, held.get(one.correction.id)) for one in weighing.candidates]
        return Weighing(sorted(judged, key=lambda one: (-one.same, -one.correction.seq)), weighing.stripped)

    def _lower(self, own: Candidate, said: Candidate | None) -> Candidate:
        if own.strength is Strength.SAME or self._tongues.gloss(own.correction.question) is None:
            return own
        if said is None:
            return replace(own, same=min(own.same, VETOED), strength=Strength.UNRELATED)
        fires = own.strength in FIRES and said.strength in FIRES
        strength = Strength.PARAPHRASE if fires else said.strength if said.strength is Strength.DEPENDENT else Strength.UNRELATED
        return replace(own, same=min(own.same, said.same), dependent=said.dependent, strength=strength)

    def _weighed(
        self, readings: Sequence[Reading], shelves: Sequence[ShelfView], usable: Callable[[Entry], bool] = lambda _: True
    ) -> list[Weighing]:
        """Against every usable correction, whenever it holds: what held once is still what a question may be about."""
        size = sum(shelf.size for shelf in shelves)

        def frequency(term: int) -> int:
            return sum(shelf.frequency(term) for shelf in shelves)

        scope = self._scope or shipped()
        rarity = Rarity(scope.general, size, frequency)
        twins = self._limits.of(shelves).twins
        found: list[Weighing] = []
        for reading in readings if shelves else ():
            weights = {term: rarity(term) for term in reading.wording.terms}
            candidates = nearest(
                reading.wording, reading.vector, weights, shelves, lambda entry: entry.state.id not in twins and usable(entry)
            )
            decided = scope.decide(reading.text, reading.wording, candidates, size, frequency, self._pairs, self._memory.thresholds)
            found.append(Weighing(decided, reading.stripped))
        return found

    def _vector(self, text: str) -> Vector | None:
        if self._encoder is None or not self._encoder.covers(text):
            return None
        try:
            return self._encoder.embed_question(text)
        except (MissingPart, Unavailable) as error:
            _log.warning("a question without its date has no vector: %s", error)
            return None
