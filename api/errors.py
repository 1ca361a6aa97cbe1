"""How an error looks over HTTP: RFC 9457 problem details, or what a face's clients expect (`api/envelopes.py`), from one table.

A problem never repeats the request's own text, and an unexpected error shows a request id instead of its cause.
"""

from __future__ import annotations

import logging
import math
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api import envelopes
from api.failures import Failure, reply
from api.limits import TooSlow
from api.openai_errors import UnknownModel
from jitl import errors

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"

# The nearest ancestor's row holds for a class that has none.
TABLE: Final[dict[type[errors.JitlError], tuple[int, str, str]]] = {
    errors.BadInput: (422, "bad-input", "The request is not valid"),
    TooSlow: (408, "too-slow", "The request took too long"),
    errors.TooLarge: (413, "too-large", "Over a limit"),
    errors.Conflict: (409, "conflict", "Contradicts what is stored"),
    UnknownModel: (404, "model-not-found", "No such model"),
    errors.NotFound: (404, "not-found", "Not found"),
    errors.NotAllowed: (403, "not-allowed", "Not allowed"),
    errors.Unauthenticated: (401, "unauthenticated", "A valid key is needed"),
    errors.Unreadable: (422, "unreadable", "The document cannot be read"),
    errors.MissingPart: (501, "missing-part", "A part is not installed"),
    errors.Unavailable: (503, "unavailable", "Not available right now"),
    errors.OutOfBudget: (429, "out-of-budget", "A cap was reached"),
    errors.JitlError: (500, "internal", "Something went wrong here"),
}

# What the framework itself refuses.
FRAMEWORK: Final[dict[int, tuple[str, str, str]]] = {
    400: ("malformed", "The request cannot be read", "The body is not what its content type says."),
    404: ("not-found", "Not found", "There is nothing at this address."),
    405: ("method-not-allowed", "Method not allowed", "This address does not know that method."),
}


def problem(failure: Failure) -> Response:
    """The response for a failure as problem details."""
    kind = f"urn:jitl:problem:{failure.slug}"
    body: dict[str, Any] = {"type": kind, "title": failure.title, "status": failure.status, "detail": failure.detail, "hint": failure.hint}
    if failure.fields:
        body["errors"] = list(failure.fields)
    if failure.request_id:
        body["request_id"] = failure.request_id
    return reply(failure.status, body, MEDIA_TYPE)


def describe(error: errors.JitlError) -> dict[str, Any]:
    """The problem as a value, for a line of a batch or an event of a stream."""
    status, slug, title = row_of(error)
    detail = {"type": f"urn:jitl:problem:{slug}", "title": title, "status": status, "detail": error.message, "hint": error.hint}
    return {key: value.encode(errors="replace").decode() if isinstance(value, str) else value for key, value in detail.items()}


def failure_of(error: errors.JitlError) -> Failure:
    status, slug, title = row_of(error)
    return Failure(status, slug, title, error.message, error.hint)


def render(error: errors.JitlError, path: str) -> Response:
    """The error in the form that clients of this path expect."""
    shown = _shaped(failure_of(error), path)
    if isinstance(error, errors.OutOfBudget) and error.retry_s is not None:
        shown.headers["Retry-After"] = str(math.ceil(error.retry_s))
    return shown


def _shaped(failure: Failure, path: str) -> Response:
    return (envelopes.of(path) or problem)(failure)


def row_of(error: errors.JitlError) -> tuple[int, str, str]:
    """Status, slug and title of an error's class or of its nearest ancestor that has a row."""
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


def install(app: FastAPI) -> None:
    """Every way a request can fail ends in `_shaped`."""
    app.add_exception_handler(errors.JitlError, _expected)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(Exception, _unexpected)


async def _expected(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.JitlError)
    return render(error, request.url.path)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = [{"field": ".".join(str(part) for part in item["loc"]), "message": item["msg"]} for item in error.errors()]
    title, detail = "The request is not valid", "Some fields are not what they should be."
    return _shaped(Failure(422, "bad-input", title, detail, "See /docs.", fields), request.url.path)


async def _framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    slug, title, detail = FRAMEWORK.get(error.status_code, ("refused", "Refused", "The request was refused."))
    answer = _shaped(Failure(error.status_code, slug, title, detail, "See /docs."), request.url.path)
    answer.headers.update(error.headers or {})
    return answer


async def _unexpected(request: Request, error: Exception) -> Response:
    request_id = str(request.scope.get("state", {}).get("request_id", ""))
    log.error("request %s failed: %s", request_id, type(error).__name__)
    detail = "The service failed at this request; its log tells more under the request id."
    return _shaped(Failure(500, "internal", "Something went wrong here", detail, request_id=request_id), request.url.path)
