"""The shipped choice of a route on questions that it was not fitted on: floors below what was measured when it was shipped."""

from __future__ import annotations

import pytest

from jitl.route import RouteModel
from tests.quality.routing import questions, report
from tests.quality.routing.questions import Vectors

pytestmark = pytest.mark.quality


@pytest.fixture(scope="module")
def vectors(tmp_path_factory) -> Vectors:
    return Vectors(tmp_path_factory.mktemp("route") / "vectors.npz")


def test_traps(vectors: Vectors) -> None:
    measured = report.four(RouteModel.shipped(), questions.own(questions.TRAPS), vectors)
    for language in ("en", "zh"):
        assert measured[language]["f1"] >= 94
        assert min(measured[language]["recall"]["hep"], measured[language]["recall"]["hep_code"]) >= 95
    assert measured["calibration_gap"] <= 6


def test_open_sets(vectors: Vectors) -> None:
    measured = report.on_open_sets(RouteModel.shipped(), questions.open_sets(), vectors)
    floors = {"en/science": 95, "en/general": 92, "zh/general": 98, "en/code": 98, "chat": 98}
    assert all(measured[kind] >= floor for kind, floor in floors.items()), measured
