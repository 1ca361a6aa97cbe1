"""What was acknowledged over REST survives the process: killed without warning, started again by `jitl serve`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.faces.conftest import wait_for_job


@contextmanager
def served(data: Path) -> Iterator[tuple[subprocess.Popen[str], dict]]:
    command = [sys.executable, "-m", "api.cli.main", "--data", str(data), "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(40)
                except subprocess.TimeoutExpired:
                    process.kill()


def test_a_killed_service_goes_on_where_it_was(tmp_path: Path) -> None:
    data = tmp_path / "data"
    texts = [f"# Note {n}\n\nStation {n} of the beam line holds monitor number {n + 1000}.\n" for n in range(40)]
    with served(data) as (process, told):
        key = told["admin_key"]
        assert key.startswith("jitl_")
        with httpx.Client(base_url=told["url"], headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False) as client:
            client.post("/v1/collections", json={"name": "line"})
            files = [("file", (f"n{n}.md", text.encode())) for n, text in enumerate(texts)]
            job = client.post("/v1/collections/line/documents", files=files).json()["job"]
            said = {"question": "Who owns the beam line?", "answer": "The accelerator division does.", "collection": "line"}
            correction = client.post("/v1/corrections", json=said).json()["id"]
            os.kill(process.pid, signal.SIGKILL)
    with served(data) as (_, told):
        assert told["admin_key"] is None, "the first key is shown once"
        with httpx.Client(base_url=told["url"], headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False) as client:
            assert client.get(f"/v1/corrections/{correction}").json()["status"] == "approved"
            answer = client.post("/v1/ask", json={"question": said["question"]}).json()
            assert answer["correction"]["id"] == correction
            shown = wait_for_job(client, job)
            assert shown["state"] == "done", shown
            items = client.get(f"/v1/jobs/{job}/items").json()["items"]
            assert {item["uri"]: item["status"] for item in items} == {f"upload:n{n}.md": "added" for n in range(40)}
            names = [one["document"] for one in client.get("/v1/collections/line/documents").json()["documents"]]
            assert len(names) == 40
