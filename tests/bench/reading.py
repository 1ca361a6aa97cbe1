"""Ingest against the bare encoder, and filling an index beyond what is worth embedding."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from api.container import Container
from jitl.ports import Point
from jitl.settings import Settings
from jitl.sql.people import OWNER
from jitl.sql.tables import chunks, collections, documents, versions
from tests.bench.report import Report

FLOOR_PASSAGES = 1500
NOISE = 0.35  # length of the noise added to a stored vector of length 1
BATCH = 2000


@contextmanager
def opened(folder: Path) -> Iterator[Container]:
    container = Container.build(Settings(data_dir=folder))
    try:
        container.encoder.embed_question("ready?")
        yield container
    finally:
        container.close()


class Quiet:
    """A reporter that nobody reads."""

    def advance(self, *_: object) -> None: ...
    def outcome(self, *_: object, **__: object) -> None: ...
    def cancelled(self) -> bool:
        return False


def measure(container: Container, records: Sequence[dict[str, str]], folder: Path, report: Report) -> str:
    """The whole corpus is ingested; a first part of it is timed against the encoder alone on the same passages."""
    collection = container.catalogue.create_collection("bench", OWNER.id)
    rates = []
    for name, some in (("first", records[:FLOOR_PASSAGES]), ("rest", records[FLOOR_PASSAGES:])):
        path = folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in some))
        start = time.perf_counter()
        container.pipeline.ingest_records(path, collection.id, Quiet())
        rates.append(time.perf_counter() - start)
    with container.db.read() as connection:
        rows = connection.execute(sa.select(chunks.c.header, chunks.c.text).limit(FLOOR_PASSAGES)).all()
    texts = [f"{row.header}\n{row.text}" for row in rows]
    start = time.perf_counter()
    for at in range(0, len(texts), 256):  # the windows of the pipeline
        container.encoder.embed(texts[at : at + 256])
    bare = len(texts) / (time.perf_counter() - start)
    report.add("ingest", len(texts) / rates[0], bare, "chunks/s", goal=0.85, at_least=True)
    return collection.id


def fill(container: Container, collection: str, more: int) -> None:
    """Copies of the passages there are, under vectors that differ, straight into SQL and the index."""
    rng = np.random.default_rng(11)
    with container.db.read() as connection:
        rows = connection.execute(sa.select(chunks).limit(5000)).mappings().all()
    vectors = container.encoder.embed([row["text"][:200] for row in rows[:1000]])
    terms = [container.sparse.passage(f"{row['header']}\n{row['text']}") for row in rows]
    document, version = _shell(container, collection)
    for start in range(0, more, BATCH):
        numbers = range(start, min(start + BATCH, more))
        ids = [str(uuid.uuid5(uuid.NAMESPACE_OID, f"fill {number}")) for number in numbers]
        copied = [
            {**rows[n % len(rows)], "id": id_, "version_id": version, "document_id": document, "ordinal": n}
            for n, id_ in zip(numbers, ids, strict=True)
        ]
        noisy = vectors[[n % len(vectors) for n in numbers]]
        noisy = noisy + NOISE * rng.standard_normal(noisy.shape).astype(np.float32) / np.sqrt(noisy.shape[1])
        noisy /= np.linalg.norm(noisy, axis=1, keepdims=True)
        with container.db.write() as connection:
            connection.execute(sa.insert(chunks), copied)
        container.store.upsert(
            [Point(id_, collection, v.astype(np.float32), terms[n % len(terms)]) for n, id_, v in zip(numbers, ids, noisy, strict=True)]
        )
    with container.db.write() as connection:
        connection.execute(sa.update(collections).values(passages=collections.c.passages + more))


def _shell(container: Container, collection: str) -> tuple[str, str]:
    """One document that holds all copies."""
    document, version = str(uuid.uuid4()), str(uuid.uuid4())
    now = datetime.now(UTC)
    row = {"collection_id": collection, "created_at": now}
    with container.db.write() as connection:
        names = {"uri": "record:fill", "source_uri": "record:fill", "name": "fill"}
        connection.execute(sa.insert(documents).values(id=document, version_id=version, **names, **row))
        body = {"digest": "0", "fingerprint": "0", "state": "published", "title": "fill", "kind": "record", "metadata": {}}
        counts = {"term_counts": b"", "passages": 0}
        connection.execute(sa.insert(versions).values(id=version, document_id=document, **body, **counts, **row))
    return document, version
