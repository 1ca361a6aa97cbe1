"""What corrections state of names: whatever is done to them, the overlay is what their texts say now, and undoing is exact."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from api import backup
from api.container import Container
from feedback.amend import Amendments
from feedback.assertions import Assertions
from feedback.ledger import Ledger
from feedback.overlay import Rebuild
from feedback.revert import Reverts
from feedback.teaching import Line, Receipt, Teaching, WrongQuote
from graph.taught import TaughtReader
from jitl.errors import Unavailable
from jitl.overlay import NamedStatement
from jitl.principals import Principal, Right, Role
from jitl.settings import Settings
from jitl.sql.engine import Database
from jitl.sql.overlay_tables import correction_statements
from jitl.sql.people import OWNER
from jitl.sql.tables import corrections, meta
from tests.classroom import SETTINGS, Classroom, person
from tests.flows.test_ledger import broken_at

READER = TaughtReader()
PEOPLE = ("Ada Berg", "Jan Moen", "Maria Olsen", "Piet Vermeer")
PROJECTS = ("Aurora Project", "Delta Ring", "Harbour Framework")


class School(Classroom):
    """A classroom that keeps an overlay. `ada` administers the collection."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ledger = Ledger(self.db, None, self.sparse, SETTINGS, None, READER)
        self.amendments = Amendments(self.db, None, SETTINGS, READER)
        self.reverts = Reverts(self.db)
        self.assertions = Assertions(self.db)
        self.ada = person("ada", set(), {self.collection: Right.ADMIN})

    def about(self, *keys: str, places: Sequence[str] | None = None) -> list[tuple[str, str, str, str]]:
        found = self.assertions.about(keys, [self.collection] if places is None else places, 50)
        return [(one.said.subject_name, one.said.relation, one.said.object_name, one.correction.id) for one in found]

    def rows(self) -> list[tuple[object, ...]]:
        with self.db.read() as connection:
            return sorted(tuple(row) for row in connection.execute(sa.select(correction_statements)))

    def expected(self) -> list[tuple[object, ...]]:
        """From the corrections as the ledger shows them."""
        states = self.ledger.list(OWNER, limit=10_000)
        found = [
            (state.seq, at, state.id, state.version, state.collection_id, *astuple(one)[:3], one.subject_name, one.object_name)
            for state in states
            if state.status != "retracted"
            for at, one in enumerate(READER.read(state.question, state.answer, state.subject, state.statement))
        ]  # fmt: skip
        return sorted(found)


@pytest.fixture
def room(database: Database) -> School:
    return School(database)


def lead(person: str, project: str, **more: Any) -> Teaching:
    return Teaching(f"Who leads the {project}?", person, **more)


class Deeds:
    """What people do to corrections, at random."""

    def __init__(self, room: School, rng: random.Random) -> None:
        self.room, self.rng = room, rng
        self.known: list[str] = []
        self.batches: list[str] = []
        self.zed = person("zed", {Role.EXPERT}, {room.collection: Right.TEACH})
        for _ in range(3):
            self.teach()
            self.many()

    def do(self) -> None:
        """One of all that can be done."""
        drawn = (
            (self.teach, 6), (self.many, 1), (self.amend, 4), (self.review, 3), (self.retract, 3), (self.erase, 1), (self.revert, 1),
            (self.mark, 1),
        )  # fmt: skip
        self.rng.choices([deed for deed, _ in drawn], [share for _, share in drawn])[0]()

    def said(self) -> Teaching:
        if self.rng.random() < 0.3:
            return Teaching(f"Why is {uuid4().hex} slow?", "Because it waits.", paraphrases=("Really?",))
        return lead(self.rng.choice(PEOPLE), self.rng.choice(PROJECTS), subject=self.rng.choice((None, "the lead")))

    def living(self, status: str | None = None) -> list[str]:
        found = self.room.ledger.list(self.room.eva, status=status, limit=1000)
        return [state.id for state in found if state.status != "retracted"] or [self.teach()]

    def teach(self) -> str:
        taught = self.room.ledger.teach(self.said(), self.rng.choice((self.room.eva, self.room.pat)), self.room.collection)
        self.known.append(taught.id)
        return taught.id

    def many(self) -> None:
        self.batches.append(str(uuid4()))
        lines = [Line(None, self.said()) for _ in range(5)]
        self.known += [
            one.receipt.id
            for one in self.room.ledger.teach_many(lines, self.room.eva, self.room.collection, batch=self.batches[-1])
            if one.receipt
        ]

    def amend(self) -> None:
        stating = {"statement": f"{self.rng.choice(PEOPLE)} leads the {self.rng.choice(PROJECTS)}."}
        changes = self.rng.choice(({"answer": self.rng.choice(PEOPLE)}, stating, {"groups": [uuid4().hex]}))
        self.room.amendments.amend(self.rng.choice(self.living()), self.rng.choice((self.room.eva, self.room.ron)), changes)

    def mark(self) -> None:
        approved = self.living("approved")
        if self.room.ledger.show(approved[-1], self.room.eva).status == "approved":
            self.room.amendments.mark(approved[-1], self.room.eva, WrongQuote(f"Nobody leads {uuid4().hex}."))

    def review(self) -> None:
        self.room.ledger.review(self.rng.choice(self.living()), self.zed, self.rng.choice(("approve", "dispute")))

    def retract(self) -> None:
        self.room.ledger.retract(self.rng.choice(self.living()), self.room.eva)

    def erase(self) -> None:
        self.room.reverts.erase(self.rng.choice(self.known), self.room.ada)

    def revert(self) -> None:
        self.room.reverts.revert(self.room.eva, batch=self.rng.choice(self.batches))


