"""Requests that send too much, too slowly, or without a key."""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import httpx
import pytest

from tests.faces.conftest import Live, serve
from tests.terminal import eventually

MB = 2**20


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Iterator[Live]:
    """A service with small caps."""
    with serve(tmp_path_factory.mktemp("data"), max_body_bytes=64 * 2**10, max_batch_bytes=MB, max_upload_bytes=2 * MB) as running:
        running.collection("inbox")
        yield running


def size_of(*folders: Path) -> int:
    return sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())


class Watch:
    """The largest size that the folders had meanwhile."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.most = 0

    def __enter__(self) -> Self:
        self._start = size_of(*self._folders)
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.002):
            try:
                self.most = max(self.most, size_of(*self._folders) - self._start)
            except FileNotFoundError:
                continue


def upload_of(megabytes: int) -> dict:
    return {"files": {"file": ("big.txt", b"x" * (megabytes * MB))}}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer jitl_wrong"}, {"Authorization": "Basic eDp4"}])
@pytest.mark.parametrize("path", ["/v1/collections/inbox/documents", "/v1/corrections/batch", "/v1/ask", "/no/such/address"])
def test_without_a_key_nothing_reaches_the_disk(live: Live, tmp_path, monkeypatch, path: str, headers: dict) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    eventually(lambda: live.container.replaying._replay.baseline.stamp)  # what a start writes is written
    start = time.monotonic()
    with Watch(live.data, tmp_path) as watch:
        reply = live.client().post(path, headers=headers, **upload_of(50))
    assert reply.status_code == 401
    assert watch.most == 0
    assert time.monotonic() - start < 10


def test_it_is_refused_before_it_was_sent(live: Live) -> None:
    """A sender that waits for leave (curl does, above a megabyte) never sends the body."""
    host, port = live.url.removeprefix("http://").split(":")
    head = f"POST /v1/collections/inbox/documents HTTP/1.1\r\nHost: {host}\r\nContent-Length: {50 * MB}\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(head.encode())
        assert raw.recv(1000).startswith(b"HTTP/1.1 401")


def test_a_declared_length_over_the_cap_is_refused_at_once(small: Live, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    admin = small.admin
    with Watch(small.data / "blobs", tmp_path) as watch:
        assert admin.post("/v1/collections/inbox/documents", **upload_of(3)).status_code == 413
        assert admin.post("/v1/ask", content=b"x" * 100_000).status_code == 413
        assert admin.post("/v1/corrections/batch?collection=inbox", content=b"x" * (MB + 1)).status_code == 413
    assert watch.most == 0
    assert admin.post("/v1/collections/inbox/documents", **upload_of(1)).status_code == 202


def test_an_undeclared_length_is_counted(small: Live) -> None:
    admin = small.admin

    def pieces(size: int) -> Iterator[bytes]:
        for _ in range(size // 1024):
            yield b"x" * 1024

    assert admin.post("/v1/ask", content=pieces(200_000)).status_code == 413
    assert admin.post("/v1/corrections/batch?collection=inbox", content=pieces(MB + 1024)).status_code == 413

    def form() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        yield from pieces(3 * MB)
        yield b"\r\n--b--\r\n"

    reply = admin.post("/v1/collections/inbox/documents", content=form(), headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert reply.status_code == 413
    assert not list((small.data / "blobs").glob("incoming-*"))


MALFORMED = {
    "no boundary": ("multipart/form-data", b"x"),
    "not multipart": ("text/plain", b"x"),
    "no file": ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'),
    "cut short": ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf'),
    "garbage": ("multipart/form-data; boundary=b", b"garbage without any boundary"),
    "no name": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="file"; filename=".."\r\n\r\nx\r\n--b--\r\n',
    ),
    "control": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a\x01"\r\n\r\nx\r\n--b--\r\n',
    ),
    "long boundary": ("multipart/form-data; boundary=" + "b" * 5000, b"--b"),
    "huge field": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"1" * 100_000 + b"\r\n--b--\r\n",
    ),
    "many files": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n\r\n' * 1500 + b"--b--\r\n",
    ),
    "many headers": ("multipart/form-data; boundary=b", b"--b\r\n" + b"X-A: 1\r\n" * 50_000 + b"\r\nx\r\n--b--\r\n"),
}


@pytest.mark.parametrize("how", MALFORMED)
def test_a_malformed_form_is_refused_and_leaves_nothing(small: Live, how: str) -> None:
    kind, body = MALFORMED[how]
    before = sorted((small.data / "blobs").iterdir())
    jobs = small.admin.get("/v1/jobs").json()
    reply = small.admin.post("/v1/collections/inbox/documents", content=body, headers={"Content-Type": kind})
    assert reply.status_code in (413, 422), reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert sorted((small.data / "blobs").iterdir()) == before
    assert [job["id"] for job in small.admin.get("/v1/jobs").json()["jobs"]] == [job["id"] for job in jobs["jobs"]]


def test_names_of_files_never_leave_the_collection(small: Live) -> None:
    admin = small.admin
    job = small.upload(admin, "inbox", {"../../../etc/passwd.md": "# P\n\nwords", "C:\\x\\y.md": "# Q\n\nwords"})
    uris = sorted(item["uri"] for item in admin.get(f"/v1/jobs/{job['id']}/items").json()["items"])
    assert uris == ["upload:etc/passwd.md", "upload:y.md"]


def test_a_client_that_leaves_in_the_middle_leaves_nothing(small: Live) -> None:
    key = small.key("leaver", all="admin")
    host, port = small.url.removeprefix("http://").split(":")
    head = "POST /v1/collections/inbox/documents HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    head += f"Authorization: Bearer {key}\r\nContent-Length: 1000000\r\n\r\n"
    part = '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + "x" * 300_000
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall((head + part).encode())
    end = time.monotonic() + 10
    while list((small.data / "blobs").glob("incoming-*")) or time.monotonic() < end - 9.5:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert httpx.get(f"{small.url}/healthz").status_code == 200
