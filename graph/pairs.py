"""Which names stand together, and in how many passages: counted in blocks, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

BLOCK = 2_000_000
"""Pairs counted at once: some 50 MB."""


def pairs(keys: Sequence[tuple[str, int]], passages: Sequence[NDArray[Any]]) -> Iterator[tuple[str, str, int]]:
    """(first, second, passages that hold both), first < second, by (first, second). `keys`: sorted (key, node id)."""
    if not keys or not passages:
        return
    names = [key for key, _ in keys]
    ranks, ends = _ranks(np.array([id_ for _, id_ in keys], np.int64), passages)
    after = np.repeat(ends, np.diff(ends, prepend=0)) - np.arange(len(ranks)) - 1  # names behind each one in its passage
    order = np.argsort(ranks, kind="stable")
    for some in _blocks(ranks[order], after[order]):
        at = order[some]
        number = after[at]
        first = np.repeat(ranks[at], number)
        steps = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
        second = ranks[np.repeat(at, number) + 1 + steps]
        found, counts = np.unique(first * len(names) + second, return_counts=True)
        for pair, count in zip(found.tolist(), counts.tolist(), strict=True):
            yield names[pair // len(names)], names[pair % len(names)], count


def _ranks(ids: NDArray[np.int64], passages: Sequence[NDArray[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All passages' names as places in the alphabet, sorted in each passage; and where each passage ends."""
    ends = np.cumsum([len(passage) for passage in passages])
    by_id = np.argsort(ids)
    flat = np.concatenate(passages).astype(np.int64)
    ranks = by_id[np.searchsorted(ids[by_id], flat)]
    which = np.repeat(np.arange(len(passages)), np.diff(ends, prepend=0))
    return ranks[np.lexsort((ranks, which))], ends


def _blocks(ranks: NDArray[np.int64], pairs_of: NDArray[np.int64]) -> Iterator[slice]:
    """Runs of places with whole names each, whose pairs fit a block (one name's always do)."""
    total = np.cumsum(pairs_of)
    starts = np.flatnonzero(np.diff(ranks, prepend=-1))
    begin, done = 0, 0
    limits = starts.tolist()
    for start, end in pairwise([*limits, len(ranks)]):
        if start > begin and total[end - 1] - done > BLOCK:
            yield slice(begin, start)
            begin, done = start, int(total[start - 1])
    if begin < len(ranks):
        yield slice(begin, len(ranks))
