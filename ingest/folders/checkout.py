"""Finds where the files of a git checkout can be read on the web: a branch on GitHub, GitLab and the like.

    folder ──up──> .git (a folder, or the file of a worktree) ──> config, HEAD ──>
    https://github.com/o/r/blob/main/docs/

Reads git's files itself, runs nothing, and drops credentials of the remote's url. Links to a branch that was never
pushed lead nowhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from ingest.folders.opening import read_small_text

_LARGEST = 1_000_000
_SECTION = re.compile(r"\s*\[([^\]\n]{1,300})\]")
_URL = re.compile(r"\s*url\s*=\s*\"?([^\"\n]{1,2000}?)\"?\s*\Z")
_SCP = re.compile(r"(?:[\w.+-]{1,100}@)?([\w.-]{1,255}):(?!//)(.{1,1000})\Z")
_HEAD = re.compile(r"ref: refs/heads/(\S{1,255})\s*\Z")
_COMMIT = re.compile(r"([0-9a-f]{40,64})\s*\Z")
_BLOB = re.compile(r"https?://[^/]+/.+/(?:blob|src|browse)/")


@dataclass(frozen=True, slots=True)
class _Remote:
    host: str
    path: str  # "owner/name"


def checkout_of(folder: Path) -> Path | None:
    """Return the checkout that holds a folder: the folder or the nearest one above with a `.git`; None without one."""
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)


def find_web_url(folder: Path) -> str:
    """Return the url, ending in "/", below which the files of `folder` can be read on the web; "" without one."""
    checkout = checkout_of(folder)
    git = _git_folder(checkout) if checkout is not None else None
    if checkout is None or git is None:
        return ""
    remote = _parsed(_origin(_common(git)))
    branch, is_commit = _head(git)
    if remote is None or not branch:
        return ""
    below = folder.relative_to(checkout).as_posix()
    place = "" if below == "." else f"{quote(below)}/"
    return _address(remote, quote(branch, safe="/"), place, is_commit=is_commit)


def find_wiki_url(folder: Path) -> str:
    """Return the url of the wiki whose checkout a folder is, ending in "/"; "" where it is none of a known host."""
    git = _git_folder(folder) if (folder / ".git").exists() else None
    remote = _parsed(_origin(_common(git))) if git is not None else None
    if remote is None or not remote.path.endswith(".wiki"):
        return ""
    root = f"https://{remote.host}/{quote(remote.path.removesuffix('.wiki'))}"
    return f"{root}/-/wikis/" if "gitlab" in remote.host else f"{root}/wiki/"


def is_blob(url: str) -> bool:
    """Return whether a url is that of a file on a git host, where markdown is shown as it is."""
    return _BLOB.match(url) is not None


def _address(remote: _Remote, branch: str, place: str, *, is_commit: bool) -> str:
    """Return the url as the host writes it; "" for hosts that are not known."""
    root = f"https://{remote.host}/{quote(remote.path)}"
    if remote.host == "github.com":
        return f"{root}/blob/{branch}/{place}"
    if remote.host == "gitlab.com" or remote.host.startswith("gitlab."):
        return f"{root}/-/blob/{branch}/{place}"
    if remote.host == "codeberg.org":
        return f"{root}/src/{'commit' if is_commit else 'branch'}/{branch}/{place}"
    if remote.host == "bitbucket.org":
        return f"{root}/src/{branch}/{place}"
    return ""


def _git_folder(checkout: Path) -> Path | None:
    place = checkout / ".git"
    if place.is_dir():
        return place
    said = read_small_text(place, _LARGEST).strip()
    return checkout / said.removeprefix("gitdir:").strip() if said.startswith("gitdir:") else None


def _common(git: Path) -> Path:
    """Return the git folder that holds the config: for a worktree, that of the checkout that it belongs to."""
    said = read_small_text(git / "commondir", _LARGEST).strip()
    return git / said if said else git


def _head(git: Path) -> tuple[str, bool]:
    """Return (branch, False), or (commit, True) where no branch is checked out; "" where neither can be read."""
    said = read_small_text(git / "HEAD", _LARGEST)
    if branch := _HEAD.match(said):
        return branch[1], False
    commit = _COMMIT.match(said)
    return (commit[1], True) if commit else ("", False)


def _origin(git: Path) -> str:
    """Return the url of the remote "origin" as it is written; "" where there is none."""
    inside = False
    for line in read_small_text(git / "config", _LARGEST).splitlines():
        if section := _SECTION.match(line):
            inside = section[1].split() == ["remote", '"origin"']
        elif inside and (url := _URL.match(line)):
            return url[1]
    return ""


def _parsed(url: str) -> _Remote | None:
    """Return the remote of a url, None for no git host.

    `"https://user:token@github.com/o/r.git"`, `"git@github.com:o/r.git"` -> `_Remote("github.com", "o/r")`.
    """
    if "://" in url:
        try:
            parts = urlsplit(url)
            host, path = parts.hostname or "", parts.path
        except ValueError:
            return None
    else:
        found = _SCP.match(url)
        host, path = (found[1], found[2]) if found else ("", "")
    name = path.strip("/").removesuffix(".git")
    return _Remote(host.lower(), name) if host and "/" in name and ".." not in name else None
