"""What goes into a request for embeddings and what must come out of it. Pure but for numpy; knows no network.

    texts ──cut_text──> no text over the model's longest ──split_batches──> no request over its count and tokens
    response ──vectors_of──> one finite vector of the right length per text, in order, scaled to length one

Lengths are estimates in tokens (`core.answer.prompt.tokens`, which errs upwards for words); base64, hashes and the like
may still be longer, which the caller finds out from the server.
"""

from __future__ import annotations

import base64
from array import array
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from core.answer.prompt import estimate_tokens
from core.domain import Vector
from core.errors import ModelMisbehaved


def cut_text(text: str, longest: int) -> str:
    """Return the beginning of `text`: at most `longest` tokens by estimate, but at least one character.

    A cut never splits a character. A blank text becomes a full stop, because an API refuses an empty text and with it
    the whole request.
    """
    if not text.strip():
        return "."
    while len(text) > 1 and estimate_tokens(text) > longest:
        text = text[: max(1, len(text) * longest // (estimate_tokens(text) + 1))]
    return text


def split_batches(texts: Sequence[str], most_texts: int, most_tokens: int) -> Iterator[list[str]]:
    """Yield the texts in order, in as few requests as both limits allow, at least one text each."""
    batch: list[str] = []
    total = 0
    for text in texts:
        size = estimate_tokens(text)
        if batch and (len(batch) == most_texts or total + size > most_tokens):
            yield batch
            batch, total = [], 0
        batch.append(text)
        total += size
    if batch:
        yield batch


def vectors_of(response: object, count: int, dimensions: int) -> list[Vector]:
    """Return the vectors of a `CreateEmbeddingResponse`, which the SDK does not check. Raises `ModelMisbehaved`.

    `dimensions` 0: any length, the same for all. Floats and base64 of little-endian float32 are both read: servers
    choose.
    """
    data = getattr(response, "data", None)
    if not isinstance(data, list) or len(data) != count:
        raise ModelMisbehaved("The embedding model answered with another number of vectors than there were texts.")
    vectors = [_unit_vector(getattr(item, "embedding", None)) for item in _in_order(data)]
    lengths = {len(vector) for vector in vectors} | ({dimensions} if dimensions else set())
    if len(lengths) > 1:
        raise ModelMisbehaved(
            "The embedding model answered with vectors of another length than before: check EMBEDDING_MODEL."
        )
    return vectors


def _in_order(data: Sequence[object]) -> list[object]:
    """Return the items by their `index`, or as they came where none has one. Raises `ModelMisbehaved`."""
    indexes = [getattr(item, "index", None) for item in data]
    if all(index is None for index in indexes):
        return list(data)
    by_index = {index: item for index, item in zip(indexes, data, strict=True) if isinstance(index, int)}
    if set(by_index) != set(range(len(data))):
        raise ModelMisbehaved("The embedding model mixed up which vector belongs to which text.")
    return [by_index[index] for index in range(len(data))]


def _unit_vector(embedding: object) -> Vector:
    try:
        numbers = _numbers(embedding)
    except (ValueError, TypeError, OverflowError) as exc:
        raise ModelMisbehaved("The embedding model answered with something that is not a vector.") from exc
    length = float(np.linalg.norm(numbers)) if numbers.ndim == 1 and numbers.size else 0.0
    if not np.isfinite(length) or length == 0.0:
        raise ModelMisbehaved("The embedding model answered with a vector that has no direction.")
    return array("f", (numbers / length).astype(np.float32).tobytes())


def _numbers(embedding: object) -> NDArray[np.float64]:
    if isinstance(embedding, str):
        return np.frombuffer(base64.b64decode(embedding, validate=True), dtype="<f4").astype(np.float64)
    if isinstance(embedding, list) and all(isinstance(number, int | float) for number in embedding):
        return np.asarray(embedding, dtype=np.float64)
    raise TypeError("neither base64 nor a list of numbers")
