"""An answer in the making: what is cited, said and noted so far."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from jitl.citations import correction_source, statement_of
from jitl.prompts import say
from jitl.route import settled
from jitl.types import Answer, CorrectionState, Query, Route, SearchResult, Source, Sources, Token

if TYPE_CHECKING:
    from jitl.reading import Reading
    from jitl.speech import Payer, RoutedModel

EVIDENCE = 5
"""Corrections shown beside an answer, at most."""


@dataclass(slots=True)
class Draft:
    """What the steps of one answer share."""

    query: Query
    asked: Query  # the question by its content
    result: SearchResult
    route: Route
    sources: list[Source] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)  # source number -> whole passage
    notices: list[str] = field(default_factory=list)
    readings: Sequence[Reading] = ()
    read_for: Query | None = None  # the question that `readings` stand beside
    said: list[str] = field(default_factory=list)
    grounded: bool = True
    history: Sequence[str] = ()  # what was asked before
    first_route: Route | None = None  # before it was settled
    follow_up: str | None = None  # as asked, where `query` is what it was read as
    payer: Payer | None = None
    model: str | None = None  # that worded it
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def question(self) -> str:
        """As asked."""
        return self.follow_up or self.query.text

    def fork(self, route: Route) -> Draft:
        """The same findings for an answer of its own, on that route. Nothing may have been said yet."""
        return replace(self, route=route, sources=[], texts={}, notices=list(self.notices), said=[], id=str(uuid.uuid4()))

    def settle(self) -> None:
        """The collections or a correction answer."""
        self.first_route = self.route
        self.route = settled(self.route)

    def cite_evidence(self, *, authoritative: bool | None = None) -> list[tuple[int, CorrectionState]]:
        """Cite the corrections beside the answer (those with or without authority, or all); their numbers."""
        cited = []
        for candidate in self.result.consultation.evidence[:EVIDENCE]:
            taught = candidate.correction
            if authoritative is None or taught.authoritative is authoritative:
                cited.append((self.cite(correction_source(taught), statement_of(taught)), taught))
        return cited

    def concerned(self) -> frozenset[str]:
        """Corrections that bear on this question."""
        consultation = self.result.consultation
        weighed = (consultation.answer, *consultation.evidence)
        return frozenset(candidate.correction.id for candidate in weighed if candidate is not None and candidate.correction.authoritative)

    def cite(self, source: Source, text: str) -> int:
        number = len(self.sources) + 1
        self.sources.append(replace(source, number=number))
        self.texts[number] = text
        return number

    def shown(self) -> Sources:
        """The event that begins the answer."""
        return Sources(tuple(self.sources), tuple(self.notices), self.id, self.grounded)

    def token(self, text: str) -> Token:
        self.said.append(text)
        return Token(text)

    def gap(self) -> str:
        """What parts the next paragraph from what was said."""
        return "\n\n" if self.said else ""

    def announce(self, notice: str) -> Token:
        """A notice that every face shows, because it stands in the text too."""
        self.notices.append(notice)
        return self.token(f"{self.gap()}{notice}")

    def credit(self, model: RoutedModel) -> Iterator[Token]:
        """Whose words they were; a notice, where a fallback's."""
        reached = model.reached
        if reached is not None:
            self.model = reached.model
            if reached.instead_of is not None:
                yield self.announce(say("fell_back", self.query.language, model=reached.model, instead_of=reached.instead_of))

    def refuse(self) -> None:
        """The sources turned out not to hold the answer."""
        self.grounded = False
        self.sources = []
        self.route = self.first_route or self.route

    def answer(self, *, explain: bool) -> Answer:
        consultation = self.result.consultation
        return Answer(
            id=self.id,
            question=self.question,
            text="".join(self.said),
            grounded=self.grounded,
            route=self.route,
            sources=tuple(self.sources),
            correction=consultation.answer,
            evidence_corrections=tuple(c.correction.id for c in consultation.evidence[:EVIDENCE]),
            candidates=consultation.candidates if explain else (),
            notices=tuple(self.notices),
            read_as=self.query.text if self.follow_up else None,
            model=self.model,
        )
