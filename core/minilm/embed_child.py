"""The child process that embeds in bulk: frames of texts on standard input, frames of vectors on standard output.

Started by `core.minilm.embed_process` as `python -c ... embed_child.main() THREADS`. It takes only the time that
nobody else wants (nice 19, and SCHED_IDLE where there is), works on as many texts at once as it has threads, holds one
frame in memory, and ends when its input ends: also when its parent was killed. It knows no database and no network.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

from core.domain import Vector
from core.errors import ConfigurationError, ModelError
from core.minilm.embed_frames import HEADER, FrameKind, pack_frame, pack_vectors, read_header, unpack_texts


def main(threads: int, folder: str = "") -> None:
    """Serve until standard input ends. `folder`: a `ModelFolder` as JSON; empty: the model that footnote brings."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent closes our input
    take_lowest_priority()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    with ThreadPoolExecutor(threads) as pool:
        try:
            serve(source, sink, pool, threads, folder)
        except BrokenPipeError:  # the parent is gone
            os._exit(0)


def take_lowest_priority() -> None:
    """Take the lowest priority that this system has."""
    os.nice(19)
    if sys.platform == "linux":
        try:
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        except OSError:  # a sandbox that forbids it: nice 19 has to do
            return


def serve(source: BinaryIO, sink: BinaryIO, pool: ThreadPoolExecutor, threads: int, folder: str = "") -> None:
    """Answer frames until `source` ends, each completely before the next."""
    embed: Callable[[Sequence[str]], list[Vector]] | None = None
    while (body := _read(source)) is not None:
        try:
            if embed is None:
                embed = _load(pool, threads, folder)
            answer = pack_frame(FrameKind.VECTORS, pack_vectors(embed(unpack_texts(body))))
        except (ModelError, ConfigurationError) as exc:
            answer = pack_frame(FrameKind.FAILED, str(exc).encode())
        sink.write(answer)
        sink.flush()


def _load(pool: ThreadPoolExecutor, threads: int, folder: str) -> Callable[[Sequence[str]], list[Vector]]:
    # imported after the priority was lowered: loading should not slow a question either
    from core.minilm.encoder import Encoder

    if folder:
        from core.minilm.folder import ModelFolder
        from core.minilm.folder_encoder import FolderEncoder

        encoder: Encoder | FolderEncoder = FolderEncoder(ModelFolder.from_json(folder))
    else:
        encoder = Encoder()

    def embed(texts: Sequence[str]) -> list[Vector]:
        return [*(pool.map if threads > 1 else map)(encoder.encode, texts)]

    return embed


def _read(source: BinaryIO) -> bytes | None:
    """Return the body of the next frame of texts; None at the end of the input, also in the middle of a frame."""
    header = source.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    length, _ = read_header(header)
    body = source.read(length)
    return body if len(body) == length else None
