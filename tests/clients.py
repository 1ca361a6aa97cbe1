"""Clients of other projects, each in a virtual environment of its own: what they pin must not bind us.

`JITL_TEST_CLIENTS` names a folder with one environment a client in it: `drsai/`, `hepai/`, `ragflow/`.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

PACKAGES: Final = {
    "drsai": "drsai distro",  # hepai, which it brings, imports distro without asking for it
    "hepai": "hepai==1.4.11 distro",
    "ragflow": "ragflow-sdk",
}
PATIENCE_S: Final = 120


def python_of(client: str) -> Path:
    """The client's interpreter; the test is skipped where there is none."""
    folder = Path(os.environ.get("JITL_TEST_CLIENTS") or "clients-are-not-here")
    python = folder / client / "bin" / "python"
    if not python.exists():
        how = f"`python -m venv DIR/{client} && DIR/{client}/bin/pip install {PACKAGES[client]}`, then JITL_TEST_CLIENTS=DIR"
        pytest.skip(f"the client {client} is not here: {how}")
    return python


def run(client: str, script: str, *arguments: str) -> Any:
    """What the script prints on its last line, as JSON. It runs under the client's interpreter, without our packages."""
    command = [str(python_of(client)), "-I", "-c", script, *arguments]
    quiet = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, env=quiet, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])
