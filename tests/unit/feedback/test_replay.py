"""A replay finds what was broken and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from feedback.baseline import Baseline, Finding, Recorded
from feedback.diagnosis import judge
from feedback.ledger import Ledger
from feedback.replay import Replay, Report
from feedback.revert import Reverts
from feedback.rewording import derived
from feedback.scope import shipped
from feedback.standing import standings
from feedback.teaching import Teaching, WrongQuote
from feedback.wording import WordingReader, question_key
from jitl.adapters.encoder import OnnxEncoder
from jitl.adapters.sparse import HepTerms
from jitl.principals import Role
from jitl.retrieve import Searcher
from jitl.sql.catalogue import Catalogue
from jitl.sql.engine import Database
from jitl.sql.frequencies import Frequencies
from jitl.sql.jobs import JobTable
from jitl.sql.tables import correction_texts, corrections, supersessions
from jitl.types import Candidate, Consultation, CorrectionState, Strength
from tests.classroom import SETTINGS, Classroom
from tests.data import ROOT
from tests.fakes import Outcomes

TAUGHT = [json.loads(line) for line in (ROOT / "tests/quality/hep_corrections.jsonl").read_text(encoding="utf-8").splitlines()]
SAID = [one for one in TAUGHT if one["question"][0].isascii()][:12]
NEW_YEAR = datetime(2020, 1, 1, tzinfo=UTC)


class Rehearsal:
    """A memory of corrections with a replay over it; `break_` writes past the ledger."""

    def __init__(self, db: Database, encoder: OnnxEncoder) -> None:
        self.db = db
        self.encoder = encoder
        self.room = Classroom(db, encoder=self.encoder)
        self.searcher = Searcher(self.encoder, self.room.sparse, Catalogue(db), Frequencies(db), [], self.room.corrections, SETTINGS)
        self.replay = Replay(db, self.searcher, self.room.replica, self.room.sparse, self.encoder.id)
        self.ids = [
            self.room.teach(
                said["question"],
                said["answer"],
                paraphrases=tuple(said["covered"][:1]),
                supersedes=(WrongQuote("The wrong sentence of this one stands here."),) * (number >= 9),
            ).id
            for number, said in enumerate(SAID)
        ]
        while self.room.ledger.fill_vectors():  # on a busy machine some are late
            pass

    def run(self, **more: Any) -> Report:
        self.told = Outcomes()
        report = self.replay.run([self.room.collection], self.told, **more)
        assert report is not None
        return report

    def found(self, **more: Any) -> dict[str, set[str]]:
        """Correction -> why, of the regressions."""
        found: dict[str, set[str]] = {}
        for finding in self.run(**more).regressions:
            found.setdefault(finding.correction_id, set()).add(finding.why)
        return found

    def break_(self, table: sa.Table, id_: str, **values: Any) -> None:
        key = table.c.id if table is corrections else table.c.correction_id
        with self.db.write() as connection:
            connection.execute(sa.update(table).where(key == id_).values(**values))


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    return OnnxEncoder()


@pytest.fixture
def rehearsal(sqlite_database: Database, encoder: OnnxEncoder) -> Rehearsal:
    return Rehearsal(sqlite_database, encoder)


def noise(seed: int = 7) -> bytes:
    rows = np.random.default_rng(seed).normal(size=(2, 384)).astype(np.float32)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).tobytes()


def lose_texts(r: Rehearsal, id_: str) -> None:
    with r.db.write() as connection:
        connection.execute(sa.delete(correction_texts).where(correction_texts.c.correction_id == id_))


def lose_marks(r: Rehearsal, id_: str) -> None:
    with r.db.write() as connection:
        connection.execute(sa.delete(supersessions).where(supersessions.c.correction_id == id_))


PLANTED: list[tuple[str, Callable[[Rehearsal, str], None]]] = [
    ("vector_missing", lambda r, id_: r.break_(corrections, id_, vectors=None, encoder=None)),
    ("vector_false", lambda r, id_: r.break_(corrections, id_, vectors=noise())),
    ("vector_foreign", lambda r, id_: r.break_(corrections, id_, encoder="another-encoder", vectors=noise())),
    ("status", lambda r, id_: r.break_(corrections, id_, status="retracted")),
    ("text_lost", lambda r, id_: r.break_(correction_texts, id_, answer="Somebody wrote something else here.")),
    ("text_lost", lose_texts),
    ("text_lost", lambda r, id_: r.break_(correction_texts, id_, question="What is something else altogether?")),
    ("ended", lambda r, id_: r.break_(corrections, id_, valid_to=NEW_YEAR)),
    ("moved", lambda r, id_: r.break_(corrections, id_, release="1.0.0")),
    ("moved", lambda r, id_: r.break_(corrections, id_, collection_id=r.room.other)),
    ("moved", lose_marks),
]


def test_ten_planted_regressions_are_found_and_no_other(rehearsal: Rehearsal) -> None:
    proposed = rehearsal.room.teach("What is the dark current of the new photodiode?", "3 nA", by=rehearsal.room.pat).id
    first = rehearsal.run()
    assert first.regressions == ()
    assert first.asked > 2 * len(SAID)
    assert rehearsal.run().regressions == ()
    expected = {}
    for number, (why, plant) in enumerate(PLANTED):
        broken = rehearsal.ids[number]
        plant(rehearsal, broken)
        expected[broken] = why
    rehearsal.break_(corrections, proposed, status="approved")
    expected[proposed] = "status"
    both = [rehearsal.room.collection, rehearsal.room.other]
    for _ in range(2):  # it is told again until it is put right
        report = rehearsal.replay.run(both, Outcomes())
        assert report is not None
        found = {(finding.correction_id, finding.why) for finding in report.regressions}
        assert {id_: why for id_, why in found if expected.get(id_) == why} == expected
        assert {id_ for id_, _ in found} == set(expected)


def test_a_scope_that_lost_its_senses_is_found_at_every_paraphrase_that_it_covered(rehearsal: Rehearsal) -> None:
    rehearsal.run()
    absurd = replace(shipped(), threshold=1.1)
    memory = lambda: type(rehearsal.room.corrections)(rehearsal.db, rehearsal.encoder, rehearsal.room.sparse, absurd)  # noqa: E731
    broken = Replay(rehearsal.db, rehearsal.searcher, memory, rehearsal.room.sparse, rehearsal.encoder.id)
    report = broken.run([rehearsal.room.collection], Outcomes())
    assert report is not None
    assert {finding.why for finding in report.regressions} == {"below"}
    expected = {(id_, rule) for id_, said in zip(rehearsal.ids, SAID, strict=True) for rule in derived(said["question"]) if rule != "plain"}
    assert {(finding.correction_id, finding.wording.removeprefix("derived ")) for finding in report.regressions} == expected
    assert all(0 <= finding.detail["probability"] < 1 for finding in report.regressions)
    assert rehearsal.run().regressions == ()  # the shipped scope is as good as ever


def test_what_is_accepted_is_reported_no_more(rehearsal: Rehearsal) -> None:
    rehearsal.run()
    rehearsal.break_(corrections, rehearsal.ids[0], release="1.0.0")
    assert rehearsal.found() == {rehearsal.ids[0]: {"moved"}}
    assert rehearsal.found(accept=True) == {}
    assert rehearsal.found() == {}


def test_what_the_ledger_did_is_no_regression(rehearsal: Rehearsal) -> None:
    room = rehearsal.room
    rehearsal.run()
    room.ledger.retract(rehearsal.ids[0], room.eva)
    room.ledger.review(rehearsal.ids[1], room.ron, "dispute")
    room.teach(SAID[2]["question"], "Something newer.")  # the later one wins
    room.teach(SAID[3]["question"], "It held until then.", valid_to=NEW_YEAR, valid_from=NEW_YEAR)
    report = rehearsal.run()
    assert report.regressions == ()
    assert rehearsal.ids[0] not in rehearsal.replay.baseline.load()


def test_a_wording_that_never_worked_is_no_regression(rehearsal: Rehearsal) -> None:
    absurd = replace(shipped(), threshold=1.1)
    memory = lambda: type(rehearsal.room.corrections)(rehearsal.db, rehearsal.encoder, rehearsal.room.sparse, absurd)  # noqa: E731
    report = Replay(rehearsal.db, rehearsal.searcher, memory, rehearsal.room.sparse, rehearsal.encoder.id).run(
        [rehearsal.room.collection], Outcomes()
    )
    assert report is not None
    assert report.regressions == ()


def test_a_vector_that_was_never_made_is_a_note(rehearsal: Rehearsal) -> None:
    ledger = Ledger(rehearsal.db, None, rehearsal.room.sparse, SETTINGS)
    receipt = ledger.teach(Teaching("How is the veto tagged?", "By its light."), rehearsal.room.eva, rehearsal.room.collection)
    notes = [finding for finding in rehearsal.run().findings if finding.correction_id == receipt.id]
    assert [(finding.kind, finding.why) for finding in notes] == [("note", "vector_late")]


def test_it_stops_when_told_and_records_nothing(rehearsal: Rehearsal) -> None:
    assert rehearsal.replay.run([rehearsal.room.collection], Outcomes(cancel_after=0)) is None
    assert rehearsal.replay.baseline.load() == {}


def test_what_is_taken_back_while_it_runs_is_no_regression(rehearsal: Rehearsal) -> None:
    class Slow(Outcomes):
        def advance(self, done: int, total: int, note: str = "") -> None:
            if not done:
                rehearsal.room.ledger.retract(rehearsal.ids[3], rehearsal.room.eva)

    report = rehearsal.replay.run([rehearsal.room.collection], Slow())
    assert report is not None
    assert report.regressions == ()
    assert rehearsal.ids[3] not in rehearsal.replay.baseline.load()


def test_what_is_erased_leaves_no_digest_of_its_wordings(rehearsal: Rehearsal) -> None:
    rehearsal.run()
    owner = replace(rehearsal.room.eva, roles=frozenset({Role.ADMIN}))
    Reverts(rehearsal.db).erase(rehearsal.ids[0], owner)
    assert rehearsal.replay.baseline.load()[rehearsal.ids[0]].held == {}
    assert rehearsal.run().regressions == ()
    assert rehearsal.ids[0] not in rehearsal.replay.baseline.load()


def test_baseline_and_report_are_kept_on_every_dialect(database: Database) -> None:
    room = Classroom(database)
    first, second = room.teach("What is it?", "This.").id, room.teach("Who is it?", "She.").id
    baseline = Baseline(database)
    seen = {first: Recorded(1, "l", None, {"a": True, "b": False}), second: Recorded(2, "l", "e")}
    baseline.record(seen)
    baseline.record({first: Recorded(3, "m", "e", {"a": False})}, [second])
    assert baseline.load() == {first: Recorded(3, "m", "e", {"a": False})}
    assert baseline.stamp is None
    for stamp in ("one", "two"):
        baseline.stamp = stamp
        assert baseline.stamp == stamp
    job = JobTable(database).create("replay", {}, principal_id="owner")
    findings = [
        Finding("regression", first, "question", "other", second, {"probability": 0.5}),
        Finding("note", first, "mark 1", "mark_gone"),
    ]
    for some in (findings[1:], findings):
        baseline.report(job, some)
        assert baseline.findings(job) == some
    assert [one.id for one in standings(database, [room.collection])] == [first, second]


def state(id_: str, seq: int, question: str, answer: str) -> CorrectionState:
    return CorrectionState(id_, seq, "c", question, answer, None, None, (), "eva", "eva", NEW_YEAR, "approved")


def test_why_another_answer_came() -> None:
    read = WordingReader(HepTerms()).read
    own = state("own", 1, "What is the mass of the Zc(3900)?", "3887 MeV")
    other = state("other", 2, "What is the width of the Zc(3900)?", "28 MeV")
    twin = state("twin", 3, "How heavy is it?", "3887  mev")
    weighed = Candidate(own, 0.4, 0.0, Strength.UNRELATED)
    fired = Candidate(other, 0.9, 0.0, Strength.PARAPHRASE)
    asked = "Please tell me: What is the mass of the Zc(3900)?"
    assert judge(own, asked, Consultation(Candidate(twin, 0.9, 0.0, Strength.PARAPHRASE)), read).why is None
    verdict = judge(own, asked, Consultation(fired, (), (fired, weighed)), read)
    assert (verdict.why, verdict.came, verdict.detail) == ("other", "other", {"probability": 0.4, "other_probability": 0.9})
    assert judge(own, asked, Consultation(None, (), (weighed,)), read).why == "below"
    assert judge(own, asked, Consultation(None, (), (replace(weighed, same=0.01),)), read).why == "below"
    vetoed = judge(own, "What is the mass of the Zc(4020)?", Consultation(None, (), (replace(weighed, same=0.01),)), read)
    assert vetoed.why == "vetoed"
    assert judge(own, asked, Consultation(), read).why == "unseen"
    late = state("late", 9, asked, "3888 MeV")
    assert judge(own, asked, Consultation(Candidate(late, 1.0, 0.0, Strength.SAME)), read).why is None
    early = replace(late, seq=0)
    assert judge(own, asked, Consultation(Candidate(early, 1.0, 0.0, Strength.SAME)), read).why == "other"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "What is the trigger rate?",
            {"plain": "what is the trigger rate", "polite": "Please tell me: What is the trigger rate?", "keywords": "the trigger rate"},
        ),
        ("What is it?", {"plain": "what is it", "polite": "Please tell me: What is it?"}),
        ("Is run 9948 good?", {"plain": "is run 9948 good"}),
        (
            "momentum resolution of the MDC",
            {"plain": "momentum resolution of the mdc", "question": "What is the momentum resolution of the MDC?"},
        ),
        ("List of shifts to book", {"plain": "list of shifts to book"}),
        ("BOSS installation", {"plain": "boss installation"}),
        ("请问HEPS在哪里？", {"blunt": "HEPS在哪里？"}),
        ("储存环的能量是多少？", {"plain": "储存环的能量是多少", "polite": "请问储存环的能量是多少？", "keywords": "储存环的能量"}),
        ("什么是亮度？", {"plain": "什么是亮度", "polite": "请问什么是亮度？", "turned": "亮度是什么？"}),
        ("?", {}),
    ],
)
def test_rewording_changes_the_form_alone(question: str, expected: dict[str, str]) -> None:
    found = derived(question)
    assert dict(found) == expected
    assert all(question_key(text) for text in found.values())
