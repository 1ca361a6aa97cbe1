"""A whole service with pages of our own, each of which holds one falsehood."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api import render
from api.asking import Ask
from api.container import Container
from jitl.settings import Settings
from jitl.sql.people import OWNER
from jitl.types import Done
from tests.fakes import Outcomes

FALSEHOODS = [json.loads(line) for line in Path(__file__).with_name("hep_falsehoods.jsonl").read_text(encoding="utf-8").splitlines()]


@dataclass
class House:
    """A whole service with the pages that hold the falsehoods."""

    container: Container
    collection: str

    def ask(self, question: str) -> dict:
        events = self.container.asking.answer(OWNER, Ask(question, [self.collection]))
        (done,) = (event for event in events if isinstance(event, Done))
        return {name: value for name, value in render.answer(done.answer).items() if name != "id"}

    def search(self, question: str) -> list[dict]:
        return render.search(self.container.asking.search(OWNER, Ask(question, [self.collection]), 20))["hits"]

    def seen(self) -> list[object]:
        """Everything that may be asked: answers, hits, order and scores."""
        asked = [one[name] for one in FALSEHOODS for name in ("question", "paraphrase", "bystander")]
        return [(self.ask(question), self.search(question)) for question in asked]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    container = Container.build(Settings(data_dir=tmp_path / "data", keep_answers=False))
    try:
        place = container.catalogue.create_collection("pages", OWNER.id).id
        file = tmp_path / "pages.jsonl"
        file.write_text(
            "".join(json.dumps({"id": one["document"], "title": one["document"], "text": one["text"]}) + "\n" for one in FALSEHOODS)
        )
        outcomes = Outcomes()
        container.pipeline.ingest_records(file, place, outcomes)
        assert len(outcomes.of("added")) == len({one["document"] for one in FALSEHOODS})
        yield House(container, place)
    finally:
        container.close()
