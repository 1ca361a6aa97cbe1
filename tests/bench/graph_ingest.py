"""What the graph adds to an ingest: the same passages with it and without it, in turns, by wall clock.

Run as `python -m tests.bench.graph_ingest [--passages 1500] [--turns 2]`; prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from api.container import Container
from ingest.handover import Handover
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=1500)
    parser.add_argument("--turns", type=int, default=2)
    arguments = parser.parse_args()
    read = corpus.load(arguments.passages, 1)
    taken: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    with tempfile.TemporaryDirectory(prefix="jitl-bench-") as folder, opened(Path(folder) / "data") as container:
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
