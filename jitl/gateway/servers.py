"""The endpoints at work: whom to ask first on a route, and how each one is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from jitl.errors import Unanswered
from jitl.gateway.health import Health, State

if TYPE_CHECKING:
    from jitl.gateway.plan import EndpointPlan, Plan, RoutePlan
    from jitl.speech import Transport


@dataclass(frozen=True, slots=True)
class Server:
    """An endpoint at work."""

    plan: EndpointPlan
    transport: Transport
    health: Health = field(default_factory=Health)


@dataclass(frozen=True, slots=True)
class Place:
    """A turn in the order of those who may be asked. `instead_of`: the endpoint in whose place a fallback stands."""

    server: Server
    instead_of: EndpointPlan | None
    attempts: int  # at most; where another of the same standing can be asked, one


@dataclass(frozen=True, slots=True)
class Standing:
    """An endpoint as the doctor sees it."""

    plan: EndpointPlan
    state: State
    routes: tuple[str, ...]


def _probe(server: Server) -> None:
    try:
        server.transport.probe()
    except Unanswered as fault:
        server.health.failed(fault)
    else:
        server.health.well()


class Servers:
    """All endpoints of a plan. Safe to use from several threads."""

    def __init__(self, plan: Plan, connect: Callable[[EndpointPlan], Transport]) -> None:
        self._plan = plan
        self._servers = {name: Server(one, connect(one)) for name, one in plan.endpoints.items()}
        self._turn = count()
        self._last: dict[str, int] = {}  # endpoint -> when it was last chosen, counted in choices

    def order(self, route: RoutePlan) -> list[Place]:
        """Those of the route's own that are awake, the least busy first, then its fallbacks that are; where all rest, see `_resting`."""
        shared = sorted((self._servers[name] for name in route.use), key=self._load)
        awake = [server for server in shared if not server.health.state().rests_s]
        behind = [self._servers[name] for name in route.fallback]
        chosen = [*awake, *(server for server in behind if not server.health.state().rests_s)] or self._resting([*shared, *behind])
        if chosen:
            self._last[chosen[0].plan.name] = next(self._turn)
        return list(self._places(chosen, route))

    def back_in(self, route: RoutePlan) -> float:
        """Seconds until the first endpoint of the route has rested."""
        return min(self._servers[name].health.state().rests_s for name in (*route.use, *route.fallback))

    def standings(self) -> list[Standing]:
        routes = self._plan.routes
        serves = {name: tuple(label for label, one in routes.items() if name in (*one.use, *one.fallback)) for name in self._servers}
        return [Standing(server.plan, server.health.state(), serves[name]) for name, server in self._servers.items()]

    def probe(self) -> None:
        """Ask each whether it is there, at no cost; what comes of it is seen in `standings`."""
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(_probe, self._servers.values()))

    def close(self) -> None:
        for server in self._servers.values():
            server.transport.close()

    def _load(self, server: Server) -> tuple[bool, int, int]:
        """One that failed is tried by one request at a time; else the fewest calls under way, and of these the longest idle."""
        state = server.health.state()
        return state.doubtful and state.busy > 0, state.busy, self._last.get(server.plan.name, -1)

    @staticmethod
    def _resting(servers: Sequence[Server]) -> list[Server]:
        """Those whose failure cost nobody a timeout are asked all the same, the first to be back first."""
        quick = [server for server in servers if not server.health.state().slow]
        return sorted(quick, key=lambda server: server.health.state().rests_s)

    def _places(self, chosen: Sequence[Server], route: RoutePlan) -> Iterator[Place]:
        first = self._plan.endpoints[route.use[0]]
        for at, server in enumerate(chosen):
            own = server.plan.name in route.use
            another = own and at + 1 < len(chosen) and chosen[at + 1].plan.name in route.use
            yield Place(server, None if own else first, 1 if another else server.plan.retries + 1)
