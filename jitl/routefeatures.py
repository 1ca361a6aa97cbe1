"""A question as numbers for the choice of its route: its words, pieces of them, its Chinese signs, and its cues.

Words, pairs of words, pieces of 3 to 5 letters (which outlive a typo) and one to three Chinese signs are hashed into buckets. A Chinese
question adds the English names that the glossary knows for what it names, as words: what was learnt in one language serves both.
"""

from __future__ import annotations

import functools
import itertools
import math
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from jitl import text as texts
from jitl.routecues import CUES, cues
from jitl.routewords import ROUTES, RUN, SIGN, named

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jitl.glossary import Glossary

BUCKETS: Final = 1 << 14
FIRST, LAST = 480, 160
"""Characters that are read of a long text: what it is about stands at its start, what is asked often at its end."""
SIGNS: Final = len(CUES) + 2 * len(ROUTES)
WIDTH: Final = BUCKETS + SIGNS

_LONGEST_WORD = 24


class Features(NamedTuple):
    """`indices` (of `WIDTH`, none twice) and their `values`: buckets first, each kind of unit length, then the cues and the names."""

    indices: NDArray[np.int64]
    values: NDArray[np.float32]


def features(question: str, glossary: Glossary) -> Features:
    """Pure: the same question and glossary always give the same numbers."""
    asked = opening(question)
    chinese = texts.language(asked) == "zh"
    runs = RUN.findall(asked)
    words = ["0" if run.isdigit() else run.lower() for run in runs]
    if chinese:
        words += [word.lower() for word in RUN.findall(glossary.read(asked).text or "") if not SIGN.match(word)]
    whole = {_bucket(word) for word in words} | {_bucket(f"^{run}") for run in runs if any(letter.isupper() for letter in run[1:])}
    whole |= {_bucket(f"{first} {second}") for first, second in itertools.pairwise(words)}
    pieces = set(itertools.chain.from_iterable(map(_pieces, set(words)))) - whole
    return _joined((whole, pieces), [*cues(asked, chinese=chinese), *_named(runs)])


def _named(runs: Sequence[str]) -> Iterator[float]:
    """Of each route: whether it is named, and how often."""
    for names in named(runs).values():
        yield float(bool(names))
        yield min(3.0, math.log2(1 + len(names)))


def opening(question: str) -> str:
    """What is read of a question, in one form of its signs."""
    if len(question) > FIRST + LAST:
        question = f"{question[:FIRST]}\n{question[-LAST:]}"
    return unicodedata.normalize("NFKC", question).strip()


def _joined(kinds: Iterable[set[int]], counts: list[float]) -> Features:
    indices: list[int] = []
    values: list[float] = []
    for kind in kinds:
        indices += sorted(kind)
        values += [max(1, len(kind)) ** -0.5] * len(kind)
    indices += range(BUCKETS, WIDTH)
    return Features(np.array(indices, np.int64), np.array([*values, *counts], np.float32))


@functools.lru_cache(maxsize=20_000)
def _pieces(word: str) -> tuple[int, ...]:
    if SIGN.match(word):
        return tuple(_bucket(word[at : at + size]) for size in (1, 2, 3) for at in range(len(word) - size + 1))
    if len(word) < 3:
        return ()
    bounded = f"<{word[:_LONGEST_WORD]}>"
    return tuple(_bucket(f"~{bounded[at : at + size]}") for size in (3, 4, 5) for at in range(len(bounded) - size + 1))


def _bucket(unit: str) -> int:
    return zlib.crc32(unit.encode("utf-8", "surrogatepass")) % BUCKETS
