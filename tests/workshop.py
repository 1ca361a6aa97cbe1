"""An ingest with everything around it, on fakes or real parts, for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ingest.chunk import StructuredChunker
from ingest.passages import PassageIndexer
from ingest.pipeline import Pipeline
from ingest.projector import Projector
from ingest.tally import Counts
from jitl.ports import Encoder, SourceFile, SparseEncoder, VectorStore
from jitl.principals import Principal, Role
from jitl.sql.catalogue import Catalogue
from jitl.sql.engine import Database
from jitl.sql.frequencies import Frequencies
from tests.fakes import FakeEncoder, FakeParsers, FakeStore, FakeTerms, Outcomes, term

OWNER = Principal("owner", "owner", frozenset({Role.ADMIN}), {})


@dataclass
class Workshop:
    db: Database
    folder: Path
    encoder: Encoder = field(default_factory=FakeEncoder)
    sparse: SparseEncoder = field(default_factory=FakeTerms)
    store: VectorStore = field(default_factory=FakeStore)
    parsers: FakeParsers = field(default_factory=FakeParsers)

    def __post_init__(self) -> None:
        self.catalogue = Catalogue(self.db)
        self.frequencies = Frequencies(self.db)
        self.collection = self.catalogue.create_collection("hep", "owner", exist_ok=True).id
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def indexer(self) -> PassageIndexer:
        return PassageIndexer(self.db, self.store, self.encoder, self.sparse)

    @property
    def projector(self) -> Projector:
        return Projector(self.db, [self.indexer])

    @property
    def pipeline(self) -> Pipeline:
        chunker = StructuredChunker(self.encoder)
        return Pipeline(
            self.db, self.catalogue, self.encoder, self.sparse, chunker, [self.indexer], self.parsers, identify=self.parsers.identify
        )

    def write(self, **texts: str) -> None:
        for name, text in texts.items():
            (self.folder / f"{name}.txt").write_text(text)

    def files(self) -> list[SourceFile]:
        return [SourceFile(path.as_uri(), f"{self.folder.name}/{path.name}", path) for path in sorted(self.folder.iterdir())]

    def ingest(self, *, force: bool = False, outcomes: Outcomes | None = None, whole: bool = True) -> tuple[Counts, Outcomes]:
        told = outcomes or Outcomes()
        root = self.folder.as_uri() if whole else None
        return self.pipeline.ingest(self.files(), self.collection, told, root=root, force=force), told

    def names(self) -> list[str]:
        return [info.name for info in self.catalogue.documents(self.collection)]

    def found(self, word: str) -> list[str]:
        """Names of documents that a reader finds by a word, through the store and SQL."""
        hits = [id_ for id_, _ in self.store.search_sparse({term(word): 1.0}, [self.collection], 10_000)]
        return sorted(passage.document for passage in self.catalogue.passages(hits, [self.collection]).values())

    def frequency(self, word: str) -> tuple[int, int]:
        frequencies, passages = self.frequencies.lookup([term(word)], [self.collection])
        return frequencies.get(term(word), 0), passages
