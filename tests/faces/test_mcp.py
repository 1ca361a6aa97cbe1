"""The Model Context Protocol, spoken by its own client, over HTTP and over stdin and stdout."""

from __future__ import annotations

import gc
import subprocess
import sys
from typing import Any

import pytest
from mcp import Client

from api.client import Client as Rest
from api.holder import FolderTransport
from api.mcp import resources, texts
from jitl.principals import Role
from tests.agents import MODES, call, over_http, over_stdio, refused, said, text, value
from tests.data import ROOT
from tests.faces.conftest import Live

QUESTION = "What is the momentum resolution of the drift chamber?"
PAGE = "# Drift chamber\n\nThe momentum resolution of the drift chamber is 0.5 percent at 1 GeV."
PING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def key(live: Live) -> str:
    live.collection("bes3")
    live.upload(live.admin, "bes3", {"chamber.md": PAGE})
    return live.key("eva", Role.EXPERT, bes3="teach")


@pytest.mark.parametrize("mode", MODES)
def test_tools_say_what_they_take_and_do(live: Live, key: str, mode: str) -> None:
    tools = {tool.name: tool for tool in over_http(live.url, key, lambda client: client.list_tools(), mode=mode).tools}
    assert set(tools) == {"search", "fetch", "ask", "teach"}
    assert [name for name, tool in tools.items() if not tool.annotations.read_only_hint] == ["teach"]
    assert not any(tool.annotations.destructive_hint for tool in tools.values())
    assert tools["search"].input_schema["required"] == ["query"]
    assert tools["fetch"].input_schema["required"] == ["id"]
    for tool in tools.values():
        assert tool.description
        assert tool.input_schema["additionalProperties"] is False
        assert all("description" in one or one.get("title") for one in tool.input_schema["properties"].values())


@pytest.mark.parametrize("mode", MODES)
def test_search_and_fetch_have_the_shape_that_connectors_expect(live: Live, key: str, mode: str) -> None:
    async def talk(client: Client) -> tuple[Any, Any]:
        found = await client.call_tool("search", {"query": QUESTION, "k": 1})
        return found, await client.call_tool("fetch", {"id": said(found)["results"][0]["id"]})

    found, fetched = over_http(live.url, key, talk, mode=mode)
    assert said(found) == value(found)
    (result,) = value(found)["results"]
    assert {"id", "title", "url"} <= set(result)
    assert said(fetched) == value(fetched)
    assert {"id", "title", "text", "url", "metadata"} == set(value(fetched))
    assert value(fetched)["id"] == result["id"]
    assert "0.5 percent" in value(fetched)["text"]
    reply = live.client(key).get(result["url"])  # the address can be opened and shows the passage
    assert reply.json()["passage"]["chunk"] == result["id"].partition("#")[2]


def test_a_long_text_comes_in_pages_around_its_passage(live: Live, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "PAGE", 2000)
    monkeypatch.setattr(texts, "BEFORE", 300)
    sections = "\n\n".join(f"## Section {n}\n\nParagraph {n} of the manual. " + f"Word{n} follows here. " * 20 for n in range(10))
    live.upload(live.admin, "bes3", {"manual.md": sections + "\n\nThe zebrafinch detector is calibrated on Tuesdays."})

    async def talk(client: Client) -> list[dict[str, Any]]:
        found = value(await client.call_tool("search", {"query": "zebrafinch detector calibrated", "k": 1}))["results"][0]
        near = value(await client.call_tool("fetch", {"id": found["id"]}))
        pages = [value(await client.call_tool("fetch", {"id": "manual.md", "offset": 0}))]
        while (following := pages[-1]["metadata"]["next_offset"]) is not None:
            pages.append(value(await client.call_tool("fetch", {"id": "manual.md", "offset": following})))
        return [near, *pages]

    near, *pages = over_http(live.url, key, talk)
    assert "zebrafinch" in near["text"]
    assert near["metadata"]["offset"] > 0
    assert len(pages) > 1
    assert "".join(page["text"] for page in pages) == live.admin.get("/v1/documents/manual.md/source").json()["text"]


