"""Check the form of commit messages: `area: imperative`, at most 72 letters, then an empty line, then why.

    python .ci/commit_message.py FILE            the message in FILE: a commit-msg hook calls it so
    python .ci/commit_message.py --since COMMIT  every commit after COMMIT: CI calls it so

Exit code 1 where a message breaks the form, with a sentence for each.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

LONGEST = 72
_SUBJECT = re.compile(r"(?P<area>[a-z0-9][a-z0-9 ,/._-]*): (?P<verb>[A-Za-z]+)\b.*[^.\s]")
_MADE_BY_GIT = ("Merge ", "Revert ", "fixup! ", "squash! ")
_NO_IMPERATIVE = re.compile(
    r"(added|changed|fixed|removed|moved|made|adds|fixes|adding|fixing|removing)", re.IGNORECASE
)


def find_faults(message: str) -> list[str]:
    """Return a sentence for each thing that is wrong with a message; none for those that git writes itself.

    "inbox: drop the forgotten" -> []        "Fixed things." -> ["..."]
    """
    lines = [line for line in message.splitlines() if not line.startswith("#")]
    subject = lines[0] if lines else ""
    if subject.startswith(_MADE_BY_GIT):
        return []
    faults = []
    if len(subject) > LONGEST:
        faults.append(f"the subject has {len(subject)} letters, {LONGEST} are allowed")
    found = _SUBJECT.fullmatch(subject)
    if found is None:
        faults.append("the subject must read `area: imperative`, without a full stop")
    elif _NO_IMPERATIVE.fullmatch(found["verb"]):
        faults.append(f"`{found['verb']}` is no imperative: write what the commit does as an order")
    if len(lines) > 1 and lines[1].strip():
        faults.append("the second line must be empty")
    return faults


def read_history(since: str) -> list[tuple[str, str]]:
    """Return (short hash, message) of every commit after `since`.

    A shallow clone that does not reach back so far has newer ones alone: all of them are returned. [] where `since` is
    unknown otherwise, as in a folder without a history.
    """
    known = ask_git("merge-base", "--is-ancestor", since, "HEAD") is not None
    if not known and ask_git("rev-parse", "--is-shallow-repository") != "true\n":
        print(f"commit messages: not checked, {since} is not in this history")
        return []
    log = ask_git("log", "--no-merges", "--format=%h%x00%B%x01", f"{since}..HEAD" if known else "HEAD") or ""
    entries = [entry.strip("\n").partition("\0") for entry in log.split("\x01") if entry.strip()]
    return [(commit, message) for commit, _, message in entries]


def ask_git(*arguments: str) -> str | None:
    """Return what git prints; None where it fails or is not installed."""
    try:
        return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def main(arguments: list[str]) -> int:
    """Check one file or a range; return the exit code."""
    match arguments:
        case ["--since", since]:
            checked = read_history(since)
        case [file]:
            checked = [("this message", Path(file).read_text("utf-8"))]
        case _:
            print(__doc__)
            return 2
    faults = [f"{name}: {fault}" for name, message in checked for fault in find_faults(message)]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
