"""What may be exported: approved corrections and kept answers, as far as the caller may read them and nothing in them is gone.

Left out is whatever comes from a key whose owner opted out, what was erased, retracted or only proposed, and every answer that
shows such a thing or rests on a passage that is not published any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from feedback import rows
from feedback.standing import Standing, standings
from feedback.supersede import NO_MARKS, MarkedSentences, WrongSentence
from feedback.wording import question_key
from jitl.sql.staging import chunk_id
from jitl.sql.tables import supersessions
from jitl.types import CorrectionState, Passage

if TYPE_CHECKING:
    from jitl.sql.answers import Answers, Judged
    from jitl.sql.catalogue import Catalogue
    from jitl.sql.engine import Database

PER_QUESTION: Final = 5
"""Kept answers of a kind to one corrected question that are looked at."""

_EVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lesson:
    """An approved correction. `wordings`: the ways of asking to which it is the answer today; `events`: all its sequence numbers."""

    state: CorrectionState
    events: tuple[int, ...]
    wordings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A kept answer whose passages are all still published. `passages`: source number -> passage."""

    judged: Judged
    text: str
    sources: tuple[Mapping[str, Any], ...]
    correction: str | None
    passages: Mapping[int, Passage]


@dataclass(frozen=True, slots=True)
class Scope:
    """`readable`: collections that the caller may read. `chosen`: those whose lessons are exported."""

    readable: frozenset[str]
    chosen: frozenset[str]


