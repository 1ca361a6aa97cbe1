"""A tiny service in the place of the real one, and a command that uses it: what a data folder's holder is tested with.

`python -m tests.holding FOLDER REQUESTS PATH` makes that many requests and prints, a line each, the process that answered.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs

from api.client import Client
from api.holder import FolderTransport, Service
from tests.data import ROOT

JOURNAL = "journal"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


class Tiny:
    """`/v1/who` says which process answers; `?wait=S` takes its time; `?then=die` kills it before it answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jobs = 0
        self.write("open")

    def write(self, event: str) -> None:
        with (self.folder / JOURNAL).open("a") as journal:
            journal.write(f"{event} {os.getpid()}\n")

    async def __call__(self, scope, receive, send) -> None:
        said = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
        self.write("asked")
        await asyncio.sleep(float(said.get("wait", 0)))
        if said.get("then") == "die" and said.get("pid", str(os.getpid())) == str(os.getpid()):
            os._exit(9)
        if "job" in said:
            self.jobs += 1
            threading.Timer(float(said["job"]), self.finish).start()
        body = json.dumps({"pid": os.getpid()}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})

    def finish(self) -> None:
        self.write("finished")
        self.jobs -= 1

    def service(self) -> Service:
        return Service(
            inside=self,
            outside=self,
            resume=lambda: self.write("resumed"),
            busy=lambda: self.jobs > 0,
            first_key=lambda: None,
            close=lambda: self.write("close"),
        )


def opened(folder: Path) -> Service:
    return Tiny(folder).service()


def client(folder: Path, say=None) -> tuple[Client, FolderTransport]:
    transport = FolderTransport(folder, say or (lambda *_, **__: None), opened=opened)
    return Client(transport=transport), transport


def main() -> None:
    folder, requests, path = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]

    def say(key, **_) -> None:
        print(key, file=sys.stderr, flush=True)

    speaker, transport = client(folder, say)
    with speaker:
        for _ in range(requests):
            print(speaker._json("GET", path)["pid"], transport.holder is not None, flush=True)
            time.sleep(0.01)


if __name__ == "__main__":
    main()
