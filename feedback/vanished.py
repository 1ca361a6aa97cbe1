"""Marked sentences that left their document while a similar one stands there: somebody edited the source, and an expert looks again.

Computed when asked for, from what is published now; nothing is stored until an expert accepts a new mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final, NamedTuple

import sqlalchemy as sa

from feedback.quantities import states
from feedback.supersede import MIN_WORDS, contains, marked_sentences, normalise, words
from jitl import text as texts
from jitl.principals import Principal, Right
from jitl.sql.tables import chunks, collections, correction_texts, corrections, documents, supersessions

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from jitl.sql.engine import Database

SIMILAR: Final = 0.6
"""Share of their words, in order, that two sentences have in common."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A mark without its sentence. `old` is as it was quoted; `new` stands in `chunk` of the document now."""

    correction_id: str
    question: str
    answer: str
    document: str
    old: str
    new: str
    chunk: str
    similarity: float


class Vanished:
    """Safe to call from several threads."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def list(self, principal: Principal, collection_ids: Sequence[str] | None = None) -> tuple[Moved, ...]:
        """Of approved corrections that the principal may read, oldest first; a sentence that says what is right now is not offered."""
        with self._db.read() as connection:
            living = connection.scalars(sa.select(collections.c.id).where(collections.c.deleted_at.is_(None)))
            visible = {id_ for id_ in living if principal.may(Right.READ, id_)}
            within = visible & set(collection_ids if collection_ids is not None else visible)
            marks = _marks(connection, sorted(within))
            passages = _passages(connection, {(mark.collection_id, mark.document) for mark in marks})
        known: dict[str, set[str]] = {}
        for mark in marks:
            known.setdefault(mark.correction_id, set()).add(mark.sentence)
        offered = (_moved(mark, passages.get((mark.collection_id, mark.document), ()), known[mark.correction_id]) for mark in marks)
        return tuple(one for one in offered if one is not None)


class _Mark(NamedTuple):
    correction_id: str
    collection_id: str
    question: str
    answer: str
    document: str
    quote: str
    sentence: str


class _Standing(NamedTuple):
    chunk: str
    text: str
    form: str  # normalised


def _stands(passages: Sequence[_Standing], sentence: str) -> bool:
    likely = (one for one in passages if sentence in one.form)
    return any(contains(one.text, sentence) for one in likely) or any(contains(one.text, sentence) for one in passages)


def _marks(connection: Connection, within: Sequence[str]) -> list[_Mark]:
    c, t, s = corrections.c, correction_texts.c, supersessions.c
    joined = supersessions.join(corrections, c.id == s.correction_id).join(correction_texts, t.correction_id == c.id)
    wanted = sa.select(c.id, c.collection_id, t.question, t.answer, s.document, s.quote, s.sentence).select_from(joined)
    wanted = wanted.where(c.status == "approved", s.document.is_not(None), c.collection_id.in_(within))
    return [_Mark(*row) for row in connection.execute(wanted.order_by(c.seq, s.sentence))]


def _passages(connection: Connection, named: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], list[_Standing]]:
    """Published passages of documents by (collection, name or id), in order."""
    found: dict[tuple[str, str], list[_Standing]] = {}
    c, d = chunks.c, documents.c
    for collection_id, name in sorted(set(named)):
        wanted = sa.select(c.id, c.text).join(documents, (d.id == c.document_id) & (d.version_id == c.version_id))
        wanted = wanted.where(d.collection_id == collection_id, d.deleted_at.is_(None), (d.name == name) | (d.id == name))
        found[collection_id, name] = [
            _Standing(row.id, row.text, normalise(row.text)) for row in connection.execute(wanted.order_by(c.document_id, c.ordinal))
        ]
    return found


def _moved(mark: _Mark, passages: Sequence[_Standing], known: set[str]) -> Moved | None:
    if not passages or _stands(passages, mark.sentence):
        return None
    held = words(mark.sentence)
    best: tuple[float, str, str] = (0.0, "", "")
    for passage in passages:
        for start, end in texts.sentences(passage.text):
            sentence = passage.text[start:end]
            best = max(best, (_alike(held, words(normalise(sentence))), sentence, passage.chunk), key=lambda one: one[0])
    similarity, new, chunk = best
    if similarity < SIMILAR or known & set(marked_sentences(new)) or states(new, mark.answer, mark.question):
        return None
    old = mark.quote if marked_sentences(mark.quote) == (mark.sentence,) else mark.sentence
    return Moved(mark.correction_id, mark.question, mark.answer, mark.document, old, new, chunk, round(similarity, 4))


def _alike(one: Sequence[str], other: Sequence[str]) -> float:
    if len(other) < MIN_WORDS or min(len(one), len(other)) < SIMILAR / 2 * max(len(one), len(other)):
        return 0.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= SIMILAR else 0.0
