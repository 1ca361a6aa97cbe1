"""Multinomial logistic regression on sparse rows and vectors, by L-BFGS from nought: the same data always give the same weights."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Rows:
    """`starts` of each row in `indices` and `values`; `vectors` (rows, dimension) beside them."""

    starts: np.ndarray
    indices: np.ndarray
    values: np.ndarray
    vectors: np.ndarray

    def scores(self, sparse: np.ndarray, dense: np.ndarray) -> np.ndarray:
        said = np.add.reduceat(self.values[:, None] * sparse[self.indices], self.starts, axis=0)
        return said + self.vectors @ dense

    def slopes(self, off: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
        lengths = np.diff(np.append(self.starts, len(self.indices)))
        spread = np.repeat(off, lengths, axis=0) * self.values[:, None]
        summed = [np.bincount(self.indices, weights=spread[:, label], minlength=width) for label in range(off.shape[1])]
        return np.stack(summed, axis=1), self.vectors.T @ off


def fit(rows: Rows, allowed: np.ndarray, weights: np.ndarray, *, width: int, penalty: float, steps: int = 150) -> np.ndarray:
    """Weights of shape (width + dimension + 1, labels), the bias last.

    `allowed` (rows, labels): a row is right with any label that is true of it. `penalty` is that of a sum over rows of mean weight 1.
    """
    labels, dimension = allowed.shape[1], rows.vectors.shape[1]
    shape = (width + dimension + 1, labels)
    ridge = np.full((shape[0], 1), penalty)
    ridge[-1] = 1e-6

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        found = flat.reshape(shape)
        chance = softmax(rows.scores(found[:width], found[width:-1]) + found[-1])
        right = np.where(allowed, chance, 0.0)
        whole = np.maximum(right.sum(axis=1, keepdims=True), 1e-12)
        off = (chance - right / whole) * weights[:, None]
        sparse, dense = rows.slopes(off, width)
        slope = np.concatenate([sparse, dense, off.sum(axis=0, keepdims=True)]) + ridge * found
        value = -float(weights @ np.log(whole[:, 0])) + 0.5 * float((ridge * found**2).sum())
        return value, slope.ravel()

    return minimise(loss, np.zeros(shape[0] * labels), steps).reshape(shape)


def softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def minimise(loss, start: np.ndarray, steps: int) -> np.ndarray:
    """L-BFGS with a halving line search (Nocedal and Wright, algorithm 7.4)."""
    at, (value, slope) = start, loss(start)
    known: deque[tuple[np.ndarray, np.ndarray]] = deque(maxlen=10)
    for _ in range(steps):
        direction = -_curved(slope, known)
        length = 1.0 if known else 1.0 / max(1.0, float(np.abs(slope).sum()))
        for _ in range(30):
            there = at + length * direction
            new_value, new_slope = loss(there)
            if new_value <= value + 1e-4 * length * float(direction @ slope):
                break
            length /= 2
        moved, bent = there - at, new_slope - slope
        if float(moved @ bent) > 1e-12:
            known.append((moved, bent))
        done = value - new_value < 1e-6 * max(1.0, abs(value))
        at, value, slope = there, new_value, new_slope
        if done:
            break
    return at


def _curved(slope: np.ndarray, known: deque[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    found = slope.copy()
    taken = []
    for moved, bent in reversed(known):
        share = float(moved @ found) / float(moved @ bent)
        taken.append(share)
        found -= share * bent
    if known:
        moved, bent = known[-1]
        found *= float(moved @ bent) / float(bent @ bent)
    for (moved, bent), share in zip(known, reversed(taken), strict=True):
        found += moved * (share - float(bent @ found) / float(moved @ bent))
    return found
