"""Which of the files that people sent are still needed, and which one a document was read from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from jitl.sql.engine import Database
from jitl.sql.jobs import OVER
from jitl.sql.tables import documents, jobs, sources

SCHEME = "upload:"
"""Begins the uri of what was sent; the digest of such a source is the name of its blob."""


class Uploads:
    def __init__(self, db: Database) -> None:
        self._db = db

    def blob(self, document_id: str) -> str | None:
        """The file that the document stands in; None where it was not sent to us by itself."""
        s, d = sources.c, documents.c
        same = (s.collection_id == d.collection_id) & (s.uri == d.source_uri)
        wanted = sa.select(s.digest).select_from(documents.join(sources, same)).where(d.id == document_id, _sent())
        with self._db.read() as connection:
            return connection.scalar(wanted)

    def needed(self, *, days: float, without: str = "") -> frozenset[str]:
        """Blobs of living documents, of jobs that are not over, and of jobs that ended within so many days and may be retried.

        The job `without` needs none.
        """
        s, d = sources.c, documents.c
        same = (s.collection_id == d.collection_id) & (s.uri == d.source_uri) & d.deleted_at.is_(None)
        living = sa.select(s.digest).select_from(sources.join(documents, same)).where(_sent())
        recent = datetime.now(UTC) - timedelta(days=days)
        waiting = sa.select(jobs.c.arguments).where((jobs.c.state.not_in(OVER)) | (jobs.c.finished_at > recent), jobs.c.id != without)
        with self._db.read() as connection:
            blobs = set(connection.scalars(living))
            for arguments in connection.scalars(waiting):
                blobs |= {file["blob"] for file in arguments.get("files", ())}
        return frozenset(blobs)


def _sent() -> sa.ColumnElement[bool]:
    return sources.c.uri.startswith(SCHEME, autoescape=True)
