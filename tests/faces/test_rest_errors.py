"""Every way a request can fail ends in a problem that says what to do, and tells nothing it should not."""

from __future__ import annotations

import re
import socket

import httpx
import pytest

from api import envelopes
from api.auth import OPEN
from tests.faces.conftest import Live, serve, wait_until_started

MEDIA = "application/problem+json"


def check_problem(reply: httpx.Response, status: int) -> dict:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == MEDIA
    body = reply.json()
    assert body["type"].startswith("urn:jitl:problem:")
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


def operations(live: Live) -> list[tuple[str, str]]:
    schema = live.client().get("/openapi.json").json()
    return [(method.upper(), path) for path, methods in schema["paths"].items() for method in methods]


def test_every_route_but_the_open_ones_wants_a_key(live: Live) -> None:
    routes = operations(live)
    assert len(routes) > 25
    anyone = live.client()
    wait_until_started(anyone)
    for method, path in routes:
        reply = anyone.request(method, path)
        if path in OPEN:
            assert reply.status_code == 200, path
        else:
            if envelopes.of(path) is None:
                check_problem(reply, 401)
            assert reply.status_code == 401, path
            assert reply.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "headers",
    [
        [("Authorization", "")],
        [("Authorization", "Bearer")],
        [("Authorization", "Bearer wrong")],
        [("Authorization", "Basic {key}")],
        [("Authorization", "{key}")],
        [("Authorization", "Bearer {key} {key}")],
        [("Authorization", "Bearer {key}"), ("Authorization", "Bearer {key}")],
        [("Authorization", "Bearer {key}"), ("Authorization", "Bearer x")],
        [("Authorization", "Bearer {key}\u00e9")],
        [("X-API-Key", "{key}")],
        [("Cookie", "key={key}")],
        [("X-JITL-User", "admin")],
        [("X-Forwarded-User", "admin")],
        [("jitl.owner", "true")],
    ],
)
def test_only_one_form_of_credential_counts(live: Live, headers: list[tuple[str, str]]) -> None:
    key = live.key("someone", all="read")
    given = [(name, value.format(key=key).encode("latin-1")) for name, value in headers]
    check_problem(httpx.get(f"{live.url}/v1/collections", headers=given), 401)
    check_problem(httpx.get(f"{live.url}/v1/collections?key={key}&access_token={key}", headers=given), 401)


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER   {} "])
def test_the_scheme_is_read_as_http_says(live: Live, form: str) -> None:
    headers = {"Authorization": form.format(live.key("someone", all="read")).strip()}
    assert httpx.get(f"{live.url}/v1/collections", headers=headers).status_code == 200


def test_a_key_in_the_address_counts_for_nothing(live: Live) -> None:
    key = live.key("someone", all="read")
    check_problem(httpx.get(f"{live.url}/v1/collections?api_key={key}"), 401)


def test_the_frameworks_own_refusals_are_problems(live: Live) -> None:
    admin = live.admin
    check_problem(admin.get("/v1/nothing/here"), 404)
    assert "POST" in check_problem(admin.get("/v1/ask"), 405)["title"] or admin.get("/v1/ask").headers["allow"] == "POST"
    check_problem(admin.post("/v1/ask", content=b"{"), 422)
    check_problem(admin.post("/v1/ask", content=b'{"question": "\xff\xfe"}', headers={"Content-Type": "application/json"}), 400)
    check_problem(admin.get("/v1/collections/%00"), 422)
    check_problem(admin.get("/v1/jobs?limit=%00"), 422)


