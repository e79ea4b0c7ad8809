"""Load onnxruntime with its usage reports switched off, and open sessions. The one module that may import it (lint).

The published builds post usage to their maker and keep a device id under the user's cache, both from the moment they
are loaded. The variable below prevents all of it for the life of the process, whatever it was set to; onnxruntime's own
call is too late for the id and the first event, and is made as well: a build might forget the variable.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

import numpy
from numpy.typing import NDArray

os.putenv("ORT_DISABLE_TELEMETRY", "1")  # noqa: TID251 - read by native code, once, during the import below

import onnxruntime  # noqa: TID251 - after the line above; this is the module that may
from onnxruntime.capi import onnxruntime_pybind11_state as runtime  # noqa: TID251 - as above

onnxruntime.disable_telemetry_events()

VERSION: Final[str] = onnxruntime.__version__
FAULTS: tuple[type[Exception], ...] = (
    runtime.EPFail,
    runtime.Fail,
    runtime.InvalidArgument,
    runtime.InvalidGraph,
    runtime.InvalidProtobuf,
    runtime.NoSuchFile,
    runtime.NotImplemented,
    runtime.RuntimeException,
)
"""What onnxruntime raises; it has no base class for them."""

_FOLDER_KEY = "session.model_external_initializers_file_folder_path"


class GraphValue(Protocol):
    """An input or output of a graph."""

    name: str


class Session(Protocol):
    """The part of `onnxruntime.InferenceSession` that is used here; the library has no types."""

    def run(self, outputs: None, inputs: Mapping[str, NDArray[numpy.generic]], /) -> list[NDArray[numpy.float32]]: ...
    def get_inputs(self) -> list[GraphValue]: ...
    def get_outputs(self) -> list[GraphValue]: ...


def open_session(model: bytes, folder: Path) -> Session:
    """Open `model` on one thread, which sleeps when idle; tensors outside of it are mapped from files in `folder`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what is wrong is raised; the log would go to standard error
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry(_FOLDER_KEY, str(folder))
    session: Session = onnxruntime.InferenceSession(
        model,
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=["SkipLayerNormFusion"],  # its kernel is eight times slower than the two it replaces
    )
    return session


def open_file(file: Path) -> Session:
    """Open a model file on one thread, which sleeps when idle; weights next to it are found by their names in it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what is wrong is raised
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session: Session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    return session


def open_shipped(file: Path, threads: int) -> Session:
    """Open a model file on `threads` threads, as any user of onnxruntime would: what the bench compares with."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session: Session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    return session
