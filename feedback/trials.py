"""A collection's own corrections put to the test: what each of them shows about when the scope decision goes wrong.

Two kinds of trial. *Near*: a taught question is asked while its own correction is left out; whatever else would answer it is wrong.
*Reworded*: a paraphrase is asked while the correction does not know it, or a rewording that keeps the meaning by rule; the
correction should answer. Both are functions of the corrections alone, never of what people ask.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from feedback.features import Rarity, Weighed
from feedback.pool import nearest
from feedback.quantities import agree
from feedback.rewording import derived
from feedback.shelf import Entry, ShelfView
from feedback.wording import question_key

if TYPE_CHECKING:
    from feedback.scope import Scope
    from feedback.wording import Wording, WordingReader
    from jitl.ports import PairReader
    from jitl.types import Candidate, Vector

MOST: Final = 2_000
"""Corrections of a collection that are tried; more tell little more."""
GIVEN: Final = 3
"""Paraphrases of one correction that are tried."""
DERIVED: Final = 2


@dataclass(frozen=True, slots=True)
class Trial:
    """`right` is the probability of the correction that should answer, None where none should; `wrong` of the best other one.

    `given`: an expert worded it; else it was derived by rule.
    """

    right: float | None
    wrong: float
    given: bool = False


@dataclass(frozen=True, slots=True)
class Examiner:
    """Asks what experts taught of those who taught it. `embed` gives None for a text that the encoder does not cover."""

    scope: Scope
    reader: WordingReader
    embed: Callable[[str], Vector | None]
    pairs: PairReader | None = None

    def trials(self, shelf: ShelfView, slot: int) -> list[Trial]:
        """What one correction shows. Raises `MissingPart` or `Unavailable` where a model does not answer."""
        entry, vectors = shelf.entries[slot], shelf.vectors(slot)
        own = _Own(entry, shelf)
        found = [own.near(self._decide(shelf, own, entry.state.question, entry.wordings[0], _row(vectors, 0), alone=False))]
        for at, text in enumerate(entry.state.paraphrases[:GIVEN], 1):
            if entry.wordings[at].key != own.key:
                hidden = replace(own, hidden=at)
                decided = self._decide(shelf, hidden, text, entry.wordings[at], _row(vectors, at))
                found.append(own.reworded(decided, given=True))
        for text, wording in self._derived(entry):
            found.append(own.reworded(self._decide(shelf, own, text, wording, self.embed(text)), given=False))
        return found

    def _derived(self, entry: Entry) -> list[tuple[str, Wording]]:
        """Rewordings that are not the same words again."""
        known = {wording.key for wording in entry.wordings}
        read = ((text, self.reader.read(text)) for text in derived(entry.state.question).values())
        return [(text, wording) for text, wording in read if wording.key not in known][:DERIVED]

    def _decide(
        self, shelf: ShelfView, own: _Own, text: str, wording: Wording, vector: Vector | None, *, alone: bool = True
    ) -> list[Candidate]:
        """As a question is decided; with `alone` False as if its own correction had not been taught."""
        scope = self.scope
        size = shelf.size if alone else shelf.size - 1
        frequency = shelf.frequency if alone else own.without
        rarity = Rarity(scope.general, size, frequency)
        weights = {term: rarity(term) for term in wording.terms}
        usable: Callable[[Entry], bool] = _any if alone else own.stranger
        candidates = [own.less(one) for one in nearest(wording, vector, weights, [shelf], usable)]
        return scope.decide(text, wording, candidates, size, frequency, self.pairs)


@dataclass(frozen=True, slots=True)
class _Own:
    """The correction that a trial is about. `hidden`: the number of the wording that it is taken not to know."""

    entry: Entry
    shelf: ShelfView
    hidden: int | None = None

    @property
    def key(self) -> str:
        return self.entry.wordings[0].key

    def stranger(self, entry: Entry) -> bool:
        """Asked in other words: what is asked in the same ones is another record of the same fact."""
        return all(wording.key != self.key for wording in entry.wordings)

    def without(self, term: int) -> int:
        held = any(term in wording.terms for wording in self.entry.wordings)
        return self.shelf.frequency(term) - held

    def less(self, candidate: Weighed) -> Weighed:
        """The candidate; where it is the correction itself, without the hidden wording."""
        if self.hidden is None or candidate.entry is not self.entry:
            return candidate
        at, state = self.hidden, self.entry.state
        state = replace(state, paraphrases=(*state.paraphrases[: at - 1], *state.paraphrases[at:]))
        known = Entry(state, (*self.entry.wordings[:at], *self.entry.wordings[at + 1 :]))
        return Weighed(known, None if candidate.cosines is None else np.delete(candidate.cosines, at))

    def near(self, decided: list[Candidate]) -> Trial:
        return Trial(None, self._wrong(decided))

    def reworded(self, decided: list[Candidate], *, given: bool) -> Trial:
        right = max((one.same for one in decided if not self._other(one)), default=0.0)
        return Trial(right, self._wrong(decided), given)

    def _wrong(self, decided: list[Candidate]) -> float:
        """Of those that say otherwise: one that gives the same answer does no harm, whether it is the same fact or not."""
        said = self.entry.state
        others = (one for one in decided if self._other(one) and not agree(one.correction.answer, said.answer, said.question))
        return max((one.same for one in others), default=0.0)

    def _other(self, candidate: Candidate) -> bool:
        return candidate.correction.id != self.entry.state.id and question_key(candidate.correction.question) != self.key


def _row(vectors: np.ndarray | None, at: int) -> Vector | None:
    """None where the encoder does not cover the wording."""
    return None if vectors is None or not vectors[at].any() else vectors[at]


def chosen(shelf: ShelfView, most: int = MOST) -> list[int]:
    """Slots of the corrections to try: `most` of them, by digest of their ids."""
    alive = np.flatnonzero(shelf.alive).tolist()
    return sorted(alive, key=lambda slot: hashlib.sha256(shelf.entries[slot].state.id.encode()).digest())[:most]


def _any(entry: Entry) -> bool:
    del entry
    return True
