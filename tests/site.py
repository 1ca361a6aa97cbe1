"""A site on loopback that says what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answer:
    body: str | bytes = ""
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Site:
    url: str
    pages: dict[str, Answer]
    asked: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)


@contextmanager
def site(pages: Mapping[str, Answer | str]) -> Iterator[Site]:
    """Paths (with their query) -> what comes; everything else is 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.asked.append(self.path)
            shown.hosts.append(self.headers.get("Host", ""))
            answer = shown.pages.get(self.path) or Answer("<h1>not here</h1>", 404)
            body = answer.body.encode() if isinstance(answer.body, str) else answer.body
            self.send_response(answer.status)
            for name, value in {"Content-Type": answer.kind, "Content-Length": str(len(body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    shown = Site(f"http://127.0.0.1:{server.server_port}", {path: _answer(page) for path, page in pages.items()})
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield shown
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def _answer(page: Answer | str) -> Answer:
    return Answer(page) if isinstance(page, str) else page
