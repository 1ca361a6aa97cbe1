"""Teaching against the bare encoder plus one synced commit."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

from api.container import Container
from feedback.teaching import Teaching
from jitl.sql.people import OWNER
from tests.bench.measure import milliseconds, timing
from tests.bench.report import Report

LESSONS = 200
ROW = b"x" * 3000  # about what a correction writes


def measure(container: Container, folder: Path, report: Report) -> None:
    collection = container.catalogue.create_collection("lessons", OWNER.id)
    floor = sqlite3.connect(folder / "floor.db", isolation_level=None)
    floor.execute("PRAGMA journal_mode=WAL")
    floor.execute("PRAGMA synchronous=FULL")
    floor.execute("CREATE TABLE lesson (number INTEGER PRIMARY KEY, body BLOB)")

    def question(number: int) -> str:
        return f"What is the tolerance of alignment constant number {number} in the inner tracker?"

    def bare(number: int) -> None:
        container.encoder.embed_question(question(number))
        floor.execute("INSERT INTO lesson VALUES (?, ?)", (number, ROW))

    def teach(number: int) -> None:
        container.ledger.teach(Teaching(question=question(number), answer=f"It is {number} micrometres."), OWNER, collection.id)

    times: dict[str, list[float]] = {"bare": [], "teach": []}
    for number in range(LESSONS):
        times["bare"].append(milliseconds(partial(bare, number)))
        times["teach"].append(milliseconds(partial(teach, number)))
    floor.close()
    report.add("teach p50", timing(times["teach"]).p50, timing(times["bare"]).p50, "ms", goal=1.5)
    container.catalogue.delete_collection(collection.id, OWNER.id)
