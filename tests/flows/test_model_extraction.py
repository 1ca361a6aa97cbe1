"""Names and relations read by a model: paid once, within the cap, part of the graph whatever builds it, gone with their documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from graph.local import SqlGraph
from graph.modelled import LONGEST_REPLY, PATIENCE, ModelExtraction
from jitl.errors import MissingPart, Unavailable
from jitl.purse import Budget
from jitl.sql.documents import Documents
from jitl.sql.engine import Database
from jitl.sql.graph_tables import graph_claims
from jitl.sql.jobs import JobTable
from jitl.sql.people import OWNER
from jitl.sql.tables import fission_calls
from tests.endpoint import Endpoint, gateway, serving
from tests.fakes import Outcomes
from tests.graph_workshop import GraphWorkshop, rows
from tests.reader_model import MISTAKES, TEMPLATE, passage, speak

PLENTY = Budget(10**8, 10**6)
TEXTS = {
    "track": "Ana Ruiz wrote TrackFit. It fits the tracks of the whole detector in three passes every night.",
    "lamp": "The blue lamp is part of the North Tracker. It has been lit every night since the autumn of 2004.",
    "quiet": "In the winter the halls are closed, and nobody who is not on shift may enter them without a guide.",
}


@pytest.fixture(scope="module")
def served() -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(served: Endpoint) -> Endpoint:
    served.requests.clear()
    served.speaks, served.mode = speak, "well"
    return served


@dataclass
class Readers:
    """An ingest whose graph follows, and the job beside it."""

    shop: GraphWorkshop
    endpoint: Endpoint
    folder: Path
    told: list[Outcomes] = field(default_factory=list)

    def reader(self, name: str = "reader") -> ModelExtraction:
        return ModelExtraction(self.shop.db, gateway(self.endpoint.url, name, timeout_s=5), template=lambda: TEMPLATE)

    def job(self) -> str:
        return JobTable(self.shop.db).create("extraction", {}, principal_id=OWNER.id, collection_id=self.shop.collection)

    def run(self, budget: Budget = PLENTY, job: str | None = None, name: str = "reader", outcomes: Outcomes | None = None) -> str:
        job = job or self.job()
        self.told.append(outcomes or Outcomes())
        self.reader(name).run(job, self.shop.collection, budget, self.told[-1])
        assert self.shop.settle()
        return job

    def publish(self, **texts: str) -> None:
        self.shop.write(**texts)
        self.shop.ingest()
        assert self.shop.settle()

    @property
    def said(self) -> set[tuple[str, str, str]]:
        """Statements of the graph that are the model's."""
        found = self.shop.held.statements(["ana ruiz", "blue lamp", "trackfit"], [self.shop.collection], 100)
        return {(one.statement.subject, one.statement.relation, one.statement.object) for one in found} & {MADE, PART}

    @property
    def asked(self) -> list[str]:
        return [passage(body) for body in self.endpoint.requests]

    def kept(self) -> int:
        with self.shop.db.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(graph_claims)) or 0

    def replies(self) -> set[str | None]:
        with self.shop.db.read() as connection:
            return set(connection.scalars(sa.select(fission_calls.c.reply)))


MADE = ("ana ruiz", "made", "trackfit")
PART = ("blue lamp", "part of", "north tracker")


def opened(database: Database, endpoint: Endpoint, folder: Path) -> Readers:
    readers = Readers(GraphWorkshop(database, folder / "docs"), endpoint, folder)
    readers.publish(**TEXTS)
    return readers


@pytest.fixture
def readers(sqlite_database: Database, endpoint: Endpoint, tmp_path: Path) -> Readers:
    return opened(sqlite_database, endpoint, tmp_path)


@pytest.fixture
def everywhere(database: Database, endpoint: Endpoint, tmp_path: Path) -> Readers:
    """On every dialect."""
    return opened(database, endpoint, tmp_path)


