"""Texts that are nearly the same: last year's manual, a mirror's page. Estimated by MinHash (Broder 1997) for whole documents.

The library for it, datasketch, brings scipy (35 MB packed), which nothing else here needs; what is needed of it is these few lines.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signature = NDArray[np.uint32]  # shape (SIZE,)

SIZE = 128
BANDS = 16
"""Of 8 rows each: a pair of resemblance .9 shares a band with probability 1 - 4e-4, .8 with .95, .5 with .06."""
FEWEST = 30
"""Words below which a text is too short to say that another is like it."""
SHINGLE = 3
_STRIDE = 4096
_WORD = re.compile(r"[^\W_\u2e80-\u9fff\uf900-\ufaff]+|[\u2e80-\u9fff\uf900-\ufaff]")
_DRAW = np.random.default_rng(19970611)
_FACTORS = _DRAW.integers(1, 2**32, SIZE, dtype=np.uint32) | np.uint32(1)
_TERMS = _DRAW.integers(0, 2**32, SIZE, dtype=np.uint32)


def shingles(text: str) -> frozenset[int]:
    """Hashes of the text's runs of three words (Chinese: characters); empty where it is too short."""
    words = _WORD.findall(text.lower())
    if len(words) < FEWEST:
        return frozenset()
    return frozenset(crc32(" ".join(words[at : at + SHINGLE]).encode()) for at in range(len(words) - SHINGLE + 1))


def resemblance(first: frozenset[int], second: frozenset[int]) -> float:
    """Jaccard's: the share of the shingles of both that each has. 0 where one is too short."""
    if not first or not second:
        return 0.0
    common = len(first & second)
    return common / (len(first) + len(second) - common)


def signature(text: str) -> bytes | None:
    """The least values of `SIZE` hash functions over the shingles, as bytes; None for a text that is too short."""
    found = np.fromiter(shingles(text), dtype=np.uint32)
    if not len(found):
        return None
    least = np.full(SIZE, 2**32 - 1, dtype=np.uint32)
    for at in range(0, len(found), _STRIDE):  # a permutation of the 32-bit numbers each: an odd factor, modulo 2^32
        least = np.minimum(least, (found[at : at + _STRIDE, None] * _FACTORS + _TERMS).min(axis=0))
    return least.astype("<u4").tobytes()


def groups(signatures: Mapping[str, bytes], least: float = 0.8) -> list[list[str]]:
    """Keys whose texts resemble one another by `least` (estimated), directly or by others between them; alone ones are left out.

    In the order of the keys given.
    """
    keys = list(signatures)
    if len(keys) < 2:
        return []
    matrix = np.stack([np.frombuffer(signatures[key], dtype="<u4") for key in keys])
    leader = list(range(len(keys)))

    def head(at: int) -> int:
        while leader[at] != at:
            leader[at] = at = leader[leader[at]]
        return at

    for first, second in _candidates(matrix):
        low, high = sorted((head(first), head(second)))
        if low != high and float(np.mean(matrix[first] == matrix[second])) >= least:
            leader[high] = low
    found: defaultdict[int, list[str]] = defaultdict(list)
    for at, key in enumerate(keys):
        found[head(at)].append(key)
    return [group for group in found.values() if len(group) > 1]


def _candidates(matrix: NDArray[np.uint32]) -> Iterator[tuple[int, int]]:
    """Pairs of rows that agree in some band, each with the one before it there: enough to join a whole group."""
    rows = SIZE // BANDS
    for band in range(BANDS):
        part = np.ascontiguousarray(matrix[:, band * rows : (band + 1) * rows])
        seen: dict[bytes, list[int]] = {}
        for at in range(len(part)):
            there: Sequence[int] = seen.setdefault(part[at].tobytes(), [])
            yield from ((before, at) for before in there[-3:])
            seen[part[at].tobytes()].append(at)
