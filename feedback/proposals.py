"""From a wrong answer to the sentences that carried the error: what an expert may tick as superseded.

Sentences that the wrong answer quoted come first, then what the extractive reader takes for an answer to the question, if it
says another value than the right one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from feedback.quantities import measures, rivals, states
from feedback.supersede import MIN_WORDS, normalise, words
from jitl.extract import stated
from jitl.reading import Reading, content, read
from jitl.spans import SpanModel, describe
from jitl.types import Passage

if TYPE_CHECKING:
    from jitl.ports import SparseEncoder
    from jitl.retrieve import Searcher

SEARCHED: Final = 10
"""Passages that are looked through."""
MOST: Final = 5
LIKELY: Final = 0.5
"""Share of the likeliest sentence's chance that another one needs to be proposed."""
ABOUT: Final = 0.3
"""Share of the question that a sentence holds where it repeats the likeliest one's wrong value."""
_FIRST: Final = {"quoted": 2.0, "says": 1.0, "answers": 0.0}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A sentence that may be wrong, verbatim. `why`: `quoted` in the wrong answer, `says` the wrong value, or `answers` the question."""

    document: str
    quote: str
    chunk: str
    title: str
    location: str
    why: str
    likelihood: float


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """What is known of it: its words, and what it quoted (chunk id, quote)."""

    text: str = ""
    quotes: tuple[tuple[str, str], ...] = ()


class Proposals:
    """Safe to call from several threads."""

    def __init__(self, searcher: Searcher, sparse: SparseEncoder) -> None:
        self._searcher = searcher
        self._sparse = sparse
        self._model = SpanModel.shipped()

    def find(self, question: str, answer: str, collection_id: str, wrong: WrongAnswer | None = None) -> tuple[Proposal, ...]:
        """Likeliest first; passages that are superseded already are left out. Raises `Unavailable`, `BadInput` (the question)."""
        wrong = wrong or WrongAnswer()
        query = self._searcher.prepare(question, (collection_id,))
        hits = self._searcher.search(query, SEARCHED).hits
        passages = [hit.passage for hit in hits if hit.passage is not None and hit.superseded_by is None]
        if not passages:
            return ()
        asked = content(query, self._sparse)
        readings = [replace(read(asked, [passage], self._sparse)[0], at=at) for at, passage in enumerate(passages)]
        chances = stated(readings, self._model.probabilities(describe(asked, readings), readings[0].language))
        judge = _Judge(question, answer, wrong)
        found = self._weighed(readings, chances, judge)
        best = max(found, key=lambda one: one.rank, default=None)
        if best is None:
            return ()
        alike = [judge.repeats(one, best) for one in found]
        likely = max(one.chance for one in found) * LIKELY
        kept = [one for one in alike if one.why != "answers" or one.chance >= likely]
        each = {normalise(one.text): one for one in sorted(kept, key=lambda one: one.rank)}
        chosen = sorted(each.values(), key=lambda one: -one.rank)[:MOST]
        return tuple(_proposal(one) for one in chosen)

    def _weighed(self, readings: Sequence[Reading], chances: Sequence[float], judge: _Judge) -> list[_Sentence]:
        """Sentences that say something else than the right answer."""
        found = []
        at = 0
        for reading in readings:
            for group, cover in zip(reading.sentences, reading.cover, strict=True):
                chance = max(chances[at + n] for n in group)
                text = reading.passage.text[reading.spans[group.start].start : reading.spans[group.stop - 1].end]
                why = judge.why(reading.passage.id, text) if chance > 0 else None
                if why is not None:
                    found.append(_Sentence(reading.passage, text, chance, cover, why))
            at += len(reading.spans)
        return found


@dataclass(frozen=True, slots=True)
class _Sentence:
    passage: Passage
    text: str
    chance: float  # to be an answer
    cover: float  # share of the question that it holds
    why: str

    @property
    def rank(self) -> float:
        return self.chance + _FIRST[self.why]


class _Judge:
    """What a sentence has to do with the error."""

    def __init__(self, question: str, answer: str, wrong: WrongAnswer) -> None:
        self._question = question
        self._answer = answer
        self._measures = measures(answer, question)
        self._wrong = rivals(wrong.text, answer, question) if wrong.text else ()
        told = set(words(normalise(wrong.text))) - set(words(normalise(question))) - set(words(normalise(answer)))
        self._told = told if wrong.text and not self._measures else set()
        self._quotes = [(chunk, normalise(quote)) for chunk, quote in wrong.quotes]

    def why(self, chunk: str, sentence: str) -> str | None:
        """None: it says what is right, or nothing of the kind."""
        form = normalise(sentence)
        if len(words(form)) < MIN_WORDS or states(sentence, self._answer, self._question):
            return None
        others = rivals(sentence, self._answer, self._question)
        if self._measures and not others:
            return None
        if any(chunk == where and (form in quote or quote in form) for where, quote in self._quotes):
            return "quoted"
        says_number = any(one.equals(other) for one in self._wrong for other in others)
        says_words = bool(self._told) and 2 * len(self._told & set(words(form))) >= len(self._told)
        return "says" if says_number or says_words else "answers"

    def repeats(self, sentence: _Sentence, best: _Sentence) -> _Sentence:
        """The sentence, known to say what the likeliest one says, where it does."""
        if sentence.why != "answers" or sentence is best or sentence.cover < ABOUT:
            return sentence
        wrong = rivals(best.text, self._answer, self._question)
        again = any(one.equals(other) for one in wrong for other in rivals(sentence.text, self._answer, self._question))
        return replace(sentence, why="says") if again else sentence


def _proposal(one: _Sentence) -> Proposal:
    passage = one.passage
    return Proposal(passage.document, one.text, passage.id, passage.title, passage.location.label, one.why, round(one.chance, 6))
