"""Where the files of a git checkout can be read, from real checkouts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ingest.folders.checkout import checkout_of, find_web_url, is_blob

HOST = "https://github.com/o/r"


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    done = subprocess.run(("git", *who, *arguments), cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def checkout(folder: Path, remote: str) -> Path:
    """Make a checkout with one commit and a folder docs/ in it. -> that folder."""
    docs = folder / "docs"
    docs.mkdir(parents=True)
    git(folder, "init")
    git(folder, "commit", "--allow-empty", "-m", "one")
    if remote:
        git(folder, "remote", "add", "upstream", "https://github.com/else/where")
        git(folder, "remote", "add", "origin", remote)
    return docs


@pytest.mark.parametrize(
    ("remote", "url"),
    [
        ("https://github.com/o/r.git", f"{HOST}/blob/main/docs/"),
        ("https://user:s3cret@github.com/o/r", f"{HOST}/blob/main/docs/"),
        ("git@github.com:o/r.git", f"{HOST}/blob/main/docs/"),
        ("ssh://git@github.com:22/o/r.git", f"{HOST}/blob/main/docs/"),
        ("https://gitlab.com/g/sub/r.git", "https://gitlab.com/g/sub/r/-/blob/main/docs/"),
        ("https://gitlab.example.org/g/r.git", "https://gitlab.example.org/g/r/-/blob/main/docs/"),
        ("https://codeberg.org/o/r", "https://codeberg.org/o/r/src/branch/main/docs/"),
        ("https://bitbucket.org/o/r", "https://bitbucket.org/o/r/src/main/docs/"),
        ("https://git.example.org/o/r", ""),
        ("../elsewhere", ""),
        ("", ""),
    ],
)
def test_the_address_of_a_branch_holds_no_credentials(tmp_path: Path, remote: str, url: str) -> None:
    docs = checkout(tmp_path, remote)
    assert find_web_url(docs) == url
    assert not url or is_blob(url)
    assert checkout_of(docs) == tmp_path


def test_a_worktree_and_a_detached_head_have_theirs(tmp_path: Path) -> None:
    checkout(tmp_path / "first", "git@github.com:o/r.git")
    git(tmp_path / "first", "worktree", "add", "-b", "next/2", "../second")
    assert find_web_url(tmp_path / "second") == f"{HOST}/blob/next/2/"
    commit = git(tmp_path / "second", "rev-parse", "HEAD")
    git(tmp_path / "second", "checkout", "--detach")
    assert find_web_url(tmp_path / "second") == f"{HOST}/blob/{commit}/"


def test_a_folder_outside_of_any_checkout_has_none(tmp_path: Path) -> None:
    assert find_web_url(tmp_path) == ""
    (tmp_path / ".git").write_text("nonsense", "utf-8")
    assert find_web_url(tmp_path) == ""


def test_a_published_site_is_no_blob() -> None:
    assert not is_blob("https://docs.example.org/guide/")
