"""Corrections as SQL holds them, read back as values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from feedback.supersede import WrongSentence
from jitl.sql.prepared import Prepared
from jitl.sql.tables import correction_events, correction_texts, corrections, scope_thresholds, supersessions
from jitl.types import CorrectionState

if TYPE_CHECKING:
    from jitl.types import Matrix

PAGE = 500
"""Ids in one statement; databases cap the number of parameters."""

TAUGHT = (
    corrections.join(correction_texts, correction_texts.c.correction_id == corrections.c.id)
    .select()
    .with_only_columns(
        *(column for column in corrections.c if column.name != "question_key"),
        *(correction_texts.c[name] for name in ("question", "answer", "subject", "statement", "paraphrases")),
    )
)
"""Corrections with their texts; one whose texts were erased has none left to read."""

_NEWEST = Prepared(lambda _: sa.select(sa.func.max(correction_events.c.seq)))


@dataclass(frozen=True, slots=True)
class Stored:
    """`vectors` has one row for the question and one a paraphrase, rows of zeros where the encoder does not cover the language.

    `damaged`: what stands there is no such thing, and counts as none.
    """

    state: CorrectionState
    encoder: str | None
    vectors: Matrix | None
    marks: tuple[WrongSentence, ...] = ()
    damaged: bool = False


def newest(connection: Connection) -> int:
    """The last sequence number given; 0 before the first."""
    return int(_NEWEST.scalar(connection) or 0)


def state_of(row: Any) -> CorrectionState:
    return CorrectionState(
        id=row.id,
        seq=row.seq,
        collection_id=row.collection_id,
        question=row.question,
        answer=row.answer,
        subject=row.subject,
        statement=row.statement,
        paraphrases=tuple(row.paraphrases),
        author=row.author,
        author_id=row.author_id,
        at=row.at,
        status=row.status,
        confirmed=row.confirmed,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        release=row.release,
        runs=row.runs,
        groups=tuple(row.groups),
        version=row.version,
        batch=row.batch,
    )


def active(connection: Connection) -> Iterator[list[Stored]]:
    """Every correction that is not retracted, oldest first, some at a time."""
    marks = _marks(connection.execute(sa.select(supersessions)))
    wanted = TAUGHT.where(corrections.c.status != "retracted").order_by(corrections.c.seq)
    for page in connection.execute(wanted, execution_options={"yield_per": PAGE}).partitions():
        yield [_stored(row, marks) for row in page]


def changed(connection: Connection, after: int) -> tuple[set[str], list[Stored]]:
    """Ids that events after that number speak of, and what of them is active now, oldest first."""
    e = correction_events.c
    ids = set(connection.scalars(sa.select(e.correction_id).where(e.seq > after, e.correction_id.is_not(None))))
    found: list[Stored] = []
    for page in pages(sorted(ids)):
        marks = _marks(connection.execute(sa.select(supersessions).where(supersessions.c.correction_id.in_(page))))
        wanted = TAUGHT.where(corrections.c.id.in_(page), corrections.c.status != "retracted")
        found += [_stored(row, marks) for row in connection.execute(wanted)]
    return ids, sorted(found, key=lambda stored: stored.state.seq)


def thresholds(connection: Connection) -> dict[str, float]:
    """Of the scope decision, by collection; those that are not named have the shipped one."""
    c = scope_thresholds.c
    return {row.collection_id: row.threshold for row in connection.execute(sa.select(c.collection_id, c.threshold))}


def pages(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), PAGE):
        yield ids[start : start + PAGE]


def _stored(row: Any, marks: dict[str, list[str]]) -> Stored:
    vectors = _matrix(row.vectors, 1 + len(row.paraphrases)) if row.vectors else None
    damaged = bool(row.vectors) and vectors is None
    wrong = tuple(WrongSentence(sentence, row.id, row.seq) for sentence in marks.get(row.id, ()))
    return Stored(state_of(row), row.encoder, vectors, wrong, damaged)


def _matrix(stored: bytes, count: int) -> Matrix | None:
    """None where the bytes are not so many rows of numbers."""
    if len(stored) % (4 * count):
        return None
    found: Matrix = np.frombuffer(stored, dtype=np.float32).reshape(count, -1)
    return found if np.isfinite(found).all() else None


def _marks(rows: Iterable[Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda row: (row.correction_id, row.sentence)):
        found.setdefault(row.correction_id, []).append(row.sentence)
    return found
