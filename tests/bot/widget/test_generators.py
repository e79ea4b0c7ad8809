"""What docs/widget.md tells people to write for Sphinx, in a real build."""

from __future__ import annotations

import asyncio
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

from tests.conftest import ROOT

_BLOCK = re.compile(r"^```python\n(html_js_files.*?)^```", re.DOTALL | re.MULTILINE)


class Scripts(HTMLParser):
    """Collects the attributes of scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a script."""
        if tag == "script":
            self.found.append(dict(attrs))


async def test_the_lines_for_sphinx_put_the_script_with_its_options_on_each_page(tmp_path: Path) -> None:
    lines = _BLOCK.search((ROOT / "docs/widget.md").read_text("utf-8"))
    assert lines is not None
    (tmp_path / "conf.py").write_text(f'project = "Docs"\n{lines[1]}', "utf-8")
    for name in ("index", "other"):
        (tmp_path / f"{name}.rst").write_text(":orphan:\n\nDocs\n====\n\nText.\n", "utf-8")
    build = ("-m", "sphinx", "-q", "-W", "-b", "html", str(tmp_path), str(tmp_path / "site"))
    process = await asyncio.create_subprocess_exec(sys.executable, *build, cwd=tmp_path)
    assert await process.wait() == 0
    for name in ("index", "other"):
        parser = Scripts()
        parser.feed((tmp_path / "site" / f"{name}.html").read_text("utf-8"))
        (script,) = [each for each in parser.found if each.get("src", "") == "https://bot.example.org/widget.js"]
        assert (script["data-key"], script["data-theme"]) == ("footnote_...", "page")
