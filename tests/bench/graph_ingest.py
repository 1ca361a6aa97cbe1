"""What the graph adds to an ingest: the same passages with it and without it, in turns, by wall clock.

Run as `python -m tests.bench.graph_ingest [--passages 1500] [--turns 2] [--waiting MS]`; prints one line of JSON. On a machine
that others use, `--waiting` puts an encoder in the place of the real one that waits so long for each passage, as if it had a
core to itself: what is measured then is whether the rest keeps up beside it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from api.container import Container
from ingest.handover import Handover
from ingest.passages import PassageIndexer
from jitl.ports import Encoder
from jitl.sql.people import OWNER
from tests.bench import corpus
from tests.bench.reading import Quiet, opened


def seconds(container: Container, path: Path, name: str, *, followed: bool) -> tuple[float, float]:
    """Wall clock until the ingest returns (the graph is complete then), and the processor's time."""
    collection = container.catalogue.create_collection(name, OWNER.id)
    pipeline, indexers = container.pipeline, container.pipeline._indexers
    if not followed:
        pipeline._indexers = tuple(indexer for indexer in indexers if not isinstance(indexer, Handover))
    try:
        start, used = time.perf_counter(), time.process_time()
        pipeline.ingest_records(path, collection.id, Quiet())
        return time.perf_counter() - start, time.process_time() - used
    finally:
        pipeline._indexers = indexers


class Waiting:
    """The encoder, on a core of its own."""

    def __init__(self, real: Encoder, milliseconds: float) -> None:
        self._real = real
        self._milliseconds = milliseconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def embed(self, texts: Sequence[str]) -> Any:
        time.sleep(self._milliseconds * len(texts) / 1000)
        return np.full((len(texts), self._real.dimension), self._real.dimension**-0.5, np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=1500)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--waiting", type=float, default=0.0, help="milliseconds a passage")
    arguments = parser.parse_args()
    read = corpus.load(arguments.passages, 1)
    taken: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    with tempfile.TemporaryDirectory(prefix="jitl-bench-") as folder, opened(Path(folder) / "data") as container:
        if arguments.waiting:
            for indexer in container.pipeline._indexers:
                if isinstance(indexer, PassageIndexer):
                    indexer._encoder = Waiting(indexer._encoder, arguments.waiting)
        path = Path(folder) / "records.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in read.records))
        for turn in range(arguments.turns):
            for followed in (turn % 2 == 0, turn % 2 == 1):
                taken[followed].append(seconds(container, path, f"{turn} {followed}", followed=followed))
        held = container.graph.counts()
    wall = {followed: sum(one for one, _ in taken[followed]) for followed in taken}
    used = {followed: sum(one for _, one in taken[followed]) for followed in taken}
    print(
        json.dumps(
            {
                "passages": len(read.records),
                "held": dict(held),
                "wall_s": {"with": round(wall[True], 1), "without": round(wall[False], 1), "ratio": round(wall[True] / wall[False], 3)},
                "cpu_s": {"with": round(used[True], 1), "without": round(used[False], 1), "ratio": round(used[True] / used[False], 3)},
            },
        )
    )


if __name__ == "__main__":
    main()
