"""Questions in one language over passages and corrections in the other, through the whole product.

Distractors are the bundled collection and, for corrections, all others taught and neighbour questions. Run with `-s` to read the
figures, by halves, and what failed in the half that may be looked at. The questions were written before the glossary.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.asking import Ask
from api.container import Container
from feedback.teaching import Teaching
from ingest.sources import find
from jitl.settings import Settings
from jitl.sql.people import OWNER
from jitl.types import Done
from tests.data import ROOT
from tests.fakes import Outcomes
from tests.quality.halves import FITTED, REPORTED, half

pytestmark = [pytest.mark.quality, pytest.mark.timeout(3600)]

QUESTIONS = Path(__file__).with_name("hep_across_languages.jsonl")
NAME, TAUGHT = "across", "across-taught"
PASSAGES_AT_5, RIGHT, WRONG, ANSWERED = 80.0, 85.0, 2.0, 60.0
Line = dict[str, Any]


def lines() -> list[Line]:
    return [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def container(tmp_path_factory) -> Iterator[Container]:
    folder = Path(os.environ.get("JITL_QUALITY_DIR", tmp_path_factory.mktemp("across"))) / NAME
    container = Container.build(Settings(data_dir=folder, keep_answers=False))
    container.loading.begin()
    try:
        info = container.catalogue.collection(NAME) or container.catalogue.create_collection(NAME, "quality")
        records = folder / "records.jsonl"
        records.write_text("".join(json.dumps(line["passage"], ensure_ascii=False) + "\n" for line in lines()), encoding="utf-8")
        assert container.pipeline.ingest_records(records, info.id, Outcomes()).failed == 0
        bundled = find([ROOT / "api/demo/collection"], container.settings)
        container.pipeline.ingest(bundled, info.id, Outcomes())
        yield container
    finally:
        container.close()


def shares(failed: Callable[[Line], str | None], what: str) -> dict[int, float]:
    """Percent of the questions without a failure, by half; failures of the half that was fitted on are printed."""
    right: defaultdict[tuple[int, str], list[bool]] = defaultdict(list)
    for line in lines():
        fault = failed(line)
        right[half(line["id"]), line["language"]].append(fault is None)
        if fault is not None and half(line["id"]) == FITTED:
            print(f"  {what}: {line['id']} {line['question']} | {fault}")
    figures = {}
    for side in (FITTED, REPORTED):
        every = right[side, "zh"] + right[side, "en"]
        figures[side] = 100 * sum(every) / len(every)
        parts = ", ".join(f"{lang} {100 * sum(right[side, lang]) / len(right[side, lang]):.1f}" for lang in ("zh", "en"))
        print(f"{what}, half {side}: {figures[side]:.1f} of {len(every)} ({parts})")
    return figures


def test_passages_are_found(container):
    def failed(line: Line) -> str | None:
        result = container.asking.search(OWNER, Ask(line["question"], (NAME,)), 20)
        documents = list(dict.fromkeys(hit.passage.document for hit in result.hits if hit.passage is not None))
        if line["passage"]["id"] in documents[:5]:
            return None
        return f"{result.query.rewritten} | {documents[:5]} | {line['passage']['title']}"

    assert shares(failed, "passage R@5")[REPORTED] >= PASSAGES_AT_5


def test_answers_quote_the_passage(container):
    def failed(line: Line) -> str | None:
        *_, done = container.asking.answer(OWNER, Ask(line["question"], (NAME,)))
        assert isinstance(done, Done)
        if done.answer.grounded and line["passage"]["id"] in {source.document for source in done.answer.sources}:
            return None
        return "refused" if not done.answer.grounded else "other sources"

    assert shares(failed, "answered from the passage")[REPORTED] >= ANSWERED


def test_corrections_fire_and_neighbours_do_not(container):
    info = container.catalogue.collection(TAUGHT) or container.catalogue.create_collection(TAUGHT, "quality")
    taught = {line["id"]: teach(container, line, info.id) for line in lines()}

    def fired(question: str) -> str | None:
        answer = container.asking.search(OWNER, Ask(question, (TAUGHT,)), 5).consultation.answer
        return None if answer is None else answer.correction.id

    def missed(line: Line) -> str | None:
        return None if fired(line["question"]) == taught[line["id"]] else line["correction"]["question"]

    def wrong(line: Line) -> str | None:
        others = [question for question in (line["question"], line["neighbour"]) if fired(question) not in (None, taught[line["id"]])]
        overreached = [line["neighbour"]] if fired(line["neighbour"]) == taught[line["id"]] else []
        return None if not others + overreached else str(others + overreached)

    right, quiet = shares(missed, "right correction"), shares(wrong, "no wrong correction")
    assert 100 - quiet[REPORTED] <= WRONG
    assert right[REPORTED] >= RIGHT


def teach(container: Container, line: Line, collection_id: str) -> str:
    taught = line["correction"]
    receipt = container.ledger.teach(Teaching(taught["question"], taught["answer"]), OWNER, collection_id)
    return receipt.id
