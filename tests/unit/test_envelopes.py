"""A failure looks as the clients of its address expect."""

from __future__ import annotations

import json

import pytest

from api import envelopes, errors, openai_errors
from jitl.errors import BadInput, OutOfBudget, Unauthenticated, Unavailable


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/chat/completions", openai_errors.envelope),
        ("/v1/models/xiwu-auto", openai_errors.envelope),
        ("/v1/embeddings", openai_errors.envelope),
        ("/apiv2/chat/completions", openai_errors.envelope),
        ("/v1/modelsale", None),
        ("/v1/ask", None),
    ],
)
def test_the_form_goes_by_whole_segments(path: str, expected: object) -> None:
    assert envelopes.of(path) is expected


def test_openai_knows_400_and_says_what_to_do_next() -> None:
    reply = errors.render(BadInput("No question.", hint="Send one."), "/v1/chat/completions")
    assert reply.status_code == 400
    assert json.loads(reply.body) == {
        "error": {"message": "No question. Send one.", "type": "invalid_request_error", "param": None, "code": "bad_input"}
    }


def test_refused_keys_spent_caps_and_outages_have_openais_names() -> None:
    shown = [errors.render(kind("x"), "/v1/models") for kind in (Unauthenticated, OutOfBudget, Unavailable)]
    assert [(one.status_code, json.loads(one.body)["error"]["code"]) for one in shown] == [
        (401, "invalid_api_key"),
        (429, "insufficient_quota"),
        (503, "unavailable"),
    ]
    assert shown[1].headers["x-should-retry"] == "false"
    assert shown[2].headers["retry-after"] == "2"


def test_elsewhere_it_is_a_problem() -> None:
    reply = errors.render(BadInput("No question."), "/v1/ask")
    assert reply.media_type == "application/problem+json"
    assert json.loads(reply.body)["type"] == "urn:jitl:problem:bad-input"
