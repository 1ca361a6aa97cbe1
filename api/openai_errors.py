"""Failures as OpenAI's clients expect them: `{"error": {"message", "type", "param", "code"}}`."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from api.failures import Failure, reply
from jitl.errors import NotFound

_CODES: Final = {"unauthenticated": "invalid_api_key", "not-allowed": "permission_denied", "out-of-budget": "insufficient_quota"}
_TYPES: Final = {403: "permission_error", 429: "insufficient_quota"}


class UnknownModel(NotFound):
    """No model of that name is offered."""


def envelope(failure: Failure) -> Response:
    """What is wrong with a request is 400 there, never 422; a spent cap is not worth the retries that 429 invites."""
    status = 400 if failure.status == 422 else failure.status
    headers = {"x-should-retry": "false"} if failure.slug == "out-of-budget" else {}
    if failure.request_id:
        headers["x-request-id"] = failure.request_id
    return reply(status, body(failure), headers=headers)


def body(failure: Failure) -> dict[str, Any]:
    """The envelope as a value, for an event of a stream."""
    kind = _TYPES.get(failure.status, "invalid_request_error" if failure.status < 500 else "server_error")
    place = failure.fields[0]["field"].removeprefix("body.") if failure.fields else None
    code = _CODES.get(failure.slug, failure.slug.replace("-", "_"))
    return {"error": {"message": failure.sentence, "type": kind, "param": place, "code": code}}
