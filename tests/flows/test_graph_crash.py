"""Killed at any point of an ingest that the graph follows, both end as if nothing had happened."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data import ROOT
from tests.flows.graph_crash_child import POINTS, opened
from tests.flows.test_graph_follows import assert_as_rebuilt


@pytest.mark.parametrize("lives", [5, pytest.param(60, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])])
def test_kills_leave_the_graph_as_a_rebuild(tmp_path: Path, lives: int) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    rng = random.Random(seed)
    points = [*POINTS] * (lives // len(POINTS) + 1)
    rng.shuffle(points)
    for life, point in enumerate(points[:lives]):
        command = [
            sys.executable,
            "-m",
            "tests.flows.graph_crash_child",
            str(tmp_path),
            f"{seed}-{life}",
            point,
            str(rng.choice((1, 2, 7))),
        ]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert run.returncode == -9, run.stderr[-3000:]
        if life % 3 == 2 or life == lives - 1:
            shop = opened(tmp_path)
            assert shop.settle(), point
            assert_as_rebuilt(shop, tmp_path / f"fresh{life}")
            shop.ingest()
            assert_as_rebuilt(shop, tmp_path / f"again{life}")
            shop.db.close()
