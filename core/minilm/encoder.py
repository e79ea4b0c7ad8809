"""Runs all-MiniLM-L6-v2 on onnxruntime: one text -> one vector of length one. Blocks; threads may share it.

    text --WordPiece, at most 256 ids--> graph of core.minilm.graph --mean--> divided by its length

One text per run, on one thread: batches are made of threads, not of rows. That needs no padding and little memory,
keeps the work in the processor's cache, and makes a text's vector the same in any company (docs/decisions/0004).
Processes, priorities, caching and asyncio are left to `core.minilm.local`.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import numpy
from numpy.typing import NDArray
from tokenizers import BertWordPieceTokenizer

from core.domain import Vector
from core.errors import ModelMisbehaved, ModelUnavailable
from core.minilm.files import TOKENS, VOCABULARY, find_model_file, to_readable
from core.minilm.graph import build_graph, find_weights
from core.minilm.integrity import DAMAGED, KNOWN_TEXT, check_files, check_meaning
from core.minilm.onnx_file import MICROSOFT, GraphWriter, read_tensors
from core.minilm.onnx_session import FAULTS, Session, open_session

_UNKNOWN_LAYOUT: tuple[type[Exception], ...] = (ValueError, *FAULTS)
_UNLOADABLE: tuple[type[Exception], ...] = (OSError, *FAULTS)
_POSITIONS = numpy.arange(TOKENS, dtype=numpy.int64).reshape(1, TOKENS)


class Arithmetic(StrEnum):
    """How the vectors are computed, fastest first."""

    WHOLE_NUMBERS = "int8"
    FLOATS = "float32"
    AS_SHIPPED = "as shipped"


class Encoder:
    """The loaded model; loading takes about a quarter of a second. Raises `ModelUnavailable` if missing or damaged."""

    def __init__(self, arithmetic: Arithmetic | None = None) -> None:
        """Load the model. `arithmetic` None: the fastest that this processor does right."""
        file = find_model_file()
        try:
            check_files(file)
        except OSError as exc:
            raise ModelUnavailable(DAMAGED) from exc
        self._tokenizer = BertWordPieceTokenizer(str(VOCABULARY), lowercase=True)
        self._tokenizer.enable_truncation(TOKENS)
        self.arithmetic, self._session = _load(file, arithmetic or best_arithmetic())
        self._check_meaning()

    def tokenize(self, text: str) -> list[int]:
        """Return the WordPiece ids, [CLS] and [SEP] included: `"Hello"` -> `[101, 7592, 102]`."""
        ids: list[int] = self._tokenizer.encode(to_readable(text)).ids
        return ids

    def encode_query(self, text: str) -> Vector:
        """Return the vector of a question, which this model embeds as it does a passage. Raises `ModelMisbehaved`."""
        return self.encode(text)

    def encode(self, text: str) -> Vector:
        """Return the vector of any text, also of an empty one. Raises `ModelMisbehaved`."""
        return self.run(self.tokenize(text))

    def run(self, ids: Sequence[int]) -> Vector:
        """Return the vector of `ids`, of which there are at most 256. Raises `ModelMisbehaved`."""
        try:
            mean = self._mean(numpy.array([ids], dtype=numpy.int64))
        except FAULTS as exc:
            raise ModelMisbehaved("The local embedding model failed on a text; `footnote doctor` says more.") from exc
        return array("f", (mean / numpy.linalg.norm(mean)).astype("<f4").tobytes())

    def _check_meaning(self) -> None:
        try:
            mean = self._mean(numpy.array([self.tokenize(KNOWN_TEXT)], dtype=numpy.int64))
        except FAULTS as exc:
            raise ModelUnavailable(DAMAGED) from exc
        check_meaning(mean)

    def _mean(self, ids: NDArray[numpy.int64]) -> NDArray[numpy.float32]:
        if self.arithmetic is Arithmetic.AS_SHIPPED:
            ones = numpy.ones_like(ids)
            states = self._session.run(None, {"input_ids": ids, "attention_mask": ones, "token_type_ids": ones - 1})[0]
            return numpy.asarray(states[0].mean(axis=0), numpy.float32)
        return numpy.asarray(self._session.run(None, {"ids": ids, "positions": _POSITIONS[:, : ids.shape[1]]})[0][0])


def _load(file: Path, arithmetic: Arithmetic) -> tuple[Arithmetic, Session]:
    """Open our graph over the file's weights, or the file as it is where its layout is unknown.

    Raises `ModelUnavailable`.
    """
    try:
        if arithmetic is not Arithmetic.AS_SHIPPED:
            try:
                weights = find_weights(read_tensors(file))
                whole = arithmetic is Arithmetic.WHOLE_NUMBERS
                return arithmetic, open_session(build_graph(weights, whole_numbers=whole), file.parent)
            except _UNKNOWN_LAYOUT:  # another release of the file: slower, but right as well
                arithmetic = Arithmetic.AS_SHIPPED
        return arithmetic, open_session(file.read_bytes(), file.parent)
    except _UNLOADABLE as exc:
        raise ModelUnavailable(DAMAGED) from exc


def best_arithmetic() -> Arithmetic:
    """Return whole numbers where the processor adds products without saturating (VNNI, AMX, NEON), else floats.

    Older x86 instructions (`vpmaddubsw`) add pairs of products in 16 bits: 255 x 127 twice does not fit, and vectors
    would differ from machine to machine. So the processor is tested with that sum.
    """
    if sys.byteorder != "little":
        return Arithmetic.AS_SHIPPED
    size = 64
    graph = GraphWriter()
    numbers = graph.input("numbers", numpy.uint8, [size, size])
    factors = graph.constant(numpy.full((size, size), 127, numpy.int8))
    scales = [graph.constant(numpy.array(1, numpy.float32)) for _ in range(2)]
    product = graph.add("MatMulIntegerToFloat", [numbers, factors, *scales], domain=MICROSOFT)
    session = open_session(graph.finish(product, numpy.float32, [size, size]), VOCABULARY.parent)
    result = session.run(None, {"numbers": numpy.full((size, size), 255, numpy.uint8)})[0]
    exact = bool((result == 255 * 127 * size).all())
    return Arithmetic.WHOLE_NUMBERS if exact else Arithmetic.FLOATS
