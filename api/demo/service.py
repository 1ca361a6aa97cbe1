"""A service in a process of its own, as `jitl serve` starts it."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from api.client import Client
from api.holder import FolderTransport
from jitl.errors import Unavailable

START_S: Final = 60.0
STOP_S: Final = 20.0


class Service:
    """`jitl serve` on a folder and a port (0: a free one); stopped by its own process id."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.address = ""
        self.admin_key = ""
        self._printed: list[str] = []
        command = [sys.executable, "-m", "api.cli.main", "--data", str(folder), "serve", "--host", "127.0.0.1", "--port", str(port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603  # our own program
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._printed.append(line)
            if (key := re.search(r"\bjitl_\S+", line)) is not None:
                self.admin_key = key.group()
            if (address := re.search(r"http://127\.0\.0\.1:\d+", line)) is not None:
                self.address = address.group()

    def __enter__(self) -> Self:
        end = time.monotonic() + START_S
        while not self.address:
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise Unavailable(f"The service did not start: {''.join(self._printed)}", hint="Run `jitl doctor`.")
            time.sleep(0.02)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    def client(self) -> Client:
        """A client through the folder's socket: the folder's owner."""
        return Client(transport=FolderTransport(self.folder))

    def wait(self) -> None:
        self._process.wait()

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(STOP_S)
        if self._process.stdout is not None:
            self._process.stdout.close()
