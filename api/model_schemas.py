"""What REST takes about models: one question to several routes, and what may be spent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from api.schemas import Asked, History, _example

RouteLabel = Literal["hep", "hep_code", "general", "general_code"]


class CompareRequest(Asked):
    """A question to be answered on several routes."""

    model_config = _example(question="How do I fit a J/psi peak?", routes=["hep", "hep_code"], collections=["bes3"])
    routes: Annotated[list[RouteLabel], Field(min_length=1, max_length=4, description="Each answers; the search is made once.")]
    history: History = Field(default_factory=list)
    stream: bool = Field(default=False, description="As server-sent events, each with the `compared` route: sources, token, done, error.")


class CapRequest(BaseModel):
    """What may be spent in a day or month of UTC; a cap without limits lifts the configured one."""

    model_config = _example(tokens=1_000_000, per="day")
    tokens: int | None = Field(default=None, ge=0, le=10**15, description="Asked and replied together.")
    money: float | None = Field(default=None, ge=0, le=1e12, description="In the currency of models.toml.")
    per: Literal["day", "month"] = "day"
