"""Extraction by a model as a job: what it would cost, what it may spend, what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from api.models import payer_of
from graph.modelled import ModelExtraction
from jitl.errors import BadInput
from jitl.purse import Budget

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.jobs import Runner
    from graph.modelled import Estimate
    from graph.written import Tally
    from jitl.ports import Models, Reporter
    from jitl.settings import Settings
    from jitl.sql.engine import Database
    from jitl.sql.jobs import Job

KIND: Final = "extraction"
UNIT: Final = "passages"
MOST_CALLS: Final = 10**6


@dataclass(frozen=True, slots=True)
class Told:
    """What a job may spend and has spent, and what it read, of passages that are still there."""

    budget: Budget
    spent: Budget
    tally: Tally


class Extracting:
    """Safe to call from several threads. `wake`: the graph has something to look at."""

    def __init__(self, db: Database, models: Models, settings: Settings, wake: Callable[[], None]) -> None:
        self._extraction = ModelExtraction(db, models, wake=wake)
        self._settings = settings

    def estimate(self, place: str) -> Estimate:
        """Raises `MissingPart` where no model is configured or the extra is not installed."""
        return self._extraction.estimate(place)

    def submit(self, runner: Runner, principal_id: str, place: str, tokens: int | None, calls: int = MOST_CALLS) -> str:
        """The job's id. Raises `MissingPart`, and `BadInput` where nobody says what it may spend."""
        self._extraction.require()
        cap = tokens or self._settings.graph_extract_tokens
        if not cap:
            raise BadInput("Say how many tokens it may take.", hint="Give a budget, or set JITL_GRAPH_EXTRACT_TOKENS; an estimate is free.")
        arguments = {"budget": asdict(Budget(cap, calls))}
        return runner.submit(KIND, arguments, principal_id=principal_id, collection_id=place)

    def run(self, job: Job, reporter: Reporter) -> None:
        assert job.collection_id is not None
        self._extraction.run(job.id, job.collection_id, _budget(job), reporter, payer_of(job))

    def over(self, job: Job) -> None:
        if job.kind == KIND:
            self._extraction.over(job.id)

    def report(self, job: Job) -> Told:
        return Told(_budget(job), self._extraction.spent(job.id), self._extraction.tally(job.id))


def _budget(job: Job) -> Budget:
    said: dict[str, Any] = dict(job.arguments)
    return Budget(**said["budget"])
