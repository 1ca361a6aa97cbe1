"""Search and ask against the bare encoder and the bare engine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from api.asking import Ask
from api.container import Container
from jitl.sql.people import OWNER
from tests.bench.measure import milliseconds, timing
from tests.bench.report import Report

WARM = 10


def measure(container: Container, collection: str, asked: Sequence[str], report: Report, passages: int) -> None:
    asking, store, limit = container.asking, container.store, container.settings.candidates
    queries = [asking.search(OWNER, Ask(question, [collection]), 1).query for question in asked]

    def floor(number: int) -> None:
        vector = container.encoder.embed_question(asked[number])
        store.search_dense(vector, [collection], limit)
        store.search_sparse(queries[number].terms, [collection], limit)

    def search(number: int) -> None:
        asking.search(OWNER, Ask(asked[number], [collection]), 10)

    def ask(number: int) -> None:
        list(asking.answer(OWNER, Ask(asked[number], [collection])))

    kinds = {"floor": floor, "search": search, "ask": ask}
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for number in range(len(asked)):
        for name, call in kinds.items():
            took = milliseconds(partial(call, number))
            if number >= WARM:
                times[name].append(took)
    bare = timing(times["floor"])
    for name in ("search", "ask"):
        got = timing(times[name])
        report.add(f"{name} p50 at {passages:,}", got.p50, bare.p50, "ms", goal=1.5)
        report.add(f"{name} p95 at {passages:,}", got.p95, bare.p95, "ms", goal=1.5)