class Material:
    """One export's look at SQL: lessons are read once, answers as they are needed."""

    def __init__(self, db: Database, catalogue: Catalogue, answers: Answers, scope: Scope) -> None:
        self._db = db
        self._catalogue = catalogue
        self._answers = answers
        self._scope = scope
        stood = [one for one in standings(db, sorted(scope.readable)) if _exportable(one)]
        self._approved = {one.id for one in stood}
        self._marks: dict[str, MarkedSentences] = {}
        for one in stood:
            wrong = [WrongSentence(sentence, one.id, one.told.last_seq) for sentence in one.marks]
            if one.state is not None and wrong:
                place = one.state.collection_id
                self._marks[place] = self._marks.get(place, NO_MARKS).changed((), wrong)
        self.lessons = tuple(_lessons([one for one in stood if one.state and one.state.collection_id in scope.chosen]))
        self._by_key: dict[str, list[Judged]] | None = None

    def liked(self) -> Iterator[Shown]:
        """Answers that were found, liked and by nobody disliked, and that no correction gave or has corrected since; oldest first."""
        voted = [one for one in self._answers.judged(voted="up") if one.grounded and not one.down and self._within(one)]
        judged = sorted(voted, key=lambda one: (one.at, one.id))
        for start in range(0, len(judged), rows.PAGE):
            for shown in self._shown(judged[start : start + rows.PAGE]):
                corrected = question_key(shown.judged.question) in self._asked or any(map(self._marked, shown.passages.values()))
                if shown.correction is None and not corrected:
                    yield shown

    def answered(self, lesson: Lesson) -> list[Shown]:
        """Kept answers to its question, newest first: the newest, and of those that were judged or came before it as many."""
        keys = dict.fromkeys(map(question_key, lesson.wordings))
        found = sorted({one.id: one for key in keys for one in self._asked.get(key, ())}.values(), key=lambda one: one.id)
        found.sort(key=lambda one: one.at, reverse=True)
        telling = [one for one in found if one.up or one.down or one.at <= lesson.state.at][:PER_QUESTION]
        newest = found[:PER_QUESTION]
        return self._shown([one for one in found if one in newest or one in telling])

    def superseded(self, lesson: Lesson, answered: Sequence[Shown]) -> dict[str, Passage]:
        """Chunk -> published passage that holds a sentence which the lesson marks: in the documents it names, or cited in these answers."""
        state = lesson.state
        wanted = sa.select(supersessions).where(supersessions.c.correction_id == state.id)
        with self._db.read() as connection:
            marks = connection.execute(wanted.order_by(supersessions.c.sentence, supersessions.c.document)).all()
        wrong = MarkedSentences().changed((), [WrongSentence(row.sentence, state.id, state.seq) for row in marks])
        near = {passage.id: passage for shown in answered for passage in shown.passages.values()}
        for name in sorted({row.document for row in marks if row.document}):
            document = self._catalogue.document(state.collection_id, name)
            if document is not None:
                ids = [chunk_id(document.version_id, ordinal) for ordinal in range(document.passages)]
                near |= self._catalogue.passages(ids, [state.collection_id])
        held = [passage for passage in near.values() if passage.collection_id == state.collection_id and wrong.find(passage.text)]
        return {passage.id: passage for passage in sorted(held, key=lambda passage: (passage.document, passage.ordinal))}

    def _marked(self, passage: Passage) -> bool:
        return self._marks.get(passage.collection_id, NO_MARKS).find(passage.text) is not None

    @property
    def _asked(self) -> dict[str, list[Judged]]:
        """Key of a question that a lesson answers -> its kept answers, newest first."""
        if self._by_key is None:
            self._by_key = {question_key(text): [] for lesson in self.lessons for text in lesson.wordings}
            for one in self._answers.judged():
                key = question_key(one.question)
                if key in self._by_key and self._within(one):
                    self._by_key[key].append(one)
        return self._by_key

    def _within(self, one: Judged) -> bool:
        """Whether the caller may read all that it was asked of, and it was asked of something chosen."""
        asked = set(one.collections)
        return bool(asked & self._scope.chosen) and asked <= self._scope.readable

    def _shown(self, judged: Sequence[Judged]) -> list[Shown]:
        contents = self._answers.contents([one.id for one in judged])
        wanted = {source["chunk"] for content in contents.values() for source in content["sources"] if source.get("chunk")}
        passages = self._catalogue.passages(sorted(wanted), sorted(self._scope.readable))
        found = (self._whole(one, contents[one.id], passages) for one in judged if one.id in contents)
        return [shown for shown in found if shown is not None]

    def _whole(self, one: Judged, content: Mapping[str, Any], passages: Mapping[str, Passage]) -> Shown | None:
        """The answer, unless something that it shows may not be exported (any more)."""
        sources = tuple(content["sources"])
        fired = content["correction"] and content["correction"]["id"]
        shown = {source["correction"] for source in sources if source.get("correction")}
        shown |= {*content["evidence_corrections"], *([fired] if fired else [])}
        cited = [source for source in sources if source["kind"] == "passage"]
        if not shown <= self._approved or any(source["chunk"] not in passages for source in cited):
            return None
        return Shown(one, content["answer"], sources, fired, {source["number"]: passages[source["chunk"]] for source in cited})


def _exportable(one: Standing) -> bool:
    """Approved, as the ledger has it, and nobody who had a word in it opted out."""
    return one.expected and one.status == "approved" and one.whole and not one.told.opted_out


def _lessons(stood: Sequence[Standing]) -> Iterator[Lesson]:
    """Oldest first; a wording that several answer belongs to the one that answers it now."""
    now = datetime.now(UTC)
    states = [(one, one.state) for one in stood if one.state is not None]
    owner: dict[tuple[str, str], CorrectionState] = {}
    for _, state in states:
        for text in (state.question, *state.paraphrases):
            place = (state.collection_id, question_key(text))
            if _current(state, now) and (place not in owner or _rank(state) > _rank(owner[place])):
                owner[place] = state
    for one, state in states:
        texts = {question_key(text): text for text in reversed((state.question, *state.paraphrases))}
        mine = [texts[key] for key in reversed(texts) if owner.get((state.collection_id, key)) is state]
        yield Lesson(state, one.told.seqs, tuple(mine))


def _rank(state: CorrectionState) -> tuple[datetime, int]:
    return (state.valid_from or _EVER, state.seq)


def _current(state: CorrectionState, moment: datetime) -> bool:
    return (state.valid_from is None or state.valid_from <= moment) and (state.valid_to is None or moment <= state.valid_to)
