"""Walks over the graph, with weights fitted on the other half: several steps are put together, single ones are left as they were."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from graph.walk import Walk
from tests.quality import fit_walk
from tests.quality.fit_walk import SEVERAL, SINGLE, World
from tests.quality.memory import SPARSE, Vectors

pytestmark = [pytest.mark.quality, pytest.mark.timeout(7200)]

FLOORS = {"ret_musique": 65.0, "ret_hotpotqa": 90.0, "ret_2wiki": 87.0}
UNTITLED = {"ret_musique": 60.0, "ret_hotpotqa": 82.0, "ret_2wiki": 79.0}


@pytest.fixture(scope="module")
def worlds(tmp_path_factory) -> list[World]:
    kept = Path(os.environ.get("JITL_QUALITY_DIR") or tmp_path_factory.mktemp("walk"))
    vectors = Vectors(kept / "walk-vectors.npz")
    return [*(World(name, vectors) for name in (*SEVERAL, *SINGLE)), *(World(name, vectors, titles=False) for name in SEVERAL)]


def test_several_steps_are_found_and_single_ones_stay(worlds: list[World]) -> None:
    plain: dict[str, list[float]] = {}
    walked: dict[str, list[float]] = {}
    for half in (0, 1):
        weights = fit_walk.fit(worlds, half)
        for world in worlds:
            walk = Walk(world.graph, fit_walk.EXTRACTOR, SPARSE, weights)
            measure = fit_walk.recall if world.name.startswith(SEVERAL) else fit_walk.gain
            for case in world.cases(weights, 1 - half):
                before = list(dict.fromkeys(hit.passage.document for hit in case.hits))
                plain.setdefault(world.name, []).append(measure(before, case.asked))
                walked.setdefault(world.name, []).append(measure(fit_walk.chosen(walk, case, 20), case.asked))
    figures = {name: (round(100 * float(np.mean(plain[name])), 1), round(100 * float(np.mean(found)), 1)) for name, found in walked.items()}
    print(figures)
    for name in SEVERAL:
        assert figures[name][1] >= FLOORS[name]
        assert figures[f"{name} untitled"][1] >= UNTITLED[name]
    for name in SINGLE:
        assert figures[name][1] >= figures[name][0] - 0.5
