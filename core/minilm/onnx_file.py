"""Reads the tensors of an ONNX file and writes a small ONNX graph, without the `onnx` package (27 MB installed).

    ModelProto                    field numbers below are those of onnx.proto (https://github.com/onnx/onnx, IR 8)
    ├── opset_import 8            OperatorSetIdProto: domain 1, version 2
    └── graph 7                   GraphProto
        ├── node 1                NodeProto: input 1, output 2, op_type 4, attribute 5, domain 7
        ├── initializer 5         TensorProto: dims 1, data_type 2, name 8, raw_data 9,
        │                         external_data 13, data_location 14
        ├── input 11, output 12   ValueInfoProto: name 1, type 2
        └── name 2

It knows protocol buffers only as far as these messages need, runs nothing, and leaves alone what it does not know.
Files are mapped, not read: a tensor is a view of the file until somebody copies it.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Attribute: TypeAlias = "int | float | list[int]"

MICROSOFT = "com.microsoft"
"""The domain of onnxruntime's own operators."""

_VARINT, _LENGTH, _FOUR_BYTES = 0, 2, 5  # wire types
_TYPES = {1: "<f4", 2: "u1", 3: "i1", 6: "<i4", 7: "<i8", 9: "?"}
_CODES = {numpy.dtype(name): code for code, name in _TYPES.items()}
_FLOAT, _INTEGER, _INTEGERS = 1, 2, 7  # AttributeProto.type
_EXTERNAL = 1  # TensorProto.data_location


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor of a file, and where in that file its bytes lie."""

    values: Array
    file: str
    offset: int


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the initializers of `path` by name.

    Raises `ValueError` where it is no ONNX file, `OSError` where it cannot be read.
    """
    with path.open("rb") as file:
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    found: dict[str, Tensor] = {}
    try:
        for graph_start, graph_end in _messages(mapped, 0, len(mapped), 7):
            for start, end in _messages(mapped, graph_start, graph_end, 5):
                name, tensor = _tensor(mapped, start, end, path.name)
                found[name] = tensor
    except (IndexError, KeyError, struct.error, UnicodeDecodeError) as exc:
        raise ValueError(f"{path.name} is not an ONNX file") from exc
    return found


def _tensor(data: memoryview, start: int, end: int, file: str) -> tuple[str, Tensor]:
    dims: list[int] = []
    kind, name, raw = 1, "", (start, start)
    for number, value in _fields(data, start, end):
        if number == 1 and isinstance(value, int):
            dims.append(value)
        elif number == 2 and isinstance(value, int):
            kind = value
        elif number == 8 and isinstance(value, tuple):
            name = str(data[slice(*value)], "utf-8")
        elif number == 9 and isinstance(value, tuple):
            raw = value
    values = numpy.frombuffer(data[slice(*raw)], dtype=_TYPES[kind]).reshape(dims)
    return name, Tensor(values, file, raw[0])


def _messages(data: memoryview, start: int, end: int, wanted: int) -> Iterator[tuple[int, int]]:
    for number, value in _fields(data, start, end):
        if number == wanted and isinstance(value, tuple):
            yield value


def _fields(data: memoryview, start: int, end: int) -> Iterator[tuple[int, int | tuple[int, int]]]:
    """Yield (field number, integer or (start, end) of its bytes) of one message; fixed-width numbers are skipped."""
    while start < end:
        key, start = _read_varint(data, start)
        match key & 7:
            case 0:
                value, start = _read_varint(data, start)
                yield key >> 3, value
            case 2:
                length, start = _read_varint(data, start)
                yield key >> 3, (start, start + length)
                start += length
            case 1:
                start += 8
            case 5:
                start += 4
            case other:
                raise ValueError(f"wire type {other} is not in an ONNX file")
    if start != end:
        raise ValueError("the ONNX file is cut short")


def _read_varint(data: memoryview, start: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[start]
        start += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, start
        shift += 7


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # negative numbers are ten bytes long, as protocol buffers have it
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3 | _VARINT) + _varint(value)


def _block(number: int, *parts: bytes) -> bytes:
    return b"".join([_varint(number << 3 | _LENGTH), _varint(sum(map(len, parts))), *parts])


def _text(number: int, text: str) -> bytes:
    return _block(number, text.encode())


@dataclass(slots=True)
class GraphWriter:
    """A graph under construction; every method that adds something returns the name to refer to it by."""

    parts: list[bytes] = field(default_factory=list)
    count: int = 0

    def add(self, operator: str, inputs: Sequence[str], *, domain: str = "", **attributes: Attribute) -> str:
        """Add a node with one output, and return its name; an empty input name leaves an optional input out."""
        self.count += 1
        output = f"{operator}_{self.count}"
        self.parts.append(
            _block(
                1,
                *(_text(1, name) for name in inputs),
                _text(2, output),
                _text(4, operator),
                *(_block(5, _attribute(name, value)) for name, value in attributes.items()),
                _text(7, domain),
            )
        )
        return output

    def constant(self, values: Array) -> str:
        """Write a tensor into the graph, and return its name."""
        return self._initializer(values, _block(9, numpy.ascontiguousarray(values).tobytes()))

    def mapped(self, tensor: Tensor) -> str:
        """Add a tensor that stays in its file, in the session's external folder, and return its name."""
        where = {"location": tensor.file, "offset": str(tensor.offset), "length": str(tensor.values.nbytes)}
        entries = [_block(13, _text(1, key), _text(2, value)) for key, value in where.items()]
        return self._initializer(tensor.values, *entries, _number(14, _EXTERNAL))

    def _initializer(self, values: Array, *data: bytes) -> str:
        self.count += 1
        name = f"constant_{self.count}"
        dims = [_number(1, size) for size in values.shape]
        self.parts.append(_block(5, *dims, _number(2, _CODES[values.dtype]), _text(8, name), *data))
        return name

    def input(self, name: str, kind: type[numpy.generic], shape: Sequence[int | str]) -> str:
        """Add an input of the whole graph, and return its name; a word for a size leaves it open."""
        self.parts.append(_value_info(11, name, kind, shape))
        return name

    def finish(self, output: str, kind: type[numpy.generic], shape: Sequence[int | str]) -> bytes:
        """Return the model's bytes, for opset 17 and onnxruntime's own operators."""
        graph = _block(7, *self.parts, _text(2, "graph"), _value_info(12, output, kind, shape))
        opsets = [_block(8, _text(1, domain), _number(2, version)) for domain, version in (("", 17), (MICROSOFT, 1))]
        return b"".join([_number(1, 8), *opsets, graph])


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, float):
        body = _varint(2 << 3 | _FOUR_BYTES) + struct.pack("<f", value) + _number(20, _FLOAT)
    elif isinstance(value, int):
        body = _number(3, value) + _number(20, _INTEGER)
    else:
        body = b"".join(_number(8, item) for item in value) + _number(20, _INTEGERS)
    return _text(1, name) + body


def _value_info(number: int, name: str, kind: type[numpy.generic], shape: Sequence[int | str]) -> bytes:
    sizes = [_block(1, _text(2, size) if isinstance(size, str) else _number(1, size)) for size in shape]
    tensor = _block(1, _number(1, _CODES[numpy.dtype(kind)]), _block(2, *sizes))
    return _block(number, _text(1, name), _block(2, tensor))
