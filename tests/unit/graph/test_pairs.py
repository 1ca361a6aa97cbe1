"""Pairs are counted the same in blocks of any size."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import pairs as module
from graph.pairs import pairs

PASSAGES = st.lists(st.sets(st.integers(0, 12), max_size=6), max_size=12)


@pytest.mark.parametrize("block", [1, 7, 10**6])
@given(passages=PASSAGES)
def test_blocks_make_no_difference(block: int, passages: list[set[int]]) -> None:
    names = {id_: f"name {chr(110 - id_)}" for id_ in range(13)}  # the alphabet runs against the ids
    keys = sorted((key, id_) for id_, key in names.items())
    expected = Counter(pair for some in passages for pair in combinations(sorted(names[id_] for id_ in some), 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        found = list(pairs(keys, [np.array(sorted(some), np.uint32) for some in passages]))
    assert found == [(first, second, n) for (first, second), n in sorted(expected.items())]
