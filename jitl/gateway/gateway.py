"""Which model answers on which route: the load is shared, endpoints that failed rest, a fallback is told of.

Once a piece of a reply has been given nothing is asked anew: what follows could not go on from it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from jitl.errors import BadInput, JitlError, MissingPart, Unanswered, Unavailable
from jitl.gateway.call import Errand, attempt, room
from jitl.gateway.caps import Wanted
from jitl.gateway.meter import thoughtless, words
from jitl.gateway.servers import Place, Servers, Standing
from jitl.speech import Message, Reached

if TYPE_CHECKING:
    from jitl.gateway.ledger import Ledger
    from jitl.gateway.plan import EndpointPlan, Plan
    from jitl.speech import Chunk, Payer, Transport

log = logging.getLogger(__name__)

RETRY_PAUSE_S: Final = 0.3
OURS: Final = frozenset({"model", "stream", "stream_options", "n"})
"""Fields of a chat body that are not passed through. One reply a call: what is set aside for it is one reply's."""
NO_MODEL: Final = "No model is configured for this route."
WHAT_TO_SET: Final = "An admin sets JITL_MODEL_URL, or describes endpoints and routes in models.toml."


class Gateway:
    """Implements `jitl.speech.Models`. `ledger` None: nothing is counted and there are no caps."""

    def __init__(self, plan: Plan, connect: Callable[[EndpointPlan], Transport], ledger: Ledger | None = None) -> None:
        self.plan = plan
        self._servers = Servers(plan, connect)
        self._ledger = ledger

    def of(
        self, route: str, payer: Payer | None = None, /, *, max_tokens: int | None = None, within_s: float | None = None
    ) -> Routed | None:
        found = self.plan.route(route)
        if found is None:
            return None
        if self._ledger is not None and payer is not None:
            first = self.plan.endpoints[found.use[0]]
            longest = max_tokens or first.max_tokens
            self._ledger.check(payer, Wanted(longest, first.cost(0, longest)))
        return Routed(self, Errand(route, payer, max_tokens, within_s))

    def chat(self, route: str, body: Mapping[str, Any], payer: Payer | None = None, /) -> Generator[Chunk, None, None]:
        if self.plan.route(route) is None:
            raise MissingPart(NO_MODEL, hint=WHAT_TO_SET)
        passed = {name: value for name, value in body.items() if name not in OURS and value is not None}
        messages = passed.get("messages")
        if not isinstance(messages, list) or not all(isinstance(one, Mapping) for one in messages):
            raise BadInput("`messages` is not a list of messages.")
        longest = passed.get("max_completion_tokens") or passed.get("max_tokens")
        errand = Errand(route, payer, longest if isinstance(longest, int) and longest > 0 else None, silent=True)
        yield from self.converse(errand, passed)

    def name(self, route: str) -> str:
        """Tells one set of models from another: what was asked of these need not be asked again."""
        found = self.plan.route(route)
        return " ".join(f"{self.plan.endpoints[one].url} {self.plan.endpoints[one].model}" for one in (found.use if found else ()))

    def room(self, route: str, max_tokens: int | None) -> int | None:
        """Tokens that a question may take so that each endpoint of the route can read it and reply."""
        found = self.plan.route(route)
        names = (*found.use, *found.fallback) if found else ()
        rooms = [room(self.plan.endpoints[name], max_tokens) for name in names]
        return min((one for one in rooms if one is not None), default=None)

    def standings(self) -> list[Standing]:
        return self._servers.standings()

    def probe(self) -> None:
        """Ask each endpoint whether it is there, at no cost; what comes of it is seen in `standings`."""
        self._servers.probe()

    def close(self) -> None:
        self._servers.close()

    def converse(
        self, errand: Errand, body: Mapping[str, Any], reached: Callable[[Reached], None] = lambda _: None
    ) -> Generator[Chunk, None, None]:
        """Chunks of one reply, from the first endpoint that begins one. `reached` hears of it before its first chunk."""
        found = self.plan.route(errand.route)
        assert found is not None
        faults: list[Unanswered] = []
        for place in self._servers.order(found):
            for left in range(place.attempts - 1, -1, -1):
                fault = yield from self._try(place, errand, body, reached)
                if fault is None:
                    return
                faults.append(fault)
                if not left or not fault.again:
                    break
                log.warning("The endpoint %s failed (%s); trying once more.", place.server.plan.name, fault.message)
                time.sleep(RETRY_PAUSE_S)
        if not faults:
            raise Unavailable(f"every model of this route rests after a timeout, the next for {self._servers.back_in(found):.0f} s more")
        raise _given_up(faults, passed_through=errand.silent)

    def _try(
        self, place: Place, errand: Errand, body: Mapping[str, Any], reached: Callable[[Reached], None]
    ) -> Generator[Chunk, None, Unanswered | None]:
        """The fault, where nothing came that was passed on."""
        begun = False
        try:
            with closing(attempt(place.server, errand, body, self._ledger)) as chunks:
                for chunk in chunks:
                    if not begun:
                        begun = True
                        reached(Reached(place.server.plan.model, None if place.instead_of is None else place.instead_of.model))
                    yield chunk
        except Unanswered as fault:
            if begun:
                raise
            return fault
        return None


class Routed:
    """Implements `jitl.speech.RoutedModel`."""

    def __init__(self, gateway: Gateway, errand: Errand) -> None:
        self._gateway = gateway
        self._errand = errand
        self.reached: Reached | None = None

    @property
    def room(self) -> int | None:
        return self._gateway.room(self._errand.route, self._errand.max_tokens)

    def stream(self, messages: Sequence[Message]) -> Generator[str, None, None]:
        body = {"messages": [{"role": message.role, "content": message.content} for message in messages], "temperature": 0}
        with closing(self._gateway.converse(self._errand, body, self._hear)) as chunks:
            yield from thoughtless(piece for piece in map(words, chunks) if piece)

    def _hear(self, reached: Reached) -> None:
        self.reached = reached


def _given_up(faults: Sequence[Unanswered], *, passed_through: bool) -> JitlError:
    last = faults[-1]
    if passed_through and all(fault.refused for fault in faults):
        return BadInput(f"The model does not take this request ({last.message}).", hint=last.hint)
    return last
