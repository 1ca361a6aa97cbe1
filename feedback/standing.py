"""How corrections stand: what the ledger's events say of each, beside what its rows say. They differ only where someone wrote past it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import sqlalchemy as sa

from feedback import rows
from feedback.baseline import Recorded, digest
from jitl.sql.engine import Database
from jitl.sql.tables import correction_events, correction_texts, corrections, supersessions
from jitl.types import CorrectionState

if TYPE_CHECKING:
    from jitl.types import Vector

LIKENESS: Final = 0.99
"""Cosine below which a stored vector is not that of its text: one model's batches and single texts agree to 1e-4."""

_TEXTS: Final = ("question", "answer", "subject", "statement", "paraphrases")
_LIMITS: Final = ("collection_id", "valid_from", "valid_to", "release", "runs", "groups", "confirmed")


@dataclass(frozen=True, slots=True)
class Told:
    """What the events of one correction say."""

    last_seq: int
    status: str
    digest: str  # of its texts
    embedded: bool
    erased: bool
    seqs: tuple[int, ...] = ()
    opted_out: bool = False  # somebody said it who wants nothing exported


@dataclass(frozen=True, slots=True)
class Standing:
    """`state` is None where its texts are gone. `marks` are its wrong sentences. `vectors`: see `rows.Stored`."""

    id: str
    status: str  # as its row says
    told: Told
    limits: str
    encoder: str | None
    vectors: bytes | None
    state: CorrectionState | None = None
    whole: bool = False  # the texts are those that the ledger proves
    marks: tuple[str, ...] = ()

    @property
    def expected(self) -> bool:
        """Whether it should answer questions."""
        return self.told.status == "approved" and not self.told.erased

    def damage(self, known: Recorded | None, encoder: str | None) -> str | None:
        """What was changed past the ledger: status, text_lost, moved, vector_missing or vector_foreign.

        `known`: how the last replay saw it. `encoder`: the one in use; None where there is none.
        """
        if self.status != self.told.status:
            return "status"
        if not self.whole:
            return "text_lost"
        if known is not None and known.last_seq == self.told.last_seq and known.limits != self.limits:
            return "moved"
        if encoder is not None and self.told.embedded and self.vectors is None:
            return "vector_missing"
        if known is not None and known.encoder == encoder != self.encoder and self.vectors is not None:
            return "vector_foreign"
        return None

    def vector(self, number: int) -> Vector | None:
        """Of the wording of that number: 0 is the question, the paraphrases follow."""
        count = 1 + len(self.state.paraphrases) if self.state else 0
        if self.vectors is None or not count or len(self.vectors) % (4 * count):
            return None
        found: Vector = np.frombuffer(self.vectors, np.float32).reshape(count, -1)[number]
        return found


def false_vector(stored: Vector | None, fresh: Vector | None) -> bool:
    """Whether a stored vector is none of the text that `fresh` was made from."""
    if stored is None or fresh is None:
        return False
    return stored.shape != fresh.shape or float(np.vecdot(stored, fresh)) < LIKENESS


def standings(db: Database, collections: Sequence[str]) -> list[Standing]:
    """Of everything ever taught in these collections, oldest first."""
    wanted = _STANDING.where(corrections.c.collection_id.in_(collections)).order_by(corrections.c.seq)
    with db.read() as connection:
        found = connection.execute(wanted).all()
        told = _told(connection, [row.id for row in found])
        marks: dict[str, list[str]] = {}
        for row in connection.execute(sa.select(supersessions).order_by(supersessions.c.sentence)):
            marks.setdefault(row.correction_id, []).append(row.sentence)
    return [_standing(row, told[row.id], tuple(dict.fromkeys(marks.get(row.id, ())))) for row in found if row.id in told]


def known(db: Database, ids: Sequence[str]) -> dict[str, tuple[str, CorrectionState | None]]:
    """Correction -> its collection, and how it stands; None where its texts are gone."""
    with db.read() as connection:
        found = [row for page in rows.pages(ids) for row in connection.execute(_STANDING.where(corrections.c.id.in_(page)))]
    return {row.id: (row.collection_id, None if row.salt is None else rows.state_of(row)) for row in found}


def _standing(row: Any, told: Told, marks: tuple[str, ...]) -> Standing:
    limits = json.dumps([*(getattr(row, name) for name in _LIMITS), marks], default=str)
    stood = Standing(row.id, row.status, told, digest(limits), row.encoder, row.vectors, marks=marks)
    if row.salt is None:
        return stood
    said = {name: getattr(row, name) for name in _TEXTS}
    proof = hashlib.sha256((row.salt + json.dumps(said, sort_keys=True)).encode()).hexdigest()
    return Standing(**{**_fields(stood), "state": rows.state_of(row), "whole": proof == told.digest})


def _fields(stood: Standing) -> dict[str, Any]:
    return {name: getattr(stood, name) for name in Standing.__slots__}


def _told(connection: sa.Connection, ids: Sequence[str]) -> Mapping[str, Told]:
    found: dict[str, Told] = {}
    for page in rows.pages(ids):
        events = sa.select(correction_events).where(correction_events.c.correction_id.in_(page)).order_by(correction_events.c.seq)
        by_correction: dict[str, list[Any]] = {}
        for event in connection.execute(events):
            by_correction.setdefault(event.correction_id, []).append(event)
        found |= {id_: _read(of_it) for id_, of_it in by_correction.items()}
    return found


def _read(events: Sequence[Any]) -> Told:
    """Events of one correction, oldest first."""
    texts = max(at for at, event in enumerate(events) if event.digest or not at)
    asked = max(at for at, event in enumerate(events) if "paraphrases" in event.metadata.get("fields", ()) or not at)
    return Told(
        last_seq=events[-1].seq,
        status=_last(event.metadata["status"] for event in events if "status" in event.metadata),
        digest=events[texts].digest,
        embedded=any(event.kind == "vector" or bool(event.metadata.get("vector")) for event in events[asked:]),
        erased=any(event.kind == "erased" for event in events),
        seqs=tuple(event.seq for event in events),
        opted_out=any(event.metadata.get("no_logging") is True for event in events),
    )


def _last(values: Iterable[str]) -> str:
    *_, last = ("", *values)
    return last


def wordings(standing: Standing, derived: Mapping[str, str]) -> Iterator[tuple[str, str, int | None]]:
    """Name, text and number (of what was said itself) of every way in which the correction is asked."""
    if standing.state is None:
        return
    yield "question", standing.state.question, 0
    for number, text in enumerate(standing.state.paraphrases, 1):
        yield f"paraphrase {number}", text, number
    for rule, text in derived.items():
        yield f"derived {rule}", text, None


_STANDING: Final = (
    sa.select(
        *(column for column in corrections.c if column.name != "question_key"),
        *(correction_texts.c[name] for name in ("salt", *_TEXTS)),
    )
    .select_from(corrections)
    .outerjoin(correction_texts, correction_texts.c.correction_id == corrections.c.id)
)
