"""Ports of loopback that stay ours: another process, such as a second worker of pytest, is given none of them.

held_port()    for a server that comes and goes: it listens there with `reuse_port=True`; else nobody does
own_port()     for a server that is still to be started, in a separate process
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager

HOST = "127.0.0.1"
_NEVER_GIVEN_OUT = range(20_000, 30_000)
"""Below the range from which the kernel chooses for those who name no port."""


@contextmanager
def held_port(port: int = 0) -> Iterator[int]:
    """Hold `port`, or any: it is bound, and connections are refused unless somebody listens."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind((HOST, port))
        yield int(held.getsockname()[1])


@contextmanager
def own_port() -> Iterator[int]:
    """Choose a port that nobody listens at. Its number is locked by the datagram socket of the same number."""
    with socket.socket(type=socket.SOCK_DGRAM) as lock:
        yield next(port for port in random.sample(_NEVER_GIVEN_OUT, 1_000) if _is_free(port, lock))


def _is_free(port: int, lock: socket.socket) -> bool:
    try:
        with socket.socket() as probe:
            probe.bind((HOST, port))
        lock.bind((HOST, port))
    except OSError:
        return False
    return True
