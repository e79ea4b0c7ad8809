"""The form of commit messages, as the hook and CI judge it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKER = Path(__file__).parent.parent / ".ci" / "commit_message.py"
GIT = {
    "PATH": os.environ["PATH"],  # noqa: TID251 - git is not always in the usual folders
    "HOME": "/nonexistent",
    **{f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def judged(folder: Path, *arguments: str) -> tuple[int, str]:
    """Return the exit code of the checker in a folder, and what it prints."""
    ended = subprocess.run(
        [sys.executable, CHECKER, *arguments], cwd=folder, env=GIT, capture_output=True, text=True, check=False
    )
    return ended.returncode, ended.stdout


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder. -> what it prints."""
    return subprocess.run(["git", *arguments], cwd=folder, env=GIT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("inbox: drop the forgotten\n", 0),
        ("inbox, docs: drop the forgotten\n\nNobody may ask for them.\n", 0),
        ("Merge branch 'ci'\n", 0),
        ("inbox: drop the forgotten.\n", 1),
        ("Drop the forgotten\n", 1),
        ("inbox: dropped\nand more\n", 1),
        ("inbox: added a table\n", 1),
        (f"inbox: drop {'x' * 70}\n", 1),
    ],
)
def test_a_message_has_an_area_and_an_order_and_fits(tmp_path: Path, message: str, code: int) -> None:
    (tmp_path / "message").write_text(message, "utf-8")
    assert judged(tmp_path, "message")[0] == code


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Make a repository of three commits, the second of a bad form. -> its folder."""
    folder = tmp_path / "history"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for subject in ("first: begin", "Second.", "third: go on"):
        git(folder, "commit", "-q", "--allow-empty", "-m", subject)
    return folder


def test_commits_since_a_base_are_judged(history: Path) -> None:
    first, second = git(history, "rev-list", "--reverse", "main").split()[:2]
    assert judged(history, "--since", first)[0] == 1
    assert judged(history, "--since", second) == (0, "")


@pytest.mark.parametrize(("depth", "code"), [("1", 0), ("2", 1)])
def test_a_shallow_clone_judges_the_commits_that_it_has(history: Path, tmp_path: Path, depth: str, code: int) -> None:
    git(tmp_path, "clone", "-q", "--depth", depth, f"file://{history}", "clone")
    base = git(history, "rev-list", "--max-parents=0", "main").strip()
    assert judged(tmp_path / "clone", "--since", base)[0] == code


def test_without_a_history_nothing_is_judged(tmp_path: Path) -> None:
    code, output = judged(tmp_path, "--since", "0" * 40)
    assert (code, "not checked" in output) == (0, True)
