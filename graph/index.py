"""The projection of passages into the documents' graph: names and statements of each, as the extractor finds them.

What a model said of a passage is part of them; it is read from SQL, and no model is asked here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from graph import claims
from graph.facts import PassageFacts
from graph.written import WrittenClaims
from jitl.sql.outbox import Outbox
from jitl.sql.tables import collections, meta
from jitl.sql.versions import IndexedChunk, Versions

if TYPE_CHECKING:
    from graph.ports import FactExtractor, GraphStore
    from jitl.sql.engine import Database

NAME: Final = "graph"
WINDOW: Final = 64
"""Passages read and extracted together."""
_EXTRACTOR: Final = "graph extractor"


class GraphIndexer:
    """Implements `jitl.ports.Indexer`. Extracts outside every lock; writes under one, after asking SQL once more.

    It works on errands of its own (`ingest.handover`), since its store may be away while documents come in.
    """

    name = NAME

    def __init__(self, db: Database, store: GraphStore, extractor: FactExtractor) -> None:
        self._db = db
        self._store = store
        self._extractor = extractor
        self._versions = Versions(db)
        self._outbox = Outbox(db, NAME)
        self._claims = WrittenClaims(db)
        self._found_missing = 0

    def project(self, version_ids: Sequence[str]) -> None:
        """Versions whose rows are gone are removed too: the store may have been away until now."""
        wanted = self._wanted(version_ids)
        for chunks in self._versions.chunks([id_ for id_ in version_ids if id_ in wanted], WINDOW):
            self._write(self._facts(chunks))
        if unwanted := [id_ for id_ in dict.fromkeys(version_ids) if id_ not in wanted]:
            with self._db.exclusive(NAME):
                wanted = self._wanted(unwanted)  # an ingest may have taken one up again
                self._store.remove([id_ for id_ in unwanted if id_ not in wanted])

    def forget(self, collection_id: str) -> None:
        with self._db.exclusive(NAME):
            self._store.forget(collection_id)

    def flush(self) -> None:
        self._store.flush()

    def catch_up(self) -> int:
        """Have all documents looked at again where another extractor wrote the store, or passages were lost; how many there are.

        Harmless to repeat. Raises `Unavailable` when the store does not answer.
        """
        missing = self._missing()
        if self._written_by() == self._extractor.id and missing in (0, self._found_missing):
            return 0
        self._found_missing = missing  # once looked at again, the same number is nothing that looking would mend
        seen = self._outbox.revisit()
        insert = self._db.insert(meta).values(key=_EXTRACTOR, value=self._extractor.id)
        with self._db.write() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": self._extractor.id}))
        return seen

    def _missing(self) -> int:
        """Published passages that the store does not hold, though no errand waits: an errand is there before its version is published."""
        k = collections.c
        with self._db.read() as connection:
            published = connection.scalar(sa.select(sa.func.sum(k.passages)).where(k.deleted_at.is_(None))) or 0
        return 0 if self._outbox.count() else max(0, int(published) - self._store.counts()["passages"])

    def _facts(self, chunks: Sequence[IndexedChunk]) -> list[PassageFacts]:
        written = self._claims.of([chunk.id for chunk in chunks])
        found = []
        for chunk in chunks:
            facts = self._extractor.extract(chunk.text, chunk.header, chunk.title)
            if said := written.get(chunk.id):
                facts = claims.merged(facts, claims.facts(said, chunk.text))
            found.append(PassageFacts(chunk.id, chunk.version_id, chunk.collection_id, facts))
        return found

    def _write(self, facts: Sequence[PassageFacts]) -> None:
        with self._db.exclusive(NAME):
            wanted = self._wanted([passage.version_id for passage in facts])
            self._store.write([passage for passage in facts if passage.version_id in wanted])

    def _wanted(self, version_ids: Sequence[str]) -> set[str]:
        return {version.id for version in self._versions.standing(version_ids) if version.wanted}

    def _written_by(self) -> str | None:
        with self._db.read() as connection:
            return connection.scalar(sa.select(meta.c.value).where(meta.c.key == _EXTRACTOR))
