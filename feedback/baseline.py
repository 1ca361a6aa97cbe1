"""What a replay is held against: how each correction stood and which of its wordings were right when it was last asked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from jitl.sql.engine import Database
from jitl.sql.tables import meta, replay_findings, replay_outcomes, replay_states

STEP: Final = 100
"""Corrections written in one transaction."""
_STAMP: Final = "replayed"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A correction as a replay saw it. `limits` is a digest of where and when it holds and of what it marks; `held` maps digests
    of wordings to whether they were right.
    """

    last_seq: int
    limits: str
    encoder: str | None
    held: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """A line of a report. kind: regression, note. `wording` names the question (`question`, `paraphrase 1`, `derived polite`).

    why: see `feedback/diagnosis.py`. `came`: the correction that answered instead.
    """

    kind: str
    correction_id: str
    wording: str
    why: str
    came: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


class Baseline:
    """Safe to call from several threads."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def load(self) -> dict[str, Recorded]:
        """By correction."""
        held: dict[str, dict[str, bool]] = {}
        with self._db.read() as connection:
            for row in connection.execute(sa.select(replay_outcomes)):
                held.setdefault(row.correction_id, {})[row.wording] = row.held
            states = connection.execute(sa.select(replay_states)).all()
        return {row.correction_id: Recorded(row.last_seq, row.limits, row.encoder, held.get(row.correction_id, {})) for row in states}

    def record(self, seen: Mapping[str, Recorded], gone: Sequence[str] = ()) -> None:
        """Put these in the place of what was known of them, and forget those that are gone."""
        ids = sorted(seen)
        for start in range(0, len(ids), STEP):
            some = ids[start : start + STEP]
            states = [{"correction_id": id_} | {n: getattr(seen[id_], n) for n in ("last_seq", "limits", "encoder")} for id_ in some]
            outcomes = [{"correction_id": id_, "wording": w, "held": held} for id_ in some for w, held in seen[id_].held.items()]
            with self._db.write() as connection:
                _forget(connection, some)
                connection.execute(replay_states.insert(), states)
                if outcomes:
                    connection.execute(replay_outcomes.insert(), outcomes)
        for start in range(0, len(gone), STEP):
            with self._db.write() as connection:
                _forget(connection, gone[start : start + STEP])

    def report(self, job_id: str, findings: Sequence[Finding]) -> None:
        """Keep a job's findings, in order, in the place of those of an earlier attempt."""
        names = ("kind", "correction_id", "wording", "why", "came")
        rows = [{"job_id": job_id, "detail": dict(one.detail)} | {name: getattr(one, name) for name in names} for one in findings]
        with self._db.write() as connection:
            connection.execute(replay_findings.delete().where(replay_findings.c.job_id == job_id))
        for start in range(0, len(rows), STEP):
            with self._db.write() as connection:
                connection.execute(replay_findings.insert(), rows[start : start + STEP])

    def findings(self, job_id: str) -> list[Finding]:
        with self._db.read() as connection:
            rows = connection.execute(replay_findings.select().where(replay_findings.c.job_id == job_id).order_by(replay_findings.c.id))
            return [Finding(row.kind, row.correction_id, row.wording, row.why, row.came, row.detail) for row in rows]

    @property
    def stamp(self) -> str | None:
        """Under which models the last replay of everything ran."""
        with self._db.read() as connection:
            return connection.scalar(sa.select(meta.c.value).where(meta.c.key == _STAMP))

    @stamp.setter
    def stamp(self, value: str) -> None:
        insert = self._db.insert(meta).values(key=_STAMP, value=value)
        with self._db.write() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": value}))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _forget(connection: sa.Connection, correction_ids: Sequence[str]) -> None:
    for table in (replay_outcomes, replay_states):
        connection.execute(sa.delete(table).where(table.c.correction_id.in_(correction_ids)))