def rebuilt(readers: Readers, folder: Path) -> dict[str, list[object]]:
    """The rows of a graph built anew from what SQL says; no model is there."""
    fresh = GraphWorkshop(readers.shop.db, readers.shop.folder)
    kept = rows(readers.shop.db)
    readers.shop.held.forget(readers.shop.collection)
    assert rows(readers.shop.db) != kept
    fresh.rebuild(SqlGraph(readers.shop.db))
    return kept


def test_what_the_model_says_joins_the_graph_and_a_rebuild_needs_no_model(readers: Readers) -> None:
    assert readers.said == set()
    priced = readers.reader().estimate(readers.shop.collection)
    assert (priced.passages, priced.done, priced.calls) == (3, 0, 3)
    assert readers.asked == []
    job = readers.run()
    assert sorted(readers.asked) == sorted(TEXTS.values())
    assert readers.said == {MADE, PART}
    spent = readers.reader().spent(job)
    assert spent.calls == 3
    assert priced.tokens - 3 * LONGEST_REPLY < spent.tokens <= priced.most_tokens
    tally = readers.reader().tally(job)
    assert (tally.passages, tally.names, tally.statements, tally.dropped) == (3, 4, 2, 2 * MISTAKES)
    assert readers.replies() == {None}, "no text of the documents stays behind"
    (kind,) = {one.kind for one in readers.shop.held.entities("blue lamp", [readers.shop.collection], 1)}
    assert kind == "detector"
    assert readers.shop.held.entities("ghost device", [readers.shop.collection], 1) == []
    before = rebuilt(readers, readers.folder)
    assert rows(readers.shop.db) == before


def test_the_same_text_is_asked_about_once_by_one_model_in_one_collection(readers: Readers) -> None:
    readers.run()
    asked = len(readers.asked)
    assert readers.reader().estimate(readers.shop.collection).calls == 0
    job = readers.run()
    assert (len(readers.asked), readers.reader().spent(job)) == (asked, Budget(0, 0))
    readers.publish(again=TEXTS["track"])
    assert len(readers.asked) == asked
    assert readers.kept() == 4, "taken over as it came in"
    readers.run()
    assert len(readers.asked) == asked
    assert readers.reader("another").estimate(readers.shop.collection).calls == 3
    readers.run(name="another")
    assert len(readers.asked) == asked + 3


def test_nothing_tells_what_another_collection_holds(everywhere: Readers) -> None:
    everywhere.run()
    kept = everywhere.kept()
    everywhere.shop.collection = everywhere.shop.catalogue.create_collection("other", "owner").id
    everywhere.publish()
    everywhere.publish(more="The lamps of the other hall are counted by hand, twice a week, by whoever is on shift.")
    assert (everywhere.kept(), everywhere.said) == (kept, set())
    assert everywhere.reader().estimate(everywhere.shop.collection).calls == 4
    everywhere.run()
    assert len(everywhere.asked) == kept + 4


def test_an_edit_asks_about_what_changed_alone(everywhere: Readers) -> None:
    long = " ".join(f"The halls of station {at} are closed in winter, and its lamps are counted by hand twice a week." for at in range(60))
    everywhere.publish(track=f"{TEXTS['track']} {long}")
    everywhere.run()
    asked = len(everywhere.asked)
    assert asked > 4
    everywhere.publish(track=f"{TEXTS['track']} {long} The last one was painted yesterday.")
    assert MADE in everywhere.said, "what did not change keeps what was said of it"
    left = everywhere.reader().estimate(everywhere.shop.collection).calls
    assert 0 < left < 3
    everywhere.run()
    assert len(everywhere.asked) == asked + left


