"""Places read again and again: their list, and the job that reads what is new, changed, moved and vanished there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from api.work import Onward
from ingest.sources.addresses import is_local, source_of
from ingest.sources.port import NOTHING_REMEMBERED, opened
from ingest.tally import FAILED, UNCHANGED
from jitl.errors import JitlError, NotAllowed
from jitl.ports import Reporter
from jitl.sql.intake_rules import IntakeRules
from jitl.sql.jobs import Job
from jitl.sql.origins import Origin, Origins
from jitl.sql.people import OWNER

if TYPE_CHECKING:
    from api.jobs import Runner
    from ingest.pipeline import Pipeline
    from jitl.principals import Principal
    from jitl.settings import Settings
    from jitl.sql.engine import Database

KIND: Final = "sync"


class Syncing:
    def __init__(self, db: Database, pipeline: Pipeline, settings: Settings) -> None:
        self._pipeline = pipeline
        self._settings = settings
        self.origins = Origins(db)
        self.rules = IntakeRules(db)

    def add(self, collection_id: str, address: str, who: Principal) -> Origin:
        """Raises `BadInput` for an address that nobody reads, `NotAllowed` for a place of this machine, which its owner alone may list."""
        source_of(address, self._settings)
        if is_local(address) and who.id != OWNER.id:
            raise NotAllowed("Files of the service's machine are read for its owner alone.", hint="Run `jitl sync` there.")
        return self.origins.add(collection_id, address, who.id)

    def submit(self, runner: Runner, collection_id: str, ids: Sequence[str] | None, who: Principal, *, force: bool = False) -> str:
        """Queue the reading of these places, or of all in the collection's list. Raises `NotFound` for one that is not in it."""
        found = self.origins.listed(collection_id) if ids is None else self.origins.chosen(collection_id, ids)
        arguments = {"origins": [origin.id for origin in found], "force": force}
        return runner.submit(KIND, arguments, principal_id=who.id, collection_id=collection_id)

    def run(self, job: Job, reporter: Reporter) -> None:
        """One place after the other. One that does not answer costs itself alone: it is reported as failed, its documents stay."""
        assert job.collection_id is not None
        wanted = set(job.arguments["origins"])
        onward = Onward(reporter)
        for origin in self.origins.listed(job.collection_id):  # some may have been taken off the list meanwhile
            if origin.id in wanted and not reporter.cancelled():
                onward.turn()
                try:
                    self._read(origin, onward, force=bool(job.arguments.get("force")))
                except JitlError as error:
                    onward.outcome(origin.address, FAILED, str(error))

    def _read(self, origin: Origin, onward: Onward, *, force: bool) -> None:
        source = source_of(origin.address, self._settings)
        revision, setup = source.revision(), self._pipeline.setup(origin.collection_id)
        if revision is not None and (revision, setup) == (origin.revision, origin.setup) and not force:
            onward.outcome(source.root, UNCHANGED)
            return
        remembered = self._pipeline.remembered(origin.collection_id, source.root)
        with opened(source, self._settings, NOTHING_REMEMBERED if force else remembered) as found:
            counts = self._pipeline.ingest(found, origin.collection_id, onward, root=source.root, force=force, remembered=remembered)
        if not counts.failed and not counts.cancelled:
            self.origins.synced(origin.id, revision, setup)
