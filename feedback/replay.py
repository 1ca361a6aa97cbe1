"""Every correction is a test of its own: its question, its paraphrases and what follows from them by rule are asked again.

A *regression* is a question that was right when it was last asked, or that must always be (the corrected question and the given
paraphrases), and is wrong now; or a correction that was changed past the ledger. What is worth knowing but breaks no promise is a
*note*. A memory is read anew from SQL for every run: what a running process still remembers proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from feedback.baseline import Baseline, Finding, Recorded, digest
from feedback.diagnosis import WHY, Verdict, damaged, judge
from feedback.rewording import derived
from feedback.standing import Standing, false_vector, known, standings, wordings
from feedback.supersede import MarkedSentences, WrongSentence
from feedback.validity import Frame, first_run, holds
from feedback.wording import WordingReader
from jitl.sql.tables import correction_events, corrections

if TYPE_CHECKING:
    from jitl.ports import Corrections, Reporter, SparseEncoder
    from jitl.retrieve import Searcher
    from jitl.sql.engine import Database
    from jitl.types import CorrectionState, Passage, Query

PASSAGES: Final = 20
"""Passages among which a superseded sentence is looked for."""


@dataclass(frozen=True, slots=True)
class Report:
    corrections: int
    asked: int
    findings: tuple[Finding, ...]

    @property
    def regressions(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.kind == "regression")


class Replay:
    """Safe to call from several threads; two runs at once do double work."""

    def __init__(
        self,
        db: Database,
        searcher: Searcher,
        memory: Callable[[], Corrections],
        sparse: SparseEncoder,
        encoder_id: str | None,
    ) -> None:
        """`memory` gives a new one, which holds what SQL says now."""
        self._db = db
        self._searcher = searcher
        self._memory = memory
        self._reader = WordingReader(sparse)
        self._encoder_id = encoder_id
        self.baseline = Baseline(db)

    def run(self, collections: Sequence[str], reporter: Reporter, *, accept: bool = False) -> Report | None:
        """Ask everything that was taught in these collections; None where it was told to stop, and nothing is recorded then.

        `accept`: what is right and wrong now is what later runs are held against.
        """
        stood = standings(self._db, collections)
        asked = [(one, list(wordings(one, derived(one.state.question) if one.state else {}))) for one in stood]
        total = sum(len(ways) for one, ways in asked if one.expected)
        run = _Run(self._searcher, self._memory(), self._reader, self.baseline.load(), self._encoder_id, accept=accept)
        reporter.advance(0, total)
        for one, ways in asked:
            if reporter.cancelled():
                return None
            found = run.replay(one, ways)
            if any(finding.kind == "regression" for finding in found) and self._changed(one):
                run.forget(one, found)
                continue
            for finding in found:
                if finding.kind == "regression":
                    reporter.outcome(f"{finding.correction_id} {finding.wording}", "failed", WHY[finding.why])
            reporter.advance(run.asked, total)
        gone = [one.id for one in stood if one.id in run.known and not one.expected]
        self.baseline.record(run.seen, gone)
        return Report(len(run.seen), run.asked, tuple(run.findings))

    def _changed(self, stood: Standing) -> bool:
        """Whether the ledger did something with it since the run began: then what was expected of it holds no more."""
        with self._db.read() as connection:
            now = sa.select(sa.func.max(correction_events.c.seq)).where(correction_events.c.correction_id == stood.id)
            return bool(connection.scalar(now) != stood.told.last_seq)

    def concerned(self, findings: Sequence[Finding]) -> dict[str, tuple[str, CorrectionState | None]]:
        """Correction -> its collection and how it stands, of those that the findings name; None where its texts are gone."""
        return known(self._db, sorted({id_ for one in findings for id_ in (one.correction_id, one.came) if id_}))

    def taught(self) -> bool:
        """Whether there is anything to ask."""
        return self._any(corrections.c.status != "retracted")

    def late(self) -> bool:
        """Whether vectors of this encoder are still to be made."""
        lacking = corrections.c.vectors.is_(None) | (corrections.c.encoder != self._encoder_id)
        return self._encoder_id is not None and self._any(lacking & (corrections.c.status != "retracted"))

    def _any(self, condition: sa.ColumnElement[bool]) -> bool:
        with self._db.read() as connection:
            return connection.scalar(sa.select(corrections.c.id).where(condition).limit(1)) is not None


class _Run:
    """One replay: what was known before it, and what it has seen."""

    def __init__(
        self,
        searcher: Searcher,
        memory: Corrections,
        reader: WordingReader,
        recorded: dict[str, Recorded],
        encoder_id: str | None,
        *,
        accept: bool,
    ) -> None:
        self._searcher = searcher
        self._memory = memory
        self._reader = reader
        self._encoder_id = encoder_id
        self._accept = accept
        self._now = datetime.now(UTC)
        self.known = recorded
        self.seen: dict[str, Recorded] = {}
        self.findings: list[Finding] = []
        self.asked = 0

    def replay(self, stood: Standing, ways: Sequence[tuple[str, str, int | None]]) -> list[Finding]:
        """Ask one correction in all its ways; what was found."""
        start = len(self.findings)
        known = self.known.get(stood.id)
        damage = stood.damage(None if self._accept else known, self._encoder_id)
        if not stood.expected:
            if damage == "status" and stood.status == "approved":  # it answers although it should not
                self._report("regression", stood, "question", self._harm(stood, damage))
        elif stood.state is None or damage is not None:
            self._report("regression", stood, "question", self._harm(stood, damage or "text_lost"))
            self._ask(stood, ways, known, damage or "text_lost")
        else:
            self._ask(stood, ways, known, None)
            self._look(stood, stood.state)
        return self.findings[start:]

    def forget(self, stood: Standing, found: Sequence[Finding]) -> None:
        """As if it had not been asked."""
        del self.findings[len(self.findings) - len(found) :]
        self.seen.pop(stood.id, None)

    def _ask(self, stood: Standing, ways: Sequence[tuple[str, str, int | None]], known: Recorded | None, damage: str | None) -> None:
        held: dict[str, bool] = {}
        for name, text, number in ways:
            assert stood.state is not None
            query = self._query(stood.state, text)
            self.asked += 1
            verdict = judge(stood.state, text, self._memory.consult(query), self._reader.read)
            was = number is not None or (known is not None and known.held.get(digest(text), False))
            if damage is None and number is not None:
                verdict = self._with_vector(stood, query, number, verdict)
            if was and verdict.why is not None and not (damage and number == 0):
                self._report("regression", stood, name, replace(verdict, why=damage or verdict.why))
            held[digest(text)] = verdict.why is None or (was and not self._accept)
        if stood.expected:
            fresh = Recorded(stood.told.last_seq, stood.limits, stood.encoder if stood.vectors else None, held)
            self.seen[stood.id] = known if damage and known and not self._accept else fresh

    def _with_vector(self, stood: Standing, query: Query, number: int, verdict: Verdict) -> Verdict:
        """Also what is answered rightly by its words fails its paraphrases where its vector is another text's."""
        current = stood.encoder == self._encoder_id and stood.vectors is not None
        if current and false_vector(stood.vector(number), query.vector):
            return replace(verdict, why="vector_false")
        if number == 0 and not current and self._encoder_id is not None:
            self._report("note", stood, "question", Verdict("vector_late"))
        elif current and query.vector is None and self._vector_expected(stood, number):
            self._report("note", stood, "question", Verdict("no_vector"))
        return verdict

    def _vector_expected(self, stood: Standing, number: int) -> bool:
        stored = stood.vector(number)
        return stored is not None and bool(stored.any())

    def _harm(self, stood: Standing, damage: str) -> Verdict:
        if stood.state is None:
            return Verdict(damage)
        query = self._searcher.prepare(stood.state.question, [stood.state.collection_id])
        return damaged(stood, damage, self._memory.consult(query), holds=_holds(stood.state, self._now))

    def _look(self, stood: Standing, state: CorrectionState) -> None:
        """Whether what it supersedes is marked and stands below it."""
        if not stood.marks:
            return
        query = self._query(state, state.question)
        hits = self._searcher.search(query, PASSAGES).hits
        at = next((at for at, hit in enumerate(hits) if hit.correction is not None and hit.correction.id == state.id), None)
        above = [hit.passage.id for hit in hits[:at] if at is not None and hit.passage is not None and hit.superseded_by == state.id]
        if above:
            self._report("regression", stood, "question", Verdict("superseded_above", None, {"chunks": above}))
        for number, sentence in enumerate(stood.marks, 1):
            passages = list(self._holding(state, sentence))
            marked = self._memory.marks(query, passages)
            bare = [passage.id for passage in passages if passage.id not in marked]
            if bare:
                self._report("regression", stood, f"mark {number}", Verdict("unmarked", None, {"chunks": bare}))
            elif not passages:
                self._report("note", stood, f"mark {number}", Verdict("mark_gone"))

    def _holding(self, state: CorrectionState, sentence: str) -> Iterator[Passage]:
        """Passages that hold the sentence, of those that a search for it finds."""
        marks = MarkedSentences().changed((), [WrongSentence(sentence, state.id, state.seq)])
        for hit in self._searcher.search(self._searcher.prepare(sentence, [state.collection_id]), PASSAGES).hits:
            if hit.passage is not None and marks.find(hit.passage.text):
                yield hit.passage

    def _query(self, state: CorrectionState, text: str) -> Query:
        """Asked for when and where the correction holds."""
        as_of = None if _holds(state, self._now) else _moment(state)
        return self._searcher.prepare(text, [state.collection_id], as_of=as_of, release=state.release, run=first_run(state.runs))

    def _report(self, kind: str, stood: Standing, wording: str, verdict: Verdict) -> None:
        assert verdict.why is not None
        self.findings.append(Finding(kind, stood.id, wording, verdict.why, verdict.came, verdict.detail))


def _moment(state: CorrectionState) -> datetime | None:
    """A time at which it holds."""
    if state.valid_from is not None and state.valid_to is not None:
        return state.valid_from + (state.valid_to - state.valid_from) / 2
    return state.valid_from or state.valid_to


def _holds(state: CorrectionState, moment: datetime) -> bool:
    return holds(state, Frame.given(moment))