def test_a_misspelt_parameter_is_refused(live: Live) -> None:
    for path in ("/v1/corrections?collections=x", "/v1/jobs?status=done", "/v1/collections?name=x", "/v1/corrections?limit=1&x=2"):
        assert "Unknown" in check_problem(live.admin.get(path), 422)["detail"]
    check_problem(live.admin.post("/v1/corrections?dryrun=true", json={"question": "q", "answer": "a"}), 422)
    check_problem(live.admin.post("/v1/corrections?dry_run=true", json={"question": "q"}), 422)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/ask", {}, "body.question"),
        ("/v1/ask", {"question": ""}, "body.question"),
        ("/v1/ask", {"question": " \n"}, "body.question"),
        ("/v1/ask", {"question": "a\x00b"}, "body.question"),
        ("/v1/ask", {"question": 7}, "body.question"),
        ("/v1/ask", {"question": "q", "collection": "x"}, "body.collection"),
        ("/v1/ask", {"question": "q", "run": -1}, "body.run"),
        ("/v1/ask", {"question": "q", "run": 10**30}, "body.run"),
        ("/v1/ask", {"question": "q", "as_of": "yesterday"}, "body.as_of"),
        ("/v1/search", {"question": "q", "k": 0}, "body.k"),
        ("/v1/search", {"question": "q", "k": 201}, "body.k"),
        ("/v1/search", {"question": "q", "collections": "x"}, "body.collections"),
        ("/v1/search", {"question": "q", "collections": ["\x00"]}, "body.collections.0"),
        ("/v1/route", {"question": None}, "body.question"),
        ("/v1/corrections", {"question": "q"}, "body.answer"),
        ("/v1/corrections", {"question": "q", "answer": "\x00"}, "body.answer"),
        ("/v1/feedback", {"answer": "x", "vote": "sideways"}, "body.vote"),
        ("/v1/collections", {"name": ""}, "body.name"),
        ("/v1/collections", {"name": "n" * 201}, "body.name"),
        ("/v1/keys", {"principal": "p", "rights": ["root"]}, "body.rights.0"),
        ("/v1/keys", {"principal": "p", "collections": {"c": "own"}}, "body.collections.c"),
    ],
)
def test_what_is_wrong_is_named(live: Live, path: str, body: dict, field: str) -> None:
    shown = check_problem(live.admin.post(path, json=body), 422)
    assert field in [error["field"] for error in shown["errors"]]


def test_half_a_surrogate_pair_is_refused_by_name(live: Live) -> None:
    admin, headers = live.admin, {"Content-Type": "application/json"}
    for path in ("/v1/ask", "/v1/search", "/v1/route"):
        shown = check_problem(admin.post(path, content=b'{"question": "a\\ud800b"}', headers=headers), 422)
        assert shown["errors"][0]["field"] == "body.question"
    check_problem(admin.post("/v1/corrections", content=b'{"question": "q", "answer": "\\udfff"}', headers=headers), 422)


def test_a_question_of_a_megabyte_is_refused(live: Live) -> None:
    admin = live.admin
    for path in ("/v1/ask", "/v1/search", "/v1/route"):
        assert "20000" in check_problem(admin.post(path, json={"question": "x" * 2**20}), 413)["detail"]


def test_problems_repeat_nothing_of_the_body(live: Live) -> None:
    secret = "s3cr3t-words"
    reply = live.admin.post("/v1/ask", json={"question": f"{secret}\x00", "release": [secret]})
    check_problem(reply, 422)
    assert secret not in reply.text


def test_an_unexpected_failure_shows_an_id_and_no_cause(tmp_path) -> None:
    class Broken:
        def find(self, *args, **kwargs):
            raise ZeroDivisionError("a secret detail")

    with serve(tmp_path) as live:
        live.container.jobs = Broken()
        reply = live.admin.get("/v1/jobs")
        shown = check_problem(reply, 500)
    assert len(shown["request_id"]) == 32
    assert "secret" not in reply.text
    assert "ZeroDivision" not in reply.text
    assert "Traceback" not in reply.text


def test_what_is_no_http_is_refused(live: Live) -> None:
    host, port = live.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as raw:
        raw.sendall(b"\x16\x03\x01\x02\x00garbage\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    assert live.client().get("/healthz").status_code == 200


def test_the_description_needs_no_other_host(live: Live) -> None:
    page = live.client().get("/docs")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert not re.findall(r"""(?:src|href|action|srcset|data|poster)\s*=\s*["']?(?:https?:)?//|@import|url\(""", page.text)
    for method, path in operations(live):
        assert path in page.text, (method, path)


def test_every_body_has_an_example_that_is_valid(live: Live) -> None:
    schema = live.client().get("/openapi.json").json()
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            assert operation["tags"]
            assert operation["description"], (method, path)
            for content in operation.get("requestBody", {}).get("content", {}).values():
                name = content["schema"].get("$ref", "").rsplit("/", 1)[-1]
                assert schema["components"]["schemas"][name]["examples"] if name else content["example"], (method, path)
