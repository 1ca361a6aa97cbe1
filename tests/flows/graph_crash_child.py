"""One life of an ingest that the graph follows, to be killed: change documents until the named point kills the process.

Run as `python -m tests.flows.graph_crash_child FOLDER SEED POINT COUNT`.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from jitl.sql import migrate
from jitl.sql.engine import Database
from tests.flows.crash_child import arm
from tests.graph_workshop import GraphWorkshop

POINTS = (
    "graph.writing:_nodes:before",
    "graph.writing:_nodes:after",
    "graph.writing:_point:after",
    "graph.writing:_merge_aliases:after",
    "graph.writing:_move:after",
    "graph.writing:GraphWriter.write:after",
    "graph.writing:GraphWriter.remove:before",
    "graph.writing:GraphWriter.remove:after",
    "graph.index:GraphIndexer.project:before",
    "graph.index:GraphIndexer.project:after",
    "ingest.handover:Handover.project:before",
    "ingest.handover:Handover.project:after",
    "jitl.sql.outbox:Outbox.applied:after",
    "jitl.sql.outbox:Outbox.done:before",
    "jitl.sql.publication:Publication.publish:before",
    "jitl.sql.publication:Publication.publish:after",
    "jitl.sql.removal:Removal.remove_version:before",
)


def opened(folder: Path) -> GraphWorkshop:
    """As a start leaves it: what an earlier life left undone waits."""
    database = Database(f"sqlite:///{folder / 'jitl.db'}")
    migrate.upgrade(database)
    shop = GraphWorkshop(database, folder / "docs")
    shop.projector.recover()
    shop.follower.recover()
    shop.graph_indexer.catch_up()
    return shop


def main() -> None:
    folder, seed, point, count = Path(sys.argv[1]), *sys.argv[2:5]
    shop = opened(folder)
    rng = random.Random(seed)
    shop.follower.start()
    arm(point, int(count))
    while True:  # until the point is passed
        for _ in range(rng.choice((1, 3, 10))):
            shop.change(rng)
        shop.ingest()


if __name__ == "__main__":
    main()
