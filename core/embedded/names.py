"""A name for a user that the machine does not know: OpenShift runs containers as a number without one.

initdb asks for the name of whom it runs as, and gives up without it; the server itself does not ask. The library
nss_wrapper answers in place of /etc/passwd, for that one program. Where it is not installed initdb fails as before,
which `embedded_errors` puts into a sentence.
"""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_LIBRARY = "libnss_wrapper.so"  # found where the system keeps its libraries; the loader goes on without it


@contextmanager
def name_for_user(folder: Path) -> Iterator[Mapping[str, str]]:
    """Yield what a program's environment needs for us to have a name: nothing where we have one.

    `folder` is where two small files are put for as long. Raises `OSError`.
    """
    if _has_name(os.geteuid()):
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix=".names-", dir=folder) as names:
        users, groups = Path(names, "passwd"), Path(names, "group")
        users.write_text(f"footnote:x:{os.geteuid()}:{os.getegid()}::/:/bin/false\n", encoding="utf-8")
        groups.write_text(f"footnote:x:{os.getegid()}:\n", encoding="utf-8")
        yield {"LD_PRELOAD": _LIBRARY, "NSS_WRAPPER_PASSWD": str(users), "NSS_WRAPPER_GROUP": str(groups)}


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True
