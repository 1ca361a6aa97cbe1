"""Logistic regression with an L2 penalty, by Newton's method: exact, so the same data always give the same weights."""

from __future__ import annotations

import numpy as np


def fit(rows: np.ndarray, labels: np.ndarray, *, penalty: float, weights: np.ndarray | None = None) -> np.ndarray:
    """Bias first, then a weight for each column, in the columns' own units; the penalty acts on standardised columns."""
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    flat = scale < 1e-9
    scale = np.where(flat, 1.0, scale)
    design = np.hstack([np.ones((len(rows), 1)), np.where(flat, 0.0, (rows - mean) / scale)])
    importance = np.ones(len(rows)) if weights is None else weights
    ridge = np.full(design.shape[1], penalty)
    ridge[0] = 1e-9
    found = np.zeros(design.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-design @ found))
        slope = design.T @ (importance * (labels - chance)) - ridge * found
        curve = (design * (importance * chance * (1 - chance) + 1e-9)[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curve, slope)
        found += step * min(1.0, 5.0 / max(1e-12, float(np.abs(step).max())))
        if np.abs(step).max() < 1e-7:
            break
    slopes = found[1:] / scale
    return np.concatenate([[found[0] - float(slopes @ mean)], slopes])
