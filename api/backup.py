"""All that is true of a data folder in one file, and back: SQL and the files that people sent. Everything else is rebuilt.

The file is a gzipped tar: `manifest.json`, `jitl.db`, `blobs/<sha256>`.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

import jitl
from api.folder import LOCK
from jitl import log
from jitl.errors import BadInput, Conflict, Unreadable
from jitl.sql import migrate
from jitl.sql.engine import Database
from jitl.sql.outbox import Outbox

FORMAT: Final = 1
DATABASE: Final = "jitl.db"
BLOBS: Final = "blobs"
MANIFEST: Final = "manifest.json"
BLOB: Final = re.compile(r"blobs/([0-9a-f]{64})")
OURS: Final = {LOCK, log.NAME, "jitl.env", "lost+found"}
"""What may lie in a folder that is restored into."""

LEVEL: Final = 3  # of gzip: vectors and PDFs gain nothing from more


def write(db: Database, blobs: Path, file: Path) -> int:
    """Save one consistent moment while the service goes on; the file's size. It is there whole or not at all."""
    if file.exists():
        raise Conflict(f"{file} exists already.", hint="Name another file, or move it away.")
    with _told(file), tempfile.TemporaryDirectory(prefix=".backup-", dir=file.parent) as scratch:
        snapshot, whole = Path(scratch) / DATABASE, Path(scratch) / "whole"
        db.snapshot(snapshot)
        with tarfile.open(whole, "w:gz", compresslevel=LEVEL) as tar:
            manifest = {"format": FORMAT, "version": jitl.__version__, "schema": migrate.head(), "at": datetime.now(UTC).isoformat()}
            _add(tar, MANIFEST, json.dumps(manifest).encode())
            tar.add(snapshot, DATABASE)
            for blob in sorted(blobs.iterdir()) if blobs.is_dir() else ():
                if BLOB.fullmatch(f"{BLOBS}/{blob.name}"):
                    _add_file(tar, blob)
        whole.chmod(0o600)
        size = whole.stat().st_size
        whole.rename(file)
    return size


def restore(file: Path, folder: Path) -> None:
    """Fill an empty folder, whose lock the caller has. The next process that holds it rebuilds the rest."""
    if others := {entry.name for entry in folder.iterdir()} - OURS:
        raise Conflict(f"{folder} is not empty: it holds {min(others)}.", hint="Restore into a new folder: jitl --data DIR restore FILE.")
    with _told(file), tempfile.TemporaryDirectory(prefix=".restore-", dir=folder) as scratch:
        place = Path(scratch)
        (place / BLOBS).mkdir(mode=0o700)
        _unpack(file, place)
        _prepare(place / DATABASE)
        (place / BLOBS).rename(folder / BLOBS)
        (place / DATABASE).rename(folder / DATABASE)  # last: without it the folder counts as empty


def _prepare(database: Path) -> None:
    """Check it, bring it to our schema, and have every projection made anew."""
    db = Database(f"sqlite:///{database}")
    try:
        if not db.sound():
            raise Unreadable("The database in the backup is damaged.", hint="Use another backup.")
        migrate.upgrade(db)
        Outbox(db).revisit()
    finally:
        db.close()


def _unpack(file: Path, place: Path) -> None:
    """Only what a backup consists of, whatever else the file holds."""
    found = set()
    with gzip.open(file) as whole, tarfile.open(fileobj=whole) as tar:
        for member in tar:
            blob = BLOB.fullmatch(member.name)
            if not member.isreg() or (blob is None and member.name not in (DATABASE, MANIFEST)):
                raise Unreadable(f"{file} is no backup of JITL.")
            source = tar.extractfile(member)
            assert source is not None
            found.add(member.name)
            if member.name == MANIFEST:
                _check(json.load(source))
            elif _copy(source, place / member.name) != (blob[1] if blob else None) and blob:
                raise Unreadable(f"The backup is damaged: {member.name} is not what it was.", hint="Use another backup.")
        while whole.read(2**20):  # to the end, where the checksum of all of it stands
            pass
    if not {MANIFEST, DATABASE} <= found:
        raise Unreadable(f"{file} is no backup of JITL, or not a whole one.")


def _check(manifest: object) -> None:
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT or manifest.get("schema") not in migrate.revisions():
        raise BadInput("The backup was made by a newer version of JITL.", hint="Install that version, then restore.")


def _copy(source: IO[bytes], target: Path) -> str:
    """The SHA-256 of what was copied."""
    with target.open("xb") as out:
        target.chmod(0o600)
        shutil.copyfileobj(source, out)
    with target.open("rb") as written:
        return hashlib.file_digest(written, "sha256").hexdigest()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    info.mode = 0o600
    tar.addfile(info, io.BytesIO(content))


def _add_file(tar: tarfile.TarFile, blob: Path) -> None:
    try:
        tar.add(blob, f"{BLOBS}/{blob.name}")
    except FileNotFoundError:
        return  # deleted meanwhile: nothing in the snapshot needs it for long


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """What can go wrong with files, said so that people know what to do."""
    try:
        yield
    except (tarfile.TarError, EOFError, ValueError, zlib.error, gzip.BadGzipFile) as error:
        raise Unreadable(f"{file} is no backup of JITL, or not a whole one.") from error
    except OSError as error:
        raise BadInput(f"{error.filename or file}: {error.strerror or error}.", hint="Is there room, and may you write there?") from error