def test_a_random_sequence_ends_equal_to_what_the_texts_say(room: School) -> None:
    deeds = Deeds(room, random.Random(20_26))
    for step in range(60):
        deeds.do()
        if step % 6 == 0:
            assert room.rows() == room.expected()
    deeds.many()
    found = room.rows()
    assert found == room.expected()
    assert len(found) > 2
    Rebuild(room.db, READER).run()
    assert room.rows() == found
    for id_ in deeds.living():
        room.ledger.retract(id_, room.eva)
    assert room.rows() == []


def test_any_step_may_fail_and_leaves_the_overlay_as_the_corrections_are(room: School) -> None:
    first = room.ledger.teach(lead("Ada Berg", "Delta Ring"), room.eva, room.collection).id
    deeds: tuple[Callable[[], object], ...] = (
        lambda: room.ledger.teach(lead("Jan Moen", "Aurora Project"), room.eva, room.collection),
        lambda: room.amendments.amend(first, room.eva, {"answer": "Piet Vermeer"}),
        lambda: room.ledger.retract(first, room.eva),
        lambda: room.reverts.erase(first, room.ada),
    )
    for deed in deeds:
        for statement in range(1, 60):
            try:
                with broken_at(room.db, statement):
                    deed()
            except Unavailable:
                assert room.rows() == room.expected()
            else:
                break
        else:
            pytest.fail("never got through")
        assert room.rows() == room.expected()


def test_undoing_leaves_what_was_before(room: School) -> None:
    old = room.ledger.teach(lead("Ada Berg", "Delta Ring"), room.eva, room.collection)
    before = room.about("delta ring")
    assert before == [("Ada Berg", "leads", "Delta Ring", old.id)]
    new = room.ledger.teach(lead("Jan Moen", "Delta Ring"), room.eva, room.collection)
    assert room.about("delta ring") == [("Jan Moen", "leads", "Delta Ring", new.id)], "the later one wins"
    assert room.about("ada berg") == []
    room.ledger.retract(new.id, room.eva)
    assert room.about("delta ring") == before
    room.amendments.amend(old.id, room.ron, {"answer": "Piet Vermeer"})
    (shown,) = room.assertions.about(["delta ring"], [room.collection], 5)
    assert (shown.said.subject_name, shown.correction.author, shown.correction.version) == ("Piet Vermeer", "ron", 2)
    room.reverts.revert(room.ron, author="ron")
    assert room.about("delta ring", "ada berg", "piet vermeer") == []


def test_only_what_has_authority_and_holds_now_is_shown_to_whom_may_read_it(room: School) -> None:
    proposed = room.ledger.teach(lead("Ada Berg", "Aurora Project"), room.pat, room.collection)
    assert room.about("aurora project") == []
    room.ledger.review(proposed.id, room.eva, "approve")
    assert len(room.about("aurora project")) == 1
    assert room.about("aurora project", places=[room.other]) == []
    assert room.about("aurora project", places=[]) == []
    room.ledger.review(proposed.id, room.ron, "dispute")
    assert room.about("aurora project") == []
    now = datetime.now(UTC)
    for limits in ({"valid_to": now - timedelta(days=1)}, {"valid_from": now + timedelta(days=1)}):
        room.ledger.teach(lead("Jan Moen", "Delta Ring", **limits), room.eva, room.collection)
    assert room.about("delta ring") == []
    for release, person_ in (("release-07", "Ada Berg"), ("release-08", "Jan Moen")):
        room.ledger.teach(lead(person_, "Harbour Framework", release=release), room.eva, room.collection)
    assert [one[0] for one in room.about("harbour framework")] == ["Jan Moen", "Ada Berg"], "each holds for its release"
    begun = room.assertions.beginning("frame", [room.collection], 50)
    assert {one.said.object for one in begun} == {"harbour framework"}
    assert room.assertions.beginning("rame", [room.collection], 50) == []
    assert room.assertions.beginning("%", [room.collection], 50) == []
    assert len(room.assertions.beginning("", [room.collection], 1)) == 1


