"""Communities and what faces ask of the graph, on the passages of the evaluation sets: how long each takes.

Run as `python -m tests.bench.communities [--passages 10000]` where the graph extra is installed; prints lines of JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from graph import survey as surveys
from graph.communities import cluster
from graph.explorer import Explorer
from graph.occurrences import read
from graph.overviews import GraphOverviews
from graph.shelf import Shelf
from jitl.sql import migrate
from jitl.sql.engine import Database
from jitl.sql.staging import chunk_id
from jitl.types import Query
from tests.bench import corpus
from tests.bench.measure import rss_mb, timing
from tests.fakes import Outcomes
from tests.graphs import World

TIMES = 30


def leiden(names: int = 20_000, edges: int = 200_000) -> float:
    """Seconds of computing to cluster names in planted groups of fifty, with hubs."""
    chance = random.Random(3)
    found: set[tuple[int, int]] = set()
    while len(found) < edges:
        a = int(names * chance.random() ** 2)
        b = a // 50 * 50 + chance.randrange(50) if chance.random() < 0.7 else int(names * chance.random() ** 2)
        if a != b:
            found.add((min(a, b), max(a, b)))
    cluster([("a", "b", 1.0), ("b", "c", 1.0), ("a", "c", 1.0)])  # its import
    return _took(lambda: cluster((f"n{a:05}", f"n{b:05}", 1.0) for a, b in found))


def filled(folder: Path, passages: int) -> World:
    db = Database(f"sqlite:///{folder / 'jitl.db'}")
    migrate.upgrade(db)
    world = World(db, folder / "docs")
    records = folder / "records.jsonl"
    records.write_text("".join(json.dumps(one) + "\n" for one in corpus.load(passages, 0).records))
    world.workshop.pipeline.ingest_records(records, world.place, Outcomes())
    world.project()
    return world


def refresh(world: World) -> dict[str, float]:
    """Seconds of computing of each part of a refresh, and of all of it."""
    base = world.editions.base(world.place)
    documents = [[chunk_id(version, ordinal) for ordinal in range(passages)] for version, passages in base.versions]
    parts: dict[str, float] = {"passages": base.passages}
    found = None

    def reading() -> None:
        nonlocal found
        found = read(world.store, world.place, documents, headers=False)

    parts["read"] = _took(reading)
    assert found is not None
    parts["survey"] = _took(lambda: surveys.survey(found))
    parts["names_taken"] = sum(surveys.telling(found))
    world.db.longest_write = 0.0
    parts["whole"] = _took(lambda: world.refresh.run(world.place, Outcomes()))
    parts["longest_write_ms"] = world.db.longest_write * 1000
    parts["communities"] = len(world.editions.memberships(world.place))
    return {name: round(value, 2) for name, value in parts.items()} | {"rss_mb": round(rss_mb())}


def faces(world: World) -> dict[str, float]:
    """Median milliseconds of computing of what faces ask."""
    explorer, shelf = Explorer(world.store, world.catalogue), Shelf(world.editions, world.catalogue)
    overviews = GraphOverviews(shelf, world.store, world.catalogue)
    places = (world.place,)
    query = Query("", "en", None, {}, places, 0.0)
    names = [one.name for one in explorer.entities("", places, TIMES + 1)]
    pairs = list(pairwise(names))
    asked: dict[str, list[float]] = {
        "entities": [1000 * _took(lambda name=name: explorer.entities(name[:3], places, 20)) for name in names],
        "neighbours": [1000 * _took(lambda name=name: explorer.neighbours(name, places, 20)) for name in names],
        "statements": [1000 * _took(lambda name=name: explorer.facts(name, places, 20)) for name in names],
        "path": [1000 * _took(lambda pair=pair: explorer.path(*pair, places, 4)) for pair in pairs],
        "communities": [1000 * _took(lambda: shelf.listed(places)) for _ in range(TIMES)],
        "overview": [1000 * _took(lambda name=name: overviews.overview(name, query)) for name in names],
        "overview of all": [1000 * _took(lambda: overviews.overview("", query)) for _ in range(TIMES)],
    }
    return {name: round(timing(calls).p50, 1) for name, calls in asked.items()}


def _took(work: Callable[[], object]) -> float:
    """Seconds of computing: what else runs on the machine does not count."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=10_000)
    chosen = parser.parse_args()
    print(json.dumps({"leiden_cpu_s": round(leiden(), 2)}))
    with tempfile.TemporaryDirectory(prefix="jitl-bench-") as folder:
        world = filled(Path(folder), chosen.passages)
        print(json.dumps(refresh(world)), flush=True)
        print(json.dumps(faces(world)))
        for one in Shelf(world.editions, world.catalogue).listed([world.place], limit=5)[0]:
            print(
                json.dumps({"title": one.title, "names": len(one.names), "says": [said.text for said in one.said[:2]]}, ensure_ascii=False)
            )
        world.db.close()


if __name__ == "__main__":
    main()
