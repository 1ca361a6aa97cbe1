"""A question becomes an answer: found, weighed against what experts taught, grounded, worded, its citations checked.

The stream is `Sources, Token*, Done`. An authoritative correction that covers the question is the answer; otherwise
quotes of the passages, or a language model's words over them; otherwise the plain statement that nothing was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from jitl.citations import correction_source, passage_source, statement_of
from jitl.draft import Draft
from jitl.errors import MissingPart, Unavailable
from jitl.extract import Extractor, opening
from jitl.followups import FollowUps
from jitl.grounding import Grounding
from jitl.overview import Chapter, Overviews, Remark, topic
from jitl.ports import Models, Router, SparseEncoder
from jitl.prompts import day, holds, say
from jitl.reading import PASSAGES as PASSAGES_READ
from jitl.reading import Reading, content, read
from jitl.speech import Payer
from jitl.types import AnswerEvent, CorrectionState, Done, Query, RankedHit, Route, Token
from jitl.unsourced import Unsourced
from jitl.views import views
from jitl.worded import READ as PASSAGES_WORDED
from jitl.worded import Worded

if TYPE_CHECKING:
    from jitl.retrieve import Searcher
    from jitl.settings import Settings

PASSAGES = 10
"""Passages fetched for an answer."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Where in a conversation a question stands, the route that its caller chose, if one did, and the key it came with."""

    history: Sequence[str] = ()  # what was asked before, oldest first
    route: str | None = None
    key_id: str | None = None  # that pays


FIRST = Turn()


