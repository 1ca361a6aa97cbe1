"""A walk puts together what a question of several steps needs, shows the way, and leaves other rankings alone."""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace

import numpy as np
import pytest

from graph.extract import Extractor
from graph.facts import PassageFacts
from graph.steps import NEXT, read, shipped
from graph.walk import BASE, STEPS, Walk
from jitl.adapters.sparse import HepTerms
from jitl.types import Location, Passage, Query, RankedHit
from tests.memory_graph import MemoryGraph

TEXTS = {
    "Silent Valley": "Silent Valley is a 1971 drama film directed by Marta Kovalenko and shot near Lake Orta.",
    "Marta Kovalenko": "Marta Kovalenko was a film director. She was born in Port Elgin and studied painting.",
    "Port Elgin": "Port Elgin is a fishing town. Its mayor is Tomas Brandt.",
    "River Song": "River Song is a 1971 drama film about a ferry. The director studied in Vienna.",
    "Vienna": "Vienna is the capital of Austria and the place of many film festivals.",
}
SPARSE, EXTRACTOR = HepTerms(), Extractor()


class World:
    """Passages, their graph, and a search whose scores are shares of the question's terms."""

    def __init__(self, texts=TEXTS) -> None:
        self.graph = MemoryGraph()
        self.passages = {}
        for number, (title, text) in enumerate(texts.items()):
            id_ = f"{number:08d}-0000-0000-0000-000000000000"
            self.passages[id_] = Passage(id_, 0, text, title, Location(), f"d{number}", title, title, "c")
            self.graph.write([PassageFacts(id_, f"v{number}", "c", EXTRACTOR.extract(text, title, title))])
        self.withheld: set[str] = set()
        self.looked: list[str] = []

    def query(self, text: str, deadline: float = math.inf) -> Query:
        held = [SPARSE.terms(f"{one.header}\n{one.text}") for one in self.passages.values()]
        frequencies = {term: sum(term in terms for terms in held) for term in SPARSE.terms(text)}
        terms = SPARSE.question(text, frequencies, len(held))
        return Query(text, "en", None, terms, ("c",), deadline, frequencies=frequencies, passages=len(held))

    def scored(self, query: Query, ids) -> list[RankedHit]:
        found = []
        for id_ in ids:
            held = SPARSE.passage(f"{self.passages[id_].header}\n{self.passages[id_].text}")
            score = sum(weight * held.get(term, 0.0) for term, weight in query.terms.items())
            found.append(RankedHit("passage", score / (sum(query.terms.values()) or 1), self.passages[id_], legs={"sparse": score}))
        return sorted(found, key=lambda hit: -hit.score)

    def look(self, query: Query, ids):
        self.looked += ids
        return self.scored(query, [id_ for id_ in ids if id_ not in self.withheld])

    def hits(self, query: Query, *titles: str) -> list[RankedHit]:
        return self.scored(query, [id_ for id_, one in self.passages.items() if one.title in titles])

    def walk(self, question: str, *found: str, starts=(), deadline: float = math.inf) -> list[RankedHit]:
        query = self.query(question, deadline)
        return Walk(self.graph, EXTRACTOR, SPARSE).walk(query, self.hits(query, *found), starts, lambda ids: self.look(query, ids))


def titles(hits) -> list[str]:
    return [hit.passage.title for hit in hits]


def test_the_passage_that_a_title_leads_to_comes_second() -> None:
    hits = World().walk("Where was the director of Silent Valley born?", "Silent Valley", "River Song")
    assert titles(hits)[:2] == ["Silent Valley", "Marta Kovalenko"]
    assert [hit.kind for hit in hits][:2] == ["passage", "graph"]
    assert hits[1].path == ("Marta Kovalenko",)


def test_three_steps_show_the_names_on_the_way() -> None:
    hits = World().walk("Who is the mayor of the town where the director of Silent Valley was born?", "Silent Valley", "River Song")
    by_title = {hit.passage.title: hit for hit in hits}
    assert {"Silent Valley", "Marta Kovalenko", "Port Elgin"} <= set(titles(hits)[:4])
    assert by_title["Port Elgin"].path == ("Marta Kovalenko", "Port Elgin")


