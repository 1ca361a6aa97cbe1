"""Failures as RAGFlow's clients expect them: `{"code", "message", "data"}`, the code never 0."""

from __future__ import annotations

from starlette.responses import Response

from api.failures import Failure, reply


def envelope(failure: Failure) -> Response:
    """The code is the HTTP status, as in RAGFlow's own table of codes; all there is to say is in the message."""
    return reply(failure.status, {"code": failure.status, "message": failure.sentence, "data": None})
