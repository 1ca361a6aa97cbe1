"""One way to the web: pinned addresses, robots.txt, a pause between requests, bounds on size and time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import jitl
from ingest.sources.reach import pinned
from jitl.errors import Unavailable, Unreadable

if TYPE_CHECKING:
    import httpx

    from jitl.settings import Settings

AGENT: Final = f"jitl/{jitl.__version__}"
MOST_REDIRECTS: Final = 5
ROBOTS_BYTES: Final = 500_000
LONGEST_PAUSE_S: Final = 30.0
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Page:
    """What came: `url` is where it was found in the end, `kind` its media type in lower case."""

    url: str
    status: int
    kind: str
    path: Path


@dataclass(slots=True)
class _Host:
    robots: RobotFileParser | None = None  # None: everything may be fetched
    pause_s: float = 0.0
    last: float = field(default=-1e9)


class Fetcher:
    """Fetches pages one after the other; a context manager. Not for several threads."""

    def __init__(self, settings: Settings, sleep: Callable[[float], object] = time.sleep) -> None:
        self._settings = settings
        self._sleep = sleep
        self._hosts: dict[str, _Host] = {}
        self._client: httpx.Client | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            self._client.close()

    def fetch(self, url: str, target: Path) -> Page:
        """Write what the address holds to the file, whatever its status.

        Raises `Unreadable` where it must not be fetched (private address, robots.txt, too large, too many redirects, another
        protocol), `Unavailable` where nobody answers or it takes too long.
        """
        for _ in range(MOST_REDIRECTS + 1):
            host = self._host(url)
            if host.robots is not None and not host.robots.can_fetch(AGENT, url):
                raise Unreadable("robots.txt asks not to fetch it")
            status, headers = self._get(url, target, self._settings.max_file_bytes, host)
            onward = headers.get("location", "")
            if status not in {301, 302, 303, 307, 308} or not onward:
                return Page(url, status, headers.get("content-type", "").partition(";")[0].strip().lower(), target)
            url = urljoin(url, onward)
        raise Unreadable(f"it is redirected more than {MOST_REDIRECTS} times")

    def _host(self, url: str) -> _Host:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise Unreadable("it leads to an address that is no web page's")
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        if origin not in self._hosts:
            self._hosts[origin] = host = _Host(pause_s=self._settings.fetch_pause_s)
            host.robots = self._robots(f"{origin}/robots.txt", host)
            asked = host.robots.crawl_delay(AGENT) if host.robots is not None else None
            host.pause_s = min(LONGEST_PAUSE_S, max(host.pause_s, float(asked or 0)))
        return self._hosts[origin]

    def _robots(self, url: str, host: _Host) -> RobotFileParser | None:
        """RFC 9309: a file that is not there allows everything, one that cannot be had forbids it."""
        from tempfile import TemporaryDirectory

        with TemporaryDirectory() as folder:
            target = Path(folder) / "robots.txt"
            try:
                for _ in range(MOST_REDIRECTS + 1):
                    status, headers = self._get(url, target, ROBOTS_BYTES, host)
                    if not (300 <= status < 400 and headers.get("location")):
                        break
                    url = urljoin(url, headers["location"])
            except Unreadable as error:
                if "private" in error.message:
                    raise
                return None
            if status >= 500:
                raise Unavailable(f"{url} cannot be read ({status}).", hint="Try again later.")
            if status >= 300:
                return None
            found = RobotFileParser()
            found.parse(target.read_text(encoding="utf-8", errors="replace").splitlines())
            return found

    def _get(self, url: str, target: Path, limit: int, host: _Host) -> tuple[int, Mapping[str, str]]:
        """One request without redirects; status and headers."""
        import httpx

        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise Unreadable("it leads to an address that is no web page's")
        port = parts.port or _PORTS[parts.scheme]
        address = pinned(parts.hostname, port, private=self._settings.fetch_private)
        self._sleep(max(0.0, host.last + host.pause_s - time.monotonic()))
        deadline = time.monotonic() + self._settings.fetch_timeout_s
        try:
            request = self._open().build_request(
                "GET",
                httpx.URL(url).copy_with(host=address, fragment=None, userinfo=b""),
                headers={"Host": parts.netloc.rpartition("@")[2], "User-Agent": AGENT, "Accept-Encoding": "gzip, deflate"},
                extensions={"sni_hostname": parts.hostname},
            )
            response = self._open().send(request, stream=True)
            try:
                _save(response, target, limit, deadline)
            finally:
                response.close()
        except (httpx.TransportError, httpx.InvalidURL, httpx.DecodingError) as error:
            raise Unavailable(f"{parts.netloc} does not answer: {type(error).__name__} {error}.", hint="Try again later.") from error
        finally:
            host.last = time.monotonic()
        return response.status_code, response.headers

    def _open(self) -> httpx.Client:
        import httpx

        if self._client is None:
            timeout = httpx.Timeout(min(20.0, self._settings.fetch_timeout_s))
            self._client = httpx.Client(trust_env=False, timeout=timeout)  # no proxy: it would resolve names anew
        return self._client


def _save(response: httpx.Response, target: Path, limit: int, deadline: float) -> None:
    """Write the body; its size and time are counted as it comes, whatever the server says of it."""
    size = 0
    with target.open("wb") as out:
        for piece in response.iter_bytes(2**16):
            size += len(piece)
            if size > limit:
                raise Unreadable(f"it is larger than {limit // 2**20} MB (JITL_MAX_FILE_BYTES)")
            if time.monotonic() > deadline:
                raise Unavailable("It took too long to come.", hint="Try again later, or raise JITL_FETCH_TIMEOUT_S.")
            out.write(piece)
