"""What approved corrections state of names now: the overlay's reading side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from feedback import rows
from feedback.validity import Frame, current
from jitl.overlay import NamedStatement, TaughtStatement
from jitl.sql.overlay_tables import correction_statements
from jitl.sql.tables import corrections

if TYPE_CHECKING:
    from jitl.sql.engine import Database
    from jitl.types import CorrectionState

PAGE: Final = 200
"""Statements read together, until there are as many in force as were asked for."""

_S = correction_statements.c
_C = corrections.c
_Fact = tuple[str, str | None, str | None, str | None]
"""What records of one fact have in common: collection, question, release, runs."""


class Assertions:
    """Implements `jitl.overlay.TaughtStatements`. Safe to call from several threads."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def about(self, keys: Sequence[str], places: Sequence[str], most: int) -> list[TaughtStatement]:
        return self._first(_S.subject.in_(keys) | _S.object.in_(keys), places, most)

    def beginning(self, prefix: str, places: Sequence[str], most: int) -> list[TaughtStatement]:
        names = (_S.subject, _S.object)
        begins = [name.startswith(prefix, autoescape=True) | name.contains(f" {prefix}", autoescape=True) for name in names]
        return self._first(sa.or_(*begins), places, most)

    def _first(self, condition: sa.ColumnElement[bool], places: Sequence[str], most: int) -> list[TaughtStatement]:
        now = datetime.now(UTC)
        wanted = _STATED.where(condition, _S.collection_id.in_(places), _C.status == "approved")
        wanted = wanted.where(sa.or_(_C.valid_from.is_(None), _C.valid_from <= now), sa.or_(_C.valid_to.is_(None), _C.valid_to >= now))
        found: list[TaughtStatement] = []
        with self._db.read() as connection, connection.execute(wanted, execution_options={"yield_per": PAGE}) as read:
            for page in read.partitions():
                found += self._in_force(connection, page, now)
                if len(found) >= most:
                    break
        return found[:most]

    def _in_force(self, connection: sa.Connection, page: Sequence[Any], now: datetime) -> Iterator[TaughtStatement]:
        """Without those that a later record of the same fact has ended."""
        facts: dict[_Fact, list[CorrectionState]] = {}
        for keys in rows.pages(sorted({row.question_key for row in page if row.question_key})):
            rivals = _RECORDS.where(_C.question_key.in_(keys), _C.status == "approved")
            for row in connection.execute(rivals.where(_C.collection_id.in_({row.collection_id for row in page}))):
                facts.setdefault(_fact(row), []).append(rows.state_of(row))
        winners = {fact: current(records, Frame.given(now)) for fact, records in facts.items()}
        for row in page:
            winner = winners.get(_fact(row))
            if winner is not None and winner.id == row.id:
                said = NamedStatement(row.said_subject, row.relation, row.said_object, row.subject_name, row.object_name)
                yield TaughtStatement(said, rows.state_of(row))


def _fact(row: Any) -> _Fact:
    return row.collection_id, row.question_key, row.release, row.runs


_RECORDS: Final = rows.TAUGHT.with_only_columns(
    *(column for column in rows.TAUGHT.selected_columns if column.name not in {"vectors", "encoder"}), _C.question_key
)
_STATED: Final = (
    _RECORDS.join(correction_statements, (_S.correction_id == _C.id) & (_S.version == _C.version))
    .add_columns(_S.subject.label("said_subject"), _S.relation, _S.object.label("said_object"), _S.subject_name, _S.object_name)
    .order_by(_S.seq.desc(), _S.ordinal)
)
