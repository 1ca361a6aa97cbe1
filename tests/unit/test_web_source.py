"""Pages fetched: only where we may, only so much, and what is no document is refused with its reason."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ingest.sources.addresses import is_local, source_of
from ingest.sources.files import LocalFiles
from ingest.sources.git import GitDocuments
from ingest.sources.port import opened
from ingest.sources.reach import pinned
from ingest.sources.web import canonical
from jitl.errors import BadInput, Unavailable, Unreadable
from jitl.ports import SourceFile
from jitl.settings import Settings
from tests.site import Answer, site


def settings(folder: Path, **values: object) -> Settings:
    return Settings(**{"data_dir": folder / "data", "fetch_private": True, "fetch_pause_s": 0, "fetch_timeout_s": 5, **values})


def read(address: str, chosen: Settings) -> tuple[dict[str, str], dict[str, str]]:
    """What came (uri -> text), and what was refused (uri -> reason)."""
    came, refused = {}, {}
    with opened(source_of(address, chosen), chosen) as found:
        for item in found:
            if isinstance(item, SourceFile):
                came[item.uri] = item.path.read_text(errors="replace")
            else:
                refused[item.uri] = item.reason
    return came, refused


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "fd00::1", "100.64.0.1"])
def test_private_addresses_are_not_spoken_to(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    resolved = [(family, socket.SOCK_STREAM, 6, "", (address, 443)), (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: resolved)
    with pytest.raises(Unreadable, match="private"):
        pinned("wiki.example.org", 443, private=False)
    assert pinned("wiki.example.org", 443, private=True) == address


@pytest.mark.parametrize("address", ["::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"])
def test_private_addresses_in_other_clothes(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, 443))])
    with pytest.raises(Unreadable, match="private"):
        pinned("wiki.example.org", 443, private=False)


def test_loopback_needs_the_setting(tmp_path: Path) -> None:
    with site({"/page": "<p>secret</p>"}) as shown:
        came, refused = read(f"{shown.url}/page", settings(tmp_path, fetch_private=False))
        assert came == {}
        assert "private" in refused[f"{shown.url}/page"]
        assert shown.asked == [], "not even robots.txt"


def test_a_redirect_is_judged_like_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name resolves to a public address at first; what it redirects to does not."""
    from ingest.sources import fetch

    with site({"/a": Answer(status=302, headers={"Location": "http://inner.example.org/b"})}) as shown:

        def judge(host: str, port: int, *, private: bool) -> str:
            if host == "inner.example.org":
                raise Unreadable("its host has a private address")
            return "127.0.0.1"

        monkeypatch.setattr(fetch, "pinned", judge)
        came, refused = read(f"{shown.url}/a", settings(tmp_path, fetch_private=False))
    assert came == {}
    assert refused == {f"{shown.url}/a": "its host has a private address"}


def test_the_name_is_resolved_once_and_told_to_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ingest.sources import fetch

    asked: list[str] = []
    monkeypatch.setattr(fetch, "pinned", lambda host, port, **_: (asked.append(host), "127.0.0.1")[1])
    with site({"/page": "<p>text</p>"}) as shown:
        port = shown.url.rpartition(":")[2]
        came, _ = read(f"http://wiki.example.org:{port}/page", settings(tmp_path))
        assert list(came.values()) == ["<p>text</p>"]
        assert set(shown.hosts) == {f"wiki.example.org:{port}"}
    assert asked == ["wiki.example.org"] * 2, "one request each: robots.txt and the page"


