"""A dry run: what a correction would contradict, which sentences carry the error, which answers would change. Nothing is stored."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from feedback import access
from feedback.batch import WINDOW
from feedback.embedding import TimedEncoder
from feedback.foresight import Foresight
from feedback.proposals import Proposal, Proposals, WrongAnswer
from feedback.teaching import Clash, Line, Teaching
from feedback.wording import question_key
from jitl.errors import BadInput, JitlError, MissingPart, Unavailable
from jitl.types import CorrectionState

if TYPE_CHECKING:
    from feedback.retriever import TaughtCorrections
    from jitl.ports import Encoder, SparseEncoder
    from jitl.principals import Principal
    from jitl.settings import Settings
    from jitl.sql.answers import Answers, KeptQuestion
    from jitl.types import Consultation, Matrix

LOOKED_AT: Final = 300
"""Recent different questions that are asked again."""
LISTED: Final = 20
NEAR: Final = 0.4
"""Cosine above which a kept question is asked again for a line of a batch; or half of its terms are the line's."""
_LATEST: Final = 2**62


@dataclass(frozen=True, slots=True)
class Changed:
    """A kept answer that would be another one. `strength`: same or paraphrase (the correction would answer), or dependent, or beside."""

    answer_id: str
    question: str
    at: datetime
    strength: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a teaching would do. `changed` lists the most recent; `changes` counts them among `looked_at` recent questions."""

    status: str
    conflicts: tuple[Clash, ...] = ()
    supersedes: tuple[Proposal, ...] = ()
    changed: tuple[Changed, ...] = ()
    changes: int = 0
    looked_at: int = 0


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One line of a batch: a forecast or an error."""

    id: str | None
    forecast: Forecast | None = None
    error: JitlError | None = None


class Preview:
    """Safe to call from several threads; each call imagines for itself."""

    def __init__(
        self,
        taught: TaughtCorrections,
        encoder: Encoder | TimedEncoder | None,
        sparse: SparseEncoder,
        answers: Answers,
        proposals: Proposals,
        settings: Settings,
    ) -> None:
        self._taught = taught
        self._encoder = TimedEncoder.of(encoder)
        self._sparse = sparse
        self._answers = answers
        self._proposals = proposals
        self._settings = settings

    def one(self, teaching: Teaching, principal: Principal, collection_id: str, wrong: WrongAnswer | None = None) -> Forecast:
        """Raises what teaching it would raise."""
        status = access.standing(principal, collection_id)
        teaching.check(self._settings)
        rehearsal = _Rehearsal(self, principal, collection_id, status, everything=True)
        return rehearsal.forecast(teaching, self.embed(teaching.asked), wrong)

    def many(self, lines: Iterable[Line], principal: Principal, collection_id: str) -> Iterator[Foreseen]:
        """One result a line, in order; each is weighed against what is taught and the lines before it."""
        status = access.standing(principal, collection_id)
        rehearsal = _Rehearsal(self, principal, collection_id, status, everything=False)
        source = iter(lines)
        while window := list(islice(source, WINDOW)):
            yield from rehearsal.window(window)

    def embed(self, texts: Sequence[str]) -> Matrix | None:
        try:
            return self._encoder.embed(texts) if texts else None
        except (Unavailable, MissingPart):  # then terms decide, as they would
            return None

    def recent(self, principal: Principal, collection_id: str) -> list[KeptQuestion]:
        """The latest kept answer to each different question, newest first."""
        found: dict[str, KeptQuestion] = {}
        for kept in self._answers.recent(principal, collection_id, 4 * LOOKED_AT):
            found.setdefault(question_key(kept.question), kept)
        return list(found.values())[:LOOKED_AT]

    def passages(self, teaching: Teaching, collection_id: str, wrong: WrongAnswer | None) -> tuple[Proposal, ...]:
        return self._proposals.find(teaching.question, teaching.answer, collection_id, wrong)

    def check(self, teaching: Teaching) -> None:
        teaching.check(self._settings)

    def foresight(self) -> Foresight:
        return Foresight(self._taught)

    def terms(self, text: str) -> frozenset[int]:
        return frozenset(self._sparse.terms(text))


