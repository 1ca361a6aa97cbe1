"""Retrieval on the dev sets through the whole product, one shipped configuration, against frozen floors.

Beside the product stand its own legs alone (BM25, dense) and their plain RRF, on the same half. Run with `-s` to read the table.
`JITL_QUALITY_DIR` keeps the ingested collections between runs; what did not change is not ingested again.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from api.container import Container
from jitl.legs import DENSE, NAMES, SPARSE, PassageLeg
from jitl.retrieve import Searcher
from jitl.settings import Settings
from jitl.sql.frequencies import Frequencies
from jitl.types import Hit, Query
from tests.data import evaluation
from tests.fakes import Outcomes
from tests.quality.halves import REPORTED, half

pytestmark = [pytest.mark.quality, pytest.mark.timeout(7200)]

DEPTH = 50  # passages of a leg that RRF reads
FLOORS = {  # (kind, figure): the floor on the whole set, and the figure frozen on the half that nothing was fitted on
    "ret_cranfield": {("all", "nDCG@10"): (43.0, 44.0)},
    "ret_musique": {("all", "R@5"): (53.0, 53.0)},
    "ret_hotpotqa": {("all", "R@5"): (79.0, 85.0)},
    "ret_2wiki": {("all", "R@5"): (67.0, 67.5)},
    "ret_cmrc2018": {("all", "R@1"): (96.0, 96.5)},
    "ret_xquad_enzh": {
        ("en-en", "R@1"): (93.0, 95.0),
        ("zh-zh", "R@1"): (92.0, 90.5),
        ("en-zh", "R@5"): (44.0, 44.0),  # everyday words alone: the glossary is of this field
        ("zh-en", "R@5"): (41.0, 40.0),
    },
}
SYSTEMS = ("product", "BM25", "dense", "RRF")
Ranking = Sequence[str]  # names of documents, best first


@contextmanager
def product(folder: Path) -> Iterator[Container]:
    container = Container.build(Settings(data_dir=folder))
    try:
        yield container
    finally:
        container.close()


class Collection:
    """One set, ingested; rankings of its questions by the product and by each leg alone."""

    def __init__(self, container: Container, name: str, records: Path) -> None:
        self._catalogue = container.catalogue
        info = self._catalogue.collection(name) or self._catalogue.create_collection(name, "quality")
        counts = container.pipeline.ingest_records(records, info.id, Outcomes())
        assert counts.failed == 0
        self._within = (info.id,)
        legs = [PassageLeg(leg, container.store, self._catalogue) for leg in NAMES]
        self._legs = [leg for leg in legs if leg.name in (DENSE, SPARSE)]
        parts = (container.encoder, container.sparse, self._catalogue, Frequencies(container.db), legs)
        self._searcher = Searcher(*parts, None, container.settings)

    def rankings(self, question: str) -> dict[str, Ranking]:
        if not question.strip():  # one of CMRC's is
            return dict.fromkeys(SYSTEMS, ())
        query = self._searcher.prepare(question, self._within)
        dense, sparse = (leg.retrieve(query, DEPTH) for leg in self._legs)
        hits = self._searcher.search(query, 20).hits
        return {
            "product": [hit.passage.document for hit in hits if hit.passage],
            "BM25": self._documents(query, sparse),
            "dense": self._documents(query, dense),
            "RRF": self._documents(query, reciprocal(dense, sparse)),
        }

    def close(self) -> None:
        self._searcher.close()

    def _documents(self, query: Query, hits: Sequence[Hit]) -> Ranking:
        passages = self._catalogue.passages([hit.chunk_id for hit in hits], query.collections)
        return [passages[hit.chunk_id].document for hit in hits]


def reciprocal(*legs: Sequence[Hit]) -> list[Hit]:
    """Reciprocal rank fusion, k = 60."""
    score: defaultdict[str, float] = defaultdict(float)
    hits = {hit.chunk_id: hit for leg in legs for hit in leg}
    for leg in legs:
        for rank, hit in enumerate(leg, 1):
            score[hit.chunk_id] += 1 / (60 + rank)
    return sorted(hits.values(), key=lambda hit: (-score[hit.chunk_id], hit.document_id, hit.ordinal))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def figures(gold: Iterable[Mapping[str, Any]], ranked: Mapping[str, Ranking]) -> dict[str, dict[str, float]]:
    """By the evaluation's own script."""
    score = runpy.run_path(str(evaluation("score.py")))["score_retrieval"]
    answers = {key: {"hits": [{"document": document} for document in ranking]} for key, ranking in ranked.items()}
    scored: dict[str, dict[str, float]] = score({g["id"]: g for g in gold}, answers, None)
    return scored


@pytest.mark.parametrize("name", FLOORS)
def test_retrieval(name, tmp_path):
    subprocess.run([sys.executable, evaluation("score.py"), "prepare", evaluation(name), tmp_path], check=True)
    gold = [g for g in lines(tmp_path / "gold.jsonl") if g["kind"] in {kind for kind, _ in FLOORS[name]}]
    wanted = {g["id"] for g in gold}
    ranked: defaultdict[str, dict[str, Ranking]] = defaultdict(dict)
    with product(Path(os.environ.get("JITL_QUALITY_DIR", tmp_path)) / name) as container:
        collection = Collection(container, name, tmp_path / "records.jsonl")
        for asked in lines(tmp_path / "questions.jsonl"):
            if asked["id"] in wanted:
                for system, ranking in collection.rankings(asked["question"]).items():
                    ranked[system][asked["id"]] = ranking
        collection.close()
    whole = {system: figures(gold, rankings) for system, rankings in ranked.items()}
    reported = {system: figures([g for g in gold if half(g["id"]) == REPORTED], rankings) for system, rankings in ranked.items()}
    for kind, figure in FLOORS[name]:
        row = "   ".join(f"{system} {reported[system][kind][figure]:.2f} ({whole[system][kind][figure]:.2f})" for system in ranked)
        print(f"\n{name} {kind} {figure}, reported half (whole set): {row}")
    for (kind, figure), (floor, frozen) in FLOORS[name].items():
        assert whole["product"][kind][figure] >= floor
        assert reported["product"][kind][figure] >= frozen
