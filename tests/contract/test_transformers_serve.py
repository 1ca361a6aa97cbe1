"""Our side of the chat protocol against a server that we did not write: `transformers serve` with a tiny random model made on the spot.

It sends no `[DONE]`, tells usage in the chunk that finishes and refuses unknown models in a form of its own.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from jitl.errors import JitlError
from jitl.gateway.meter import words
from jitl.ports import Message
from tests.endpoint import gateway

PYTHON = os.environ.get("JITL_TEST_TRANSFORMERS", sys.executable)
NEEDED = "import torch, accelerate, transformers.cli.serve, transformers.cli.transformers"
ASKED = [Message("system", "Be brief."), Message("user", "How many cells?")]
MAKE = """
import sys
from tokenizers import Tokenizer, decoders, models
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

vocabulary = {name: at for at, name in enumerate([*map(chr, range(32, 127)), "<unk>", "<s>", "</s>"])}
letters = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
letters.decoder = decoders.Fuse()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=letters, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="</s>")
tokenizer.chat_template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }} {% endfor %}assistant:"
tokenizer.save_pretrained(sys.argv[1])
sizes = dict(hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2)
ends = dict(bos_token_id=vocabulary["<s>"], eos_token_id=vocabulary["</s>"])
LlamaForCausalLM(LlamaConfig(vocab_size=len(vocabulary), max_position_embeddings=4096, **sizes, **ends)).save_pretrained(sys.argv[1])
"""


@dataclass(frozen=True)
class Foreign:
    url: str
    model: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Foreign]:
    if subprocess.run([PYTHON, "-c", NEEDED], capture_output=True, check=False).returncode:
        pytest.skip("transformers serve: needs torch, transformers and accelerate; name their python in JITL_TEST_TRANSFORMERS")
    folder = tmp_path_factory.mktemp("tiny")
    quiet = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(folder / "hub"), "TOKENIZERS_PARALLELISM": "false"}
    (folder / "hub").mkdir()
    subprocess.run([PYTHON, "-c", MAKE, str(folder / "model")], env=quiet, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run = "from transformers.cli.transformers import main; main()"
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [PYTHON, "-c", run, "serve", "--host", "127.0.0.1", "--port", str(port)], env=quiet, stdout=log, stderr=log, cwd=folder
    )
    try:
        wait(f"http://127.0.0.1:{port}/", process, folder / "log")
        yield Foreign(f"http://127.0.0.1:{port}/v1", str(folder / "model"))
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        try:
            httpx.get(url, timeout=2, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.3)
        else:
            return
    raise AssertionError(log.read_text(errors="replace")[-2000:])


def test_a_reply_streams_and_its_cost_is_told(server: Foreign) -> None:
    models = gateway(server.url, server.model, timeout_s=60, max_tokens=16)
    assert "".join(models.of("hep").stream(ASKED)).strip()
    chunks = list(models.chat("general", {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8}))
    assert "".join(map(words, chunks))
    told = [chunk["usage"] for chunk in chunks if chunk.get("usage")]
    assert told
    assert 0 < told[-1]["completion_tokens"] <= 8


def test_an_unknown_model_is_refused_and_said(server: Foreign) -> None:
    with pytest.raises(JitlError, match="HTTP"):
        list(gateway(server.url, f"{server.model}-of-nobody", timeout_s=60, retries=0).of("hep").stream(ASKED))


def test_leaving_in_the_middle_lets_the_next_be_answered(server: Foreign) -> None:
    models = gateway(server.url, server.model, timeout_s=60, max_tokens=400)
    reply = models.of("hep").stream(ASKED)
    assert next(reply)
    reply.close()
    assert next(models.of("hep", max_tokens=8).stream(ASKED))
