"""Sphinx: `html_baseurl` and `html_link_suffix` of conf.py; whether pages are folders is up to who builds it."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import ClassVar

from ingest.documents.slugs import SlugStyle
from ingest.folders.generators.configs import LARGEST, read_config, text_at
from ingest.folders.generators.port import Front, is_markdown, page_route
from ingest.folders.opening import read_small_text

PAGES = frozenset({".rst", ".txt", ".ipynb"})
_BUILDERS = (
    "Makefile",
    "make.bat",
    "noxfile.py",
    "tox.ini",
    "pyproject.toml",
    "justfile",
    "hatch.toml",
    "netlify.toml",
)
_DIRHTML = re.compile(r"\bdirhtml\b|\bhtmldir\b")
_SPHINX = re.compile(r"^(?:extensions|html_\w+|project|master_doc|root_doc|source_suffix)\s*=", re.MULTILINE)
_PLAIN_HTML = re.compile(r"(?:-b|-M|--builder)[ =,'\"]{1,6}html\b")


class Sphinx:
    """The site of a conf.py."""

    name: ClassVar[str] = "Sphinx"
    style: ClassVar[SlugStyle] = SlugStyle.SPHINX
    uses_front: ClassVar[bool] = False

    def __init__(self, folder: Path) -> None:
        code = read_small_text(folder / "conf.py", LARGEST)
        self.site_url = _assigned(code, "html_baseurl")
        suffix = _assigned(code, "html_link_suffix") or _assigned(code, "html_file_suffix") or ".html"
        self._ending = "/" if _is_dirhtml(folder) else suffix

    def route(self, name: str, _front: Front) -> str | None:
        """Return the route of a document below conf.py."""
        if name.startswith("../"):
            return None
        return (
            page_route(name, self._ending) if is_markdown(name) or PurePosixPath(name).suffix.lower() in PAGES else name
        )


def _assigned(code: str, name: str) -> str:
    found = re.search(rf"^{name}\s*=\s*[^\n'\"]{{0,80}}['\"]([^'\"\n]*)['\"]", code, re.MULTILINE)
    return found[1] if found else ""


def _is_dirhtml(folder: Path) -> bool:
    """Return whether the files that build the site name the builder that makes a folder of each page."""
    for place in (folder, folder.parent, folder.parent.parent):
        for name in (".readthedocs.yaml", ".readthedocs.yml"):
            if builder := text_at(read_config(place / name), "sphinx", "builder"):
                return builder in {"dirhtml", "htmldir"}
        texts = [read_small_text(place / name, LARGEST) for name in _BUILDERS]
        if any(map(_DIRHTML.search, texts)):
            return not any(map(_PLAIN_HTML.search, texts))
    return False


def detect(folder: Path) -> Sphinx | None:
    """Return the site that is configured in a folder."""
    if not (folder / "conf.py").exists():
        return None
    code = read_small_text(folder / "conf.py", LARGEST)
    return Sphinx(folder) if not code.strip() or _SPHINX.search(code) else None
