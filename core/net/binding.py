"""Why an address of this machine cannot be listened at, in words: asyncio's own repeat the address and a tuple."""

from __future__ import annotations

import errno
import os
import socket

_WHY = {
    errno.EADDRINUSE: "another program listens there",
    errno.EADDRNOTAVAIL: "this machine has no such address",
    errno.EACCES: "this user may not listen at such a port",
}


def explain_unbound(error: OSError) -> str:
    """Return why nothing can listen there, as the end of a sentence: `"another program listens there"`."""
    if isinstance(error, socket.gaierror):
        return "its name has no address"
    number = error.errno or 0
    return _WHY.get(number) or (os.strerror(number) if number > 0 else str(error))
