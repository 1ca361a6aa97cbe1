"""The documents' graph kept up with the documents: what fills its store, and how far behind that is."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from api.parts import DEGRADED, READY, Part
from graph import communities, steps
from graph.extract import Extractor
from graph.index import NAME, GraphIndexer
from graph.local import SqlGraph
from graph.neo4j import Neo4jGraph
from graph.walk import Walk
from graph.written import ClaimsIndex
from ingest.handover import Handover
from ingest.projector import Projector
from jitl.errors import Unavailable
from jitl.sql.outbox import Outbox

if TYPE_CHECKING:
    from graph.ports import FactExtractor, GraphStore
    from jitl.ports import Indexer, SparseEncoder
    from jitl.settings import Settings
    from jitl.sql.engine import Database

log = logging.getLogger(__name__)

LATER = "Nothing is lost: it catches up by itself once its store answers."
FAILED = "See the log; `jitl reindex` tries all of it again."


def graph_store(db: Database, settings: Settings) -> GraphStore:
    """In SQL, or on the server that the settings name. Raises `MissingPart` where its driver is not installed."""
    if settings.graph_server is None:
        return SqlGraph(db)
    password = settings.graph_password.get_secret_value()
    return Neo4jGraph(settings.graph_server, settings.graph_user, password, walk_s=settings.graph_timeout_s)


class Following:
    """`handover` stands for the graph among an ingest's `indexers`, `projector` follows with what it was handed."""

    def __init__(self, db: Database, store: GraphStore | None = None, extractor: FactExtractor | None = None) -> None:
        self.store: GraphStore = store or SqlGraph(db)
        self.extractor: FactExtractor = extractor or Extractor()
        self.outbox = Outbox(db, NAME)
        self._indexer = GraphIndexer(db, self.store, self.extractor)
        self.projector = Projector(db, [self._indexer], NAME)
        self.handover = Handover(db, NAME, self.projector)
        self.indexers: list[Indexer] = [ClaimsIndex(db), self.handover]

    def start(self) -> None:
        """Go on where an earlier process stopped."""
        self.projector.recover()
        self.look()
        self.projector.start()

    def look(self) -> None:
        """Have made up for what another extractor wrote, or the store lost; to be asked now and then, as the store may be away."""
        try:
            if self._indexer.catch_up():
                self.projector.wake()
        except Unavailable as error:
            log.warning("The graph's store does not answer: %s", error)

    def close(self) -> None:
        self.projector.close()
        self.store.close()

    def walk(self, sparse: SparseEncoder, settings: Settings) -> Walk | None:
        """What goes on from a search's hits along the graph; None where the settings want none."""
        if not settings.graph_walk:
            return None
        weights = settings.walk_weights
        return Walk(self.store, self.extractor, sparse, None if weights is None else steps.read(weights.read_text("utf-8")))

    def part(self) -> Part:
        behind, trouble = self.outbox.count(), self.outbox.trouble()
        waiting = f"{behind} versions to look at"
        if trouble is not None:
            return Part(NAME, DEGRADED, f"{waiting}: {trouble}", LATER if self.projector.away else FAILED)
        held = self.store.counts()
        detail = f"{held['mentions']} names and {held['statements']} statements in {held['passages']} passages"
        if behind:
            detail = f"{detail}, {waiting}"
        if not communities.installed():
            detail = f"{detail}. {communities.NOTICE}"
        return Part(NAME, READY, detail)