@dataclass(slots=True)
class _Kept:
    """A kept question, ready to be asked again."""

    kept: KeptQuestion
    vector: Any
    terms: frozenset[int]


@dataclass(slots=True)
class _Rehearsal:
    """One call: what it imagined so far stays for its later lines."""

    preview: Preview
    principal: Principal
    collection_id: str
    status: str
    everything: bool  # ask every kept question again, not only those that come near
    foresight: Foresight = field(init=False)
    kept: list[_Kept] = field(init=False)
    told: int = 0

    def __post_init__(self) -> None:
        self.foresight = self.preview.foresight()
        recent = self.preview.recent(self.principal, self.collection_id)
        vectors = self.preview.embed([one.question for one in recent])
        self.kept = [
            _Kept(one, None if vectors is None or not vectors[at].any() else vectors[at], self.preview.terms(one.question))
            for at, one in enumerate(recent)
        ]

    def window(self, lines: Sequence[Line]) -> Iterator[Foreseen]:
        good = [line.teaching for line in lines if isinstance(line.teaching, Teaching)]
        matrix = self.preview.embed([text for teaching in good for text in teaching.asked])
        start = 0
        for line in lines:
            teaching = line.teaching
            if isinstance(teaching, BadInput):
                yield Foreseen(line.id, error=teaching)
                continue
            end = start + len(teaching.asked)
            vectors, start = None if matrix is None else matrix[start:end], end
            try:
                self.preview.check(teaching)
                yield Foreseen(line.id, self.forecast(teaching, vectors, None))
            except BadInput as error:
                yield Foreseen(line.id, error=error)

    def forecast(self, teaching: Teaching, vectors: Matrix | None, wrong: WrongAnswer | None) -> Forecast:
        conflicts = self.foresight.rivals(teaching, self.collection_id, vectors)
        self.told += 1
        state = self._state(teaching)
        self.foresight.imagine(state, vectors)
        changed = [found for one in self._near(teaching, vectors) if (found := self._changed(one, state)) is not None]
        passages = () if teaching.confirmed else self.preview.passages(teaching, self.collection_id, wrong)
        return Forecast(self.status, conflicts, passages, tuple(changed[:LISTED]), len(changed), len(self.kept))

    def _state(self, teaching: Teaching) -> CorrectionState:
        said = {name: getattr(teaching, name) for name in ("question", "answer", "subject", "statement", "paraphrases", "confirmed")}
        when = {name: getattr(teaching, name) for name in ("valid_from", "valid_to", "release", "runs", "groups")}
        return CorrectionState(
            id=str(uuid.uuid4()),
            seq=_LATEST + self.told,
            collection_id=self.collection_id,
            author=self.principal.name,
            author_id=self.principal.id,
            at=datetime.now(UTC),
            status=self.status,
            **said,
            **when,
        )

    def _near(self, teaching: Teaching, vectors: Matrix | None) -> list[_Kept]:
        if self.everything:
            return self.kept
        terms = [self.preview.terms(text) for text in teaching.asked]
        return [one for one in self.kept if _comes_near(one, terms, vectors)]

    def _changed(self, one: _Kept, state: CorrectionState) -> Changed | None:
        """How the imagined correction would show in the answer to that question; None: not at all."""
        found = self.foresight.consult(self.foresight.question(one.kept.question, one.vector, one.kept.collections))
        strength = _part(found, state.id)
        return None if strength is None else Changed(one.kept.id, one.kept.question, one.kept.at, strength)


def _comes_near(one: _Kept, terms: Sequence[frozenset[int]], vectors: Matrix | None) -> bool:
    if one.vector is not None and vectors is not None and float((vectors @ one.vector).max()) >= NEAR:
        return True
    return any(2 * len(one.terms & held) >= len(one.terms) for held in terms)


def _part(found: Consultation, correction_id: str) -> str | None:
    if found.answer is not None and found.answer.correction.id == correction_id:
        return str(found.answer.strength)
    beside = next((one for one in found.evidence if one.correction.id == correction_id), None)
    if beside is None:
        return None
    return str(beside.strength) if beside.correction.authoritative else "beside"
