"""The embedder that needs no key: all-MiniLM-L6-v2 on this machine's processor. Implements the port `Embedder`.

    embed_query     ── a thread ──> the model in this process, on one thread          a question waits 2 to 10 ms
    embed_passages  ── a thread ──> pipe ──> a child process at the lowest priority   all processors, when they are idle

Each side loads the model when it is first needed. `core.minilm.encoder` computes the vectors, and
`core.minilm.embed_process` keeps the child alive.
"""

from __future__ import annotations

import asyncio
import logging
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Self

from core.domain import Vector
from core.errors import ModelUnavailable
from core.minilm.embed_process import EmbedProcess, count_processors
from core.minilm.files import DIMENSIONS, MODEL, to_readable

if TYPE_CHECKING:
    from core.minilm.encoder import Encoder
    from core.minilm.folder import ModelFolder
    from core.minilm.folder_encoder import FolderEncoder

FRAME_TEXTS: Final = 16
"""Texts in a frame for each thread: half a second of work, the most that an abandoned call may cost the next one."""

REMEMBERED: Final = 256
"""Questions whose vectors are kept: 1.5 KB each."""

_log = logging.getLogger(__name__)


class LocalEmbedder:
    """Loads nothing until it is used. `threads`: the child's (0: every processor); `deadline`: see `EmbedProcess`.

    `folder`: another model than the one that footnote brings, which is loaded at once to learn its dimensions.
    Raises `ConfigurationError` where that cannot be.
    """

    def __init__(self, *, threads: int = 0, deadline: float = 120.0, folder: ModelFolder | None = None) -> None:
        threads = threads or count_processors()
        self._folder = folder
        self._frame = FRAME_TEXTS * threads
        self._asking = ThreadPoolExecutor(1, thread_name_prefix="embed-query")
        self._filing = ThreadPoolExecutor(1, thread_name_prefix="embed-passages")
        self._encoder: Encoder | FolderEncoder | None = None
        self._dimensions = DIMENSIONS
        if folder is not None:
            from core.minilm.folder_encoder import FolderEncoder

            self._encoder = FolderEncoder(folder)
            self._dimensions = self._encoder.dimensions
        stored_folder = folder.to_json() if folder is not None else ""
        self._process = EmbedProcess(
            threads=threads, deadline=deadline, folder=stored_folder, dimensions=self._dimensions
        )
        self._recent: OrderedDict[str, Vector] = OrderedDict()
        self._closed = False

    @property
    def model(self) -> str:
        """What the index records; `EMBEDDING_MODEL=local` means it."""
        return self._folder.name if self._folder is not None else MODEL

    @property
    def dimensions(self) -> int:
        """The length of a vector: 384 for the model that footnote brings."""
        return self._dimensions

    @property
    def child_pid(self) -> int | None:
        """The process id of the child while it runs, for `footnote doctor` and for tests."""
        return self._process.pid

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the child at once, whatever it does; safe to call twice."""
        self._closed = True
        await asyncio.to_thread(self._process.close)
        for executor in (self._asking, self._filing):
            executor.shutdown(wait=False)

    async def embed_query(self, text: str) -> Vector:
        """Return the vector of one text, computed in this process. Raises `ModelUnavailable`, `ModelMisbehaved`."""
        self._check_open()
        text = to_readable(text)
        known = self._recent.get(text)
        if known is None:
            known = await asyncio.get_running_loop().run_in_executor(self._asking, self._encode, text)
            self._recent[text] = known
            if len(self._recent) > REMEMBERED:
                self._recent.popitem(last=False)
        self._recent.move_to_end(text)
        return array("f", known)

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vectors of many texts, computed in the child. Raises `ModelError`.

        Texts are sorted by length, so that the threads of the child end a frame together; callers take turns frame by
        frame. Cancelling leaves at most a frame's work behind.
        """
        self._check_open()
        short = [to_readable(text) for text in texts]
        order = sorted(range(len(short)), key=lambda index: len(short[index]))
        vectors: dict[int, Vector] = {}
        loop = asyncio.get_running_loop()
        for start in range(0, len(order), self._frame):
            self._check_open()  # it may have been closed during the frame before
            numbers = order[start : start + self._frame]
            work = [short[number] for number in numbers]
            answer = await loop.run_in_executor(self._filing, self._process.embed, work)
            vectors.update(zip(numbers, answer, strict=True))
        return [vectors[number] for number in range(len(short))]

    def _check_open(self) -> None:
        if self._closed:
            raise ModelUnavailable("The local embedder is closed.")

    def _encode(self, text: str) -> Vector:
        """Encode on the one thread for questions, so that the model is loaded once."""
        if self._encoder is None:
            from core.minilm.encoder import Encoder  # a quarter of a second, which start-up need not wait for

            try:
                self._encoder = Encoder()
            except ModelUnavailable as exc:  # the question is answered all the same, by words alone
                _log.warning("%s", exc)
                raise
        return self._encoder.encode_query(text)
