"""Time of extraction a passage beside that of embedding it, on one core: `python -m tests.bench.graph_extract`.

Processor time, so that other work on the machine counts as little as it can; the first pass of each is not counted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from graph.extract import Extractor
from jitl.adapters.encoder import OnnxEncoder
from tests.data import evaluation

PASSAGES, EMBEDDED = 1_000, 60
TOKENS = range(170, 215)  # the length that ingest packs passages to, as a rule


def main() -> None:
    encoder, extractor = OnnxEncoder(), Extractor()
    lines = [
        json.loads(line) for name in ("ret_hotpotqa", "ret_musique") for line in evaluation(name, "corpus.jsonl").open(encoding="utf-8")
    ]
    rows = [row for row in lines if len(row["text"]) > 500 and len(encoder.tokens(row["text"])) in TOKENS][:PASSAGES]
    some = [row["text"] for row in rows[:EMBEDDED]]
    extracting = _timed(lambda: [extractor.extract(row["text"], row["title"], row["title"]) for row in rows]) / len(rows)
    embedding = _timed(lambda: encoder.embed(some)) / len(some)
    found = [extractor.extract(row["text"], row["title"], row["title"]) for row in rows]
    mentions, statements = (sum(len(getattr(facts, part)) for facts in found) / len(found) for part in ("mentions", "statements"))
    print(f"{len(rows)} passages of {TOKENS.start}-{TOKENS.stop - 1} tokens: {mentions:.1f} mentions and {statements:.2f} statements each")
    print(f"extract {1000 * extracting:.3f} ms, embed {1000 * embedding:.2f} ms: {100 * extracting / embedding:.1f} %")


def _timed(work: Callable[[], object], times: int = 3) -> float:
    """The shortest of some runs, in seconds of processor time."""
    spent = []
    for _ in range(times):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)


if __name__ == "__main__":
    main()
