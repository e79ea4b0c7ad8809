"""A name for a user that the machine does not know: OpenShift runs containers under a number without a name.

initdb asks for the name of its user and gives up without one; the server itself does not ask. The library nss_wrapper
answers in place of /etc/passwd, for that one program. Where it is not installed, initdb fails as before, and
`core.embedded.errors` puts that into a sentence.
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
    """Yield the environment variables that give our user a name: none where it has one.

    `folder` holds two small files meanwhile. Raises `OSError`.
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
