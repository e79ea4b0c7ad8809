"""llama.cpp's server for a bench, from the wheel `xllamacpp` in an environment of its own, and a record of requests.

serve_model(MODEL, PYTHON, log) ──> http://127.0.0.1:PORT/v1     one thread, nice 15, temperature as it is asked for
record_requests(url, file)      ──> the same server once more; each request and reply is a line of JSON in `file`
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import aiohttp
from aiohttp import ClientConnectionResetError, web

_SERVER = """
import os, sys, time, xllamacpp
os.nice(15)
p = xllamacpp.CommonParams()
p.model.path, p.n_ctx, p.port, p.n_parallel = sys.argv[1], 4096, int(sys.argv[2]), 1
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 1
p.warmup = False
server = xllamacpp.Server(p)
while True:
    time.sleep(60)
"""


@contextmanager
def serve_model(model: Path, python: Path, log_file: Path) -> Iterator[str]:
    """Start the server, and stop it afterwards. -> its base url."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [str(python), "-c", _SERVER, str(model), str(port)]
    with log_file.open("w") as log, subprocess.Popen(arguments, stdout=log, stderr=log) as server:
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}/v1/models", server)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()


def _wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if server.poll() is not None:
            sys.exit("The model's server ended: see server.log.")
        try:
            with urlopen(url, timeout=5):  # loopback, our own
                return
        except OSError:
            time.sleep(1)
    sys.exit("The model's server did not begin within ten minutes.")


@asynccontextmanager
async def record_requests(url: str, file: Path) -> AsyncIterator[str]:
    """Serve `url` once more, and write each request with its reply to `file`. -> the base url to use."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:

        async def serve(request: web.Request) -> web.StreamResponse:
            return await _pass_on(request, session, url.removesuffix("/v1"), file)

        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/{path:.*}", serve)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        finally:
            await runner.cleanup()


async def _pass_on(request: web.Request, session: aiohttp.ClientSession, root: str, file: Path) -> web.StreamResponse:
    body = await request.read()
    headers = {"Content-Type": request.headers.get("Content-Type", "application/json")}
    async with session.request(request.method, root + request.path, data=body or None, headers=headers) as reply:
        answer = web.StreamResponse(status=reply.status, headers={"Content-Type": reply.headers["Content-Type"]})
        await answer.prepare(request)
        sent = b""
        with suppress(ClientConnectionResetError):  # who asked has read enough
            async for piece in reply.content.iter_any():
                sent += piece
                await answer.write(piece)
    exchange = {"path": request.path, "asked": body.decode(), "status": reply.status, "body": sent.decode()}
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(exchange, ensure_ascii=False) + "\n")
    return answer
