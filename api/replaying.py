"""Replays as jobs: asked for, or due by themselves because something changed that decides which correction answers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from feedback.rewording import derived
from jitl.principals import Principal, Right
from jitl.sql.people import OWNER

if TYPE_CHECKING:
    from api.jobs import Runner
    from feedback.baseline import Finding
    from feedback.replay import Replay
    from jitl.ports import Reporter
    from jitl.settings import Settings
    from jitl.sql.catalogue import Catalogue
    from jitl.sql.jobs import Job, JobTable
    from jitl.types import CorrectionState

KIND: Final = "replay"
_WEIGHTS: Final = (".json", ".npz", ".onnx", ".npy", ".safetensors")


@dataclass(frozen=True, slots=True)
class Told:
    """A finding as it is told: the correction (None where its texts are gone) and the one that answered instead."""

    finding: Finding
    correction: CorrectionState | None
    came: CorrectionState | None

    @property
    def question(self) -> str | None:
        """What was asked; None where the correction has been changed since, or where the finding names a mark."""
        return None if self.correction is None else _wording(self.correction, self.finding.wording)


class Replaying:
    """The job's work, and when it is due. Safe to call from several threads."""

    def __init__(self, replay: Replay, catalogue: Catalogue, jobs: JobTable, settings: Settings, encoder_id: str | None) -> None:
        self._replay = replay
        self._catalogue = catalogue
        self._jobs = jobs
        self._settings = settings
        self._encoder_id = encoder_id

    def run(self, job: Job, reporter: Reporter) -> None:
        """The report is kept with the job. Arguments: `collections` (ids; None: all), `accept`."""
        named = job.arguments.get("collections")
        living = [info.id for info in self._catalogue.living()]
        stamp = self._stamp()
        chosen = [id_ for id_ in living if named is None or id_ in named]
        report = self._replay.run(chosen, reporter, accept=bool(job.arguments.get("accept")))
        if report is None:
            return
        self._replay.baseline.report(job.id, report.findings)
        if named is None:
            self._replay.baseline.stamp = stamp

    def report(self, job: Job, who: Principal) -> list[Told]:
        """What it found, with the texts as the ledger holds them now; only of corrections that the caller may read."""
        findings = self._replay.baseline.findings(job.id)
        known = self._replay.concerned(findings)
        readable = {id_: state for id_, (place, state) in known.items() if who.may(Right.READ, place)}
        return [Told(one, readable[one.correction_id], readable.get(one.came or "")) for one in findings if one.correction_id in readable]

    def submit(self, runner: Runner, principal_id: str, collections: Sequence[str] | None, *, accept: bool = False) -> str:
        """The job's id; the same that waits already is not asked for twice."""
        arguments = {"collections": None if collections is None else sorted(collections), "accept": accept}
        for job in self._jobs.unfinished():
            if (job.kind, job.state, job.principal_id, dict(job.arguments)) == (KIND, "queued", principal_id, arguments):
                return job.id
        place = collections[0] if collections is not None and len(collections) == 1 else None
        return runner.submit(KIND, arguments, principal_id=principal_id, collection_id=place)

    def after(self, job: Job, runner: Runner) -> None:
        """A job is over: after a reindex everything is asked again."""
        if job.kind == "reindex" and self._wanted() and self._jobs.get(job.id).state == "done":
            self.submit(runner, OWNER.id, None)

    def changed(self, runner: Runner, principal_id: str, collections: Sequence[str]) -> None:
        """What decides in these collections is another now: what was taught there is asked again."""
        if self._wanted():
            self.submit(runner, principal_id, collections)

    def look(self, runner: Runner) -> None:
        """Queue a replay where weights or encoder are others than at the last; left to a process that stays."""
        known = self._replay.baseline.stamp
        if not self._settings.replay_after_changes or known == self._stamp():
            return
        if known is None or not self._replay.taught():  # nothing was decided by other weights before
            self._replay.baseline.stamp = self._stamp()
        elif not self._replay.late() and not any(job.kind == KIND for job in self._jobs.unfinished()):
            self._jobs.create(KIND, {"collections": None, "accept": False}, principal_id=OWNER.id)
            runner.wake()

    def _wanted(self) -> bool:
        return self._settings.replay_after_changes and self._replay.taught()

    def _stamp(self) -> str:
        """Of the weights that decide, and of the encoder."""
        shipped = (Path(str(file)) for file in files("feedback").iterdir())
        chosen = (self._settings.scope_weights, self._settings.pair_weights)
        weights = sorted(file for file in (*shipped, *chosen) if file is not None and file.suffix in _WEIGHTS and file.is_file())
        found = (_digest(file, file.stat().st_mtime_ns) for file in weights)
        return hashlib.sha256("\n".join([str(self._encoder_id), *found]).encode()).hexdigest()


@lru_cache(maxsize=16)
def _digest(file: Path, _modified: int) -> str:
    return f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}"


def _wording(state: CorrectionState, name: str) -> str | None:
    kind, _, rest = name.partition(" ")
    if kind == "question":
        return state.question
    if kind == "paraphrase":
        return dict(enumerate(state.paraphrases, 1)).get(int(rest))
    return derived(state.question).get(rest) if kind == "derived" else None
