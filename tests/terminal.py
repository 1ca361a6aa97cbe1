"""`jitl` as people and scripts run it: a process of its own, its two outputs apart."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.data import ROOT

LIMIT_S = 100


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Stdout as JSON lines; anything else there is an error."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Terminal:
    """Commands on one data folder."""

    data: Path

    def start(self, *arguments: object, stderr: int = subprocess.PIPE, **environment: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "api.cli.main", "--data", str(self.data), *map(str, arguments)]
        given = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "JITL_"))}
        given |= {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", **environment}
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=given, stdin=pipe, stdout=pipe, stderr=stderr, text=True, encoding="utf-8")

    def __call__(self, *arguments: object, stdin: str = "", **environment: str) -> Ran:
        return self.end(self.start(*arguments, **environment), stdin)

    def end(self, process: subprocess.Popen[str], stdin: str = "") -> Ran:
        try:
            out, err = process.communicate(stdin, timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return Ran(process.returncode, out, err)

    def ok(self, *arguments: object, stdin: str = "", **environment: str) -> Ran:
        ran = self(*arguments, stdin=stdin, **environment)
        assert ran.code == 0, f"{arguments}: {ran}"
        return ran

    def json(self, *arguments: object, stdin: str = "") -> list[dict[str, Any]]:
        """The lines of a command that must succeed."""
        return self.ok(*arguments, "--json", stdin=stdin).lines

    @contextmanager
    def serving(self) -> Iterator[dict[str, Any]]:
        """`jitl serve` on a free port; what it announced."""
        process = self.start("serve", "--port", 0, "--json")
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, self.end(process)
            yield json.loads(line)
        finally:
            process.send_signal(signal.SIGTERM)
            self.end(process)


def eventually(condition, seconds: float = 60.0) -> Any:
    """What the condition is once it is true."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return found
