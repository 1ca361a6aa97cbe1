"""A small world with a graph: documents published with their passages and their names, for tests of what is read from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from graph.community import Community, Member, Sentence
from graph.editions import Editions
from graph.extract import Extractor
from graph.facts import Kind
from graph.index import GraphIndexer
from graph.keys import key
from graph.local import SqlGraph
from graph.ports import GraphStore
from graph.refresh import Refresh
from jitl.sql.catalogue import Catalogue
from jitl.sql.engine import Database
from jitl.sql.staging import chunk_id
from jitl.text import sentences
from tests.workshop import Workshop

if TYPE_CHECKING:
    from api.container import Container

AURORA = (
    "The Aurora Project records cosmic showers with the Lantern Array on Mount Kestrel. Maria Olsen leads the Aurora Project since 2019. "
    "The Lantern Array has 64 stations, and Maria Olsen designed the readout of the Lantern Array. "
    "Mount Kestrel offers the dry air that the Lantern Array needs for its lamps."
)
HARBOUR = (
    "The Harbour Framework reconstructs muon tracks for the Delta Ring. Piet Vermeer wrote the Harbour Framework in 2021. "
    "The Delta Ring stores polarised muons, and the Harbour Framework reads the events of the Delta Ring. "
    "Piet Vermeer maintains the geometry of the Delta Ring in the Harbour Framework."
)


def documents(copies: int = 4) -> dict[str, str]:
    """Two subjects that share no name, in several documents each."""
    told = {}
    for number in range(copies):
        told[f"aurora{number}"] = f"{AURORA} The log of station {number} was read by hand at night."
        told[f"harbour{number}"] = f"{HARBOUR} The log of shift {number} was read by hand at night."
    return told


@dataclass
class World:
    """`refresh` computes the communities of the workshop's collection."""

    db: Database
    folder: Path
    workshop: Workshop = field(init=False)

    def __post_init__(self) -> None:
        self.workshop = Workshop(self.db, self.folder)
        self.catalogue = Catalogue(self.db)
        self.store = SqlGraph(self.db)
        self.editions = Editions(self.db)
        self.refresh = Refresh(self.editions, self.store, self.catalogue)

    @property
    def place(self) -> str:
        return self.workshop.collection

    def publish(self, texts: Mapping[str, str]) -> None:
        self.workshop.write(**texts)
        self.workshop.ingest()
        self.project()

    def remove(self, *names: str) -> None:
        for name in names:
            (self.folder / f"{name}.txt").unlink()
        self.workshop.ingest()

    def project(self) -> None:
        follow(self.db, self.store, self.place)


def follow(db: Database, store: GraphStore, place: str) -> None:
    """Bring the graph in line with what is published; what was replaced stays in it, as it may for a while."""
    GraphIndexer(db, store, Extractor()).project([version for version, _ in Editions(db).base(place).versions])


def write_by_hand(container: Container, place: str) -> str:
    """A community of the aurora pages' names, as a refresh would write it; its id."""
    chunks = [chunk_id(info.version_id, 0) for info in container.catalogue.documents(place) if "aurora" in info.name]
    text = container.catalogue.passages(chunks, [place])[chunks[0]].text
    start, end = next(span for span in sentences(text) if "records" in text[span[0] : span[1]])
    names = ("Lantern Array", "Aurora Project")
    members = [Member(key(name), name, Kind.NAME, chunks) for name in names]
    editions, id_ = Editions(container.db), str(uuid4())
    edition = editions.begin(place, editions.base(place))
    editions.add(edition, Community(id_, place, 0, None, 0, members, [Sentence(None, [(chunks[0], start, end)])]))
    editions.switch(place, edition)
    return id_
