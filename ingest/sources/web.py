"""Pages of the web: one, or a section of a site as far as its own links lead."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from html import unescape
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from ingest.scratch import Scratch
from ingest.sources.fetch import Fetcher, Page
from ingest.sources.port import Memory, Refused
from jitl.errors import Unavailable, Unreadable
from jitl.ports import SourceFile

if TYPE_CHECKING:
    from jitl.settings import Settings

GONE = {404, 410}
_KINDS = re.compile(
    r"text/.+|application/(?:pdf|json|ld\+json|xhtml\+xml|xml|rss\+xml|x-tex|x-latex|x-ipynb\+json|rtf"
    r"|vnd\.openxmlformats-officedocument\.presentationml\..+|octet-stream|mbox|zip|gzip|x-gzip|x-tar)|"
)
_HTML = {"text/html", "application/xhtml+xml"}
_LINK = re.compile(r"""(?i)<a\s[^>]{0,500}?href\s*=\s*(?:"([^"]{1,2000})"|'([^']{1,2000})')""")
_BASE = re.compile(r"""(?i)<base\s[^>]{0,300}?href\s*=\s*["']([^"']{1,2000})["']""")
_LINKS_IN = 4 * 2**20  # characters of a page that links are looked for in
_DEEDS = re.compile(r"(?i)/(?:edit|login|logout|logon|signin|attach|rename|manage|rdiff|viewauth|oops|rev|changes|search)(?:auth)?(?:/|$)")


class WebPages:
    """Implements `ingest.sources.port.Source` for `https://host/page`, and with `section` for all that its links reach below it."""

    def __init__(self, address: str, settings: Settings, *, section: bool = False) -> None:
        self._start = canonical(address)
        self._settings = settings
        self._section = section

    @property
    def root(self) -> str:
        return below(self._start) if self._section else self._start

    def revision(self) -> str | None:
        return None  # no server answers for all that is below a page

    def find(self, scratch: Scratch, memory: Memory) -> Iterator[SourceFile | Refused]:
        """In the order of the links. A page that cannot be had is refused, and so is what lies beyond the limit of pages."""
        del memory  # what a page holds is known only when it has come
        with Fetcher(self._settings) as fetcher:
            yield from self._walk(fetcher, scratch)

    def _walk(self, fetcher: Fetcher, scratch: Scratch) -> Iterator[SourceFile | Refused]:
        waiting, seen, given = deque([self._start]), {self._start}, set[str]()
        folder = scratch.folder()
        for number in range(self._settings.fetch_pages):
            if not waiting:
                return
            asked = waiting.popleft()
            page = self._visit(fetcher, asked, folder / f"{number}.page")
            if isinstance(page, Refused):
                yield page
                continue
            found = canonical(page.url) if self._section else asked
            if found not in given:
                given.add(found)
                yield SourceFile(found, _name(found, page.kind), page.path, {"url": found})
            new = dict.fromkeys(link for link in self._links(page) if link not in seen)
            seen.update(new)
            waiting.extend(new)
        if waiting:
            why = f"the section has more than {self._settings.fetch_pages} pages (JITL_FETCH_PAGES)"
            yield Refused(self.root.rstrip("/") + "/", _name(self.root, ""), why)

    def _visit(self, fetcher: Fetcher, asked: str, target: Path) -> Page | Refused:
        """Raises `Unavailable` where not even the first page can be had."""
        try:
            page = fetcher.fetch(asked, target)
            if page.status >= 400:
                return _failed(asked, page.status)
            self._check(page)
        except Unavailable as error:
            if asked == self._start:
                raise
            return Refused(asked, _name(asked, ""), str(error))
        except Unreadable as error:
            return Refused(asked, _name(asked, ""), str(error))
        return page

    def _check(self, page: Page) -> None:
        """Raises `Unreadable` for what is not wanted of what came."""
        if self._section and not canonical(page.url).startswith(self.root):
            raise Unreadable(f"it leads out of the section, to {page.url}", hint="A login may be asked for there.")
        if not _KINDS.fullmatch(page.kind):
            raise Unreadable(f"it is no document but {page.kind}")

    def _links(self, page: Page) -> Iterator[str]:
        """Links that stay in the section: no other views of a page (queries), no deeds (edit, attach, log in)."""
        if not self._section or page.kind not in _HTML:
            return
        text = page.path.read_text(encoding="utf-8", errors="replace")[:_LINKS_IN]
        base = match[1] if (match := _BASE.search(text)) else page.url
        for match in _LINK.finditer(text):
            try:
                link = canonical(urljoin(base, unescape(match[1] or match[2]).strip()))
            except ValueError:
                continue
            if link.startswith(self.root) and not urlsplit(link).query and not _DEEDS.search(link[len(self.root) - 1 :]):
                yield link


def canonical(url: str) -> str:
    """One spelling of an address: no fragment, lower-case host, no default port, no name and password. Raises `ValueError`."""
    parts = urlsplit(url)
    host = (parts.hostname or "").encode("idna").decode("ascii") if not (parts.hostname or "").isascii() else parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    port = "" if parts.port in {None, 80 if parts.scheme == "http" else 443} else f":{parts.port}"
    return urlunsplit((parts.scheme.lower(), f"{shown}{port}", parts.path or "/", parts.query, ""))


def below(url: str) -> str:
    """What the addresses of a page's section begin with: its folder."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rpartition("/")[0] + "/", "", ""))


def _failed(uri: str, status: int) -> Refused:
    if status in GONE:
        return Refused(uri, _name(uri, ""), f"the page was not found ({status})", gone=True)
    if status in {401, 403, 407}:
        return Refused(uri, _name(uri, ""), f"it asks for a login or forbids to read it ({status})")
    return Refused(uri, _name(uri, ""), f"the server did not give it ({status})")


def _name(url: str, kind: str) -> str:
    """Host and path; the ending says what came where the address does not."""
    parts = urlsplit(url)
    name = unquote(f"{parts.netloc}{parts.path}").rstrip("/") + (f"?{parts.query}" if parts.query else "")
    if kind in _HTML and PurePosixPath(name).suffix.lower() not in {".html", ".htm", ".xhtml", ".shtml"}:
        return f"{name}.html"
    return f"{name}.pdf" if kind == "application/pdf" and not name.lower().endswith(".pdf") else name
