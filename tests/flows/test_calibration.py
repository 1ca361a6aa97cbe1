"""A threshold fitted on what a collection was taught: it stops what fires wrongly, everywhere at once, and goes without a trace."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from feedback.features import NAMES
from feedback.retriever import TaughtCorrections
from feedback.scope import Scope
from feedback.thresholds import Fit, Thresholds
from feedback.trees import Trees
from jitl.sql.engine import Database
from jitl.sql.jobs import JobTable
from jitl.sql.tables import audit, collections, correction_events
from tests.classroom import Classroom
from tests.fakes import Outcomes

THINGS = (
    "alignment cabling calibration cleaning cooling filtering firmware gas grounding lighting magnet painting pumping readout "
    "shielding storage survey timing transport trigger vacuum ventilation voltage welding"
).split()
ASKED = "Who of the whole technical group looks after the {} of the large drift chamber"
TRAP, COVERED = ASKED.format("poetry"), "Who now of the whole technical group looks after the gas of the large drift chamber"


def ladder(feature: str, half: float, slope: float) -> Trees:
    """Probability by one feature alone: 50 % at `half`, with so much more log odds a unit."""
    steps = np.linspace(0, 1, 1001)
    values = np.stack([np.zeros(1001), np.full(1001, slope / 1000)], axis=1)
    return Trees(-half * slope, np.full((1001, 1), NAMES.index(feature)), steps[:, None], values)


BY_COSINE = ladder("cosine", 0.945, 40.0)
NEVER = ladder("cosine", 2.0, 10.0)
EAGER = Scope({}, BY_COSINE, ladder("overlap", 0.945, 40.0), NEVER, BY_COSINE, NEVER)
"""What differs in one word is the same to it."""


@dataclass
class Room(Classroom):
    """A collection of questions that differ in one word."""

    thresholds: Thresholds = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.thresholds = Thresholds(self.db, self.corrections)
        self.ids = [self._taught(number, thing) for number, thing in enumerate(THINGS)]

    def _taught(self, number: int, thing: str) -> str:
        asked = ASKED.format(thing)
        return self.teach(asked, f"Group {number}", paraphrases=(asked.replace("Who", "Who today"),)).id

    def replica(self) -> TaughtCorrections:
        return TaughtCorrections(self.db, self.encoder, self.sparse, EAGER)

    def fit(self, *, dry_run: bool = False, reporter: Outcomes | None = None) -> list[Fit]:
        job = JobTable(self.db).create("fit", {}, principal_id=self.eva.id)
        self.thresholds.fit(job, [self.collection, self.other], self.eva.id, reporter or Outcomes(), dry_run=dry_run)
        return self.thresholds.report(job)

    def everything(self) -> list[object]:
        """What is said to a number of questions, to the last bit."""
        return [self.ask(text) for text in (TRAP, COVERED, *(ASKED.format(thing) for thing in THINGS[::5]))]


def test_neighbours_fire_no_more_in_any_process_and_a_reset_takes_it_back_whole(database: Database) -> None:
    room = Room(database)
    replica = room.replica()
    before = room.everything()
    assert before == [replica.consult(room.query(text)) for text in (TRAP, COVERED, *(ASKED.format(thing) for thing in THINGS[::5]))]
    assert room.answer(TRAP) is not None
    (fit,) = [fit for fit in room.fit() if fit.collection_id == room.collection]
    found = fit.calibration
    assert (found.corrections, found.near, found.given, fit.applied) == (24, 24, 24, True)
    assert found.before.fired > 0.5
    assert found.after.fired < found.before.fired - 0.4
    assert found.after.missed <= 0.2
    assert found.threshold > found.before.threshold == 0.5
    for taught in (room.corrections, replica, room.replica()):
        assert taught.consult(room.query(TRAP)).answer is None
        answer = taught.consult(room.query(COVERED)).answer
        assert answer is not None
        assert answer.correction.answer == "Group 7"
    assert [one.threshold for one in room.thresholds.in_force([room.collection, room.other])] == [found.threshold]
    assert room.thresholds.reset(room.collection, room.eva.id)
    assert room.everything() == before
    assert replica.consult(room.query(TRAP)) == before[0]
    assert not room.thresholds.reset(room.collection, room.eva.id)


def test_undo_stays_exact_under_a_fitted_threshold(sqlite_database: Database) -> None:
    room = Room(sqlite_database)
    room.fit()
    before, in_force = room.everything(), room.thresholds.in_force([room.collection])
    more = [room.teach(ASKED.format(thing), f"Someone {thing}").id for thing in ("plumbing", "poetry", "masonry")]
    assert room.answer(TRAP) == "Someone poetry"
    for id_ in (more[1], more[0], more[2]):
        room.ledger.retract(id_, room.eva)
    assert room.everything() == before
    assert room.thresholds.in_force([room.collection]) == in_force


def test_a_dry_run_and_an_interrupted_one_change_nothing(sqlite_database: Database) -> None:
    room = Room(sqlite_database)
    before = room.everything()
    fits = room.fit(dry_run=True)
    assert {fit.applied for fit in fits} == {False}
    assert max(fit.calibration.threshold for fit in fits) > 0.5
    stopped = Outcomes(cancel_after=0)
    assert room.fit(reporter=stopped) == []
    assert room.everything() == before
    assert room.thresholds.in_force([room.collection]) == []


def test_a_second_fit_of_the_same_corrections_says_the_same_and_few_corrections_go_back_to_the_shipped_one(
    sqlite_database: Database,
) -> None:
    room = Room(sqlite_database)
    first, second = room.fit(), room.fit()
    thresholds = [{fit.collection_id: fit.calibration.threshold for fit in fits} for fits in (first, second)]
    assert thresholds[0] == thresholds[1]
    assert [fit.applied for fit in second] == [False, False]
    assert thresholds[0][room.other] == 0.5
    for id_ in room.ids[5:]:
        room.ledger.retract(id_, room.eva)
    assert room.fit()[0].calibration.corrections + room.fit()[1].calibration.corrections == 5
    assert room.thresholds.in_force([room.collection]) == []


def test_the_event_stands_in_the_sequence_and_disturbs_no_reader_of_it(database: Database) -> None:
    start = datetime.now(UTC) - timedelta(seconds=1)
    room = Room(database)
    room.fit()
    with database.read() as connection:
        seqs = list(connection.scalars(sa.select(correction_events.c.seq).order_by(correction_events.c.seq)))
        last = connection.execute(correction_events.select().order_by(correction_events.c.seq.desc())).first()
        deeds = connection.execute(audit.select().where(audit.c.action == "corrections.fitted")).all()
    assert seqs == list(range(1, len(seqs) + 1))
    assert last is not None
    assert (last.kind, last.correction_id, last.metadata["collection"]) == ("fitted", None, room.collection)
    assert [(deed.principal_id, deed.object) for deed in deeds] == [(room.eva.id, room.collection)]
    assert {one.id for one in room.ledger.list(room.eva, since=start)} == set(room.ids)
    assert room.teach("Who feeds the cat?", "Nobody.").seq == last.seq + 1
    assert room.answer("Who feeds the cat?") == "Nobody."


def test_a_restored_backup_has_the_threshold(sqlite_database: Database, tmp_path: Path) -> None:
    room = Room(sqlite_database)
    room.fit()
    sqlite_database.snapshot(tmp_path / "saved.db")
    saved = Database(f"sqlite:///{tmp_path / 'saved.db'}")
    restored = TaughtCorrections(saved, room.encoder, room.sparse, EAGER)
    assert restored.consult(room.query(TRAP)).answer is None
    assert restored.consult(room.query(TRAP)) == room.ask(TRAP)
    saved.close()


def test_nothing_is_set_for_a_collection_that_is_gone(sqlite_database: Database) -> None:
    room = Room(sqlite_database)
    with sqlite_database.write() as connection:
        connection.execute(sa.update(collections).where(collections.c.id == room.collection).values(deleted_at=datetime.now(UTC)))
    assert [fit.applied for fit in room.fit()] == [False, False]


def test_the_own_correction_is_left_out_and_the_tried_paraphrase_unknown(sqlite_database: Database) -> None:
    """Else every question would be answered by itself, at a probability of 1."""
    room = Room(sqlite_database)
    shelf, slots = room.thresholds._taught.chosen(room.collection)
    assert shelf is not None
    trials = [trial for slot in slots[:6] for trial in room.thresholds._taught.examiner.trials(shelf, slot)]
    tried = [trial.right for trial in trials if trial.given] + [trial.wrong for trial in trials if trial.right is None]
    assert len(tried) == 12
    assert all(0 < (chance or 0.0) < 1 for chance in tried)
