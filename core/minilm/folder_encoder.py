"""Runs a model from a folder on onnxruntime: one text -> one vector, or a question with a text -> one score. Blocks.

    prefix + text ──tokenizer.json──> ids ──model.onnx──> states ──mean, cls or last──> divided by its length
    question, text ──tokenizer.json──> ids ──model.onnx──> logits ──> 0..1

One text per run, without padding, as in `core.minilm.encoder`. Threads may share it.
"""

from __future__ import annotations

from array import array

import numpy
from numpy.typing import NDArray
from tokenizers import Tokenizer

from core.domain import Vector
from core.errors import ConfigurationError, ModelMisbehaved
from core.minilm.files import to_readable
from core.minilm.folder import ModelFolder, explain_unpooled
from core.minilm.onnx_session import FAULTS, Session, open_file

_INPUTS = frozenset({"input_ids", "attention_mask", "token_type_ids", "position_ids"})
_UNLOADABLE: tuple[type[Exception], ...] = (OSError, *FAULTS)
_FAILED = "The model of {folder} failed on a text: it may have been exported for other inputs."


class _FolderSession:
    """The loaded graph and tokenizer of a folder. Raises `ConfigurationError` where they cannot be loaded."""

    def __init__(self, folder: ModelFolder) -> None:
        self.folder = folder
        try:
            self._tokenizer = Tokenizer.from_file(str(folder.tokenizer))
            self._session: Session = open_file(folder.file)
        except _UNLOADABLE as exc:
            raise ConfigurationError(f"{folder.file} cannot be loaded: it is no ONNX model, or not whole.") from exc
        except Exception as exc:  # tokenizers raises Exception itself
            raise ConfigurationError(
                f"{folder.tokenizer} cannot be loaded: it is no tokenizer, or of another version."
            ) from exc
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(folder.tokens)
        self._names = [each.name for each in self._session.get_inputs()]
        if "input_ids" not in self._names or not set(self._names) <= _INPUTS:
            raise ConfigurationError(
                f"{folder.file} wants the inputs {', '.join(self._names)}: footnote knows {', '.join(sorted(_INPUTS))}."
            )

    def run(self, text: str, pair: str | None = None) -> NDArray[numpy.float32]:
        """Return the first output for a text, or for two together. Raises `ModelMisbehaved`."""
        encoded = self._tokenizer.encode(text, pair) if pair is not None else self._tokenizer.encode(text)
        ids = numpy.array([encoded.ids or [0]], dtype=numpy.int64)
        inputs = {
            "input_ids": ids,
            "attention_mask": numpy.ones_like(ids),
            "token_type_ids": numpy.array([encoded.type_ids or [0]], dtype=numpy.int64),
            "position_ids": numpy.arange(ids.shape[1], dtype=numpy.int64).reshape(1, -1),
        }
        try:
            outputs = self._session.run(None, {name: inputs[name] for name in self._names})
        except FAULTS as exc:
            raise ModelMisbehaved(_FAILED.format(folder=self.folder.file.parent)) from exc
        names = [each.name for each in self._session.get_outputs()]
        at = names.index("sentence_embedding") if "sentence_embedding" in names else 0
        return numpy.asarray(outputs[at], numpy.float32)


class FolderEncoder:
    """An embedding model from a folder; loading it takes as long as its size. Raises `ConfigurationError`."""

    def __init__(self, folder: ModelFolder) -> None:
        self.folder = folder
        self._session = _FolderSession(folder)
        self.dimensions = len(self.encode("dimensions"))

    def encode_query(self, text: str) -> Vector:
        """Return the vector of a question. Raises `ModelMisbehaved`."""
        return self._encode(self.folder.query_prefix + text)

    def encode(self, text: str) -> Vector:
        """Return the vector of a passage. Raises `ModelMisbehaved`."""
        return self._encode(self.folder.passage_prefix + text)

    def _encode(self, text: str) -> Vector:
        states = self._session.run(to_readable(text))
        vector = states[0] if states.ndim == 2 else self._pool(states)
        length = float(numpy.linalg.norm(vector))
        if not numpy.isfinite(length) or length == 0.0:
            raise ModelMisbehaved(f"The model of {self.folder.file.parent} made a vector that has no direction.")
        return array("f", (vector / length).astype("<f4").tobytes())

    def _pool(self, states: NDArray[numpy.float32]) -> NDArray[numpy.float32]:
        if states.ndim != 3:
            raise ConfigurationError(f"{self.folder.file} has an output that is neither a vector nor states of tokens.")
        match self.folder.pooling:
            case "mean":
                pooled = states[0].mean(axis=0)
            case "cls":
                pooled = states[0, 0]
            case "last":
                pooled = states[0, -1]
            case _:
                raise explain_unpooled(self.folder)
        return numpy.asarray(pooled, numpy.float32)


class FolderScorer:
    """A cross-encoder from a folder: how well a text answers a question, 0..1. Raises `ConfigurationError`."""

    def __init__(self, folder: ModelFolder) -> None:
        self._folder = folder
        self._session = _FolderSession(folder)
        self.score("a question", "a text")

    def score(self, question: str, text: str) -> float:
        """Return the score. Raises `ModelMisbehaved`, `ConfigurationError` for a model that is no cross-encoder."""
        logits = self._session.run(to_readable(question), to_readable(text))
        if logits.ndim != 2 or logits.shape[1] not in (1, 2):
            raise ConfigurationError(
                f"{self._folder.file} is no cross-encoder: it has to give one or two numbers a pair."
            )
        logit = float(logits[0, 0]) if logits.shape[1] == 1 else float(logits[0, 1] - logits[0, 0])
        if not numpy.isfinite(logit):
            raise ModelMisbehaved(f"The model of {self._folder.file.parent} gave a score that is not a number.")
        return float(1.0 / (1.0 + numpy.exp(-min(max(logit, -60.0), 60.0))))
