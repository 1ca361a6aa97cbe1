"""Replays over REST: a job, its report, for those who teach there; by itself after a reindex and when a model changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files

import pytest
import sqlalchemy as sa

from api.container import Container
from jitl.principals import Role
from jitl.settings import Settings
from jitl.sql.people import OWNER
from jitl.sql.tables import corrections, supersessions
from tests.faces.conftest import Live, serve, wait_for_job
from tests.terminal import eventually

PAGE = "# Magnet\n\nThe superconducting solenoid of the spectrometer provides a field of 0.9 tesla.\n"
QUESTION = "What is the field of the superconducting solenoid of the spectrometer?"
WRONG = "The superconducting solenoid of the spectrometer provides a field of 0.9 tesla."


@pytest.fixture
def taught(tmp_path) -> Iterator[tuple[Live, str]]:
    """A service of its own: replays look at everything. With a correction that supersedes a sentence of a page."""
    with serve(tmp_path) as live:
        live.collection("magnet")
        live.upload(live.admin, "magnet", {"magnet.md": PAGE})
        said = {"question": QUESTION, "answer": "1.0 tesla.", "collection": "magnet", "supersedes": [{"quote": WRONG}]}
        reply = live.person("erika", Role.EXPERT, magnet="teach").post("/v1/corrections", json=said)
        yield live, reply.json()["id"]


def replay(live: Live, client, **body) -> dict:
    reply = client.post("/v1/replay", json=body)
    assert reply.status_code == 202, reply.text
    job = reply.json()["job"]
    assert wait_for_job(client, job)["state"] == "done"
    return client.get(f"/v1/replay/{job}").json()


def write(live: Live, statement: sa.Executable) -> None:
    with live.container.db.write() as connection:
        connection.execute(statement)


def test_the_report_names_what_was_asked_what_came_and_why(taught: tuple[Live, str]) -> None:
    live, id_ = taught
    erika = live.person("erika", Role.EXPERT, magnet="teach")
    first = replay(live, erika)
    assert (first["regressions"], first["notes"], first["counts"]) == ([], [], {"regressions": 0, "notes": 0})
    assert first["progress"]["done"] == first["progress"]["total"] >= 3
    assert first["progress"]["unit"] == "questions"
    write(live, sa.update(corrections).where(corrections.c.id == id_).values(status="disputed"))
    (found, *_) = replay(live, erika)["regressions"]
    assert found["correction"] == id_
    assert (found["question"], found["expected"], found["came"], found["why"]) == (QUESTION, "1.0 tesla.", None, "status")
    write(live, sa.update(corrections).where(corrections.c.id == id_).values(status="approved"))
    assert replay(live, erika, collections=["magnet"])["regressions"] == []


def test_a_mark_that_no_passage_bears_any_more_is_a_note_and_one_that_was_lost_a_regression(taught: tuple[Live, str]) -> None:
    live, id_ = taught
    assert replay(live, live.admin)["regressions"] == []
    write(live, sa.delete(supersessions).where(supersessions.c.correction_id == id_))
    assert {one["why"] for one in replay(live, live.admin)["regressions"]} == {"moved"}
    assert replay(live, live.admin, accept=True)["regressions"] == []
    other = {"question": "Who built it?", "answer": "A firm.", "collection": "magnet", "supersedes": [{"quote": WRONG}]}
    live.person("erika", Role.EXPERT, magnet="teach").post("/v1/corrections", json=other)
    assert replay(live, live.admin)["notes"] == []
    assert live.admin.delete("/v1/collections/magnet/documents/magnet.md").status_code == 204
    report = replay(live, live.admin)
    assert report["regressions"] == []
    assert [(one["why"], one["wording"]) for one in report["notes"]] == [("mark_gone", "mark 1")]


def test_only_experts_of_the_collection_replay_it_and_read_the_report(taught: tuple[Live, str]) -> None:
    live, id_ = taught
    live.collection("other")
    reader, stranger = live.person("ron", magnet="read"), live.person("zoe", Role.EXPERT, other="teach")
    assert reader.post("/v1/replay", json={}).status_code == 403
    assert stranger.post("/v1/replay", json={"collections": ["magnet"]}).status_code == 404
    assert live.person("pia", Role.EXPERT, magnet="read").post("/v1/replay", json={"collections": ["magnet"]}).status_code == 403
    write(live, sa.update(corrections).where(corrections.c.id == id_).values(status="disputed"))
    report = replay(live, live.admin)
    assert report["counts"]["regressions"] >= 1
    assert stranger.get(f"/v1/replay/{report['job']}").status_code == 404
    assert replay(live, stranger)["regressions"] == []
    ingest = live.admin.get("/v1/jobs").json()["jobs"][-1]
    assert ingest["kind"] == "ingest"
    assert live.admin.get(f"/v1/replay/{ingest['id']}").status_code == 404


def test_it_runs_by_itself_after_a_reindex_and_when_a_model_changed(taught: tuple[Live, str]) -> None:
    live, _ = taught

    def done() -> int:
        mine = [job for job in live.container.jobs.find(OWNER) if job.kind == "replay"]
        return sum(job.state == "done" for job in mine) if all(job.state == "done" for job in mine) else 0

    eventually(lambda: live.container.replaying._replay.baseline.stamp)
    before = done()
    live.container.replaying.look(live.container.runner)
    assert done() == before  # nothing changed
    live.container.replaying._replay.baseline.stamp = "weights of before"
    live.container.replaying.look(live.container.runner)
    live.container.replaying.look(live.container.runner)
    eventually(lambda: done() == before + 1)
    live.container.runner.submit("reindex", {}, principal_id=OWNER.id)
    eventually(lambda: done() == before + 2)


def test_weights_of_ones_own_count_as_a_change(tmp_path) -> None:
    mine = tmp_path / "mine.json"
    mine.write_bytes(files("feedback").joinpath("scope.json").read_bytes())
    stamps = set()
    for settings in ({}, {"scope_weights": mine}, {"scope_weights": mine}):
        with closing(Container.build(Settings(data_dir=tmp_path / "data", **settings))) as container:
            container.replaying.look(container.runner)  # nothing is taught: it is only noted
            stamps.add(container.replaying._replay.baseline.stamp)
    assert len(stamps) == 2


def test_it_can_be_turned_off(tmp_path) -> None:
    with serve(tmp_path, replay_after_changes=False) as live:
        live.collection("magnet")
        live.admin.post("/v1/corrections", json={"question": "q", "answer": "a", "collection": "magnet"})
        live.container.replaying.look(live.container.runner)
        job = live.container.runner.submit("reindex", {}, principal_id=OWNER.id)
        eventually(lambda: live.container.jobs.get(job).state == "done" and not live.container.busy())
        assert [job.kind for job in live.container.jobs.find(OWNER)] == ["reindex"]
