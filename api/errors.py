"""How an error looks over HTTP: RFC 9457 problem details, from one table.

A problem never repeats the request's own text, and an unexpected error shows a request id instead of its cause.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.limits import TooSlow
from jitl import errors

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"

# The nearest ancestor's row holds for a class that has none.
TABLE: Final[dict[type[errors.JitlError], tuple[int, str, str]]] = {
    errors.BadInput: (422, "bad-input", "The request is not valid"),
    TooSlow: (408, "too-slow", "The request took too long"),
    errors.TooLarge: (413, "too-large", "Over a limit"),
    errors.Conflict: (409, "conflict", "Contradicts what is stored"),
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

Fields = Sequence[dict[str, Any]]


def problem(
    status: int,
    slug: str,
    title: str,
    detail: str,
    *,
    hint: str = "",
    fields: Fields = (),
    request_id: str = "",
) -> Response:
    """The response for a problem. `fields` are the places of a body that were refused: {"field", "message"}."""
    body: dict[str, Any] = {"type": f"urn:jitl:problem:{slug}", "title": title, "status": status, "detail": detail, "hint": hint}
    if fields:
        body["errors"] = list(fields)
    if request_id:
        body["request_id"] = request_id
    headers = {401: {"WWW-Authenticate": 'Bearer realm="jitl"'}, 503: {"Retry-After": "2"}, 429: {"Retry-After": "60"}}.get(status)
    return Response(json.dumps(body, ensure_ascii=False).encode(errors="replace"), status, headers, MEDIA_TYPE)


def describe(error: errors.JitlError) -> dict[str, Any]:
    """The problem as a value, for a line of a batch or an event of a stream."""
    status, slug, title = row_of(error)
    detail = {"type": f"urn:jitl:problem:{slug}", "title": title, "status": status, "detail": error.message, "hint": error.hint}
    return {key: value.encode(errors="replace").decode() if isinstance(value, str) else value for key, value in detail.items()}


def render(error: errors.JitlError) -> Response:
    status, slug, title = row_of(error)
    return problem(status, slug, title, error.message, hint=error.hint)


def row_of(error: errors.JitlError) -> tuple[int, str, str]:
    """Status, slug and title of an error's class or of its nearest ancestor that has a row."""
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


def install(app: FastAPI) -> None:
    """Every way a request can fail ends in `problem`."""
    app.add_exception_handler(errors.JitlError, _expected)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(Exception, _unexpected)


async def _expected(_: Request, error: Exception) -> Response:
    assert isinstance(error, errors.JitlError)
    return render(error)


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = [{"field": ".".join(str(part) for part in item["loc"]), "message": item["msg"]} for item in error.errors()]
    return problem(
        422, "bad-input", "The request is not valid", "Some fields are not what they should be.", hint="See /docs.", fields=fields
    )


async def _framework(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    slug, title, detail = FRAMEWORK.get(error.status_code, ("refused", "Refused", "The request was refused."))
    answer = problem(error.status_code, slug, title, detail, hint="See /docs.")
    answer.headers.update(error.headers or {})
    return answer


async def _unexpected(request: Request, error: Exception) -> Response:
    request_id = str(request.scope.get("state", {}).get("request_id", ""))
    log.error("request %s failed: %s", request_id, type(error).__name__)
    detail = "The service failed at this request; its log tells more under the request id."
    return problem(500, "internal", "Something went wrong here", detail, request_id=request_id)
