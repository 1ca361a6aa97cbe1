"""Which endpoints there are, which serve which route, and what may be spent: `models.toml` in the data folder, or JITL_MODEL_*.

    currency = "CNY"

    [endpoints.hall]                 # any name
    url = "http://127.0.0.1:8000/v1"
    model = "xiwu-13b"
    key_env = "HALL_KEY"             # the environment variable (or line of jitl.env) that holds its key
    context = 8192                   # tokens it can read and write together
    price_in = 0.5                   # per million tokens
    price_out = 2.0

    [routes.hep]
    use = ["hall", "hall2"]          # the load is shared
    fallback = ["cloud"]             # in this order, where none of those answers

    [routes.default]                 # every route that is not named
    use = ["cloud"]

    [caps]                           # of whoever has none of their own
    key = {tokens = 2_000_000, per = "day"}
    collection = {money = 50.0, per = "month"}

The routes are those of questions, `jobs` and `condense`. Where the file stands, JITL_MODEL_* mean nothing.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Final, Literal

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from jitl.errors import BadInput
from jitl.routewords import ROUTES
from jitl.speech import CONDENSE, JOBS

if TYPE_CHECKING:
    from pathlib import Path

    from jitl.settings import Settings

FILE: Final = "models.toml"
INHERITS: Final[Mapping[str, str]] = {JOBS: "hep", CONDENSE: "general"}
MAX_TOKENS: Final = 1500

Scope = Literal["key", "person", "collection"]
Window = Literal["day", "month"]


@dataclass(frozen=True, slots=True)
class Cap:
    """What may be spent in one day or month of UTC; None: no limit."""

    tokens: int | None = None
    money: float | None = None
    per: Window = "day"


@dataclass(frozen=True, slots=True)
class EndpointPlan:
    """`timeout_s` bounds the wait for the first piece and between two pieces. Prices are per million tokens."""

    name: str
    url: str
    model: str
    key: SecretStr | None = None
    key_env: str | None = None
    context: int | None = None
    max_tokens: int = MAX_TOKENS
    timeout_s: float = 60.0
    retries: int = 1
    price_in: float = 0.0
    price_out: float = 0.0

    def cost(self, prompt: int, completion: int) -> float:
        """Of so many tokens."""
        return (prompt * self.price_in + completion * self.price_out) / 1e6


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """Names of endpoints."""

    use: tuple[str, ...]
    fallback: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    endpoints: Mapping[str, EndpointPlan] = field(default_factory=dict)
    routes: Mapping[str, RoutePlan] = field(default_factory=dict)
    caps: Mapping[str, Cap] = field(default_factory=dict)
    currency: str = ""
    notes: tuple[str, ...] = ()  # for whoever runs the service

    def route(self, label: str) -> RoutePlan | None:
        """Of the route itself, of the one whose models it borrows, or of all that are not named."""
        for name in (label, INHERITS.get(label, label), "default"):
            if name in self.routes:
                return self.routes[name]
        return None


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Endpoint(_Strict):
    url: Annotated[str, Field(pattern=r"^https?://[^@\s]+$")]
    model: Annotated[str, Field(min_length=1, max_length=200)]
    key_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    context: Annotated[int, Field(ge=512)] | None = None
    max_tokens: Annotated[int, Field(ge=16)] = MAX_TOKENS
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 60.0
    retries: Annotated[int, Field(ge=0, le=5)] = 1
    price_in: Annotated[float, Field(ge=0)] = 0.0
    price_out: Annotated[float, Field(ge=0)] = 0.0


class _Route(_Strict):
    use: Annotated[list[str], Field(min_length=1)]
    fallback: list[str] = Field(default_factory=list)


class _Cap(_Strict):
    tokens: Annotated[int, Field(ge=0)] | None = None
    money: Annotated[float, Field(ge=0)] | None = None
    per: Window = "day"


class _File(_Strict):
    currency: str = ""
    endpoints: dict[Annotated[str, Field(pattern=r"^[\w.-]{1,100}$")], _Endpoint]
    routes: dict[str, _Route]
    caps: dict[Scope, _Cap] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_exist(self) -> _File:
        known = (*ROUTES, JOBS, CONDENSE, "default")
        if unknown := [label for label in self.routes if label not in known]:
            raise ValueError(f"there is no route {unknown[0]!r}; there are {', '.join(known)}")
        for label, route in self.routes.items():
            for name in (*route.use, *route.fallback):
                if name not in self.endpoints:
                    raise ValueError(f"routes.{label} names the endpoint {name!r}, which is not described")
        return self


def read_plan(settings: Settings) -> Plan:
    """From `models.toml` where there is one, else the one endpoint of JITL_MODEL_* for all routes. Raises `BadInput`."""
    path = settings.models_file or settings.data_dir / FILE
    if settings.models_file is not None or path.is_file():
        return _from_file(path, settings)
    if settings.model_url is None:
        return Plan()
    name = settings.model_name or "default"
    only = EndpointPlan(
        "default",
        settings.model_url,
        name,
        key=settings.model_key,
        context=settings.model_context,
        timeout_s=settings.model_timeout_s,
    )
    return Plan({only.name: only}, {"default": RoutePlan((only.name,))})


def _from_file(path: Path, settings: Settings) -> Plan:
    try:
        said = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path.name} cannot be read: {error}.", hint="It is a TOML file; the README shows one.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{path.name}: {f'{where}: ' if where else ''}{first['msg']}.", hint="The README shows a whole one.") from error
    kept = {**dotenv_values(settings.data_dir / "jitl.env"), **os.environ}
    return Plan(
        {name: _endpoint(name, one, kept) for name, one in said.endpoints.items()},
        {label: RoutePlan(tuple(one.use), tuple(one.fallback)) for label, one in said.routes.items()},
        {scope: Cap(**one.model_dump()) for scope, one in said.caps.items()},
        said.currency,
        () if settings.model_url is None else (f"JITL_MODEL_URL means nothing beside {path.name}",),
    )


def _endpoint(name: str, said: _Endpoint, kept: Mapping[str, str | None]) -> EndpointPlan:
    key = kept.get(said.key_env) if said.key_env else None
    return EndpointPlan(name=name, key=SecretStr(key) if key else None, **said.model_dump())
