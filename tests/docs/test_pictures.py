"""The pictures of the docs: small, shown somewhere, and with words for those who do not see them."""

from __future__ import annotations

import re

from tests.conftest import ROOT

FOLDER = ROOT / "docs/pictures"
MOST_BYTES = 100_000
_SHOWN = re.compile(r"!\[(?P<words>[^\]]*)\]\((?:docs/)?(?P<path>pictures/[^)]+)\)")


def test_each_picture_is_small_and_shown_with_words() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    shown = {found["path"]: found["words"] for page in pages for found in _SHOWN.finditer(page.read_text("utf-8"))}
    stored = {f"pictures/{path.name}": path for path in FOLDER.iterdir()}
    assert set(shown) == set(stored)
    assert all(len(words.split()) > 3 for words in shown.values())
    for path in stored.values():
        assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        assert path.stat().st_size <= MOST_BYTES, path.name
