"""A ledger and a memory over one database, with people who teach, for tests."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

import numpy as np

from feedback.ledger import Ledger
from feedback.retriever import TaughtCorrections
from feedback.scope import Scope
from feedback.teaching import Receipt, Teaching
from jitl import text as texts
from jitl.adapters.sparse import HepTerms
from jitl.errors import Unavailable
from jitl.glossary import rewrite
from jitl.ports import Encoder, PairReader, SparseEncoder
from jitl.principals import Principal, Right, Role
from jitl.settings import Settings
from jitl.sql.catalogue import Catalogue
from jitl.sql.engine import Database
from jitl.types import Consultation, Query

SETTINGS = Settings(data_dir=Path("nowhere"), teach_embed_timeout_s=0.5)


class WordsEncoder:
    """Texts with common words are near: every word has a direction of its own. Switches make it fail or hang."""

    id = "words"
    dimension = 64

    def __init__(self) -> None:
        self.broken = False
        self.delay = 0.0

    def covers(self, text: str) -> bool:
        return texts.language(text) == "en"

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        return np.stack([self.embed_question(text) for text in texts])

    def embed_question(self, text: str) -> np.ndarray:
        time.sleep(self.delay)
        if self.broken:
            raise Unavailable("The encoder is down.")
        total = np.full(self.dimension, 1e-3)
        for word in text.lower().replace("?", " ").split():
            total += np.random.default_rng(crc32(word.encode())).normal(size=self.dimension)
        return (total / np.linalg.norm(total)).astype(np.float32)

    def tokens(self, text: str) -> Sequence[tuple[int, int]]:
        return [(0, len(text))]


@dataclass
class Classroom:
    """`eva` is an expert of the collection, `ron` a second one, `pat` may only read, `zoe` may read another collection alone."""

    db: Database
    encoder: Encoder | None = field(default_factory=WordsEncoder)
    sparse: SparseEncoder = field(default_factory=HepTerms)

    def __post_init__(self) -> None:
        catalogue = Catalogue(self.db)
        self.collection = catalogue.create_collection("bes3", "owner").id
        self.other = catalogue.create_collection("juno", "owner").id
        self.eva, self.ron = (person(name, {Role.EXPERT}, {self.collection: Right.TEACH}) for name in ("eva", "ron"))
        self.pat = person("pat", set(), {self.collection: Right.READ})
        self.zoe = person("zoe", {Role.EXPERT}, {self.other: Right.TEACH})
        self.corrections = self.replica()
        self.ledger = Ledger(self.db, self.encoder, self.sparse, SETTINGS, self.corrections)

    def replica(self, pairs: PairReader | None = None, scope: Scope | None = None) -> TaughtCorrections:
        return TaughtCorrections(self.db, self.encoder, self.sparse, scope, pairs)

    def teach(self, question: str, answer: str, by: Principal | None = None, **more: object) -> Receipt:
        return self.ledger.teach(Teaching(question, answer, **more), by or self.eva, self.collection)

    def query(self, text: str, collections: Sequence[str] | None = None, **more: object) -> Query:
        vector, other = self._vector(text), rewrite(text)
        chosen = (self.collection,) if collections is None else tuple(collections)
        said = {"rewritten": other, "rewritten_vector": self._vector(other) if vector is None and other else None}
        return Query(text, texts.language(text), vector, {}, chosen, time.monotonic() + 5, **said, **more)

    def _vector(self, text: str) -> np.ndarray | None:
        if self.encoder is None or not self.encoder.covers(text):
            return None
        try:
            return self.encoder.embed_question(text)
        except Unavailable:
            return None

    def ask(self, text: str, collections: Sequence[str] | None = None, **more: object) -> Consultation:
        return self.corrections.consult(self.query(text, collections, **more))

    def answer(self, text: str, **more: object) -> str | None:
        found = self.ask(text, **more).answer
        return None if found is None else found.correction.answer


def person(name: str, roles: set[Role], grants: dict[str, Right]) -> Principal:
    return Principal(f"id-of-{name}", name, frozenset(roles), grants)
