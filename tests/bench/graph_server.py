"""The graph's store on a Neo4j server: how many passages it takes a second, by passages a transaction, and how soon it answers.

Run as `python -m tests.bench.graph_server [--passages 6000]`; it starts a server of its own and prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import closing

from graph import merging
from graph.facts import PassageFacts
from graph.neo4j import Neo4jGraph
from tests import graph_server
from tests.bench.graph_store import COLLECTION, HUB, passages

BATCHES = (25, 50, 100, 200, 400)
PATIENT_S = 60.0


def wall(work: Callable[[], object], times: int = 30) -> dict[str, float]:
    """Milliseconds by the clock on the wall."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        took.append((time.perf_counter() - start) * 1000)
    return {"p50": round(statistics.median(took), 2), "p95": round(sorted(took)[int(times * 0.95) - 1], 2)}


def writing(graph: Neo4jGraph, facts: Sequence[PassageFacts]) -> dict[str, float]:
    start, used = time.perf_counter(), time.process_time()
    graph.write(facts)
    seconds, busy = time.perf_counter() - start, time.process_time() - used
    return {
        "passages_a_second": round(len(facts) / seconds),
        "ms_a_passage": round(seconds / len(facts) * 1000, 2),
        "of_it_in_this_process": round(busy / len(facts) * 1000, 2),
    }


def asking(graph: Neo4jGraph, facts: Sequence[PassageFacts]) -> dict[str, dict[str, float]]:
    rng, within = random.Random(1), [COLLECTION]
    chunks = [one.chunk_id for one in facts]
    keys = [mention.key for one in facts for mention in one.facts.mentions]
    return {
        "mentions_of_30": wall(lambda: graph.mentions(rng.sample(chunks, 30))),
        "postings_of_30_names_most_30": wall(lambda: graph.postings(rng.sample(keys, 30), within, 30)),
        "postings_of_400_names_most_30": wall(lambda: graph.postings(rng.sample(keys, 400), within, 30)),
        "postings_of_the_hub_most_30": wall(lambda: graph.postings([HUB], within, 30)),
        "aliases_of_30_names": wall(lambda: graph.aliases(rng.sample(keys, 30), within)),
        "statements_of_the_hub": wall(lambda: graph.statements([HUB], within, 20)),
        "entities_of_3_letters": wall(lambda: graph.entities(rng.choice(keys)[:3], within, 20)),
        "neighbours_of_a_name": wall(lambda: graph.neighbours(rng.choice(keys), within, 20)),
        "path_of_4_steps": wall(lambda: graph.path(rng.choice(keys), rng.choice(keys), within, 4), 10),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=6000)
    arguments = parser.parse_args()
    facts = list(passages(arguments.passages))
    share = len(facts) // (2 * len(BATCHES))  # the first half warms the server up
    with graph_server.own(java="") as server:  # with all its compilers
        address = server.address
        with closing(Neo4jGraph(address.url, address.user, address.password, walk_s=PATIENT_S)) as graph:
            found: dict[str, object] = {"passages": len(facts), "first_half": writing(graph, facts[: len(facts) // 2])}
            for number, batch in enumerate(BATCHES, len(BATCHES)):
                merging.BATCH = batch  # type: ignore[misc]
                found[f"{batch} a transaction"] = writing(graph, facts[number * share : (number + 1) * share])
            found["again"] = writing(graph, facts[: len(facts) // 2])
            found["asked"] = asking(graph, facts[: len(facts) // 2])
            start = time.perf_counter()
            found["edges"] = sum(1 for _ in graph.edges(COLLECTION))
            found["edges_s"] = round(time.perf_counter() - start, 1)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
