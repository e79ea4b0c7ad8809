"""The url of each file of a folder: where it is published or can be read, or the file itself.

    git host, no generator    guide/start.md      the file's name
    MkDocs                    guide/start/        index.md, README.md: guide/
    Docusaurus                guide/start
    Sphinx, mdBook, VitePress guide/start.html

The generator is recognised by its configuration file, in the folder or the one above. Looks at no content: a page
whose front matter changes its url gets the usual url.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote_to_bytes, urlsplit

from core.domain import Source
from core.errors import SiteUnreachable
from ingest.documents.slugs import SlugStyle
from ingest.folders.checkout import is_blob
from ingest.media import MARKDOWN_ENDINGS

PLACE = "http://folder.invalid/"
"""The files of a folder are parsed under this url, so that their relative links show which file is meant."""


@dataclass(frozen=True, slots=True)
class _Generator:
    """What a generator appends to the name of a page, and how it makes the ids of headings."""

    ending: str
    style: SlugStyle


_GENERATORS = {
    "mkdocs.yml": _Generator("/", SlugStyle.MKDOCS),
    "mkdocs.yaml": _Generator("/", SlugStyle.MKDOCS),
    "docusaurus.config.js": _Generator("", SlugStyle.DOCUSAURUS),
    "docusaurus.config.ts": _Generator("", SlugStyle.DOCUSAURUS),
    "docusaurus.config.mjs": _Generator("", SlugStyle.DOCUSAURUS),
    ".vitepress": _Generator(".html", SlugStyle.VITEPRESS),
    "conf.py": _Generator(".html", SlugStyle.SPHINX),
    "book.toml": _Generator(".html", SlugStyle.MDBOOK),
}
_INDEX = frozenset({"index", "readme"})


def folder_of(source: Source) -> Path:
    """Return the folder that a source is read from. Raises `SiteUnreachable` where it is missing or leads elsewhere."""
    parts = urlsplit(source.served_at)
    path = Path(os.fsdecode(unquote_to_bytes(parts.path)))
    if parts.scheme != "file" or not path.is_absolute() or not path.is_dir():
        raise SiteUnreachable(f"The folder {path} is not there, so nothing of {source.name} was read.")
    if os.path.realpath(path) != str(path):
        raise SiteUnreachable(f"The folder {path} now leads to another: add the source anew if that is meant.")
    return path


def file_url(folder: Path) -> str:
    """Return the url of a folder: `Path("/a/my docs")` -> `"file:///a/my%20docs/"`."""
    return f"file://{quote_path(folder.as_posix())}/"


def quote_path(name: str) -> str:
    """Return a path as it is written in a url; bytes that are not UTF-8 are kept."""
    return quote(os.fsencode(name), safe="/~!$&'()*+,;=:@")


class Addresses:
    """Maps the files in a source's folder to urls, and back. `style`: the program that makes the ids of headings."""

    def __init__(self, root_url: str, folder: Path, names: Collection[str]) -> None:
        self.root = root_url if root_url.endswith("/") else f"{root_url}/"
        self._names = frozenset(names)
        published = self.root.startswith("http") and not is_blob(self.root)
        self._generator = _generator(folder) if published else None
        if self._generator is not None:
            self.style = self._generator.style
        elif is_blob(self.root):
            self.style = SlugStyle.GITLAB if "/-/blob/" in self.root else SlugStyle.GITHUB
        else:
            self.style = SlugStyle.DOCUSAURUS

    def url(self, name: str) -> str:
        """Return the url where readers find a file: `"guide/start.md"` -> `"https://h/docs/guide/start.html"`."""
        path = PurePosixPath(name)
        if self._generator is None or path.suffix.lower() not in MARKDOWN_ENDINGS:
            return self.below(name)
        if path.stem.lower() in _INDEX:
            above = path.parent.as_posix()
            return self.root + ("" if above == "." else f"{quote_path(above)}/")
        return self.root + quote_path(path.with_suffix("").as_posix()) + self._generator.ending

    def below(self, name: str) -> str:
        """Return the url of a file or folder as if no generator made pages of it."""
        return self.root + quote_path(name)

    def resolve_link(self, url: str) -> str:
        """Return the url of the file that a link under `PLACE` leads to, "" where there is no such file.

        A link that leads elsewhere is returned as it is.
        """
        if not url.startswith(PLACE):
            return url
        name = os.fsdecode(unquote_to_bytes(url.removeprefix(PLACE).partition("?")[0]))
        return self.url(name) if name in self._names else ""


def _generator(folder: Path) -> _Generator | None:
    """Return the generator that is configured in a folder or the one above; None where there is none."""
    for place in (folder, folder.parent):
        for name, generator in _GENERATORS.items():
            if (place / name).exists():
                return generator
    return None