@pytest.mark.parametrize("mode", MODES)
def test_what_an_expert_teaches_is_answered_at_once(live: Live, mode: str) -> None:
    place = f"bes3-{mode}"
    live.collection(place)
    live.upload(live.admin, place, {"chamber.md": PAGE})
    key = live.key(f"eva-{mode}", Role.EXPERT, **{place: "teach"})

    async def talk(client: Client) -> tuple[Any, Any, Any]:
        before = await client.call_tool("ask", {"question": QUESTION})
        taught = await client.call_tool("teach", {"question": QUESTION, "answer": "0.4 percent at 1 GeV."})
        return before, taught, await client.call_tool("ask", {"question": "How good is the momentum resolution of the drift chamber?"})

    before, taught, after = over_http(live.url, key, talk, mode=mode)
    assert "0.5 percent" in value(before)["answer"]
    assert value(before)["answer"] in text(before)
    assert "[1] Drift chamber <http" in text(before)
    assert (value(taught)["status"], value(taught)["awaits_review"]) == ("approved", False)
    assert value(after)["correction"]["id"] == value(taught)["id"]
    assert f"Answered by correction {value(taught)['id']}" in text(after)
    found = over_http(live.url, key, call("fetch", id=f"correction:{value(taught)['id']}"), mode=mode)
    assert "0.4 percent" in value(found)["text"]


def test_what_a_reader_teaches_awaits_review(live: Live, key: str) -> None:
    reader = live.key("pat", bes3="read")
    taught = over_http(live.url, reader, call("teach", question="Who built the drift chamber?", answer="IHEP did."))
    assert (value(taught)["status"], value(taught)["awaits_review"]) == ("proposed", True)
    assert "awaits an expert's review" in text(taught)


def test_what_is_wrong_is_told_in_the_result(live: Live, key: str) -> None:
    for result in (
        over_http(live.url, key, call("ask", question=QUESTION, collections=["no such place"])),
        over_http(live.url, key, call("ask", question=QUESTION, colection=["bes3"])),
        over_http(live.url, key, call("fetch", id="nowhere.md")),
        over_http(live.url, key, call("search", query=" ")),
    ):
        assert result.is_error
        assert text(result)
    assert "delete_everything" in over_http(live.url, key, refused(call("delete_everything")))


@pytest.mark.parametrize("mode", MODES)
def test_documents_are_resources_in_pages(live: Live, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "PAGE", 5)
    names = [f"page-{n}.md" for n in range(8)]
    for place, some in ((f"a-{mode}", names[:3]), (f"b-{mode}", names[3:])):
        live.collection(place)
        live.upload(live.admin, place, {name: f"# {name}\n\nAbout {name}." for name in some})
    key = live.key(f"lea-{mode}", **{f"a-{mode}": "read", f"b-{mode}": "read"})

    async def talk(client: Client) -> tuple[list[Any], str, list[str]]:
        pages = [await client.list_resources()]
        while pages[-1].next_cursor is not None:
            pages.append(await client.list_resources(cursor=pages[-1].next_cursor))
        last = pages[-1].resources[-1]
        read = await client.read_resource(last.uri)
        templates = (await client.list_resource_templates()).resource_templates
        return pages, read.contents[0].text, [one.uri_template for one in templates]

    pages, shown, templates = over_http(live.url, key, talk, mode=mode)
    assert [len(page.resources) for page in pages] == [5, 3]
    assert [one.name for page in pages for one in page.resources] == names
    assert {page.cache_scope for page in pages} == {"private"}
    assert "About page-7.md" in shown
    assert templates == ["jitl://documents/{id}"]


def test_a_resource_that_is_not_there(live: Live, key: str) -> None:
    for uri in ("jitl://documents/nowhere", "file:///etc/passwd"):
        assert over_http(live.url, key, refused(lambda client, uri=uri: client.read_resource(uri)))
    assert "cursor" in over_http(live.url, key, refused(lambda client: client.list_resources(cursor="x")))


def test_the_gate_is_the_same(live: Live, key: str) -> None:
    bare = live.client()
    assert bare.post("/mcp", json=PING, headers=ACCEPT).status_code == 401
    revoked = live.container.people.create_key("eva", by="x")
    live.container.people.revoke(revoked.info.id, by="x")
    assert live.client(revoked.secret).post("/mcp", json=PING, headers=ACCEPT).status_code == 401
    keyed = live.client(key)
    assert keyed.post("/mcp", json=PING, headers=ACCEPT).status_code == 200
    assert keyed.post("/mcp", content=b"x" * 3_000_000, headers={**ACCEPT, "Content-Type": "application/json"}).status_code == 413
    for method in ("GET", "DELETE"):
        refused = keyed.request(method, "/mcp", headers=ACCEPT)
        assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    for content in (b"{", b"[]", b'{"jsonrpc": "2.0"}', b""):
        assert keyed.post("/mcp", content=content, headers={**ACCEPT, "Content-Type": "application/json"}).status_code == 400


