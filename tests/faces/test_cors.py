"""Pages of other origins: none by default, those that an admin lists, and never with credentials."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from pydantic import ValidationError

from jitl.settings import Settings, load_settings
from tests.faces.conftest import Live, serve

LISTED, OTHER = "https://zotero.example", "https://evil.example"
ASKS = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type,idempotency-key"}


@pytest.fixture(scope="module")
def listed(tmp_path_factory) -> Iterator[Live]:
    origins = (LISTED, "moz-extension://0f9d")
    with serve(tmp_path_factory.mktemp("data"), cors_origins=origins) as live:
        yield live


def preflight(live: Live, origin: str, path: str = "/v1/ask") -> httpx.Response:
    return live.client().options(path, headers={"Origin": origin, **ASKS})


def test_without_a_list_no_page_may(live: Live) -> None:
    refused = preflight(live, LISTED)
    assert refused.status_code == 401  # a preflight is nothing special then
    for reply in (
        refused,
        live.admin.get("/v1/collections", headers={"Origin": LISTED}),
        live.client().get("/healthz", headers={"Origin": OTHER}),
    ):
        assert not [name for name in reply.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/collections/x/documents", "/mcp", "/v1/chat/completions"])
def test_a_listed_page_may_ask_first_without_a_key(listed: Live, path: str) -> None:
    reply = preflight(listed, LISTED, path)
    assert reply.status_code == 200
    assert reply.headers["access-control-allow-origin"] == LISTED
    assert "POST" in reply.headers["access-control-allow-methods"]
    allowed = reply.headers["access-control-allow-headers"].lower().replace(" ", "").split(",")
    assert {"authorization", "content-type", "idempotency-key"} <= set(allowed)
    assert "access-control-allow-credentials" not in reply.headers
    assert "Origin" in reply.headers["vary"]


def test_a_page_that_is_not_listed_may_not(listed: Live) -> None:
    for origin in (OTHER, "null", LISTED + ".evil.example", "http://zotero.example", LISTED + ":444"):
        assert preflight(listed, origin).status_code == 400
        for client in (listed.admin, listed.client()):
            reply = client.get("/v1/collections", headers={"Origin": origin})
            assert "access-control-allow-origin" not in reply.headers


def test_a_listed_page_reads_replies_and_errors_alike(listed: Live) -> None:
    for reply in (
        listed.admin.get("/v1/collections", headers={"Origin": LISTED}),
        listed.client().get("/v1/collections", headers={"Origin": LISTED}),  # no key
        listed.admin.get("/v1/collections/none", headers={"Origin": LISTED}),
        listed.admin.post("/v1/ask", content=b"x" * 3_000_000, headers={"Origin": LISTED}),
    ):
        assert reply.headers["access-control-allow-origin"] == LISTED
        assert "X-Request-Id" in reply.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in reply.headers
    assert listed.client().get("/v1/collections", headers={"Origin": LISTED}).status_code == 401  # a key is needed all the same


def test_all_pages_never_with_credentials(tmp_path) -> None:
    with serve(tmp_path, cors_origins=("*",)) as live:
        for reply in (preflight(live, OTHER), live.admin.get("/v1/collections", headers={"Origin": OTHER, "Cookie": "a=b"})):
            assert reply.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in reply.headers


def test_the_list_is_read_from_the_environment(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().cors_origins == ()
    monkeypatch.setenv("JITL_CORS_ORIGINS", f"{LISTED}, chrome-extension://abc ,")
    assert Settings().cors_origins == (LISTED, "chrome-extension://abc")
    monkeypatch.delenv("JITL_CORS_ORIGINS")
    (tmp_path / "jitl.env").write_text(f"JITL_CORS_ORIGINS={LISTED}\n")
    assert load_settings(tmp_path).cors_origins == (LISTED,)
    for wrong in (f"{LISTED}/", f"{LISTED}/path", "zotero.example", "https://*.example"):
        monkeypatch.setenv("JITL_CORS_ORIGINS", wrong)
        with pytest.raises(ValidationError, match="no origin"):
            Settings()
