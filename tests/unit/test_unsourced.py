"""After the search the route is settled; what the collections do not hold a model may answer, marked, where the route allows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from jitl.answer import Answerer, Turn
from jitl.route import settled
from jitl.settings import Settings
from jitl.types import Answer, Candidate, Consultation, Route, Strength, Token
from tests.endpoint import Endpoint, gateway, serving
from tests.unit.test_answer import QUESTION, SPARSE, Shelf, taught

MARK = {
    "en": "This comes from the language model, not from the collections; no source supports it.",
    "zh": "以下内容来自语言模型，而非资料库，没有来源支持。",
}
NOTHING = {"en": "Not found in these collections.", "zh": "在这些资料库中没有找到答案。"}
ELSEWHERE = "Who won the football cup in Brazil?"


class Always:
    """A router with one opinion."""

    def __init__(self, route: Route) -> None:
        self.route_of_all = route
        self.heard: list[tuple[str, ...]] = []

    def route(self, question, vector, history=(), principal_id=None) -> Route:
        self.heard.append(tuple(history))
        return self.route_of_all


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving() as running:
        yield running


def ask(question: str, label: str, endpoint: Endpoint | None, shelf: Shelf | None = None, history=(), **settings) -> Answer:
    model = gateway(endpoint.url if endpoint else None, timeout_s=1.0)
    answerer = Answerer(shelf or Shelf(), Always(Route(label, 0.9)), model, Settings(**settings), sparse=SPARSE)
    *events, done = answerer.ask(question, ["c1"], "p1", turn=Turn(history))
    assert "".join(event.text for event in events if isinstance(event, Token)) == done.answer.text
    return done.answer


@pytest.mark.parametrize("label", ["general", "general_code"])
@pytest.mark.parametrize(("question", "language"), [(ELSEWHERE, "en"), ("今天北京的天气怎么样？", "zh")])
def test_a_general_question_is_answered_by_the_model_and_marked_in_its_first_line(endpoint, label, question, language):
    endpoint.pieces = ("Hello", " there.")
    answer = ask(question, label, endpoint)
    assert answer.text == f"{MARK[language]}\n\nHello there."
    assert (answer.grounded, answer.sources, answer.route.label, answer.route.by) == (False, (), label, "model")
    assert MARK[language] in answer.notices
    assert ask(question, label, None).text == NOTHING[language], "without a model nothing is said that no source holds"


@pytest.mark.parametrize("label", ["hep", "hep_code"])
def test_the_hep_routes_answer_from_the_model_only_where_that_is_allowed(endpoint, label):
    endpoint.pieces = ("It is 43.",)
    assert ask(ELSEWHERE, label, endpoint).text == NOTHING["en"]
    assert endpoint.requests == []
    allowed = ask(ELSEWHERE, label, endpoint, hep_own_knowledge=True)
    assert (allowed.text, allowed.grounded) == (f"{MARK['en']}\n\nIt is 43.", False)


def test_what_the_collections_answer_is_no_small_talk(endpoint):
    endpoint.pieces = ("It has 43 layers of sense wires. [1]",)
    answer = ask(QUESTION, "general", endpoint)
    assert (answer.grounded, answer.route) == (True, Route("hep", 0.9, "settled", "general"))
    assert MARK["en"] not in answer.text
    fired = Shelf(Consultation(answer=Candidate(taught(answer="Brazil did."), 0.99, 0.0, Strength.PARAPHRASE)))
    assert ask(ELSEWHERE, "general_code", None, fired).route == Route("hep_code", 0.9, "settled", "general_code")


def test_a_model_that_finds_nothing_in_the_sources_leaves_the_route_as_it_was(endpoint):
    endpoint.speaks = lambda body: "NOT_FOUND" if "<source" in body["messages"][-1]["content"] else "Of my own."
    answer = ask(QUESTION, "general", endpoint)
    assert (answer.text, answer.grounded, answer.sources) == (f"{MARK['en']}\n\nOf my own.", False, ())
    assert answer.route == Route("general", 0.9)
    assert ask(QUESTION, "hep", endpoint).text == NOTHING["en"]


@pytest.mark.parametrize("mode", ["error", "empty", "cut"])
def test_small_talk_is_never_told_that_nothing_was_found(endpoint, mode):
    endpoint.mode, endpoint.pieces = mode, ("Hello", " there.")
    answer = ask(ELSEWHERE, "general", endpoint)
    assert NOTHING["en"] not in answer.text
    assert "The language model" in answer.text
    assert NOTHING["en"] in ask(ELSEWHERE, "hep", endpoint, hep_own_knowledge=True).text or mode == "cut"


def test_earlier_questions_reach_the_router_and_the_model(endpoint):
    endpoint.pieces = ("Fine.",)
    router = Always(Route("general", 0.9))
    model = gateway(endpoint.url, timeout_s=1.0)
    list(Answerer(Shelf(), router, model, Settings(), sparse=SPARSE).ask("And in winter?", ["c1"], "p1", turn=Turn(("How warm is Rome?",))))
    assert router.heard == [("How warm is Rome?",)]
    assert "How warm is Rome?" in endpoint.requests[-1]["messages"][-1]["content"]


def test_settling():
    assert settled(Route("hep", 0.6)) == Route("hep", 0.6)
    said = Route("general", 0.6, "taught", "hep")
    assert settled(said) == said, "what people taught stands"
    assert settled(replace(said, by="default")).label == "hep"
