"""Boosted oblivious trees: every node of one depth asks the same, so a tree is a short list of questions and a table.

Evaluation adds the trees in their order, row by row: a row's value does not depend on what else is evaluated with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Trees:
    """`features` and `limits` have shape (trees, depth), `values` (trees, 2 ** depth), in units of log odds."""

    bias: float
    features: NDArray[np.int64]
    limits: NDArray[np.float64]
    values: NDArray[np.float64]

    def probabilities(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shape (rows,)."""
        asked = rows[:, self.features] > self.limits  # (rows, trees, depth)
        leaves = asked @ (1 << np.arange(self.features.shape[1]))
        votes = self.values[np.arange(len(self.values)), leaves]
        return 1 / (1 + np.exp(-(self.bias + np.cumsum(votes, axis=1)[:, -1])))

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Trees:
        return cls(
            float(stored["bias"]),
            np.array(stored["features"], np.int64),
            np.array(stored["limits"], np.float64),
            np.array(stored["values"], np.float64),
        )

    def dump(self) -> dict[str, Any]:
        """Rounded: weights are read by people too."""
        return {
            "bias": round(self.bias, 5),
            "features": self.features.tolist(),
            "limits": [[round(limit, 5) for limit in tree] for tree in self.limits.tolist()],
            "values": [[round(value, 5) for value in tree] for tree in self.values.tolist()],
        }


@dataclass(frozen=True, slots=True)
class Boosting:
    """How trees are fitted: second-order boosting on binned features. Deterministic."""

    trees: int = 200
    depth: int = 5
    rate: float = 0.1
    bins: int = 48
    smoothing: float = 3.0  # L2 of a leaf, in (weighted) rows

    def fit(self, rows: NDArray[np.float64], labels: NDArray[np.bool_], weights: NDArray[np.float64]) -> Trees:
        """Log loss; `weights` are brought to mean 1."""
        weights = weights / weights.mean()
        edges = [self._edges(column) for column in rows.T]
        binned = [np.searchsorted(edge, column, side="left") for edge, column in zip(edges, rows.T, strict=True)]
        share = float(np.average(labels, weights=weights))
        score = np.full(len(rows), bias := float(np.log(share / (1 - share))))
        grown: list[tuple[list[int], list[float], NDArray[np.float64]]] = []
        for _ in range(self.trees):
            chance = 1 / (1 + np.exp(-score))
            slope, curve = weights * (labels - chance), weights * chance * (1 - chance)
            leaves, asked, limits = self._grow(binned, edges, slope, curve)
            size = 1 << self.depth
            values = self.rate * np.bincount(leaves, slope, size) / (np.bincount(leaves, curve, size) + self.smoothing)
            score += values[leaves]
            grown.append((asked, limits, values))
        asked_, limits_, values_ = zip(*grown, strict=True)
        return Trees(bias, np.array(asked_), np.array(limits_), np.array(values_))

    def _edges(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.unique(np.quantile(column, np.linspace(0, 1, self.bins + 1)[1:-1]).round(5))

    def _grow(
        self,
        binned: Sequence[NDArray[np.int64]],
        edges: Sequence[NDArray[np.float64]],
        slope: NDArray[np.float64],
        curve: NDArray[np.float64],
    ) -> tuple[NDArray[np.int64], list[int], list[float]]:
        """One tree: at every depth the question that gains most over all leaves so far."""
        leaves = np.zeros(len(slope), np.int64)
        asked: list[int] = []
        limits: list[float] = []
        for depth in range(self.depth):
            gains = [
                self._gains(leaves, 1 << depth, column, len(edge) + 1, slope, curve) for column, edge in zip(binned, edges, strict=True)
            ]
            best = int(np.argmax([gain.max() for gain in gains]))
            at = int(np.argmax(gains[best]))
            asked.append(best)
            limits.append(float(edges[best][at]))
            leaves |= (binned[best] > at).astype(np.int64) << depth
        return leaves, asked, limits

    def _gains(
        self,
        leaves: NDArray[np.int64],
        count: int,
        column: NDArray[np.int64],
        bins: int,
        slope: NDArray[np.float64],
        curve: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """For every edge of one feature."""
        if bins == 1:
            return np.array([-np.inf])
        cell = leaves * bins + column
        slopes = np.cumsum(np.bincount(cell, slope, count * bins).reshape(count, bins), axis=1)
        curves = np.cumsum(np.bincount(cell, curve, count * bins).reshape(count, bins), axis=1)
        below, above = slopes[:, :-1], slopes[:, -1:] - slopes[:, :-1]
        light, heavy = curves[:, :-1] + self.smoothing, curves[:, -1:] - curves[:, :-1] + self.smoothing
        gained: NDArray[np.float64] = (below**2 / light + above**2 / heavy).sum(axis=0)
        return gained
