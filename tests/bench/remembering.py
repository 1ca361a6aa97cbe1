"""What a memory of ten thousand corrections costs: to fill, to add to, and to ask beside."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from functools import partial
from itertools import product
from pathlib import Path

from api.asking import Ask
from api.container import Container
from feedback.teaching import Line, Teaching
from jitl.sql.people import OWNER
from tests.bench.measure import milliseconds, timing
from tests.bench.report import Report
from tests.bench.teaching import ROW

RELATIONS = (
    "gain",
    "noise threshold",
    "operating voltage",
    "mean occupancy",
    "readout latency",
    "alignment shift",
    "firmware version",
    "dead time",
)
PARTS = ("sector", "module", "crate", "layer", "ladder", "board", "fibre", "chip", "gas cell", "crystal")
NUMBERS = range(125)
MORE = 100
WARM = 10


def measure(container: Container, collection: str, asked: Sequence[str], folder: Path, report: Report) -> None:
    """`asked` are questions that no correction comes near."""
    taught = container.catalogue.create_collection("taught", OWNER.id).id
    told = [(relation, part, number) for number, relation, part in product(NUMBERS, RELATIONS, PARTS)]
    lines = [Line(f"{at}", Teaching(_question(*one), f"{at} units")) for at, one in enumerate(told)]
    report.add(
        "teach 10,000 at once", _bulk(container, lines, taught), _bare(container, [_question(*one) for one in told]), "s", goal=1 / 0.85
    )
    near = [f"For the {part} number {number}, which {relation} do we use?" for relation, part, number in told[:: len(told) // len(asked)]]
    times: dict[str, list[float]] = {name: [] for name in ("none", "far", "near", "embed")}
    calls = {
        "none": lambda at: list(container.asking.answer(OWNER, Ask(asked[at], [collection]))),
        "far": lambda at: list(container.asking.answer(OWNER, Ask(asked[at], [collection, taught]))),
        "near": lambda at: list(container.asking.answer(OWNER, Ask(near[at], [collection, taught]))),
        "embed": lambda at: container.encoder.embed_question(asked[at]),
    }
    for at in range(len(asked)):
        for name, call in calls.items():
            took = milliseconds(partial(call, at))
            if at >= WARM:
                times[name].append(took)
    none, far, close = (timing(times[name]).p50 for name in ("none", "far", "near"))
    report.add("ask p50 beside 10,000 corrections, none near", far, none, "ms", goal=1.25)
    report.add("what one that comes near adds, in embeddings", close - none, timing(times["embed"]).p50, "ms", goal=5)
    _teach_more(container, taught, folder, report)
    container.catalogue.delete_collection(taught, OWNER.id)


def _question(relation: str, part: str, number: int) -> str:
    return f"What is the {relation} of {part} {number}?"


def _bulk(container: Container, lines: Sequence[Line], collection: str) -> float:
    began = time.perf_counter()
    kept = sum(outcome.receipt is not None for outcome in container.ledger.teach_many(lines, OWNER, collection))
    assert kept == len(lines)
    return time.perf_counter() - began


def _bare(container: Container, texts: Sequence[str]) -> float:
    began = time.perf_counter()
    container.encoder.embed(texts)
    return time.perf_counter() - began


def _teach_more(container: Container, collection: str, folder: Path, report: Report) -> None:
    """Each is asked at once and must answer."""
    floor = sqlite3.connect(folder / "floor-memory.db", isolation_level=None)
    floor.execute("PRAGMA journal_mode=WAL")
    floor.execute("PRAGMA synchronous=FULL")
    floor.execute("CREATE TABLE lesson (number INTEGER PRIMARY KEY, body BLOB)")
    teach, bare, seen = [], [], 0
    for number in range(MORE):
        question = f"Which crew recalibrated the muon chamber {number} last autumn?"

        def alone(number: int = number, question: str = question) -> None:
            container.encoder.embed_question(question)
            floor.execute("INSERT INTO lesson VALUES (?, ?)", (number, ROW))

        bare.append(milliseconds(alone))
        teach.append(milliseconds(lambda q=question, n=number: container.ledger.teach(Teaching(q, f"crew {n}"), OWNER, collection)))
        hits = container.asking.search(OWNER, Ask(question, [collection]), 1).hits
        seen += bool(hits) and hits[0].correction is not None and hits[0].correction.answer == f"crew {number}"
    floor.close()
    assert seen == MORE, f"only {seen} of {MORE} corrections answered the next question"
    report.add("teach p95 beside 10,000", timing(teach).p95, timing(bare).p95, "ms", goal=3)
