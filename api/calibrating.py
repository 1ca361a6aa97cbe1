"""Fitting the scope decision's threshold on a collection's own corrections, as a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.jobs import Runner
    from feedback.thresholds import Fit, Thresholds
    from jitl.ports import Reporter
    from jitl.sql.jobs import Job

KIND: Final = "fit"
UNIT: Final = "corrections"


class Calibrating:
    """The job's work and its report. Safe to call from several threads."""

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds

    def submit(self, runner: Runner, principal_id: str, places: Sequence[str], *, dry_run: bool) -> str:
        """The job's id."""
        place = places[0] if len(places) == 1 else None
        return runner.submit(KIND, {"collections": list(places), "dry_run": dry_run}, principal_id=principal_id, collection_id=place)

    def run(self, job: Job, reporter: Reporter) -> None:
        self._thresholds.fit(job.id, job.arguments["collections"], job.principal_id, reporter, dry_run=bool(job.arguments["dry_run"]))

    def report(self, job: Job) -> list[Fit]:
        return self._thresholds.report(job.id)

    def changed(self, job: Job) -> list[str]:
        """Collections in which the job that is over has moved the threshold: what was taught there is to be asked again."""
        return [fit.collection_id for fit in self.report(job) if fit.applied] if job.kind == KIND else []
