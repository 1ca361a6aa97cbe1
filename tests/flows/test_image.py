"""The Dockerfile's steps without a container engine: what it copies, installed as it says into a clean environment, serves."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data import ROOT

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]


def steps() -> list[tuple[str, list[str]]]:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    return [(line.split()[0], shlex.split(line)[1:]) for line in lines if line and not line.startswith("#")]


def test_its_steps_make_an_installation_that_serves(tmp_path: Path) -> None:
    place, environment = tmp_path / "opt", tmp_path / "venv"
    place.mkdir()
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JITL_", "PYTHON"))}
    given = {**kept, "PATH": f"{environment / 'bin'}:{os.environ['PATH']}", "JITL_DATA_DIR": str(tmp_path / "data")}
    for step, words in steps():
        if step == "COPY":
            for part in words[:-1]:
                if (ROOT / part).is_dir():
                    shutil.copytree(ROOT / part, place / part, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(ROOT / part, place)
        elif step == "RUN" and words[0] == "pip":
            subprocess.run(words, cwd=place, env=given, check=True, timeout=1200)
    [command] = [
        json.loads(" ".join(line.split()[1:])) for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("CMD")
    ]
    shutil.rmtree(place)  # the package is what was installed, not what lies beside it
    process = subprocess.Popen([*command, "--port", "0", "--json"], env=given, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["url"].startswith("http://127.0.0.1:")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        process.stdout.close()
    imports = "import celery, neo4j, psycopg, qdrant_client, redis; import importlib.util as u; assert u.find_spec('torch') is None"
    subprocess.run(["python", "-c", imports], env=given, cwd=tmp_path, check=True)
