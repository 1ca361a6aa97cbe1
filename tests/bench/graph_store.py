"""The graph's store in SQL at its limit, on passages made up: how fast it writes and answers, how large it is.

Run as `python -m tests.bench.graph_store [--passages 100000]`; prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from graph.facts import Alias, Facts, Kind, Mention, PassageFacts, Statement
from graph.local import SqlGraph
from jitl.sql import migrate
from jitl.sql.engine import Database

NAMES = 25
COLLECTION = str(uuid.uuid5(uuid.NAMESPACE_URL, "bench"))
HUB = "hub of half"
KINDS = list(Kind)
SYLLABLES = [a + b for a in "bcdfghklmnprstvz" for b in ("a", "e", "i", "o", "u", "ar", "en", "is")]
RELATIONS = ("decays to", "is measured with", "was written by", "improves", "belongs to")


def name(number: int) -> str:
    """One to three words, the same for the same number."""
    rng = random.Random(number)
    return " ".join("".join(rng.choices(SYLLABLES, k=3)) for _ in range(1 + number % 3)) + f"{number:x}"


def passages(count: int, seed: int = 7) -> Iterator[PassageFacts]:
    """Documents of five passages: names of their own that come again, the collection's by Zipf's law, one in half of all."""
    rng = random.Random(seed)
    fresh = 10**6
    for number in range(0, count, 5):
        own = list(range(fresh, fresh + 20))
        fresh += 20
        version = str(uuid.UUID(int=rng.getrandbits(128), version=5))
        for ordinal in range(min(5, count - number)):
            chosen = {name(one) for one in rng.sample(own, 10)}
            while len(chosen) < NAMES - 1:
                chosen.add(name(int(rng.paretovariate(0.6)) % 200_000))
            if rng.random() < 0.5:
                chosen.add(HUB)
            yield _passage(rng, version, number + ordinal, sorted(chosen))


def _passage(rng: random.Random, version: str, ordinal: int, chosen: list[str]) -> PassageFacts:
    mentions = tuple(
        Mention(
            key, key.title(), KINDS[len(key) % len(KINDS)], 1 + (rng.random() < 0.2), rng.random() < 0.05, place * 40, place * 40 + len(key)
        )
        for place, key in enumerate(chosen)
    )
    said = tuple(Statement(rng.choice(chosen), rng.choice(RELATIONS), rng.choice(chosen), 0, 90) for _ in range(2))
    aliases = (Alias(chosen[0], chosen[1]),) if rng.random() < 0.1 else ()
    chunk = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{version}{ordinal}"))
    return PassageFacts(chunk, version, COLLECTION, Facts(mentions, aliases, tuple(dict.fromkeys(said))))


def timed(work: Callable[[], object], times: int = 50) -> dict[str, float]:
    """Milliseconds of computing, waits left out: the median and the slowest of twenty."""
    took = []
    for _ in range(times):
        start = time.thread_time()
        work()
        took.append((time.thread_time() - start) * 1000)
    return {"p50": round(statistics.median(took), 2), "p95": round(sorted(took)[int(times * 0.95) - 1], 2)}


def build(db: Database, graph: SqlGraph, count: int) -> dict[str, float]:
    seconds, longest, window = 0.0, [], []
    for number, passage in enumerate(passages(count), 1):
        window.append(passage)
        if len(window) == 256 or number == count:
            db.longest_write = 0.0
            start = time.thread_time()
            graph.write(window)
            seconds += time.thread_time() - start
            longest.append(db.longest_write * 1000)
            window = []
    return {
        "write_ms_a_passage": round(seconds * 1000 / count, 3),
        "longest_transaction_ms": round(max(longest), 1),
        "longest_transaction_ms_p95_of_windows": round(sorted(longest)[int(len(longest) * 0.95) - 1], 1),
    }


def questions(graph: SqlGraph, count: int) -> dict[str, dict[str, float]]:
    rng = random.Random(1)
    sample = [p for p in passages(min(count, 2000)) if rng.random() < 0.2]
    chunks = [p.chunk_id for p in sample]
    keys = [m.key for p in sample for m in p.facts.mentions]
    within = [COLLECTION]
    return {
        "mentions_of_100": timed(lambda: graph.mentions(rng.sample(chunks, 100))),
        "postings_of_30_names_most_50": timed(lambda: graph.postings(rng.sample(keys, 30), within, 50)),
        "postings_of_1000_names_most_10": timed(lambda: graph.postings(rng.sample(keys, 1000), within, 10)),
        "postings_of_the_hub_most_50": timed(lambda: graph.postings([HUB], within, 50)),
        "aliases_of_30_names": timed(lambda: graph.aliases(rng.sample(keys, 30), within)),
        "neighbours_of_a_name": timed(lambda: graph.neighbours(rng.choice(keys), within, 20)),
        "neighbours_of_the_hub": timed(lambda: graph.neighbours(HUB, within, 20)),
        "statements_of_the_hub": timed(lambda: graph.statements([HUB], within, 20)),
        "entities_of_3_letters": timed(lambda: graph.entities(rng.choice(keys)[:3], within, 20)),
        "entities_of_1_letter": timed(lambda: graph.entities(rng.choice(keys)[:1], within, 20), 10),
        "path_of_4_steps": timed(lambda: graph.path(rng.choice(keys), rng.choice(keys), within, 4), 20),
        "counts": timed(lambda: graph.counts(COLLECTION)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--edges", action="store_true", help="count all pairs too")
    parser.add_argument("--keep", type=Path, help="a folder that holds the store from an earlier run, or will hold it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        path = (arguments.keep or Path(scratch)) / "graph.db"
        db = Database(f"sqlite:///{path}")
        migrate.upgrade(db)
        empty, graph = path.stat().st_size, SqlGraph(db)
        report: dict[str, object] = {"passages": arguments.passages}
        if not graph.counts()["passages"]:
            report |= build(db, graph, arguments.passages)
        db.engine.dispose()
        report["bytes_a_passage"] = round((path.stat().st_size - empty) / arguments.passages)
        report |= questions(graph, arguments.passages)
        if arguments.edges:
            start = time.thread_time()
            report["edges"] = sum(1 for _ in graph.edges(COLLECTION))
            report["edges_s"] = round(time.thread_time() - start, 1)
        start = time.thread_time()
        versions = sorted({p.version_id for p in passages(100)})
        graph.remove(versions)
        report["remove_ms_a_passage"] = round((time.thread_time() - start) * 10, 2)
        print(json.dumps(report, indent=1))
        db.close()


if __name__ == "__main__":
    main()
