"""Ports of loopback that stay ours: another process, such as a second worker of pytest, is given none of them.

held_port()    of a server that comes and goes: who listens there says `reuse_port=True`; else nobody is there
own_port()     of a server that is still to be started, in a process of its own
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager

HOST = "127.0.0.1"
_NEVER_GIVEN_OUT = range(20_000, 30_000)
"""Below what the kernel chooses from for those who name no port."""


@contextmanager
def held_port(port: int = 0) -> Iterator[int]:
    """`port`, or any. While inside it is bound, and connections are refused unless somebody listens."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind((HOST, port))
        yield int(held.getsockname()[1])


@contextmanager
def own_port() -> Iterator[int]:
    """One that nobody listens at. Its number is locked by the socket of the same number for datagrams."""
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
