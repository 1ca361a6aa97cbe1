"""Asking and searching on behalf of a principal: what every face does before it renders."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from api import render
from jitl.abreast import abreast
from jitl.answer import Turn
from jitl.errors import JitlError, TooLarge
from jitl.principals import Principal, is_personal
from jitl.types import AnswerEvent, Done, Route, SearchResult, Source, Sources

Compared = tuple[str, AnswerEvent | JitlError]

if TYPE_CHECKING:
    from jitl.answer import Answerer
    from jitl.ports import Router
    from jitl.retrieve import Searcher
    from jitl.settings import Settings
    from jitl.sql.answers import Answers
    from jitl.sql.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Ask:
    """A question and what it is asked of; `collections` are names or ids, None: all that the principal may read."""

    question: str
    collections: Sequence[str] | None = None
    as_of: datetime | None = None
    release: str | None = None
    run: int | None = None
    history: Sequence[str] = ()  # what was asked before it, oldest first
    route: str | None = None  # where the caller chose one; None: the router does


class Asking:
    """Safe to call from several threads."""

    def __init__(
        self, catalogue: Catalogue, searcher: Searcher, answerer: Answerer, router: Router, answers: Answers, settings: Settings
    ) -> None:
        self._catalogue = catalogue
        self._searcher = searcher
        self._answerer = answerer
        self._router = router
        self._answers = answers
        self._settings = settings

    def answer(self, who: Principal, ask: Ask, *, explain: bool = False) -> Iterator[AnswerEvent]:
        """`Sources, Token*, Done`; raises before the first event or not at all. The answer is kept unless the key forbids it."""
        self._check(ask)
        within = self._catalogue.readable(who, ask.collections)
        events = self._answerer.ask(
            ask.question,
            within,
            who.id,
            as_of=ask.as_of,
            release=ask.release,
            run=ask.run,
            explain=explain,
            turn=Turn(ask.history, ask.route, who.key_id),
        )
        yield from self._kept(who, ask, within, events)

    def compare(self, who: Principal, ask: Ask, routes: Sequence[str]) -> Iterator[Compared]:
        """(route, event) of one answer a route, told at once over one search; an answer that fails ends in its error instead of `Done`."""
        self._check(ask)
        within = self._catalogue.readable(who, ask.collections)
        turn = Turn(ask.history, routes[0], who.key_id)
        draft = self._answerer.begin(ask.question, within, who.id, as_of=ask.as_of, release=ask.release, run=ask.run, turn=turn)
        forks = {label: self._kept(who, ask, within, self._answerer.tell(draft.fork(Route(label, 1.0, "asked")))) for label in routes}
        yield from abreast(forks)

    def _kept(self, who: Principal, ask: Ask, within: Sequence[str], events: Iterator[AnswerEvent]) -> Generator[AnswerEvent, None, None]:
        """An answer to which personal collections gave nothing is kept as if they had not been asked: experts may learn from it."""
        offered: Sequence[Source] = ()
        for event in events:
            if isinstance(event, Sources):
                offered = event.sources
            if isinstance(event, Done) and self.keeps(who):
                places = _concerned(within, [*offered, *event.answer.sources], event.answer.evidence_corrections)
                self._answers.keep(event.answer.id, who.id, places, ask.question, render.answer(event.answer))
            yield event

    def keeps(self, who: Principal) -> bool:
        """Whether answers to this principal can be looked up and voted on later."""
        return self._settings.keep_answers and not who.opted_out

    def search(self, who: Principal, ask: Ask, k: int) -> SearchResult:
        self._check(ask)
        within = self._catalogue.readable(who, ask.collections)
        query = self._searcher.prepare(ask.question, within, as_of=ask.as_of, release=ask.release, run=ask.run)
        return self._searcher.search(query, k)

    def route(self, who: Principal, ask: Ask) -> Route:
        """From the question and those before it; reads no collection."""
        self._check(ask)
        return self._router.route(ask.question, self._searcher.embed(ask.question), ask.history, who.id)

    def _check(self, ask: Ask) -> None:
        longest = self._settings.max_question_chars
        if len(ask.question) > longest:
            raise TooLarge(f"The question has {len(ask.question)} characters; the limit is {longest}.", hint="Ask a shorter question.")


def _concerned(within: Sequence[str], sources: Sequence[Source], evidence: Sequence[str]) -> Sequence[str]:
    """The places asked, without personal ones that gave nothing; all of them where that is not certain."""
    gave = {one.collection_id for one in sources}
    certain = set(evidence) <= {one.correction for one in sources}
    return [place for place in within if place in gave or not is_personal(place)] or within if certain else within
