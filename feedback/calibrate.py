"""The threshold of the scope decision that a collection's own corrections speak for: a function of them alone, whatever their order.

It minimises the share of questions that are missed plus the share that is answered by a wrong correction, plus a pull towards the
shipped threshold, quadratic in log odds, that fades as trials grow in number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from feedback.trials import Trial

FEWEST: Final = 20
"""Corrections below which the shipped threshold stays."""
LOWEST, HIGHEST = 0.1, 0.9
STEPS: Final = 81
"""Thresholds looked at, evenly spaced: more would only follow single trials."""
DERIVED_WEIGHT: Final = 0.1
"""Of a rewording by rule against one that an expert gave: it is easier than what people ask."""
PULL: Final = 0.002
"""What a distance of one in log odds from the shipped threshold costs for ever, as a rate: rewordings never tell all that people ask."""
FADING: Final = 0.05
"""What it costs more while nothing was tried."""
HALF: Final = 20.0
"""Weighed trials, of each kind, after which half of that is left."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of the trials at one threshold. `missed`: of the rewordings, not answered by the correction; `fired`: of near questions."""

    threshold: float
    missed: float
    fired: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """`before` is at the threshold that was in force."""

    corrections: int
    near: int
    given: int
    derived: int
    before: Rates
    after: Rates

    @property
    def threshold(self) -> float:
        return self.after.threshold


def calibrate(trials: Sequence[Trial], corrections: int, shipped: float, in_force: float | None = None) -> Calibration:
    """What the trials of so many corrections speak for. `in_force`: the threshold until now, where it is not the shipped one."""
    near, given, derived = _sorted(trials)
    table = _Table(near, given, derived)
    chosen = shipped if corrections < FEWEST else table.best(shipped)
    before = table.rates(shipped if in_force is None else in_force)
    return Calibration(corrections, len(near), len(given), len(derived), before, table.rates(chosen))


def _sorted(trials: Sequence[Trial]) -> tuple[list[Trial], list[Trial], list[Trial]]:
    near = [trial for trial in trials if trial.right is None]
    given = [trial for trial in trials if trial.right is not None and trial.given]
    return near, given, [trial for trial in trials if trial.right is not None and not trial.given]


class _Table:
    def __init__(self, near: Sequence[Trial], given: Sequence[Trial], derived: Sequence[Trial]) -> None:
        self._near = np.array([trial.wrong for trial in near])
        reworded = [*given, *derived]
        # What another correction outbids is missed at any threshold.
        self._right = np.array([(trial.right or 0.0) if (trial.right or 0.0) >= trial.wrong else -1.0 for trial in reworded])
        self._weights = np.array([1.0] * len(given) + [DERIVED_WEIGHT] * len(derived))

    def rates(self, threshold: float) -> Rates:
        missed = float(self._weights[self._right < threshold].sum() / self._weights.sum()) if self._weights.size else 0.0
        fired = float(np.mean(self._near >= threshold)) if self._near.size else 0.0
        return Rates(threshold, missed, fired)

    def best(self, shipped: float) -> float:
        """Of those that cost the same the nearest to the shipped one."""
        told = min(float(self._weights.sum()), float(self._near.size))
        pull = PULL + FADING * HALF / (HALF + told)
        start = _odds(min(max(shipped, LOWEST), HIGHEST))

        def cost(threshold: float) -> tuple[float, float]:
            rates, away = self.rates(threshold), abs(_odds(threshold) - start)
            return round(rates.missed + rates.fired + pull * away**2, 9), away

        steps: list[float] = np.linspace(LOWEST, HIGHEST, STEPS).round(6).tolist()
        return min([shipped, *steps] if LOWEST <= shipped <= HIGHEST else steps, key=cost)


def _odds(probability: float) -> float:
    return math.log(probability / (1 - probability))
