"""The questions of evals/own.jsonl: each gold section exists in the pages that the demo crawls."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.demo import ROOT_URL
from bot.cli.evaluate import Case, read_cases
from tests.conftest import ROOT

SITE = ROOT / "build" / "site"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the built documentation, from `make docs` or built here."""
    if (SITE / "index.html").is_file() and not _older_than_docs(SITE / "index.html"):
        return SITE
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", str(ROOT / "docs"), str(folder)]
    subprocess.run(command, check=True, cwd=ROOT)
    return folder


def _older_than_docs(built: Path) -> bool:
    newest = max(page.stat().st_mtime for page in (ROOT / "docs").rglob("*.md"))
    return built.stat().st_mtime < newest


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return read_cases(ROOT / "evals" / "own.jsonl")


@pytest.mark.heavy
def test_every_gold_section_exists_in_its_page(site: Path, cases: list[Case]) -> None:
    missing = []
    for case in cases:
        for place in case.gold:
            page = site / place.url.removeprefix(ROOT_URL)
            ids = re.findall(r'<section id="([^"]+)"', page.read_text("utf-8")) if page.is_file() else []
            if place.anchor not in ids:
                missing.append(f"{case.id}: {place.url}#{place.anchor}")
    assert not missing


def test_there_are_enough_questions_of_both_kinds(cases: list[Case]) -> None:
    assert len({case.id for case in cases}) == len(cases)
    assert len({case.question for case in cases}) == len(cases)
    assert sum(bool(case.gold) for case in cases) >= 60
    assert sum(not case.gold for case in cases) >= 15