class Answerer:
    """Answers questions; safe to call from several threads. On a route without a model answers are extractive."""

    def __init__(
        self,
        searcher: Searcher,
        router: Router,
        models: Models,
        settings: Settings,
        *,
        sparse: SparseEncoder,
        overviews: Overviews | None = None,
    ) -> None:
        self._searcher = searcher
        self._router = router
        self._sparse = sparse
        self._unsourced = Unsourced(models, own_on_hep=settings.hep_own_knowledge)
        self._worded = Worded(models, sparse, self._unsourced)
        self._follow_ups = FollowUps(models)
        self._overviews = overviews
        self._extractor = Extractor()
        self._grounding = Grounding(settings.grounded_threshold)

    def ask(
        self,
        question: str,
        collections: Sequence[str],
        principal_id: str,
        *,
        as_of: datetime | None = None,
        release: str | None = None,
        run: int | None = None,
        explain: bool = False,
        turn: Turn = FIRST,
    ) -> Iterator[AnswerEvent]:
        """Events of one answer. `collections` are ids that the caller may read. Raises before the first event or not at all."""
        draft = self.begin(question, collections, principal_id, as_of=as_of, release=release, run=run, turn=turn)
        yield from self.tell(draft, explain=explain)

    def begin(
        self,
        question: str,
        collections: Sequence[str],
        principal_id: str,
        *,
        as_of: datetime | None = None,
        release: str | None = None,
        run: int | None = None,
        turn: Turn = FIRST,
    ) -> Draft:
        """Searched and routed; nothing is said yet."""
        payer = Payer(principal_id, turn.key_id)
        read_as = self._follow_ups.standalone(question, turn.history, payer)
        query = self._searcher.prepare(read_as, collections, as_of=as_of, release=release, run=run)
        vector = query.vector if read_as == question else self._searcher.embed(question)
        route = Route(turn.route, 1.0, "asked") if turn.route else self._router.route(question, vector, turn.history, principal_id)
        draft = self._draft(query, route)
        draft.history, draft.payer, draft.follow_up = turn.history, payer, None if read_as == question else question
        return draft

    def tell(self, draft: Draft, *, explain: bool = False) -> Iterator[AnswerEvent]:
        """The events of a draft. A follow-up that finds nothing as it was read is looked for as it was asked."""
        events = self._found(draft)
        if events is None and draft.follow_up is not None:
            asked = draft.query
            query = self._searcher.prepare(draft.question, asked.collections, as_of=asked.as_of, release=asked.release, run=asked.run)
            alone = self._draft(query, draft.route)
            alone.history, alone.payer, alone.id = draft.history, draft.payer, draft.id
            events, draft = self._found(alone), alone
        yield from self._not_found(draft) if events is None else events
        yield Done(draft.answer(explain=explain))

    def _draft(self, query: Query, route: Route) -> Draft:
        result = self._searcher.search(query, PASSAGES)
        return Draft(query, content(query, self._sparse), result, route, notices=list(result.notices))

    def _found(self, draft: Draft) -> Iterator[AnswerEvent] | None:
        """What the collections or a correction answer; None where they do not."""
        supported, passages = self._supports(draft, [hit for hit in draft.result.hits if hit.passage is not None])
        consultation = draft.result.consultation
        if consultation.answer is not None:
            draft.settle()
            shown = passages if supported else [hit for hit in passages if hit.superseded_by in draft.concerned()]
            return self._corrected(draft, consultation.answer.correction, shown)
        subject = None if self._overviews is None else topic(draft.query.text)
        chapters = self._overview(draft, subject)
        if chapters:
            draft.settle()
            return self._surveyed(draft, chapters)
        if subject:
            supported, passages = self._about(draft, subject)
        if supported or any(c.correction.authoritative for c in consultation.evidence):
            draft.settle()
            return self._supported(draft, passages if supported else [])
        return None

    def _supports(self, draft: Draft, passages: Sequence[RankedHit]) -> tuple[bool, Sequence[RankedHit]]:
        """Whether the passages hold an answer, and those that may be quoted for it; the draft keeps in whose words they were read."""
        onward = [(content(asked, self._sparse), hits) for asked, hits in draft.result.onward]
        for asked, hits in (*onward, *views(draft.query, passages, self._sparse)):
            draft.asked = asked
            if self._grounding.supports(asked, self._read(draft, hits), hits):
                return True, hits
        draft.asked = content(draft.query, self._sparse)
        return False, passages

    def _corrected(self, draft: Draft, taught: CorrectionState, passages: Sequence[RankedHit]) -> Iterator[AnswerEvent]:
        """The correction itself, the passages it stands above and what else was taught beside it."""
        number = draft.cite(correction_source(taught), taught.answer)
        self._quote(draft, passages)
        evidence = draft.cite_evidence()
        yield draft.shown()
        what = "confirmed" if taught.confirmed else "corrected"
        credit = say(what, draft.query.language, author=taught.author, date=day(taught.at))
        yield draft.token(f"{taught.answer} [{number}]\n\n{credit}{_validity(taught, draft.query.language)}")
        yield from _listed(draft, evidence)

    def _about(self, draft: Draft, subject: str) -> tuple[bool, Sequence[RankedHit]]:
        """`_supports` for the subject of an overview that there is none of: the words that asked for one are in no answer."""
        asked = draft.query
        query = self._searcher.prepare(subject, asked.collections, as_of=asked.as_of, release=asked.release, run=asked.run)
        alone = replace(draft, query=query, result=self._searcher.search(query, PASSAGES))
        found = self._supports(alone, [hit for hit in alone.result.hits if hit.passage is not None])
        draft.asked, draft.readings, draft.read_for = alone.asked, alone.readings, alone.read_for
        return found

    def _overview(self, draft: Draft, subject: str | None) -> Sequence[Chapter]:
        """Chapters, where the question asks for an overview and there is one; a notice, where there could be one."""
        if self._overviews is None or subject is None:
            return ()
        try:
            return self._overviews.overview(subject, draft.query)
        except (MissingPart, Unavailable) as error:
            draft.notices.append(say("no_overview", draft.query.language, reason=str(error)))
            return ()

    def _surveyed(self, draft: Draft, chapters: Sequence[Chapter]) -> Iterator[AnswerEvent]:
        """Each chapter's sentences under its title, with what was taught about the question before and proposed after them."""
        first = draft.cite_evidence(authoritative=True)
        shown = [(chapter.title, [self._remark(draft, remark) for remark in chapter.remarks]) for chapter in chapters]
        last = draft.cite_evidence(authoritative=False)
        yield draft.shown()
        yield from _listed(draft, first)
        for title, remarks in shown:
            yield draft.token(f"{draft.gap()}**{title}**")
            for text, numbers in remarks:
                yield draft.token(f"\n- {text} {''.join(f'[{number}]' for number in numbers)}")
        yield from _listed(draft, last)

    def _remark(self, draft: Draft, remark: Remark) -> tuple[str, list[int]]:
        """Its words and the numbers of its sources; struck where a correction supersedes one of them."""
        marks = self._searcher.marks(draft.query, [passage for passage, _ in remark.sources])
        numbers, struck = [], False
        for passage, quote in remark.sources:
            superseded = self._superseded(draft, RankedHit("passage", 0.0, passage, superseded_by=marks.get(passage.id)), quote)
            numbers.append(draft.cite(passage_source(passage, quote, superseded), passage.text))
            struck = struck or superseded is not None
        return (say("superseded", draft.query.language) if struck else "") + " ".join(remark.text.split()), numbers

    def _not_found(self, draft: Draft) -> Iterator[AnswerEvent]:
        """What was proposed is shown, labelled; passages that do not hold the answer are no sources of it. A model may know it, marked."""
        draft.grounded = False
        model = self._unsourced.model(draft)
        evidence = draft.cite_evidence()
        yield draft.shown()
        yield from self._unsourced.say(draft, model)
        yield from _listed(draft, evidence)

    def _supported(self, draft: Draft, passages: Sequence[RankedHit]) -> Iterator[AnswerEvent]:
        """Authoritative evidence, the passages, what awaits review: worded by the model, or quoted."""
        first = draft.cite_evidence(authoritative=True)
        quoted = self._quote(draft, passages)
        model = self._worded.model(draft, passages)
        if model is not None:
            self._add_passages(draft, passages)
        last = draft.cite_evidence(authoritative=False)
        yield draft.shown()
        if model is not None:
            rescue = yield from self._worded.say(draft, model)
            if not rescue:
                return
        yield from _listed(draft, first)
        yield from _quoted(draft, quoted)
        yield from _listed(draft, last)

    def _quote(self, draft: Draft, passages: Sequence[RankedHit]) -> range:
        """Cite the best quotes, those last whose passage a correction of this question supersedes; returns their numbers."""
        concerned = draft.concerned()
        ordered = sorted(passages, key=lambda hit: hit.superseded_by in concerned)
        readings = self._read(draft, ordered)
        start = len(draft.sources) + 1
        for quote in self._extractor.quotes(draft.asked, readings):
            hit, passage = ordered[quote.passage], readings[quote.passage].passage
            draft.cite(passage_source(passage, quote.text, self._superseded(draft, hit, quote.text)), passage.text)
        return range(start, len(draft.sources) + 1)

    def _read(self, draft: Draft, hits: Sequence[RankedHit]) -> Sequence[Reading]:
        """The best passages beside the question; read once where nothing has put them in another order."""
        passages = [hit.passage for hit in hits if hit.passage is not None][:PASSAGES_READ]
        if draft.read_for is not draft.asked or [reading.passage for reading in draft.readings] != passages:
            draft.readings, draft.read_for = read(draft.asked, passages, self._sparse), draft.asked
        return draft.readings

    def _add_passages(self, draft: Draft, passages: Sequence[RankedHit]) -> None:
        """Cite the passages that no quote was taken from: a model reads more than an answer can quote."""
        seen = {source.chunk for source in draft.sources}
        for hit in passages[:PASSAGES_WORDED]:
            if hit.passage is not None and hit.passage.id not in seen:
                quote = opening(hit.passage.text)
                draft.cite(passage_source(hit.passage, quote, self._superseded(draft, hit, quote)), hit.passage.text)

    def _superseded(self, draft: Draft, hit: RankedHit, quote: str) -> str | None:
        """What superseded this source: elsewhere than under the question that was corrected, only the wrong words themselves are struck."""
        if hit.superseded_by is None or hit.superseded_by in draft.concerned() or hit.passage is None:
            return hit.superseded_by
        return self._searcher.marks(draft.query, [replace(hit.passage, text=quote)]).get(hit.passage.id)


def _quoted(draft: Draft, numbers: range) -> Iterator[Token]:
    space = say("space", draft.query.language)
    for at, number in enumerate(numbers):
        source = draft.sources[number - 1]
        mark = say("superseded", draft.query.language) if source.superseded_by in draft.concerned() else ""
        yield draft.token(f"{space if at else draft.gap()}{mark}{source.quote} [{number}]")


def _listed(draft: Draft, evidence: Sequence[tuple[int, CorrectionState]]) -> Iterator[Token]:
    """Corrections shown beside an answer, each with its author, date and standing."""
    for number, taught in evidence:
        what = "corrects" if taught.authoritative else "proposed"
        words = say(what, draft.query.language, author=taught.author, date=day(taught.at), text=statement_of(taught))
        yield draft.token(f"{draft.gap()}{words} [{number}]{_validity(taught, draft.query.language)}")


def _validity(taught: CorrectionState, language: str) -> str:
    """When, for which release and runs it holds, as a sentence; nothing of an unlimited one."""
    limits = holds(taught, language)
    return say("valid", language, holds=limits) if limits else ""
