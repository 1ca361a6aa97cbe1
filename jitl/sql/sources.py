"""Files as they were last read: an unchanged one is skipped whole, a vanished one takes its documents along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from jitl.sql.failure_tables import failures
from jitl.sql.frequencies import slices
from jitl.sql.tables import documents, sources

if TYPE_CHECKING:
    from jitl.sql.engine import Database

MOST_URIS = 500
TRIES = 3
"""Failures after which a file is set aside."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file whose documents are all published. `root` is what it was found under.

    `modified` is None where the file had changed so shortly before that its time proves nothing. `setup` names what decided how it
    was read. `read_at`: when this was written down; None before.
    """

    uri: str
    root: str | None
    digest: str
    fingerprint: str
    size: int
    modified: float | None
    setup: str = ""
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnDocument:
    """A document that is published or on its way, and the file it came from."""

    id: str
    uri: str
    source_uri: str


class Sources:
    def __init__(self, db: Database) -> None:
        self._db = db

    def known(self, collection_id: str, uri: str) -> ReadFile | None:
        s = sources.c
        with self._db.read() as connection:
            row = connection.execute(_READ.where(s.collection_id == collection_id, s.uri == uri)).one_or_none()
        return None if row is None else ReadFile(*row)

    def known_under(self, collection_id: str, root: str) -> dict[str, ReadFile]:
        """All files that were found under this root, by uri."""
        s = sources.c
        with self._db.read() as connection:
            rows = connection.execute(_READ.where(s.collection_id == collection_id, s.root == root)).all()
        return {row.uri: ReadFile(*row) for row in rows}

    def record(self, collection_id: str, files: Sequence[ReadFile]) -> None:
        now = datetime.now(UTC)
        for some in slices(files, MOST_URIS):
            rows = [
                {
                    "collection_id": collection_id,
                    "uri": file.uri,
                    "root": file.root,
                    "digest": file.digest,
                    "fingerprint": file.fingerprint,
                    "size": file.size,
                    "modified": file.modified,
                    "setup": file.setup,
                    "read_at": now,
                }
                for file in some
            ]
            insert = self._db.insert(sources)
            news = {name: insert.excluded[name] for name in ("root", "digest", "fingerprint", "size", "modified", "setup", "read_at")}
            with self._db.write() as connection:
                connection.execute(insert.on_conflict_do_update(index_elements=["collection_id", "uri"], set_=news), rows)

    def forget(self, collection_id: str, uris: Sequence[str]) -> None:
        """Read these again next time."""
        for some in slices(uris, MOST_URIS):
            with self._db.write() as connection:
                connection.execute(sa.delete(sources).where(sources.c.collection_id == collection_id, sources.c.uri.in_(some)))

    def failed(self, collection_id: str, file: ReadFile, reason: str) -> None:
        """It could not be read, once more."""
        f, now = failures.c, datetime.now(UTC)
        row = {"collection_id": collection_id, "uri": file.uri, "digest": file.digest, "fingerprint": file.fingerprint}
        insert = self._db.insert(failures).values(**row, times=1, reason=reason[:1000], at=now)
        new = insert.excluded
        same = (f.digest == new.digest) & (f.fingerprint == new.fingerprint)
        times = sa.case((same, f.times + 1), else_=1)
        changed = {name: new[name] for name in ("digest", "fingerprint", "reason", "at")}
        with self._db.write() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=["collection_id", "uri"], set_={**changed, "times": times}))

    def set_aside(self, collection_id: str, file: ReadFile) -> str | None:
        """Why the file is not tried any more: the same bytes failed `TRIES` times at what reads them now. None where it may be."""
        f = failures.c
        often = (f.digest == file.digest) & (f.fingerprint == file.fingerprint) & (f.times >= TRIES)
        with self._db.read() as connection:
            return connection.scalar(sa.select(f.reason).where(f.collection_id == collection_id, f.uri == file.uri, often))

    def under(self, collection_id: str, root: str) -> list[tuple[str, bool]]:
        """Uris found under this root (True), or that lie below it but were found otherwise (False)."""
        s = sources.c
        below = root.rstrip("/")
        inside = s.uri.startswith(f"{below}/", autoescape=True) | s.uri.startswith(f"{below}!/", autoescape=True) | (s.uri == below)
        with self._db.read() as connection:
            rows = connection.execute(sa.select(s.uri, s.root).where(s.collection_id == collection_id, inside | (s.root == root))).all()
        return [(row.uri, row.root == root) for row in rows]

    def documents(self, collection_id: str, uris: Sequence[str]) -> list[OwnDocument]:
        """Living documents of these files."""
        d = documents.c
        wanted = sa.select(d.id, d.uri, d.source_uri).where(d.collection_id == collection_id, d.deleted_at.is_(None))
        found: list[OwnDocument] = []
        with self._db.read() as connection:
            for some in slices(uris, MOST_URIS):
                found += [OwnDocument(*row) for row in connection.execute(wanted.where(d.source_uri.in_(some), d.version_id.is_not(None)))]
        return found


_READ = sa.select(*(sources.c[name] for name in ("uri", "root", "digest", "fingerprint", "size", "modified", "setup", "read_at")))
