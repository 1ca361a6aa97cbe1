"""Writes `pairs.onnx`: what `jitl.adapters.pairs` runs, without its weights. `python -m jitl.adapters.export_pairs`; needs `onnx`.

Input `embedded`, float32 (1, tokens, 384): the sum of a token's embeddings; output `odds`, float32 (1, 2): log odds of *answers* and
of *is needed*, from the first token's state beside the mean of all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jitl.adapters.export_minilm import EPSILON, LAYERS, WIDTH, Graph, add_layer, finish

TARGET = Path(__file__).with_name("pairs.onnx")
HEAD = 128


def build(onnx: Any) -> Any:
    """The model as a protobuf."""
    g = Graph(onnx)
    hidden = g.node("LayerNormalization", ["embedded", *g.norm("start")], "start.out", axis=-1, epsilon=EPSILON)
    shape = g.node("Shape", [hidden], "shape")
    for number in range(LAYERS):
        hidden = add_layer(g, hidden, f"encoder.layer.{number}", shape)
    mean = g.node("ReduceMean", [hidden], "mean", axes=[1], keepdims=0)
    first = g.node("Gather", [hidden, g.index("zero", 0)], "first_token", axis=1)
    both = g.node("Concat", [first, mean], "both", axis=-1)
    inner = g.fused("Gelu", [g.dense(both, "first", HEAD, 2 * WIDTH)], "inner")
    g.node("Identity", [g.dense(inner, "last", 2, HEAD)], "odds")
    kind = onnx.TensorProto.FLOAT
    embedded = onnx.helper.make_tensor_value_info("embedded", kind, [1, "tokens", WIDTH])
    odds = onnx.helper.make_tensor_value_info("odds", kind, [1, 2])
    return finish(g, "pairs", [embedded], [odds])


if __name__ == "__main__":
    import onnx  # type: ignore[import-not-found,unused-ignore]  # only whoever changes the graph needs it

    TARGET.write_bytes(build(onnx).SerializeToString(deterministic=True))
