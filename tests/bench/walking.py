"""What a walk over the graph costs a question at the limit of the embedded profile, on passages made up.

Run as `python -m tests.bench.walking [--passages 100000] [--keep FOLDER]`; prints one line of JSON: milliseconds of computing, and the
embedding of a question for comparison. The search before it and the hydration of passages are not in it.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import tempfile
import time
from pathlib import Path

from graph.extract import Extractor
from graph.local import SqlGraph
from graph.walk import BASE, Walk
from jitl.adapters.encoder import OnnxEncoder
from jitl.adapters.sparse import HepTerms
from jitl.sql import migrate
from jitl.sql.engine import Database
from jitl.types import Location, Passage, Query, RankedHit
from tests.bench.graph_store import COLLECTION, build, passages

QUESTIONS = 60
WORDS = "the detector measured a rate of muons in run period with calibration constants from databases and tracks near wires".split()
SPARSE = HepTerms()


def hit(chunk_id: str) -> RankedHit:
    chance = random.Random(chunk_id)
    text = ". ".join(" ".join(chance.choices(WORDS, k=18)).capitalize() for _ in range(8))
    passage = Passage(chunk_id, 0, text, "Notes", Location(), chunk_id, chunk_id, "Notes", COLLECTION)
    return RankedHit("passage", chance.random(), passage, legs={"dense": chance.random(), "sparse": chance.random()})


def query(text: str, size: int) -> Query:
    frequencies = dict.fromkeys(SPARSE.terms(text), 40)
    terms = SPARSE.question(text, frequencies, size)
    return Query(text, "en", None, terms, (COLLECTION,), math.inf, frequencies=frequencies, passages=size)


def measured(graph: SqlGraph, size: int) -> dict[str, float]:
    chance, encoder = random.Random(3), OnnxEncoder()
    held = list(passages(min(size, 5000)))
    walk = Walk(graph, Extractor(), SPARSE)
    looked: list[int] = []
    making = 0.0

    def look(ids):
        nonlocal making
        start = time.thread_time()
        looked.append(len(ids))
        hits = [hit(id_) for id_ in ids]
        making += time.thread_time() - start
        return hits

    took, embedded, chosen = [], [], 0
    for _ in range(QUESTIONS):
        hits = [hit(one.chunk_id) for one in chance.sample(held, BASE)]
        first, second = (chance.choice(chance.choice(held).facts.mentions).name for _ in range(2))
        asked = query(f"Which run period was measured by {first} with the calibration of {second}?", size)
        start, making = time.thread_time(), 0.0
        chosen += sum(one.kind == "graph" for one in walk.walk(asked, hits, (), look))
        took.append((time.thread_time() - start - making) * 1000)
        start = time.thread_time()
        encoder.embed_question(asked.text)
        embedded.append((time.thread_time() - start) * 1000)
    return {
        "p50_ms": round(statistics.median(took), 2),
        "p95_ms": round(sorted(took)[int(0.95 * QUESTIONS)], 2),
        "embedding_ms": round(statistics.median(embedded), 2),
        "fetched": round(sum(looked) / QUESTIONS, 1),
        "chosen_over_links": round(chosen / QUESTIONS, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="a folder that holds the store of an earlier run, or will hold it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        db = Database(f"sqlite:///{(arguments.keep or Path(scratch)) / 'graph.db'}")
        migrate.upgrade(db)
        graph = SqlGraph(db)
        if not graph.counts()["passages"]:
            build(db, graph, arguments.passages)
        print(json.dumps({"passages": arguments.passages, **measured(graph, arguments.passages)}))
        graph.close()
        db.close()


if __name__ == "__main__":
    main()