class Broken:
    id = "broken"

    def read(self, *_: str | None) -> Sequence[NamedStatement]:
        raise RecursionError("too deep")


def test_no_correction_is_lost_by_what_cannot_be_read(room: School) -> None:
    ledger = Ledger(room.db, None, room.sparse, SETTINGS, None, Broken())
    id_ = ledger.teach(lead("Ada Berg", "Delta Ring"), room.eva, room.collection).id
    (line,) = ledger.teach_many([Line(None, lead("Jan Moen", "Aurora Project"))], room.eva, room.collection)
    assert line.receipt is not None
    assert room.rows() == []
    known = room.ledger.teach(lead("Maria Olsen", "Harbour Framework"), room.eva, room.collection).id
    Amendments(room.db, None, SETTINGS, Broken()).amend(known, room.eva, {"answer": "Ada Berg"})
    assert room.rows() == [], "what it said before is gone"
    assert Rebuild(room.db, READER).look()
    assert room.rows() == room.expected()
    assert room.about("delta ring")[0][3] == id_
    assert not Rebuild(room.db, READER).look()


def test_a_rebuild_goes_beside_changes_and_mends_what_was_written_past_it(room: School) -> None:
    kept, amended, retracted, erased = [
        room.ledger.teach(lead(person_, project), room.eva, room.collection).id
        for person_, project in zip(PEOPLE, (*PROJECTS, "Lantern Array"), strict=True)
    ]
    ran: list[Receipt | None] = []

    class Meanwhile:
        id = "meanwhile"

        def read(self, *said: str | None) -> Sequence[NamedStatement]:
            if not ran:
                ran.append(None)
                ran.append(room.amendments.amend(amended, room.eva, {"answer": "Nora Lind"}))
                ran.append(room.ledger.retract(retracted, room.eva))
                room.reverts.erase(erased, room.ada)
            return READER.read(*said)

    with room.db.write() as connection:
        connection.execute(correction_statements.update().where(correction_statements.c.correction_id == kept).values(object="nonsense"))
        state = sa.select(corrections.c.seq).where(corrections.c.id == kept)
        assert connection.scalar(state)
    Rebuild(room.db, Meanwhile()).run()
    assert room.rows() == room.expected()
    assert {row[2] for row in room.rows()} == {kept, amended}


def test_erasing_leaves_no_word(room: School) -> None:
    id_ = room.ledger.teach(lead("Ada Berg", "Delta Ring"), room.eva, room.collection).id
    room.amendments.amend(id_, room.eva, {"statement": "Ada Berg leads the Delta Ring."})
    room.reverts.erase(id_, room.ada)
    assert room.rows() == []
    Rebuild(room.db, READER).run()
    assert room.rows() == []


def test_it_is_in_a_backup_and_a_reindex_makes_it_anew(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder, copy = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("copy")
    teacher: Principal = OWNER
    container = Container.build(Settings(data_dir=folder))
    try:
        place = container.catalogue.create_collection("alps", OWNER.id).id
        taught = container.ledger.teach(lead("Ada Berg", "Delta Ring"), teacher, place)
        container.amendments.amend(taught.id, teacher, {"answer": "Jan Moen"})
        assert backup.write(container.db, folder / "blobs", copy / "saved.tar.gz")
    finally:
        container.close()
    (copy / "data").mkdir()
    backup.restore(copy / "saved.tar.gz", copy / "data")
    restored = Container.build(Settings(data_dir=copy / "data"))
    try:
        (found,) = restored.surveying.overlay.facts("Delta Ring", [place], 5)[1]
        assert (found.said.subject_name, found.correction.id) == ("Jan Moen", taught.id)
        with restored.db.write() as connection:
            connection.execute(correction_statements.delete())
            connection.execute(meta.delete().where(meta.c.key == "overlay reader"))
        job = restored.runner.submit("reindex", {}, principal_id=OWNER.id)
        while restored.jobs.get(job).state in ("queued", "running"):
            pass
        assert restored.surveying.overlay.facts("Delta Ring", [place], 5)[1] == [found]
    finally:
        restored.close()
