"""The frames that the bulk embedder and its child exchange over two pipes, as bytes.

    frame     length of the rest (4 bytes) | kind (1 byte) | body          all numbers little-endian
    TEXTS     each text: length (4 bytes) | UTF-8
    VECTORS   one vector after the other, 384 x 4 bytes each
    FAILED    a sentence that says why, UTF-8

Each request frame gets one answer frame; the end of the pipe ends the exchange. Nothing here reads or writes a pipe.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence
from enum import Enum
from typing import Final

from core.domain import Vector
from core.minilm.files import DIMENSIONS

HEADER: Final = struct.Struct("<IB")
LARGEST: Final = 1 << 26
"""Bytes. No frame is longer; one that claims to be is not ours."""

_LENGTH: Final = struct.Struct("<I")


class FrameKind(Enum):
    """What a frame holds."""

    TEXTS = 1
    VECTORS = 2
    FAILED = 3


def pack_frame(kind: FrameKind, body: bytes) -> bytes:
    """Return a frame as bytes: `frame(Kind.FAILED, b"no")` -> `b"\\x02\\x00\\x00\\x00\\x03no"`."""
    return HEADER.pack(len(body), kind.value) + body


def read_header(data: bytes) -> tuple[int, FrameKind]:
    """Return the length of the body and the kind. Raises `ValueError` where these bytes do not begin a frame."""
    length, kind = HEADER.unpack(data)
    if length > LARGEST:
        raise ValueError(f"a frame of {length} bytes")
    return length, FrameKind(kind)


def pack_texts(texts: Sequence[str]) -> bytes:
    """Return the body of a frame of texts, which must have no lone surrogates (`core.minilm.files.readable`)."""
    encoded = [text.encode() for text in texts]
    return b"".join(part for text in encoded for part in (_LENGTH.pack(len(text)), text))


def unpack_texts(body: bytes) -> list[str]:
    """Return the texts of a body: `unpack_texts(pack_texts(["a", ""]))` -> `["a", ""]`."""
    texts: list[str] = []
    start = 0
    while start < len(body):
        (length,) = _LENGTH.unpack_from(body, start)
        start += _LENGTH.size
        texts.append(body[start : start + length].decode())
        start += length
    return texts


def pack_vectors(vectors: Sequence[Vector]) -> bytes:
    """Return the body of a frame of vectors: two vectors -> 3,072 bytes."""
    return b"".join(vector.tobytes() for vector in vectors)


def unpack_vectors(body: bytes, dimensions: int = DIMENSIONS) -> list[Vector]:
    """Return the vectors of a body: 3,072 bytes -> two of 384 numbers. Raises `ValueError` for half a vector."""
    size = 4 * dimensions
    if len(body) % size:
        raise ValueError(f"{len(body)} bytes are no whole number of vectors")
    return [array("f", body[start : start + size]) for start in range(0, len(body), size)]