def test_a_question_that_names_nothing_keeps_its_ranking() -> None:
    world = World()
    query = world.query("which films of that year are about ferries?")
    hits = world.hits(query, "River Song", "Silent Valley")
    assert Walk(world.graph, EXTRACTOR, SPARSE).walk(query, hits, (), lambda ids: world.look(query, ids)) == hits
    assert not world.looked


def test_what_sql_does_not_confirm_is_not_shown() -> None:
    world = World()
    world.withheld = {id_ for id_, one in world.passages.items() if one.title == "Marta Kovalenko"}
    hits = world.walk("Where was the director of Silent Valley born?", "Silent Valley", "River Song")
    assert "Marta Kovalenko" not in titles(hits)
    assert set(titles(hits)) >= {"Silent Valley", "River Song"}


def test_every_hit_of_the_search_stays_and_stands_once() -> None:
    world = World()
    hits = world.walk("Where was the director of Silent Valley born?", *TEXTS)
    assert sorted(titles(hits)) == sorted(TEXTS)


def test_a_correction_that_the_question_hangs_on_leads_on() -> None:
    question = "Who is the mayor of the birthplace of the director?"
    assert not World().walk(question)
    hits = World().walk(question, "River Song", starts=["The director was born in Port Elgin."])
    assert titles(hits)[0] == "Port Elgin"
    assert hits[0].path == ("port elgin",)


def test_a_walk_that_is_late_ends_with_what_there_is() -> None:
    hits = World().walk("Where was the director of Silent Valley born?", "Silent Valley", "River Song", deadline=time.monotonic() - 1)
    assert set(titles(hits)) == {"Silent Valley", "River Song"}


def test_what_a_walk_fetches_is_bounded_however_much_names_a_thing() -> None:
    crowd = {f"Visitor {number} Hill": f"Visitor {number} Hill went to see Silent Valley with Anna Bell." for number in range(400)}
    world = World(TEXTS | crowd)
    hits = world.walk("Where was the director of Silent Valley born?", *TEXTS, *list(crowd)[:100])
    assert len(world.looked) < 300
    assert {"Silent Valley", "Marta Kovalenko"} <= set(titles(hits)[:3])
    assert len(hits) >= BASE + STEPS


def test_equal_questions_walk_alike() -> None:
    question = "Who is the mayor of the town where the director of Silent Valley was born?"
    one, other = (World().walk(question, "Silent Valley", "River Song", "Vienna") for _ in range(2))
    assert one == other


def test_a_chinese_question_keeps_its_ranking_unless_a_correction_leads_on() -> None:
    world = World()
    query = replace(world.query("Silent Valley 的导演出生在哪里？"), language="zh")
    hits = world.hits(query, "River Song", "Silent Valley")
    walk = Walk(world.graph, EXTRACTOR, SPARSE)
    assert walk.walk(query, hits, (), lambda ids: world.look(query, ids)) == hits
    begun = walk.walk(query, hits, ["The director was born in Port Elgin."], lambda ids: world.look(query, ids))
    assert "Port Elgin" in titles(begun)


def test_the_best_hit_of_the_search_stays_first() -> None:
    for found in (("Silent Valley", "River Song"), ("River Song", "Vienna"), tuple(TEXTS)):
        world = World()
        question = "Where was the director of Silent Valley born?"
        best = world.hits(world.query(question), *found)[0]
        assert world.walk(question, *found)[0].passage == best.passage


def test_weights_are_complete_and_not_negative() -> None:
    assert (shipped() >= 0).all()
    named = dict.fromkeys(NEXT, 1.0)
    assert np.array_equal(read(json.dumps(named)), np.ones(len(NEXT)))
    for wrong in (named | {"open": -1.0}, {"open": 1.0}, named | {"more": 1.0}):
        with pytest.raises(ValueError, match="none negative"):
            read(json.dumps(wrong))
