"""Seed fission killed in the middle, twice: it goes on where it stopped, no pair enters twice, and the budget is kept."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from subprocess import Popen

import pytest
import sqlalchemy as sa

from api.container import Container
from jitl.principals import Principal, Right, Role
from jitl.settings import Settings
from jitl.sql.people import OWNER
from jitl.sql.tables import fission_calls
from tests.endpoint import Endpoint, serving
from tests.personas import page, question, speak
from tests.terminal import LIMIT_S, Terminal

PARTS = ("drift chamber", "muon counter", "calorimeter", "magnet", "trigger")
FACTS = [("serial number", part, f"BES-{1000 + at}") for at, part in enumerate(PARTS)]
KILLS = (4, 11)
CALLS = 3 * len(FACTS) + len(KILLS)  # a reply that a kill cut short is asked for again


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving() as endpoint:
        endpoint.speaks, endpoint.pause_s = speak, 0.1
        yield endpoint


def test_killed_and_resumed(tmp_path: Path, endpoint: Endpoint) -> None:
    model = {"JITL_MODEL_URL": endpoint.url, "JITL_MODEL_NAME": "persona"}
    jitl = Terminal(tmp_path / "data")
    (tmp_path / "detector.md").write_text(page(FACTS))
    jitl.ok("ingest", tmp_path / "detector.md", "--collection", "hep")
    first, second = KILLS
    kill_after(jitl.start("fission", "-c", "hep", "--topic", "serial number", "--calls", CALLS, "--json", **model), endpoint, first)
    with closing(sqlite3.connect(tmp_path / "data" / "jitl.db")) as left:
        ((job,),) = left.execute("select id from jobs where kind = 'fission'").fetchall()
    kill_after(jitl.start("jobs", "watch", job, "--json", **model), endpoint, second)
    endpoint.pause_s = 0.0
    jitl.ok("jobs", "watch", job, "--json", **model)
    asked = len(endpoint.requests)
    again = jitl.ok("fission", "-c", "hep", "--document", "detector.md", **model)
    assert (again.out.startswith("0 pairs proposed"), len(endpoint.requests)) == (True, asked), "every passage is done"
    bare = jitl("fission", "-c", "hep", "--topic", "serial number")
    assert (bare.code, "JITL_MODEL_URL" in bare.err) == (1, True)
    container = Container.build(Settings(data_dir=tmp_path / "data"))
    try:
        told = container.fissioning.report(container.jobs.get(job))
        assert sorted(pair.question for pair in told.pairs) == sorted(question(what, part) for what, part, _ in FACTS)
        assert {pair.status for pair in told.pairs} == {"proposed"}
        assert len(endpoint.requests) <= told.spent.calls <= CALLS
        with container.db.read() as connection:
            assert set(connection.scalars(sa.select(fission_calls.c.reply))) == {None}, "no text of the documents stays behind"
        assert nothing_is_authoritative(container, [pair.question for pair in told.pairs])
    finally:
        container.close()


def kill_after(process: Popen[str], endpoint: Endpoint, requests: int) -> None:
    """While the model is wording its reply to that many requests."""
    until = time.monotonic() + LIMIT_S
    try:
        while len(endpoint.requests) < requests:
            assert process.poll() is None, "it ended before it was killed"
            assert time.monotonic() < until
            time.sleep(0.005)
    finally:
        process.kill()
        out, err = process.communicate()
        print(out, err)


def nothing_is_authoritative(container: Container, questions: list[str]) -> bool:
    place = container.catalogue.collections(OWNER)[0].id
    erika = Principal("erika", "erika", frozenset({Role.EXPERT}), {place: Right.TEACH})
    found = [container.searcher.search(container.searcher.prepare(asked, (place,)), 5).consultation for asked in questions]
    assert all(consultation.evidence for consultation in found), "but they are shown beside"
    assert all(state.status == "proposed" for state in container.ledger.list(erika))
    return all(consultation.answer is None for consultation in found)
