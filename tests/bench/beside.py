"""Asking and teaching while documents come in, against the same while none do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from api.asking import Ask
from api.container import Container
from feedback.teaching import Teaching
from jitl.sql.people import OWNER
from tests.bench.measure import Timing, milliseconds, timing
from tests.bench.reading import Quiet
from tests.bench.report import Report

PAUSE_S = 0.05  # people do not ask back to back


def measure(container: Container, collection: str, asked: Sequence[str], folder: Path, report: Report) -> None:
    """The collection's first file is read again as if it had changed."""
    lessons = container.catalogue.create_collection("beside", OWNER.id)

    def ask(number: int) -> None:
        list(container.asking.answer(OWNER, Ask(asked[number % len(asked)], [collection])))

    def teach(number: int) -> None:
        said = Teaching(question=f"What did shift {number} of crew {id(report)} note down?", answer=f"Entry {number}.")
        container.ledger.teach(said, OWNER, lessons.id)

    idle = {call: timed(call, lambda n: n < len(asked)) for call in (ask, teach)}
    for name, call in (("ask", ask), ("teach", teach)):
        busy = during(lambda: container.pipeline.ingest_records(folder / "first.jsonl", collection, Quiet(), force=True), call)
        report.add(f"{name} p95 during an ingest", busy.p95, idle[call].p95, "ms", goal=3)
    container.catalogue.delete_collection(lessons.id, OWNER.id)


def during(work: Callable[[], object], call: Callable[[int], None]) -> Timing:
    thread = threading.Thread(target=work)
    thread.start()
    busy = timed(call, lambda _: thread.is_alive(), start=10_000)
    thread.join()
    return busy


def timed(call: Callable[[int], None], on: Callable[[int], bool], start: int = 0) -> Timing:
    took: list[float] = []
    while on(len(took)):
        number = start + len(took)
        took.append(milliseconds(lambda n=number: call(n)))
        time.sleep(PAUSE_S)
    return timing(took)
