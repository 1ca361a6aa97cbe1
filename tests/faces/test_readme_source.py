"""The README's page on adding a source: what it says is done, and the new place is read, again and again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.sources.addresses import PLACES, is_local, source_of
from jitl.sql.people import OWNER
from tests.data import ROOT
from tests.faces.conftest import Live, serve, wait_for_job


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with serve(tmp_path / "data") as running:
        yield running


@pytest.fixture
def added() -> Iterator[None]:
    before = dict(PLACES)
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n### Adding a source\n")[2].partition("\n## ")[0]
    (block,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    exec(compile(block, "README.md", "exec"), {"__name__": "readme"})
    yield
    PLACES.clear()
    PLACES.update(before)


def counts(live: Live, collection: str) -> dict[str, int]:
    job = live.container.syncing.submit(live.container.runner, collection, None, OWNER)
    ended = wait_for_job(live.admin, job)
    assert ended["state"] == "done", ended
    return {status: number for status, number in ended["counts"].items() if number}


def test_a_new_kind_of_place(live: Live, added: None, tmp_path: Path) -> None:
    notes = tmp_path / "shift.txt"
    notes.write_text("# Night\n\nThe magnet tripped at 3.\n====\n# Day\n\nThe chamber was flushed.\n")
    assert is_local(f"notes+{notes}"), "its owner's alone"
    assert source_of(f"notes+{notes}", live.container.settings).root == f"notes+{notes.as_uri()}"
    collection = live.collection("shifts")
    live.container.syncing.add(collection, f"notes+{notes}", OWNER)
    assert counts(live, collection) == {"added": 2}
    assert counts(live, collection) == {"unchanged": 1}, "the mark of the whole is that of before: nothing was looked into"
    (hit, *_) = live.admin.post("/v1/search", json={"question": "magnet trip at night", "collections": ["shifts"]}).json()["hits"]
    assert hit["document"] == "shift/0.md"
    notes.write_text("# Night\n\nThe magnet tripped at 3.\n")
    assert counts(live, collection) == {"removed": 1, "unchanged": 1}
