"""Killed at any point of ingest and teaching, the service comes back with everything it acknowledged and nothing half done."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.data import ROOT
from tests.flows.crash_child import DOCUMENTS, POINTS

CYCLES = int(os.environ.get("JITL_CRASH_CYCLES", "60"))
"""Kills of the long run, each point several times; the short one kills once at each."""


@dataclass
class Lives:
    """A data folder, killed again and again, and what its owner was told."""

    folder: Path
    papers: Path
    acknowledged: dict[str, str] = field(default_factory=dict)
    generation: int = 0

    def live(self, point: str, count: int, *options: str) -> dict[str, dict[str, object]]:
        """One life until it is killed; what it found when it began. Remembers what it acknowledged."""
        self.generation += 1
        command = [
            sys.executable,
            "-m",
            "tests.flows.crash_child",
            str(self.folder),
            str(self.papers),
            str(self.generation),
            point,
            str(count),
        ]
        run = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert run.returncode == -9, run.stderr[-3000:]
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        assert lines, run.stderr
        before = dict(self.acknowledged)
        self.acknowledged |= {line["acknowledged"]: line["answer"] for line in lines[1:]}
        self.check(lines[0]["found"], before)
        return lines[0]["found"]

    def check(self, found: dict[str, dict[str, object]], acknowledged: dict[str, str]) -> None:
        lost = {question for question, answer in acknowledged.items() if found["corrections"].get(question) != answer}
        assert not lost, f"{len(lost)} acknowledged corrections lost or not used"
        for name, seen in found["documents"].items():
            assert len(set(seen["generations"])) == 1, f"{name} mixes versions"
            assert len(seen["generations"]) == seen["expected"], f"{name} is half there"
            assert seen["state"] == "published"


def lives(tmp_path: Path) -> Lives:
    return Lives(tmp_path / "data", tmp_path / "papers")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("cycles", [len(POINTS), pytest.param(CYCLES, marks=pytest.mark.soak)])
def test_kills_lose_nothing(tmp_path: Path, cycles: int) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    rng = random.Random(seed)
    owner = lives(tmp_path)
    points = [*POINTS] * (cycles // len(POINTS) + 1)
    rng.shuffle(points)
    for point in points[:cycles]:
        owner.live(point, rng.choice((1, 1, 2, 3)))
    found = owner.live(POINTS[-1], 1)
    assert len(found["corrections"]) >= cycles // 4
    assert len(found["documents"]) == DOCUMENTS


@pytest.mark.timeout(300)
def test_the_harness_notices_an_acknowledgement_before_the_commit(tmp_path: Path) -> None:
    owner = lives(tmp_path)
    owner.live(POINTS[-1], 2)
    owner.live("-", 3, "--mutant")
    with pytest.raises(AssertionError, match="acknowledged corrections lost"):
        owner.live(POINTS[-1], 1)
