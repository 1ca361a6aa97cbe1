"""Searching: every leg at once, SQL's word final, failures named. The store and the terms are real, SQL and encoder are fakes."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pytest

from jitl.adapters.edge import EdgeStore
from jitl.adapters.sparse import HepTerms
from jitl.errors import BadInput, TooLarge, Unavailable
from jitl.ports import Point
from jitl.retrieve import PassageLeg, Searcher
from jitl.settings import Settings
from jitl.types import Candidate, Consultation, CorrectionState, Hit, Location, Passage, Query, Strength

TERMS = HepTerms()
WORDS = ("tracker", "muon", "calorimeter", "magnet", "trigger", "luminosity", "beam", "kaon")


class Encoder:
    """A vector of which of eight words a text holds."""

    id = "words"
    dimension = 8

    def covers(self, text: str) -> bool:
        return text.isascii()

    def embed_question(self, text: str) -> np.ndarray:
        vector = np.array([1.0 + (word in text.lower()) * 4 for word in WORDS], np.float32)
        return vector / np.linalg.norm(vector)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        return np.stack([self.embed_question(text) for text in texts])

    def tokens(self, text: str) -> Sequence[tuple[int, int]]:
        raise NotImplementedError


@dataclass
class Shelf:
    """Stands for SQL: the published passages and their counts."""

    passages_by_id: dict[str, Passage] = field(default_factory=dict)
    confirmed: list[int] = field(default_factory=list)  # how many ids each statement asked for
    switches: int = 0
    due: list[Passage] = field(default_factory=list)  # published when a search's legs wait for its word
    before: Callable[[], None] = lambda: None

    def add(self, text: str, collection: str = "c", document: str | None = None) -> Passage:
        key = str(uuid.uuid4())
        document = document or f"d{len(self.passages_by_id):04}"
        passage = Passage(key, 0, text, "", Location(), document, document, document, collection)
        self.passages_by_id[key] = passage
        return passage

    def confirm(self, chunk_ids: Sequence[str], collections: Sequence[str]) -> Mapping[str, tuple[str, int]]:
        self.confirmed.append(len(chunk_ids))
        if self.due:
            self.before()
            self.passages_by_id = {p.id: p for p in self.due}
            self.switches += 1
            self.due = []
        return {key: (p.document_id, p.ordinal) for key, p in self.passages(chunk_ids, collections).items()}

    def passages(self, chunk_ids: Sequence[str], collections: Sequence[str]) -> dict[str, Passage]:
        found = ((key, self.passages_by_id.get(key)) for key in chunk_ids)
        return {key: p for key, p in found if p is not None and p.collection_id in collections}

    def epoch(self, collections: Sequence[str]) -> int:
        return self.switches

    def lookup(self, terms: Sequence[int], collections: Sequence[str]) -> tuple[dict[int, int], int]:
        mine = [TERMS.terms(p.text) for p in self.passages_by_id.values() if p.collection_id in collections]
        return {t: n for t in terms if (n := sum(t in counts for counts in mine))}, len(mine)


@dataclass
class World:
    store: EdgeStore
    shelf: Shelf
    searchers: list[Searcher] = field(default_factory=list)

    def publish(self, *texts: str, collection: str = "c") -> list[Passage]:
        passages = [self.shelf.add(text, collection) for text in texts]
        self.index(passages)
        return passages

    def index(self, passages: Sequence[Passage]) -> None:
        encoder = Encoder()
        self.store.upsert(
            [
                Point(p.id, p.collection_id, encoder.embed_question(p.text) if encoder.covers(p.text) else None, TERMS.passage(p.text))
                for p in passages
            ]
        )

    def legs(self) -> list[PassageLeg]:
        return [PassageLeg("dense", self.store, self.shelf), PassageLeg("sparse", self.store, self.shelf)]

    def searcher(self, legs=None, corrections=None, encoder=None, **settings) -> Searcher:
        searcher = Searcher(
            encoder or Encoder(), TERMS, self.shelf, self.shelf, self.legs() if legs is None else legs, corrections, Settings(**settings)
        )
        self.searchers.append(searcher)
        return searcher

    def search(self, question: str, k: int = 5, collections: Sequence[str] = ("c",), **parts):
        searcher = self.searcher(**parts)
        return searcher.search(searcher.prepare(question, collections), k)


@contextmanager
def opened(folder):
    store = EdgeStore(folder / "index", 8)
    world = World(store, Shelf())
    yield world
    for searcher in world.searchers:
        searcher.close()
    store.close()


@pytest.fixture
def world(tmp_path):
    with opened(tmp_path) as world:
        yield world


def texts(result) -> list[str]:
    return [hit.passage.text for hit in result.hits]


def test_finds_by_both_legs_and_says_what_each_gave(world):
    world.publish("The muon trigger fires.", "The magnet is cold.", "Beam and luminosity.", "Nothing of the sort, kaon.")
    result = world.search("muon trigger?")
    assert texts(result)[0] == "The muon trigger fires."
    assert result.hits[0].legs.keys() == {"dense", "sparse"}
    assert result.notices == ()
    assert result.query.passages == 4
    scores = [hit.score for hit in result.hits]
    assert scores == sorted(scores, reverse=True)


def test_chinese_is_found_by_its_signs_and_has_no_vector(world):
    world.publish("北京谱仪测量了质量", "合肥光源", "The muon trigger fires.")
    result = world.search("北京谱仪")
    assert result.query.language == "zh"
    assert result.query.vector is None
    assert texts(result) == ["北京谱仪测量了质量"]
    assert result.notices == ()


def test_what_sql_does_not_confirm_is_no_hit_and_others_take_its_place(world):
    stale = world.publish(*(f"muon trigger {n}" for n in range(300)))
    kept = world.publish(*(f"muon trigger and magnet {n}" for n in range(7)))
    for passage in stale:
        del world.shelf.passages_by_id[passage.id]
    for leg in world.legs():
        query = world.searcher().prepare("muon trigger", ("c",))
        assert {hit.chunk_id for hit in leg.retrieve(query, 5)} < {p.id for p in kept}
        assert len(leg.retrieve(query, 5)) == 5
    assert len(world.search("muon trigger", 5).hits) == 5
    assert len(world.search("muon trigger", 50).hits) == 7


def test_a_reader_of_one_percent_gets_k_hits(world):
    world.publish(*(f"muon trigger {n}" for n in range(500)))
    world.publish(*(f"muon {n}" for n in range(6)), collection="mine")
    result = world.search("muon trigger", 6, ("mine",))
    assert len(result.hits) == 6
    assert {hit.passage.collection_id for hit in result.hits} == {"mine"}
    assert world.search("muon trigger", 6, ()).hits == []


def test_ties_at_the_cut_fall_by_document(world):
    world.publish(*["muon trigger"] * 200)
    first = [hit.passage.document for hit in world.search("muon trigger", 4).hits]
    assert first == ["d0000", "d0001", "d0002", "d0003"]


def test_one_statement_confirms_what_all_legs_found(world):
    world.publish(*(f"muon trigger {n}" for n in range(8)), *(f"kaon {n}" for n in range(8)))
    hits = world.search("muon trigger", 5, candidates=10).hits
    assert len(hits) == 5
    assert {leg for hit in hits for leg in hit.legs} == {"dense", "sparse"}
    [asked] = world.shelf.confirmed
    assert asked == len(world.shelf.passages_by_id)


def test_only_where_some_fall_away_are_those_found_to_spare_confirmed(world):
    stale, *_ = world.publish(*(f"muon trigger{' beam' * n}" for n in range(30)))
    leg = world.legs()[1]
    query = world.searcher().prepare("muon trigger", ("c",))
    assert len(leg.retrieve(query, 5)) == 5
    assert world.shelf.confirmed == [5]
    del world.shelf.passages_by_id[stale.id]
    assert len(leg.retrieve(query, 5)) == 5
    assert world.shelf.confirmed == [5, 5, 10]


def test_a_leg_that_found_all_it_can_is_not_asked_to_weigh_the_others(world):
    class Counted(PassageLeg):
        def weigh(self, query, chunk_ids):
            weighed.append((self.name, len(chunk_ids)))
            return super().weigh(query, chunk_ids)

    weighed: list[tuple[str, int]] = []
    world.publish(*(f"muon trigger {n}" for n in range(12)), *(f"muon {n}" for n in range(12)), *(f"trigger, kaon {n}" for n in range(12)))
    legs = [Counted(name, world.store, world.shelf) for name in ("dense", "sparse")]
    hits = world.search("trigger", 30, legs=legs, candidates=30).hits
    assert weighed == []  # whatever holds the term is among the 24 that its leg named
    assert [hit.legs.keys() == {"dense"} for hit in hits] == ["trigger" not in hit.passage.text for hit in hits]


def test_a_leg_that_breaks_beside_others_breaks_alone(world):
    class Worn(PassageLeg):
        def steps(self, query, k):
            yield from ()
            raise ZeroDivisionError("bug")

    world.publish("The muon trigger fires.")
    worn = Worn("dense", world.store, world.shelf)
    result = world.search("muon trigger", legs=[worn, world.legs()[1]])
    assert [set(hit.legs) for hit in result.hits] == [{"sparse"}]
    assert result.notices == ("dense: failed.",)


def test_new_ids_for_the_same_passages_change_nothing(world):
    old = world.publish(*(f"muon trigger {n % 7} beam {n % 3}" for n in range(60)))
    before = [(h.passage.document, h.score) for h in world.search("muon beam 2", 20).hits]
    new = [Passage(str(uuid.uuid4()), p.ordinal, p.text, "", p.location, p.document_id, p.document, "", "c") for p in old]
    world.index(new)
    assert [(h.passage.document, h.score) for h in world.search("muon beam 2", 20).hits] == before
    world.shelf.passages_by_id = {p.id: p for p in new}
    assert [(h.passage.document, h.score) for h in world.search("muon beam 2", 20).hits] == before
    world.store.delete([p.id for p in old])
    assert [(h.passage.document, h.score) for h in world.search("muon beam 2", 20).hits] == before


def test_a_switch_in_the_middle_of_a_search_hides_nothing(world):
    """Both legs have looked at the old passages when SQL no longer confirms them."""
    old = world.publish(*(f"muon trigger {n}" for n in range(5)))
    before = [(h.passage.document, h.score) for h in world.search("muon trigger").hits]
    new = [Passage(str(uuid.uuid4()), p.ordinal, p.text, "", p.location, p.document_id, p.document, "", "c") for p in old]
    searcher = world.searcher()
    query = searcher.prepare("muon trigger", ("c",))
    world.shelf.due = new
    world.shelf.before = lambda: world.index(new)
    assert [(h.passage.document, h.score) for h in searcher.search(query, 5).hits] == before
    assert world.shelf.switches == 1


class Broken:
    name = "graph"
    inline = False

    def __init__(self, error: Exception) -> None:
        self._error = error

    def retrieve(self, query: Query, k: int) -> Sequence[Hit]:
        raise self._error


class Slow:
    name = "graph"
    inline = False

    def __init__(self) -> None:
        self.wake = threading.Event()

    def retrieve(self, query: Query, k: int) -> Sequence[Hit]:
        self.wake.wait(20)
        return ()


@pytest.mark.parametrize("error", [Unavailable("The graph is down."), ZeroDivisionError("bug")])
def test_a_leg_that_fails_is_named_and_the_others_answer(world, error):
    world.publish("The muon trigger fires.")
    result = world.search("muon trigger", legs=[Broken(error), *world.legs()])
    assert len(result.hits) == 1
    [notice] = result.notices
    assert notice.startswith("graph: ")


def test_a_late_leg_is_named_and_not_waited_for(world):
    world.publish("The muon trigger fires.")
    slow = Slow()
    start = time.monotonic()
    result = world.search("muon trigger", legs=[*world.legs(), slow], search_timeout_s=0.5)
    assert time.monotonic() - start < 5
    assert len(result.hits) == 1
    assert result.notices == ("graph: too late.",)
    slow.wake.set()


def test_no_leg_at_all_is_an_error(world):
    with pytest.raises(Unavailable, match="The graph is down"):
        world.search("muon", legs=[Broken(Unavailable("The graph is down."))])


def test_an_encoder_that_fails_is_named_and_terms_answer(world):
    world.publish("The muon trigger fires.")

    class Dead(Encoder):
        def embed_question(self, text):
            raise Unavailable("no")

    result = world.search("muon trigger", encoder=Dead())
    assert len(result.hits) == 1
    assert "terms alone" in result.notices[0]


def correction(**fields) -> CorrectionState:
    return CorrectionState(
        "k1", 1, "c", "Which muon trigger?", "The new one.", None, None, (), "An Expert", "p1", datetime(2026, 1, 1, tzinfo=UTC), "approved"
    )


@dataclass
class Taught:
    consultation: Consultation = field(default_factory=Consultation)
    superseded: Mapping[str, str] = field(default_factory=dict)
    error: Exception | None = None

    def consult(self, query: Query) -> Consultation:
        if self.error:
            raise self.error
        return self.consultation

    def marks(self, query: Query, passages: Sequence[Passage]) -> Mapping[str, str]:
        return {p.id: self.superseded[p.id] for p in passages if p.id in self.superseded}


def test_a_correction_that_fires_comes_first_and_what_it_supersedes_is_marked(world):
    right, wrong = world.publish("The muon magnet.", "The muon trigger fires.")
    fires = Candidate(correction(), 0.9, 0.0, Strength.PARAPHRASE)
    taught = Taught(Consultation(answer=fires, candidates=(fires,)), {wrong.id: "k1"})
    result = world.search("muon trigger", 5, corrections=taught)
    assert [hit.kind for hit in result.hits] == ["correction", "passage", "passage"]
    assert result.hits[0].correction.id == "k1"
    assert {h.passage.id: h.superseded_by for h in result.hits[1:]} == {right.id: None, wrong.id: "k1"}
    assert len(world.search("muon trigger", 2, corrections=taught).hits) == 2


def test_what_a_question_still_asks_of_passages_is_marked_and_missing_legs_are_named(world):
    world.publish("The muon trigger fires.")
    (wrong,) = world.publish("Ana Ruiz leads the tracking group.")
    taught = Taught(Consultation(onward=("Who leads the tracking group?",)), {wrong.id: "k1"})
    result = world.search(
        "Who leads the group that built the trigger?", 5, legs=[Broken(Unavailable("down.")), *world.legs()], corrections=taught
    )
    ((_, found),) = result.onward
    assert {hit.passage.id: hit.superseded_by for hit in found}[wrong.id] == "k1"
    assert result.notices == ("graph: down.",)


def test_corrections_that_do_not_fire_change_nothing(world):
    world.publish("The muon trigger fires.", "The muon magnet.")
    plain = world.search("muon trigger")
    near = Candidate(correction(), 0.2, 0.7, Strength.DEPENDENT)
    beside = world.search("muon trigger", corrections=Taught(Consultation(evidence=(near,), candidates=(near,))))
    assert beside.hits == plain.hits
    assert beside.consultation.evidence == (near,)


def test_without_sql_there_is_no_answer(world):
    world.publish("The muon trigger fires.")
    with pytest.raises(Unavailable, match="database"):
        world.search("muon trigger", corrections=Taught(error=Unavailable("The database does not answer.")))


@pytest.mark.parametrize("question", ["", "  \n ", "a\x00b", "\ud800"])
def test_questions_that_are_none(world, question):
    with pytest.raises(BadInput):
        world.search(question)


def test_a_question_too_long(world):
    with pytest.raises(TooLarge):
        world.search("muon " * 10_000)


def test_a_question_of_function_words_finds_by_meaning_alone(world):
    world.publish("The muon trigger fires.")
    result = world.search("What is this?")
    assert result.query.terms == {}
    assert [set(hit.legs) for hit in result.hits] == [{"dense"}]


def test_many_searches_at_once_agree(world):
    world.publish(*(f"muon trigger {n} beam {n % 5}" for n in range(100)))
    searcher = world.searcher()
    expected = [h.passage.id for h in searcher.search(searcher.prepare("muon beam 3", ("c",)), 10).hits]
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(searcher.search(searcher.prepare("muon beam 3", ("c",)), 10))) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [[h.passage.id for h in result.hits] for result in results] == [expected] * 16
