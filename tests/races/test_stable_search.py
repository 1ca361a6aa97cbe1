"""What is published is found alike, order and scores included, whatever is read again or taught meanwhile."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.asking import Ask
from api.container import Container
from feedback.teaching import Line, Teaching
from ingest.passages import PassageIndexer
from ingest.pipeline import Pipeline
from jitl.ports import Chunker
from jitl.principals import Principal, Right, Role
from jitl.settings import Settings
from jitl.sql.people import OWNER
from tests.bench.reading import Quiet

SUBSYSTEMS = "drift chamber|calorimeter|muon counter|time-of-flight wall|trigger|solenoid|luminosity monitor|gas system".split("|")
PLACES = "hall|tunnel|control room|clean room|computing centre|workshop|dump|cavern".split("|")
RECORDS = [
    {
        "id": f"note-{number}",
        "title": f"Note {number} on the {SUBSYSTEMS[number % 8]}",
        "text": f"The {SUBSYSTEMS[number % 8]} in the {PLACES[number // 8 % 8]} was checked in week {number}. "
        f"Its reading was {number * 7 % 101} units, {number % 13} above the {SUBSYSTEMS[number // 3 % 8]}.",
    }
    for number in range(120)
]
QUESTIONS = [
    "What was the reading of the calorimeter in the hall?",
    "When was the gas system in the cavern checked?",
    "trigger control room week 36",
    "How far above the solenoid was the muon counter?",
    "drift chamber",
]


class Renamed:
    """The same chunker under another id: the pipeline's fingerprint changes, texts and chunks do not."""

    def __init__(self, chunker: Chunker) -> None:
        self.id = f"{chunker.id} again"
        self.chunk = chunker.chunk


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    built = Container.build(Settings(data_dir=tmp_path / "data"))
    yield built
    built.close()


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "records.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in RECORDS))
    return path


def looked(container: Container, who: Principal = OWNER, k: int = 10) -> list[list[tuple[object, ...]]]:
    """Everything of the results but the ids of chunks, which name a version."""
    found = [container.asking.search(who, Ask(question), k) for question in QUESTIONS]
    assert not any(result.notices for result in found)
    return [
        [(hit.kind, hit.score, hit.passage.document, hit.passage.ordinal, hit.passage.text) for hit in result.hits if hit.passage]
        for result in found
    ]


@contextmanager
def watched(look: Callable[[], object], expected: object) -> Iterator[list[int]]:
    """Look again and again beside the block; any difference fails. Yields a list with one entry a look."""
    looks: list[int] = []
    wrong: list[object] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            seen = look()
            looks.append(1)
            if seen != expected:
                wrong.append(seen)
                return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield looks
    finally:
        over.set()
        thread.join(60)
    assert not wrong, f"look {len(looks)} differed"


def test_reading_everything_again_moves_no_score(container: Container, records: Path) -> None:
    collection = container.catalogue.create_collection("notes", OWNER.id).id
    container.pipeline.ingest_records(records, collection, Quiet())
    chunker: Chunker = Renamed(container.pipeline._chunker)
    indexers = [PassageIndexer(container.db, container.store, container.encoder, container.sparse)]
    again = Pipeline(container.db, container.catalogue, container.encoder, container.sparse, chunker, indexers, container.pipeline._parsers)
    before = looked(container)
    with watched(lambda: looked(container), before) as looks:
        counts = again.ingest_records(records, collection, Quiet())
        container.projector.drain()
    assert counts.changed == len(RECORDS)
    assert len(looks) > 1
    assert looked(container) == before


def test_teaching_and_taking_back_a_thousand_moves_no_score(container: Container, records: Path) -> None:
    collection = container.catalogue.create_collection("notes", OWNER.id).id
    container.pipeline.ingest_records(records, collection, Quiet())
    lines = [Line(f"line-{n}", Teaching(question=f"Who signed form {n} of archive {n % 7}?", answer=f"Person {n}.")) for n in range(1000)]
    before = looked(container)
    with watched(lambda: looked(container), before) as looks:
        taught = [outcome.receipt.id for outcome in container.ledger.teach_many(lines, OWNER, collection) if outcome.receipt]
        for correction in taught:
            container.ledger.retract(correction, OWNER)
    assert len(taught) == 1000
    assert len(looks) > 1
    assert looked(container) == before


def test_a_reader_of_one_percent_gets_k_hits(container: Container, tmp_path: Path) -> None:
    """Ten of a thousand passages are theirs, each the image of a hundred that are not."""
    mine = container.catalogue.create_collection("mine", OWNER.id).id
    others = container.catalogue.create_collection("others", OWNER.id).id
    for name, collection, rows in (("mine", mine, copies(1)), ("others", others, copies(99))):
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        container.pipeline.ingest_records(path, collection, Quiet())
    reader = Principal("reader", "reader", frozenset({Role.READER}), {mine: Right.READ})
    for result in looked(container, reader):
        assert len(result) == 10
        assert {row[2] for row in result} == {f"note-{number}-0" for number in range(10)}


def copies(times: int) -> Sequence[dict[str, str]]:
    return [{**row, "id": f"{row['id']}-{copy}"} for row in RECORDS[:10] for copy in range(times)]
