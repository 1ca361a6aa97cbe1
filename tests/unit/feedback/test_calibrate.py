"""The threshold that a collection's own corrections speak for."""

from __future__ import annotations

import random

import pytest

from feedback.calibrate import FEWEST, HIGHEST, LOWEST, calibrate
from feedback.trials import Trial

SHIPPED = 0.5


def near(*wrong: float) -> list[Trial]:
    return [Trial(None, one) for one in wrong]


def given(*right: float, wrong: float = 0.0) -> list[Trial]:
    return [Trial(one, wrong, given=True) for one in right]


def test_what_fires_wrongly_raises_the_threshold_above_it_and_keeps_what_is_right() -> None:
    trials = near(*[0.6] * 40, *[0.05] * 60) + given(*[0.95] * 100)
    found = calibrate(trials, 100, SHIPPED)
    assert 0.6 < found.threshold < 0.7
    assert (found.before.fired, found.after.fired) == (0.4, 0.0)
    assert (found.before.missed, found.after.missed) == (0.0, 0.0)
    assert (found.near, found.given, found.derived) == (100, 100, 0)


def test_what_is_missed_lowers_it_down_to_what_must_stay_silent() -> None:
    found = calibrate(near(*[0.2] * 100) + given(*[0.3] * 60, *[0.99] * 40), 100, SHIPPED)
    assert 0.2 < found.threshold <= 0.3
    assert (found.before.missed, found.after.missed, found.after.fired) == (0.6, 0.0, 0.0)


def test_where_nothing_goes_wrong_the_shipped_one_stays() -> None:
    assert calibrate(near(*[0.01] * 500) + given(*[0.999] * 500), 500, SHIPPED).threshold == SHIPPED


def test_too_few_corrections_move_nothing() -> None:
    trials = near(*[0.6] * FEWEST) + given(*[0.95] * FEWEST)
    assert calibrate(trials, FEWEST - 1, SHIPPED).threshold == SHIPPED
    assert calibrate([], 0, SHIPPED).threshold == SHIPPED
    assert calibrate(trials, FEWEST, SHIPPED).threshold > SHIPPED


def test_a_single_trial_among_many_moves_it_little_and_many_move_it_far() -> None:
    few = calibrate(near(0.88, *[0.01] * 30) + given(*[0.99] * 30), 31, SHIPPED)
    many = calibrate(near(*[0.88] * 20, *[0.01] * 600) + given(*[0.99] * 600), 620, SHIPPED)
    assert few.threshold == SHIPPED
    assert many.threshold > 0.88


def test_rewordings_by_rule_alone_do_not_carry_it_far() -> None:
    """They are recognised at any threshold, and say little about what people will ask."""
    wrong = near(*[0.85] * 12, *[0.01] * 588)
    assert calibrate(wrong + [Trial(0.99, 0.0)] * 300, 600, SHIPPED).threshold == SHIPPED
    assert calibrate(wrong + given(*[0.99] * 300), 600, SHIPPED).threshold > 0.85


def test_it_stays_within_bounds() -> None:
    assert calibrate(near(*[0.99] * 300, *[0.95] * 300) + given(*[0.999] * 300), 600, SHIPPED).threshold <= HIGHEST
    assert calibrate(near(*[0.0] * 600) + given(*[0.02] * 300, *[0.12] * 300), 600, SHIPPED).threshold >= LOWEST


def test_what_another_correction_outbids_is_missed_at_any_threshold() -> None:
    found = calibrate(near(*[0.1] * 50) + given(*[0.6] * 50, wrong=0.7), 50, SHIPPED)
    assert found.after.missed == found.before.missed == 1.0


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_trials_is_nothing_to_it(seed: int) -> None:
    chance = random.Random(seed)
    trials = near(*(chance.random() ** 3 for _ in range(80))) + given(*(1 - chance.random() ** 3 for _ in range(80)))
    first = calibrate(trials, 80, SHIPPED)
    chance.shuffle(trials)
    assert calibrate(trials, 80, SHIPPED) == first


def test_before_is_told_at_the_threshold_that_was_in_force() -> None:
    found = calibrate(near(*[0.6] * 40) + given(*[0.95] * 40), 40, SHIPPED, in_force=0.8)
    assert (found.before.threshold, found.before.fired) == (0.8, 0.0)
    assert found == calibrate(near(*[0.6] * 40) + given(*[0.95] * 40), 40, SHIPPED, in_force=0.8)
