"""The passages' index on a server that is away at the start, or forgets: it is no reason not to start, and what it lacks is made again."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from api import models
from api.container import Container
from api.parts import DEGRADED, READY
from jitl.settings import Settings
from tests import qdrant_server, servers
from tests.fakes import Outcomes
from tests.flows.crash_child import QuickEncoder
from tests.terminal import eventually


def found(service: Container, question: str) -> tuple[list[str], list[str]]:
    """Documents, and what was missing."""
    result = service.searcher.search(service.searcher.prepare(question, [service.catalogue.collection("notes").id]), 5)
    return [hit.passage.document for hit in result.hits if hit.passage], list(result.notices)


def state(service: Container) -> str:
    return next(part.state for part in service.parts() if part.name == "passages")


def test_a_service_starts_without_it_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "OnnxEncoder", QuickEncoder)
    settings = Settings(data_dir=tmp_path, vectors_url=f"http://127.0.0.1:{servers.free_port()}")
    with closing(Container.build(settings)) as service:
        service.catalogue.create_collection("notes", "owner")
        assert state(service) == DEGRADED
        hits, missing = found(service, "Where is the muon chamber?")
        assert hits == []
        assert missing


def test_what_it_forgot_is_put_into_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "OnnxEncoder", QuickEncoder)
    records = tmp_path / "notes.jsonl"
    records.write_text(
        "".join(json.dumps({"id": f"n{at}", "text": f"The muon chamber {at} stands in hall {at}."}) + "\n" for at in range(5))
    )
    with qdrant_server.standin() as url, closing(Container.build(Settings(data_dir=tmp_path / "data", vectors_url=url))) as service:
        place = service.catalogue.create_collection("notes", "owner").id
        assert service.pipeline.ingest_records(records, place, Outcomes()).added == 5
        assert state(service) == READY
        service.loss.look()
        assert service.outbox.count() == 0, "nothing was lost"
        before = found(service, "Where is muon chamber 3?")
        assert len(before[0]) == 5
        httpx.delete(f"{url}/collections/{service.settings.vectors_collection}", trust_env=False)
        eventually(lambda: state(service) == READY)
        assert found(service, "Where is muon chamber 3?")[0] == []
        service.loss.look()
        eventually(lambda: service.outbox.count() == 0)
        assert found(service, "Where is muon chamber 3?") == before