@pytest.mark.parametrize("how", ["deleted", "edited", "collection"])
def test_what_was_said_goes_with_the_document(readers: Readers, how: str) -> None:
    readers.run()
    track = next(info for info in readers.shop.catalogue.documents(readers.shop.collection) if "track" in info.name)
    if how == "deleted":
        Documents(readers.shop.db).delete([track.id])
    elif how == "edited":
        readers.publish(track=TEXTS["quiet"])
    else:
        readers.shop.catalogue.delete_collection(readers.shop.collection, OWNER.id)
    assert readers.shop.settle()
    assert readers.kept() == {"deleted": 2, "edited": 3, "collection": 0}[how]
    assert readers.said == (set() if how == "collection" else {PART})
    with readers.shop.db.read() as connection:
        assert track.version_id not in set(connection.scalars(sa.select(graph_claims.c.version_id)))


def test_a_document_deleted_while_it_is_read_leaves_nothing(everywhere: Readers) -> None:
    track = next(info for info in everywhere.shop.catalogue.documents(everywhere.shop.collection) if "track" in info.name)

    def meanwhile(body: dict) -> str:
        if passage(body) == TEXTS["track"]:
            Documents(everywhere.shop.db).delete([track.id])
            assert everywhere.shop.projector.drain()
        return speak(body)

    everywhere.endpoint.speaks = meanwhile
    everywhere.run()
    assert (everywhere.kept(), everywhere.said) == (2, {PART})


@pytest.mark.parametrize("budget", [Budget(10**8, 1), Budget(LONGEST_REPLY + 1800, 10)])
def test_the_cap_is_kept_and_more_of_it_goes_on(readers: Readers, budget: Budget) -> None:
    job = readers.run(budget)
    spent = readers.reader().spent(job)
    assert spent.calls == len(readers.asked)
    assert 0 < spent.calls < 3
    assert spent.tokens <= budget.tokens
    assert readers.kept() == spent.calls
    readers.run()
    assert sorted(readers.asked) == sorted(TEXTS.values()), "each once"
    assert readers.said == {MADE, PART}


def test_one_without_a_reply_of_use_is_passed_over_and_asked_again_later(readers: Readers) -> None:
    readers.publish(babble=f"They babble. {TEXTS['track']}", silence=f"The silence. {TEXTS['track']}")
    readers.run()
    assert readers.kept() == 4
    (failed,) = [line for line in readers.told[-1].told if line[1] == "failed"]
    assert ("babble" in failed[0], "without a reply: 1" in failed[2]) == (True, True)
    assert readers.reader().estimate(readers.shop.collection).calls == 1
    assert readers.replies() == {None}


@pytest.mark.parametrize("mode", ["babble", "cut"])
def test_a_model_of_no_use_is_not_asked_on(readers: Readers, mode: str) -> None:
    readers.publish(**{f"z{at}": f"The {mode} of room {at}. {TEXTS['track']}" for at in range(PATIENCE + 3)})
    trouble = iter(range(100))

    def speaks(body: dict) -> str:
        if "of room" not in passage(body):
            return speak(body)
        readers.endpoint.mode = "well" if mode == "babble" else mode
        return f"nothing of use {next(trouble)}"

    readers.endpoint.speaks = speaks
    job = readers.job()
    with pytest.raises(Unavailable):
        readers.run(job=job)
    assert readers.shop.settle()
    assert readers.said == {MADE, PART}, "what was read before is kept"
    assert len(readers.asked) <= 3 + 2 * PATIENCE
    readers.endpoint.speaks, readers.endpoint.mode = lambda body: speak(body).replace("babble", ""), "well"
    assert readers.replies() == {None}


def test_told_to_stop_it_stops_and_goes_on_later(readers: Readers) -> None:
    readers.run(outcomes=Outcomes(cancel_after=1))
    assert readers.kept() == 1
    readers.run()
    assert sorted(readers.asked) == sorted(TEXTS.values())


def test_without_a_model_or_the_extra_it_says_what_to_do(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingPart, match="JITL_MODEL_URL"):
        ModelExtraction(sqlite_database, gateway(None)).estimate("x")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingPart, match=r"jitl\[graph\]"):
        ModelExtraction(sqlite_database, gateway("http://127.0.0.1:9/v1")).estimate("x")
