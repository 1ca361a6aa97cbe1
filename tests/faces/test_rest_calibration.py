"""Fitting the scope decision's threshold over REST and on the command line: a job, its report, and who may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from feedback.calibrate import Calibration, Rates
from jitl.principals import Role
from tests.faces.conftest import Live, serve, wait_for_job
from tests.terminal import Terminal, eventually

QUESTION = "Who looks after the {} of the large drift chamber?"
THINGS = ("gas", "magnet", "readout", "trigger")


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serve(tmp_path_factory.mktemp("data")) as live:
        live.collection("chamber")
        live.collection("other")
        erika = live.person("erika", Role.EXPERT, chamber="teach")
        for number, thing in enumerate(THINGS):
            said = {"question": QUESTION.format(thing), "answer": f"Group {number}", "collection": "chamber"}
            assert erika.post("/v1/corrections", json=said).status_code == 201
        yield live


def test_a_fit_is_a_job_with_a_report_and_few_corrections_keep_the_shipped_threshold(taught: Live) -> None:
    erika = taught.person("erika", Role.EXPERT, chamber="teach")
    reply = erika.post("/v1/corrections/fit", json={"collections": ["chamber"]})
    assert reply.status_code == 202
    assert wait_for_job(erika, reply.json()["job"])["state"] == "done"
    report = erika.get(f"/v1/corrections/fit/{reply.json()['job']}").json()
    assert (report["state"], report["dry_run"], report["progress"]["unit"]) == ("done", False, "corrections")
    assert report["progress"]["done"] == report["progress"]["total"] == len(THINGS)
    (one,) = report["collections"]
    assert (one["collection"], one["corrections"], one["near"], one["applied"]) == ("chamber", 4, 4, False)
    assert one["before"] == one["after"]
    assert one["after"]["threshold"] == one["shipped"]
    assert erika.get("/v1/corrections/fit").json() == {"shipped": one["shipped"], "collections": []}


def test_a_moved_threshold_is_shown_is_replayed_and_is_reset(taught: Live) -> None:
    erika = taught.person("erika", Role.EXPERT, chamber="teach")
    place = taught.collection("chamber")
    container = taught.container
    rates = Rates(0.83, 0.0, 0.0)
    with container.db.write() as connection:
        assert container.thresholds._set(connection, place, Calibration(4, 4, 0, 4, rates, rates), "erika")
    shown = erika.get("/v1/corrections/fit").json()["collections"]
    assert [(one["collection"], one["threshold"], one["corrections"]) for one in shown] == [("chamber", 0.83, 4)]
    assert erika.delete("/v1/corrections/fit", params={"collection": "chamber"}).json() == {"reset": ["chamber"]}
    assert erika.delete("/v1/corrections/fit").json() == {"reset": []}
    kinds = eventually(lambda: [job["kind"] for job in erika.get("/v1/jobs").json()["jobs"] if job["kind"] == "replay"])
    assert kinds == ["replay"]


def test_readers_and_strangers_may_not(taught: Live) -> None:
    reader = taught.person("ron", chamber="read")
    guest = taught.person("pia", Role.EXPERT, chamber="read", other="teach")
    stranger = taught.person("zoe", Role.EXPERT, other="teach")
    for caller, status in ((reader, 403), (guest, 403), (stranger, 404)):
        assert caller.post("/v1/corrections/fit", json={"collections": ["chamber"]}).status_code == status
        assert caller.get("/v1/corrections/fit", params={"collection": "chamber"}).status_code == status
        assert caller.delete("/v1/corrections/fit", params={"collection": "chamber"}).status_code == status
    reply = taught.admin.post("/v1/corrections/fit", json={"collections": ["chamber"], "dry_run": True})
    wait_for_job(taught.admin, reply.json()["job"])
    assert stranger.get(f"/v1/corrections/fit/{reply.json()['job']}").status_code == 404
    assert reader.get(f"/v1/corrections/fit/{reply.json()['job']}").status_code == 404


def test_on_the_command_line_in_both_languages(tmp_path: Path) -> None:
    jitl = Terminal(tmp_path / "data")
    with jitl.serving():
        jitl.ok("teach", "--question", QUESTION.format("gas"), "--answer", "Group 0", "-c", "chamber")
        (report,) = jitl.json("corrections", "fit", "--dry-run")
        assert (report["state"], report["dry_run"], report["collections"][0]["corrections"]) == ("done", True, 1)
        assert "Nothing was changed." in jitl.ok("corrections", "fit", "-c", "chamber").out
        assert "未做任何更改" in jitl.ok("--lang", "zh", "corrections", "fit").out
        assert jitl.json("corrections", "fit", "--reset") == [{"reset": []}]
        assert jitl("corrections", "fit", "--reset", "--dry-run").code == 2