def test_a_section_goes_as_far_as_its_links(tmp_path: Path) -> None:
    pages = {
        "/robots.txt": Answer("User-agent: *\nDisallow: /wiki/private\n", kind="text/plain"),
        "/wiki/Home": '<a href="Two#part">two</a><a href="/other/Page">other</a><a href="private/X">x</a><a href="Two?rev=1">old</a>'
        '<a href="http://elsewhere.example.org/">e</a><a href="edit/Two">edit</a><a href="gone">g</a><a href="pic.png">p</a>',
        "/wiki/Two": '<p>Second</p><a href="Home">home</a><a href="moved">m</a>',
        "/wiki/moved": Answer(status=301, headers={"Location": "/login"}),
        "/login": '<form><input type="password"></form>',
        "/wiki/pic.png": Answer(b"\x89PNG", kind="image/png"),
        "/other/Page": "<p>not ours</p>",
    }
    with site(pages) as shown:
        came, refused = read(f"site+{shown.url}/wiki/Home", settings(tmp_path))
        assert list(came) == [f"{shown.url}/wiki/Home", f"{shown.url}/wiki/Two"]
        assert refused == {
            f"{shown.url}/wiki/private/X": "robots.txt asks not to fetch it",
            f"{shown.url}/wiki/gone": "the page was not found (404)",
            f"{shown.url}/wiki/pic.png": "it is no document but image/png",
            f"{shown.url}/wiki/moved": f"it leads out of the section, to {shown.url}/login A login may be asked for there.",
        }
        assert "/wiki/private/X" not in shown.asked
        assert "/wiki/Two?rev=1" not in shown.asked


def test_bounds(tmp_path: Path) -> None:
    loop = Answer(status=302, headers={"Location": "/loop"})
    pages = {
        "/big": "x" * 2000,
        "/loop": loop,
        "/down": Answer(status=503),
        "/in": Answer(status=401),
        "/s/": "".join(f'<a href="{n}">' for n in "abc"),
    }
    with site(pages) as shown:
        chosen = settings(tmp_path, max_file_bytes=1000, fetch_pages=2)
        reasons = {path: next(iter(read(f"{shown.url}{path}", chosen)[1].values())) for path in ("/big", "/loop", "/down", "/in")}
        assert reasons == {
            "/big": "it is larger than 0 MB (JITL_MAX_FILE_BYTES)",
            "/loop": "it is redirected more than 5 times",
            "/down": "the server did not give it (503)",
            "/in": "it asks for a login or forbids to read it (401)",
        }
        assert "more than 2 pages" in read(f"site+{shown.url}/s/", chosen)[1][f"{shown.url}/s/"]
    with pytest.raises(Unavailable, match="does not answer"):
        read(f"{shown.url}/big", chosen)


def test_robots_that_cannot_be_had_forbid(tmp_path: Path) -> None:
    with site({"/robots.txt": Answer(status=500), "/page": "x"}) as shown, pytest.raises(Unavailable, match="robots"):
        read(f"{shown.url}/page", settings(tmp_path))


def test_requests_are_paced(tmp_path: Path) -> None:
    from ingest.sources.fetch import Fetcher

    slept: list[float] = []
    pages = {"/robots.txt": Answer("User-agent: *\nCrawl-delay: 7\n"), "/a": "a", "/b": "b"}
    with site(pages) as shown, Fetcher(settings(tmp_path, fetch_pause_s=0.5), slept.append) as fetcher:
        for path in ("/a", "/b"):
            fetcher.fetch(f"{shown.url}{path}", tmp_path / "page")
    assert slept[0] == 0
    assert [round(pause) for pause in slept[1:]] == [7, 7]


def test_addresses(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    assert isinstance(source_of(str(tmp_path), chosen), LocalFiles)
    assert source_of(tmp_path.as_uri(), chosen).root == tmp_path.as_uri()
    assert isinstance(source_of("git+https://host.example.org/a/docs.git", chosen), GitDocuments)
    assert source_of("site+https://Host.example.org:443/wiki/Home#x", chosen).root == "https://host.example.org/wiki/"
    assert is_local(str(tmp_path))
    assert is_local("git+/srv/docs")
    assert not is_local("git+https://host/x")
    for bad in ("ftp://x/y", "site+/srv", "https://", "https://user:word@host/x", "git+ssh://host/x", "git+https://u@host/x", "", "a\nb"):
        with pytest.raises(BadInput):
            source_of(bad, chosen)
    assert canonical("HTTP://Host:80/a?b#c") == "http://host/a?b"
