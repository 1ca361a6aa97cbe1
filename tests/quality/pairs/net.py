"""The pair reader as torch trains it: all-MiniLM-L6-v2's layers over both texts, its word table frozen.

Besides word, position and segment, each token carries whether the other text holds it too (0 for common words and signs, 1 no, 2 yes).
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from jitl.adapters import minilm
from jitl.adapters.pairs import tokens
from tests.quality.pairs.examples import Pair

LAYERS, WIDTH, HEADS = 6, 384, 12
BATCH = 32
RATE = 1e-4
WEIGHT_OF_POSITIVES = (2.0, 4.0)


class Layer(nn.Module):
    def __init__(self, known: dict[str, torch.Tensor], prefix: str) -> None:
        super().__init__()
        self.names = {
            "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
            "attended": "attention.output.dense", "middle": "attention.output.LayerNorm",
            "inner": "intermediate.dense", "outer": "output.dense", "end": "output.LayerNorm",
        }  # fmt: skip
        for own, name in self.names.items():
            weight, bias = known[f"{prefix}{name}.weight"], known[f"{prefix}{name}.bias"]
            part = nn.LayerNorm(WIDTH, eps=1e-12) if "LayerNorm" in name else nn.Linear(weight.shape[1], weight.shape[0])
            part.weight.data, part.bias.data = weight.clone(), bias.clone()
            setattr(self, own, part)
        self.drop = nn.Dropout(0.1)

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        texts, length, _ = hidden.shape

        def heads(value: torch.Tensor) -> torch.Tensor:
            return value.view(texts, length, HEADS, WIDTH // HEADS).transpose(1, 2)

        parts = (heads(part(hidden)) for part in (self.query, self.key, self.value))
        context = nn.functional.scaled_dot_product_attention(*parts, attn_mask=mask).transpose(1, 2).reshape(texts, length, WIDTH)
        hidden = self.middle(hidden + self.drop(self.attended(context)))
        return self.end(hidden + self.drop(self.outer(nn.functional.gelu(self.inner(hidden)))))


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        known = {name: torch.from_numpy(np.array(value)) for name, value in minilm.weights().items()}
        self.register_buffer("words", known["embeddings.word_embeddings.weight"], persistent=False)
        self.register_buffer("positions", known["embeddings.position_embeddings.weight"], persistent=False)
        self.segments = nn.Embedding(2, WIDTH)
        self.segments.weight.data = known["embeddings.token_type_embeddings.weight"].clone()
        self.shared = nn.Embedding(3, WIDTH)
        nn.init.normal_(self.shared.weight, std=0.02)
        self.start = nn.LayerNorm(WIDTH, eps=1e-12)
        self.start.weight.data, self.start.bias.data = (known[f"embeddings.LayerNorm.{part}"].clone() for part in ("weight", "bias"))
        self.layers = nn.ModuleList(Layer(known, f"encoder.layer.{number}.") for number in range(LAYERS))
        self.first, self.last = nn.Linear(2 * WIDTH, 128), nn.Linear(128, 2)

    def forward(self, ids: torch.Tensor, segments: torch.Tensor, shared: torch.Tensor, held: torch.Tensor) -> torch.Tensor:
        hidden = self.words[ids] + self.positions[: ids.shape[1]] + self.segments(segments) + self.shared(shared)
        hidden = self.start(hidden)
        mask = ((1 - held.float()) * -1e9)[:, None, None, :].to(hidden.dtype)
        for layer in self.layers:
            hidden = layer(hidden, mask)
        mean = (hidden * held[..., None]).sum(1) / held.sum(1, keepdim=True)
        return self.last(nn.functional.gelu(self.first(torch.cat([hidden[:, 0], mean], -1))))


def collate(rows: Sequence[tuple[list[int], list[int], list[int]]]) -> list[torch.Tensor]:
    longest = max(len(row[0]) for row in rows)
    padded = [torch.tensor([row[at] + [0] * (longest - len(row[at])) for row in rows]) for at in range(3)]
    return [*padded, torch.tensor([[1] * len(row[0]) + [0] * (longest - len(row[0])) for row in rows])]


def train(pairs: Sequence[Pair], seed: int = 0, epochs: int = 1, rate: float = RATE, start: Path | None = None) -> Net:
    torch.manual_seed(seed)
    net = Net()
    if start is not None:
        load(net, start)
    net.train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.01)
    rows = [tokens(pair.question, pair.taught) for pair in pairs]
    batches = [batch for epoch in range(epochs) for batch in _batches([len(row[0]) for row in rows], random.Random(seed + epoch))]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=len(batches) + 1, pct_start=0.1)
    weight, began, mean = torch.tensor(WEIGHT_OF_POSITIVES), time.monotonic(), 0.0
    for step, batch in enumerate(batches, 1):
        wanted = torch.tensor([[pairs[at].same, pairs[at].dependent] for at in batch]).float()
        with torch.autocast("cpu", torch.bfloat16):
            found = net(*collate([rows[at] for at in batch]))
        loss = nn.functional.binary_cross_entropy_with_logits(found.float(), wanted, pos_weight=weight)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        mean = 0.98 * mean + 0.02 * loss.item()
        if step % 200 == 0:
            print(f"{step}/{len(batches)} loss {mean / (1 - 0.98**step):.4f} after {time.monotonic() - began:.0f} s", flush=True)
    return net.eval()


def _batches(lengths: Sequence[int], chance: random.Random) -> list[list[int]]:
    """Of like length, in random order."""
    order = list(range(len(lengths)))
    chance.shuffle(order)
    piles = [sorted(order[at : at + 50 * BATCH], key=lambda n: lengths[n]) for at in range(0, len(order), 50 * BATCH)]
    batches = [pile[at : at + BATCH] for pile in piles for at in range(0, len(pile), BATCH)]
    chance.shuffle(batches)
    return batches


def logits(net: Net, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
    """Shape (pairs, 2)."""
    rows = [tokens(question, taught) for question, taught in pairs]
    order = sorted(range(len(rows)), key=lambda at: len(rows[at][0]))
    found = np.zeros((len(rows), 2), np.float32)
    with torch.no_grad():
        for start in range(0, len(order), 256):
            some = order[start : start + 256]
            found[some] = net(*collate([rows[at] for at in some])).float().numpy()
    return found


def load(net: Net, path: Path) -> None:
    """What `save` wrote."""
    own = {name: short for short, name in net.layers[0].names.items()}
    held = {}
    for name, value in minilm.read_tensors(path).items():
        first, _, rest = name.partition("encoder.layer.")
        if not first and rest:
            number, inner = rest.split(".", 1)
            part, kind = inner.rsplit(".", 1)
            held[f"layers.{number}.{own[part]}.{kind}"] = value
        else:
            held[name] = value
    net.load_state_dict({name: torch.from_numpy(np.array(value, np.float32)) for name, value in held.items()}, strict=True)


def save(net: Net, path: Path) -> None:
    """Everything but the word and position tables, in half precision, under the names that the product's graph uses."""
    from safetensors.torch import save_file

    held = {}
    for name, value in net.state_dict().items():
        first, _, rest = name.partition(".")
        if first == "layers":
            number, own, kind = rest.split(".")
            first = f"encoder.layer.{number}.{net.layers[0].names[own]}.{kind}"
        held[first if first.startswith("encoder") else name] = value.to(torch.float16).contiguous()
    assert all(math.isfinite(float(value.abs().max())) for value in held.values())
    save_file(held, path)
