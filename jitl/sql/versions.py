"""What projections read of versions: their state and their passages, published or about to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

import sqlalchemy as sa

from jitl.sql.frequencies import slices
from jitl.sql.staging import chunk_id
from jitl.sql.tables import chunks, collections, versions

if TYPE_CHECKING:
    from jitl.sql.engine import Database

MOST_IDS = 1000


@dataclass(frozen=True, slots=True)
class Standing:
    """A version as SQL has it now. `wanted` where projections should hold it."""

    id: str
    passages: int
    wanted: bool

    @property
    def chunk_ids(self) -> list[str]:
        """Of all its passages, whether their rows are still there or not."""
        return [chunk_id(self.id, ordinal) for ordinal in range(self.passages)]


@dataclass(frozen=True, slots=True)
class IndexedChunk:
    """A passage as projections read it."""

    id: str
    version_id: str
    collection_id: str
    text: str
    header: str
    title: str = ""  # its document's

    @property
    def full(self) -> str:
        return indexed(self.header, self.text)


def indexed(header: str, text: str) -> str:
    """What every index reads of a passage."""
    return f"{header}\n{text}" if header else text


class Versions:
    def __init__(self, db: Database) -> None:
        self._db = db

    def standing(self, version_ids: Sequence[str]) -> list[Standing]:
        """Those that have a row, in the order asked for."""
        v, k = versions.c, collections.c
        joined = versions.join(collections, k.id == v.collection_id)
        wanted = (v.state != "retired") & k.deleted_at.is_(None)
        found: dict[str, Standing] = {}
        with self._db.read() as connection:
            for some in slices(version_ids, MOST_IDS):
                rows = connection.execute(sa.select(v.id, v.passages, wanted).select_from(joined).where(v.id.in_(some)))
                found |= {row[0]: Standing(row[0], row[1], bool(row[2])) for row in rows}
        return [found[id_] for id_ in dict.fromkeys(version_ids) if id_ in found]

    def chunks(self, version_ids: Sequence[str], window: int) -> Iterator[list[IndexedChunk]]:
        """Passages of these versions, `window` at a time: small documents together, large ones in parts."""
        c = chunks.c
        joined = chunks.join(versions, versions.c.id == c.version_id)
        wanted = sa.select(c.id, c.version_id, c.collection_id, c.text, c.header, versions.c.title).select_from(joined)
        ids = chain.from_iterable(version.chunk_ids for version in self.standing(version_ids))
        while some := list(islice(ids, window)):
            with self._db.read() as connection:
                rows = connection.execute(wanted.where(c.id.in_(some))).all()
            if rows:
                yield [IndexedChunk(*row) for row in rows]