def test_a_rebound_page_is_refused(live: Live, key: str) -> None:
    keyed = live.client(key)
    assert keyed.post("/mcp", json=PING, headers={**ACCEPT, "Origin": "https://evil.example"}).status_code == 403
    assert keyed.post("/mcp", json=PING, headers={**ACCEPT, "Origin": live.url}).status_code == 200


def test_no_session_is_kept(live: Live, key: str) -> None:
    """What a client leaves behind is nothing: the transports of many handshakes are gone when they are answered."""
    from mcp.server.streamable_http import StreamableHTTPServerTransport

    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    keyed = live.client(key)
    for number in range(20):
        reply = keyed.post("/mcp", json={"jsonrpc": "2.0", "id": number, "method": "initialize", "params": hello}, headers=ACCEPT)
        assert reply.status_code == 200
        assert "mcp-session-id" not in reply.headers
    gc.collect()
    assert (
        sum(type(one) is StreamableHTTPServerTransport for one in gc.get_objects()) < 5
    )  # isinstance() would ask lazy objects what they are


def test_an_outsider_learns_nothing(live: Live, key: str) -> None:
    outsider = live.key("zoe")
    inside = value(over_http(live.url, key, call("search", query=QUESTION, k=1)))["results"][0]["id"]
    document = inside.partition("#")[0]
    for name in (inside, document, "chamber.md"):
        twin = "00000000-0000-4000-8000-00000000dead"
        told, never = (over_http(live.url, outsider, call("fetch", id=one)) for one in (name, twin))
        assert told.is_error
        assert text(told).replace(name, "").replace(document, "") == text(never).replace(twin, "")
    assert value(over_http(live.url, outsider, call("search", query=QUESTION)))["results"] == []
    assert over_http(live.url, outsider, lambda client: client.list_resources()).resources == []
    assert over_http(live.url, outsider, refused(lambda client: client.read_resource(f"jitl://documents/{document}")))


def test_over_stdin_with_a_service_elsewhere(live: Live, key: str, tmp_path) -> None:
    """By the handshake of older clients, for a person behind a shared key."""
    live.key("bob", bes3="read")
    front = live.key("front", Role.EXPERT, bes3="teach", rights=("acts_for",))

    async def talk(client: Client) -> tuple[Any, Any]:
        taught = await client.call_tool("teach", {"question": "Who asks on stdin?", "answer": "Bob does."})
        return taught, await client.call_tool("search", {"query": QUESTION, "k": 1})

    taught, found = over_stdio(tmp_path, talk, "--person", "bob", mode="legacy", JITL_URL=live.url, JITL_KEY=front)
    assert value(taught)["awaits_review"]
    assert live.admin.get(f"/v1/corrections/{value(taught)['id']}").json()["author"] == "bob"
    assert value(found)["results"][0]["url"].startswith(live.url)
    assert not list(tmp_path.iterdir())  # no data folder was made


def test_over_stdin_with_the_data_folder(tmp_path) -> None:
    (tmp_path / "chamber.md").write_text(PAGE)
    data = tmp_path / "data"
    with Rest(transport=FolderTransport(data)) as owner:
        owner.wait_job(owner.ingest([tmp_path / "chamber.md"], "bes3"))

    async def talk(client: Client) -> tuple[Any, Any, Any, Any]:
        taught = await client.call_tool("teach", {"question": QUESTION, "answer": "0.4 percent."})
        answer = await client.call_tool("ask", {"question": QUESTION})
        (one,) = (await client.list_resources()).resources
        return taught, answer, one, await client.read_resource(one.uri)

    taught, answer, one, read = over_stdio(data, talk)
    assert value(answer)["correction"]["id"] == value(taught)["id"]
    assert one.uri.startswith("jitl://documents/")
    assert "0.5 percent" in read.contents[0].text
    with Rest(transport=FolderTransport(data)) as owner:  # the folder was given back, with what was taught
        assert [line["id"] for line in owner.corrections()] == [value(taught)["id"]]


def test_nothing_is_loaded_that_is_not_spoken() -> None:
    unspoken = "('mcp', 'mcp_types', 'llama_index')"
    code = f"import sys, api.mcp.http, api.cli.main, api.client, api.llama; print([one for one in {unspoken} if one in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True, timeout=60)
    assert ran.stdout.strip() == "[]"
