"""Which of several records of one fact answers: words that say when are used where the question without them asks for such a fact.

A question is weighed as it stands and, where it holds such words and a correction is limited in that way, once more without them.
Corrections with the same question are the records of one fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from feedback.moments import Phrase
from feedback.shelf import Entry, ShelfView
from feedback.validity import Frame, current, limits
from feedback.wording import Wording, question_key
from jitl.types import Candidate, CorrectionState, Query, Strength

if TYPE_CHECKING:
    from jitl.types import Vector

PAST: Final = 2
"""Records for another time, release or run that are shown where none holds."""
FIRES: Final = (Strength.SAME, Strength.PARAPHRASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """`given`: as the caller's options say, else now; `phrases` are the words of the question that may say otherwise."""

    text: str
    given: Frame
    phrases: tuple[Phrase, ...] = ()
    fixed: frozenset[str] = frozenset()  # what the options settle: words say nothing against them

    @classmethod
    def of(cls, query: Query, now: datetime, phrases: Iterable[Phrase] = ()) -> Asked:
        options = {"time": query.as_of, "release": query.release, "runs": query.run}
        fixed = frozenset(name for name, value in options.items() if value is not None)
        return cls(query.text, Frame.given(now, query.as_of, query.release, query.run), tuple(phrases), fixed)

    @property
    def meant(self) -> Frame:
        """As the words say, too."""
        frame = self.given
        for phrase in self.phrases:
            if phrase.kind == "time" and phrase.period is not None and "time" not in self.fixed:
                frame = replace(frame, period=phrase.period)
            elif phrase.kind == "release" and "release" not in self.fixed:
                frame = replace(frame, release=phrase.release)
            elif phrase.kind == "runs" and "runs" not in self.fixed:
                frame = replace(frame, runs=phrase.runs)
        return frame


@dataclass(frozen=True, slots=True)
class Reading:
    """A way to read the question; `stripped`: without the words that say when."""

    text: str
    wording: Wording
    vector: Vector | None
    stripped: bool = False


@dataclass(frozen=True, slots=True)
class Weighing:
    """What came of a reading: candidates best first."""

    candidates: Sequence[Candidate]
    stripped: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """`answer` holds when it was asked about. Where nothing does, `past` are the records that answer for another time, release or run."""

    answer: Candidate | None
    past: tuple[Candidate, ...]
    dependent: tuple[Candidate, ...]
    firing: tuple[Candidate, ...]  # each fact's record, one a fact, best first
    weighed: tuple[Candidate, ...]  # those of the weighing that answered, without the ones that do not hold


class _Claim(NamedTuple):
    named: bool  # its wording holds the very numbers that the words in question hold
    same: float
    whole: bool  # weighed with the words
    answer: Candidate
    weighing: Weighing


