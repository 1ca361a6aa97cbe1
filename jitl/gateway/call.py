"""One attempt at one endpoint: cut to what it can read, paid for, timed, and its outcome held for or against the endpoint."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from jitl.errors import Unanswered
from jitl.gateway.fitting import fitted
from jitl.gateway.meter import Meter, Taken, prompt_tokens

if TYPE_CHECKING:
    from jitl.gateway.ledger import Ledger
    from jitl.gateway.plan import EndpointPlan
    from jitl.gateway.servers import Server
    from jitl.speech import Chunk, Payer

LONGEST: Final = 5
"""A reply that trickles may take this many timeouts altogether."""
DOUBTFUL_S: Final = 10.0
"""Longest wait for an endpoint that cost a timeout when it was last asked."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What is asked: on which route, for whom, for at most how many tokens and seconds. `silent`: a reply without words is one too."""

    route: str
    payer: Payer | None
    max_tokens: int | None = None
    within_s: float | None = None
    silent: bool = False


def room(plan: EndpointPlan, max_tokens: int | None) -> int | None:
    """Tokens that a question may take so that there is room for the reply; None: no limit is known."""
    return None if plan.context is None else plan.context - min(max_tokens or plan.max_tokens, plan.context // 2)


def attempt(server: Server, errand: Errand, body: Mapping[str, Any], ledger: Ledger | None) -> Generator[Chunk, None, None]:
    """Chunks from the first that says something on; what comes before is held back, so that until then another one can be asked.

    Raises `Unanswered`, and `OutOfBudget` before anything is asked.
    """
    plan = server.plan
    asked = _limited(fitted(body, room(plan, errand.max_tokens)), plan, errand)
    meter = Meter(prompt_tokens(asked))
    with server.health.at_work(), _charged(server, errand, meter, ledger):
        held: list[Chunk] = []
        with closing(_heard(server, errand, asked, meter)) as chunks:
            for chunk in chunks:
                held.append(chunk)
                if meter.begun:
                    yield from held
                    held.clear()
        if not (meter.begun or (errand.silent and meter.finished)):
            raise Unanswered("the model replied with nothing")
        if not meter.finished:
            raise Unanswered("the reply broke off")
        yield from held


def _heard(server: Server, errand: Errand, asked: Mapping[str, Any], meter: Meter) -> Generator[Chunk, None, None]:
    """Chunks within the time that a whole reply may take. What goes wrong after the reply has ended is of no account."""
    lasting = errand.within_s or LONGEST * server.plan.timeout_s
    ends = time.monotonic() + lasting
    try:
        with closing(server.transport.chunks(asked, timeout_s=_wait(server, errand))) as chunks:
            for chunk in chunks:
                meter.read(chunk)
                yield chunk
                _still_in_time(ends, lasting)
    except Unanswered:
        if not meter.finished:
            raise


@contextmanager
def _charged(server: Server, errand: Errand, meter: Meter, ledger: Ledger | None) -> Iterator[None]:
    """Set aside, then settled; how it ended is held for or against the endpoint. A refusal costs nothing."""
    payer, plan, call = errand.payer, server.plan, None
    if ledger is not None and payer is not None:
        call = ledger.open(payer, errand.route, plan, meter.taken().prompt, errand.max_tokens or plan.max_tokens)
    outcome, free = "cancelled", False
    try:
        yield
        outcome = "done"
    except Unanswered as fault:
        outcome, free = ("cut", False) if meter.begun else ("failed", not fault.slow)
        if not (fault.slow and errand.within_s):  # that wait was ours, shorter than the endpoint's
            server.health.failed(fault)
        raise
    finally:
        if outcome == "done" or (outcome == "cancelled" and meter.begun):
            server.health.well()
        if ledger is not None and call is not None:
            ledger.settle(call, plan, Taken(0, 0, estimated=False) if free else meter.taken(), outcome)


def _still_in_time(ends: float, lasting: float) -> None:
    if time.monotonic() > ends:
        raise Unanswered(f"the reply took longer than {lasting:g} s", slow=True)


def _wait(server: Server, errand: Errand) -> float:
    state, longest = server.health.state(), server.plan.timeout_s
    return min(longest, errand.within_s or longest, DOUBTFUL_S if state.doubtful and state.slow else longest)


def _limited(body: Mapping[str, Any], plan: EndpointPlan, errand: Errand) -> dict[str, Any]:
    """With a longest reply, and with the wish to be told what it cost."""
    named = "max_completion_tokens" in body or "max_tokens" in body
    longest = {} if named else {"max_tokens": errand.max_tokens or plan.max_tokens}
    return {**body, **longest, "stream_options": {"include_usage": True}}
