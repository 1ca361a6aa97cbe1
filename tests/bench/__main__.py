"""Speeds and sizes as ratios to floors measured in the same run: `python -m tests.bench [--passages 10000] [--json FILE]`.

The floor of a question is the bare encoder session plus the two bare calls of the vector engine on the same texts; of
teaching, the bare encoder plus one synced commit of as many bytes; of ingest, the bare encoder over the same passages.
Beyond the ingested passages the index is filled with their vectors plus seeded noise and copies of their rows; question,
search, hydration and SQL are real. Each set of calls is timed in turns with its floor, so that noise of the machine hits both.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
from pathlib import Path

from tests.bench import beside, corpus, questions, reading, remembering, starting, teaching
from tests.bench.report import Report


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--passages", type=int, default=10_000, help="ingested for real")
    parser.add_argument("--fill", type=int, default=100_000, help="filled up to; 0: not at all")
    parser.add_argument("--questions", type=int, default=150)
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    read = corpus.load(chosen.passages, chosen.questions)
    report = Report(len(read.records), read.origin)
    with tempfile.TemporaryDirectory(prefix="jitl-bench-") as folder:
        data = Path(folder) / "data"
        starting.measure(Path(folder) / "empty", report)
        with reading.opened(data) as container:
            collection = reading.measure(container, read.records, Path(folder), report)
            questions.measure(container, collection, read.questions, report, len(read.records))
            teaching.measure(container, Path(folder), report)
            remembering.measure(container, collection, read.questions, Path(folder), report)
            beside.measure(container, collection, read.questions, Path(folder), report)
            if chosen.fill > len(read.records):
                reading.fill(container, collection, chosen.fill - len(read.records))
                questions.measure(container, collection, read.questions, report, chosen.fill)
    report.show()
    if chosen.json:
        chosen.json.write_text(json.dumps(report.figures(), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