class Timeline:
    """Over the shelves of one standing, for one question."""

    def __init__(self, asked: Asked, shelves: Sequence[ShelfView]) -> None:
        self._asked = asked
        self._shelves = shelves

    def settle(self, weighings: Sequence[Weighing]) -> Verdict:
        claims: list[_Claim] = []
        past: dict[str, Candidate] = {}
        for weighing in weighings:
            claim = self._claim(weighing, past)
            if claim is not None:
                claims.append(claim)
        best = max(claims, default=None, key=lambda claim: claim[:3])
        shown = best.weighing if best else next(iter(weighings), Weighing(()))
        return Verdict(
            answer=best.answer if best else None,
            past=() if best else tuple(sorted(past.values(), key=lambda c: (-c.same, -c.correction.seq)))[:PAST],
            dependent=tuple(self._records(c for c in shown.candidates if c.strength is Strength.DEPENDENT)),
            firing=tuple(self._records(c for c in shown.candidates if c.strength in FIRES)),
            weighed=tuple(self._records(shown.candidates, rivals=True)),
        )

    def _claim(self, weighing: Weighing, past: dict[str, Candidate]) -> _Claim | None:
        """The best fact of the weighing that has a record for what is asked; those of others are noted in `past`."""
        for candidate in weighing.candidates:
            if candidate.strength not in FIRES:
                continue
            family = self._family(candidate.correction)
            applies = self._applies(family)
            if weighing.stripped and not applies:
                return None  # what is asked so is another fact, to which the words belong
            found = current((entry.state for entry in family), self._asked.meant if applies else self._asked.given)
            if found is not None:
                return _Claim(self._named(family), candidate.same, not weighing.stripped, replace(candidate, correction=found), weighing)
            for entry in family:
                past.setdefault(entry.state.id, replace(candidate, correction=entry.state, strength=Strength.DEPENDENT))
        return None

    def _family(self, state: CorrectionState) -> list[Entry]:
        """The records of its fact: asked in the same words."""
        key = question_key(state.question)
        every = (shelf.entries[slot] for shelf in self._shelves for slot in shelf.same(key))
        return [entry for entry in every if entry.wordings[0].key == key]

    def _applies(self, family: Sequence[Entry]) -> bool:
        """Whether all the words in question say when: the fact has records limited so, and does not itself speak of that year or run."""
        if not self._asked.phrases:
            return False
        limited = frozenset[str]().union(*(limits(entry.state) for entry in family))
        return all(phrase.kind in limited and (phrase.sure or not self._speaks(family, phrase)) for phrase in self._asked.phrases)

    def _named(self, family: Sequence[Entry]) -> bool:
        return any(self._speaks(family, phrase) for phrase in self._asked.phrases)

    def _speaks(self, family: Sequence[Entry], phrase: Phrase) -> bool:
        numbers = phrase.numbers(self._asked.text)
        return bool(numbers) and any(numbers <= wording.numbers for entry in family for wording in entry.wordings)

    def _frame(self, family: Sequence[Entry]) -> Frame:
        return self._asked.meant if self._applies(family) else self._asked.given

    def _records(self, candidates: Iterable[Candidate], *, rivals: bool = False) -> Iterator[Candidate]:
        """Each fact's record for what is asked, once; `rivals`: of facts without limits every correction."""
        told = set[str]()
        for candidate in candidates:
            family = self._family(candidate.correction)
            if rivals and not any(limits(entry.state) for entry in family):
                yield candidate
                continue
            found = current((entry.state for entry in family), self._frame(family))
            if found is not None and found.id not in told:
                told.add(found.id)
                yield replace(candidate, correction=found)


@dataclass(frozen=True, slots=True)
class Limited:
    """The kinds of limits that some correction has, and the releases that are named."""

    kinds: frozenset[str] = frozenset()
    releases: frozenset[str] = frozenset()
    twins: frozenset[str] = frozenset()  # records beside a later one in the same words: one of them stands for all when a fact is sought


class Limits:
    """How the corrections of shelves are limited; each entry is looked at once. Safe to call from several threads."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bool, bool], _Seen] = {}

    def of(self, shelves: Iterable[ShelfView]) -> Limited:
        found = [self._read(shelf) for shelf in shelves]
        said = ((one.kinds for one in found), (one.releases for one in found), (one.twins for one in found))
        return Limited(*(frozenset[str]().union(*each) for each in said))

    def _read(self, shelf: ShelfView) -> Limited:
        if not shelf.entries:
            return Limited()
        first = shelf.entries[0]
        own = first.wordings[0].key == question_key(first.state.question)  # else in the words of the other language
        place = (first.state.collection_id, first.state.authoritative, own)
        seen = self._known.get(place)
        if seen is None or seen.shelf is not shelf:
            seen = self._known[place] = _looked(shelf, seen)
        return seen.limited


class _Seen(NamedTuple):
    shelf: ShelfView
    slots: tuple[int, ...]  # of the limited entries, dead ones too
    limited: Limited


def _looked(shelf: ShelfView, before: _Seen | None) -> _Seen:
    same = before is not None and before.shelf.entries is shelf.entries  # a later view, or one of a slower question
    known = [slot for slot in before.slots if slot < len(shelf.alive)] if before is not None and same else []
    start = len(before.shelf.alive) if before is not None and same else 0
    slots = (*known, *(slot for slot in range(start, len(shelf.alive)) if limits(shelf.entries[slot].state)))
    states = [shelf.entries[slot].state for slot in slots if shelf.alive[slot]]
    releases = frozenset(state.release for state in states if state.release)
    return _Seen(shelf, slots, Limited(frozenset[str]().union(*map(limits, states)), releases, _twins(shelf, states)))


def _twins(shelf: ShelfView, states: Iterable[CorrectionState]) -> frozenset[str]:
    alike: dict[tuple[str, ...], dict[str, int]] = {}
    for key in {question_key(state.question) for state in states}:
        for entry in (shelf.entries[slot] for slot in shelf.same(key)):
            alike.setdefault(tuple(wording.key for wording in entry.wordings), {})[entry.state.id] = entry.state.seq
    return frozenset(id_ for several in alike.values() for id_, seq in several.items() if seq < max(several.values()))
