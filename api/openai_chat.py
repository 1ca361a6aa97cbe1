"""What answers a chat body: the collections, a model that was given tools, or, for a frontend's own prompts, the general model
or a rule.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from api import openai_talk, render, task_replies, trailer
from api.openai_chunks import Chunks, Head, answered, passed, ruled
from api.openai_cut import Cut
from api.openai_talk import Talk
from api.task_prompts import TaskPrompt, recognise
from jitl.errors import JitlError
from jitl.prompts import say
from jitl.speech import Payer
from jitl.text import language
from jitl.types import Answer, AnswerEvent, Route, Sources

if TYPE_CHECKING:
    from api.container import Container
    from api.openai_schemas import ChatRequest
    from jitl.principals import Principal

log = logging.getLogger(__name__)


class Chat:
    """Answers chat bodies of one caller. `base`: the address that links in answers begin with."""

    def __init__(self, here: Container, who: Principal, base: str) -> None:
        self._here = here
        self._who = who
        self._base = base

    def chunks(self, body: ChatRequest) -> Chunks:
        """The completion as chunks. What is wrong with the body or cannot be had is raised before the first one."""
        talk = openai_talk.read(body)
        if (prompt := recognise(talk.messages)) is not None:
            yield from self._task(body, talk, prompt)
            return
        if body.tools and (route := self._tool_route(talk)) is not None:
            yield from self._with_tools(body, talk, route)
            return
        yield from self._answered(body, talk, self._asked(talk))

    def _asked(self, talk: Talk) -> Iterator[AnswerEvent]:
        return self._here.asking.answer(self._who, talk.ask)

    def _answered(self, body: ChatRequest, talk: Talk, events: Iterator[AnswerEvent]) -> Chunks:
        stops = [body.stop] if isinstance(body.stop, str) else body.stop or ()
        cut = Cut(stops, body.most_tokens)
        try:
            yield from answered(events, body.model, cut, talk.tokens, self._end)
        finally:
            _close(events)

    def _end(self, answer: Answer) -> str:
        if not trailer.wanted(self._who):
            return ""
        return trailer.trailer(answer, self._base, kept=self._here.asking.keeps(self._who))

    def _tool_route(self, talk: Talk) -> Route | None:
        """The route whose model may call tools; None on the HEP routes, and where none is configured."""
        chosen = talk.ask.route
        route = Route(chosen, 1.0, "asked") if chosen else self._here.asking.route(self._who, talk.ask)
        general = route.label.startswith("general")
        return route if general and self._here.models.of(route.label, self._payer) is not None else None

    def _with_tools(self, body: ChatRequest, talk: Talk, route: Route) -> Chunks:
        """From the collections, where they or a correction answer; else the model's, which may call the tools that it was given."""
        head = Head(body.model)
        if not talk.mid_call:
            events = self._asked(talk)
            first = next(events)
            if not isinstance(first, Sources) or first.grounded:
                yield from self._answered(body, talk, _again(first, events))
                return
            _close(events)
            head = replace(head, id=first.answer_id or head.id)
        mark = say("own_knowledge", language(talk.ask.question))
        about = {"sources": [], "route": render.route(route), "correction": None, "grounded": False, "notices": [mark]}
        chunks = self._here.models.chat(route.label, openai_talk.forwarded(body, talk), self._payer)
        yield from passed(chunks, head, talk.tokens, mark, jitl=about)

    def _task(self, body: ChatRequest, talk: Talk, prompt: TaskPrompt) -> Chunks:
        """Nothing is looked up for it and nothing of it is kept."""
        begun = False
        try:
            for chunk in self._forwarded(body, talk):
                begun = True
                yield chunk
        except JitlError as error:
            if begun:
                raise
            log.info("a frontend's task is done by rule: %s", error.message)
        if not begun:
            yield from ruled(task_replies.reply(prompt), body.model, talk.tokens)

    def _forwarded(self, body: ChatRequest, talk: Talk) -> Chunks:
        """The general model's reply to the body as it came; nothing where there is none."""
        if self._here.models.of("general", self._payer) is not None:
            chunks = self._here.models.chat("general", openai_talk.forwarded(body, talk), self._payer)
            yield from passed(chunks, Head(body.model), talk.tokens)

    @property
    def _payer(self) -> Payer:
        return Payer(self._who.id, self._who.key_id)


def _again(first: AnswerEvent, events: Iterator[AnswerEvent]) -> Iterator[AnswerEvent]:
    """All events, the first of which was read already; closing it closes what it reads."""
    try:
        yield from chain([first], events)
    finally:
        _close(events)


def _close(events: Iterator[AnswerEvent]) -> None:
    close = getattr(events, "close", None)
    if close is not None:
        close()
