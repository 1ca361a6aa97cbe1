"""Seed fission as a job: what it is asked for, what it did, what it cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from api.models import payer_of
from feedback.fission import Order
from jitl.purse import Budget

if TYPE_CHECKING:
    from api.jobs import Runner
    from feedback.fission import Evidence, Fission, Proposed
    from jitl.ports import Reporter
    from jitl.principals import Principal
    from jitl.sql.jobs import Job

KIND: Final = "fission"
UNIT: Final = "passages"


@dataclass(frozen=True, slots=True)
class Told:
    """What a job may spend and has spent, and the pairs it proposed as they stand now."""

    budget: Budget
    spent: Budget
    pairs: list[Proposed]


class Fissioning:
    """Safe to call from several threads."""

    def __init__(self, fission: Fission) -> None:
        self._fission = fission

    def submit(self, runner: Runner, principal_id: str, order: Order) -> str:
        """The job's id. Raises `MissingPart` where no model is configured."""
        self._fission.require_model()
        arguments = {"topic": order.topic, "document": order.document_id, "budget": asdict(order.budget)}
        return runner.submit(KIND, arguments, principal_id=principal_id, collection_id=order.collection_id)

    def run(self, job: Job, reporter: Reporter) -> None:
        self._fission.run(job.id, _order(job), reporter, payer_of(job))

    def over(self, job: Job) -> None:
        if job.kind == KIND:
            self._fission.over(job.id)

    def sources(self, correction: str, who: Principal) -> list[Evidence]:
        return self._fission.sources(correction, who)

    def report(self, job: Job) -> Told:
        return Told(_order(job).budget, self._fission.spent(job.id), self._fission.proposed(job.id))


def _order(job: Job) -> Order:
    assert job.collection_id is not None
    said: dict[str, Any] = dict(job.arguments)
    return Order(job.collection_id, Budget(**said["budget"]), said["topic"], said["document"])
