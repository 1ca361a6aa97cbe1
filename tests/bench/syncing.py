"""What a second sync of an unchanged tree costs, as a share of the first: `python -m tests.bench.syncing [DOCUMENTS]`."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from api.container import Container
from jitl.settings import Settings
from jitl.sql.people import OWNER

WORDS = "muon pion kaon tracker trigger rate magnet calibration release chamber luminosity beam energy resolution efficiency".split()
GOAL = 0.02


def plant(folder: Path, documents: int) -> None:
    """A tree of short pages, a hundred a folder."""
    draw = random.Random(7)
    for number in range(documents):
        place = folder / f"part{number // 100:03d}"
        place.mkdir(parents=True, exist_ok=True)
        text = " ".join(draw.choices(WORDS, k=60))
        (place / f"page{number}.md").write_text(f"# Page {number}\n\n{text}\n\n## Details\n\n{text[::-1]}\n")


def read(container: Container, folder: Path, collection: str) -> tuple[float, dict[str, int]]:
    """Seconds of one job, and what became of the documents."""
    start = time.perf_counter()
    job = container.runner.submit("ingest", {"paths": [str(folder)]}, principal_id=OWNER.id, collection_id=collection)
    while (found := container.jobs.get(job)).state not in ("done", "failed", "cancelled"):
        time.sleep(0.01)
    assert found.state == "done", found.error
    return time.perf_counter() - start, {name: number for name, number in found.counts.items() if number}


def main(documents: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "docs"
        plant(folder, documents)
        time.sleep(2.5)  # else the newest files are read twice, to be sure
        container = Container.build(Settings(data_dir=Path(name) / "data"))
        try:
            collection = container.catalogue.create_collection("docs", OWNER.id).id
            first, counts = read(container, folder, collection)
            again = [read(container, folder, collection) for _ in range(3)]
        finally:
            container.close()
    second = sorted(seconds for seconds, _ in again)[1]
    print(
        f"{documents} documents: first {first:.1f} s {counts}, second {second:.2f} s {again[-1][1]}: {second / first:.2%} (goal {GOAL:.0%})"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
