"""Requests and replies as they travel: paths made safe, problems turned back into errors, server-sent events read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, cast
from urllib.parse import quote

import httpx

from api.replies import ProblemReply
from jitl import errors

WINDOW_LINES: Final = 200
WINDOW_BYTES: Final = 2**20
KINDS: Final[Mapping[str, type[errors.JitlError]]] = {
    "bad-input": errors.BadInput,
    "malformed": errors.BadInput,
    "too-slow": errors.BadInput,
    "too-large": errors.TooLarge,
    "conflict": errors.Conflict,
    "not-found": errors.NotFound,
    "model-not-found": errors.NotFound,
    "not-allowed": errors.NotAllowed,
    "unauthenticated": errors.Unauthenticated,
    "unreadable": errors.Unreadable,
    "missing-part": errors.MissingPart,
    "unavailable": errors.Unavailable,
    "out-of-budget": errors.OutOfBudget,
}
"""Problem slugs, as `api/errors.py` gives them out; what is not here is a plain `JitlError`."""


def path(*parts: str) -> str:
    """`/v1/` and the parts, each one segment whatever it holds."""
    return "/v1/" + "/".join(quote(part, safe="") for part in parts)


def given(**values: Any) -> dict[str, Any]:
    """Only what was said: the service has defaults for the rest."""
    return {name: value for name, value in values.items() if value is not None}


def error_of(problem: ProblemReply) -> errors.JitlError:
    """The error that the service raised, from how it told."""
    slug = problem.get("type", "").rpartition(":")[2]
    message = problem.get("detail") or problem.get("title") or "The service refused the request."
    named = "; ".join(f"{field.get('field', '')}: {field.get('message', '')}" for field in problem.get("errors", ()))
    if request_id := problem.get("request_id"):
        message = f"{message} (request {request_id})"
    return KINDS.get(slug, errors.JitlError)(f"{message} {named}".strip(), hint=problem.get("hint", ""))


def problem_of(error: errors.JitlError) -> ProblemReply:
    """The same shape for what went wrong on this side, so that a batch's lines look alike."""
    slug = next((slug for slug, kind in KINDS.items() if type(error) is kind), "internal")
    return {"type": f"urn:jitl:problem:{slug}", "detail": error.message, "hint": error.hint}


def checked(response: httpx.Response) -> httpx.Response:
    """The response, unless it tells an error, which is raised."""
    if response.is_success:
        return response
    response.read()
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        raise errors.Unavailable(f"The service answered {response.status_code}.", hint="Is this the address of a JITL service?")
    raise error_of(cast("ProblemReply", problem))


def events(lines: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Server-sent events as (name, data); comments and empty ones are passed over."""
    name, data = "message", []
    for line in lines:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif not line and data:
            yield name, json.loads("\n".join(data))
            name, data = "message", []


def encode(value: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8. A lone surrogate travels escaped, for the service to refuse by name."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()
    except RecursionError:
        raise errors.BadInput("The input is nested too deeply.") from None


def windows(lines: Iterator[Mapping[str, Any]]) -> Iterator[list[bytes]]:
    """Encoded lines in groups that one request carries."""
    window: list[bytes] = []
    size = 0
    for line in lines:
        window.append(encode(line) + b"\n")
        size += len(window[-1])
        if len(window) >= WINDOW_LINES or size >= WINDOW_BYTES:
            yield window
            window, size = [], 0
    if window:
        yield window


@contextmanager
def reached() -> Iterator[None]:
    """A service that cannot be reached is `Unavailable`."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise errors.Unavailable("The service took too long to answer.", hint="Try again; `jitl doctor` says how it is.") from error
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise errors.Unavailable(f"The service cannot be reached: {error}.", hint="Is it running? `jitl serve` starts it.") from error
