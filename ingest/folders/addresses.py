"""The url of each file of a folder: where it is published or can be read, or the file itself.

    git host, no generator    guide/start.md      the file's own name
    MkDocs                    guide/start/        index.md, README.md: guide/
    Docusaurus                guide/start
    Sphinx, mdBook, VitePress guide/start.html

Which generator it is shows by the file that configures it, in the folder or the one above. Looks at no content: a page
whose url is changed by its front matter gets the usual one.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote_to_bytes, urlsplit

from core.domain import Source
from core.errors import SiteUnreachable
from ingest.documents.slugs import Style
from ingest.folders.checkout import is_blob
from ingest.media import MARKDOWN_ENDINGS

PLACE = "http://folder.invalid/"
"""Under this the files of a folder are parsed, so that their relative links say which file is meant."""


@dataclass(frozen=True, slots=True)
class _Generator:
    """What a generator puts behind the name of a page, and how it names headings."""

    ending: str
    style: Style


_GENERATORS = {
    "mkdocs.yml": _Generator("/", Style.MKDOCS),
    "mkdocs.yaml": _Generator("/", Style.MKDOCS),
    "docusaurus.config.js": _Generator("", Style.DOCUSAURUS),
    "docusaurus.config.ts": _Generator("", Style.DOCUSAURUS),
    "docusaurus.config.mjs": _Generator("", Style.DOCUSAURUS),
    ".vitepress": _Generator(".html", Style.VITEPRESS),
    "conf.py": _Generator(".html", Style.SPHINX),
    "book.toml": _Generator(".html", Style.MDBOOK),
}
_INDEX = frozenset({"index", "readme"})


def folder_of(source: Source) -> Path:
    """The folder that a source is read from. Raises `SiteUnreachable` where it is not there."""
    parts = urlsplit(source.served_at)
    path = Path(os.fsdecode(unquote_to_bytes(parts.path)))
    if parts.scheme != "file" or not path.is_absolute() or not path.is_dir():
        raise SiteUnreachable(f"The folder {path} is not there, so nothing of {source.name} was read.")
    if os.path.realpath(path) != str(path):
        raise SiteUnreachable(f"The folder {path} now leads to another: add the source anew if that is meant.")
    return path


def file_url(folder: Path) -> str:
    """`Path("/a/my docs")` -> `"file:///a/my%20docs/"`."""
    return f"file://{quoted(folder.as_posix())}/"


def quoted(name: str) -> str:
    """A path as it stands in a url; bytes that are no UTF-8 are kept."""
    return quote(os.fsencode(name), safe="/~!$&'()*+,;=:@")


class Addresses:
    """The urls of the files in a source's folder, and back. `style`: whose ids the headings have there."""

    def __init__(self, root_url: str, folder: Path, names: Collection[str]) -> None:
        self.root = root_url if root_url.endswith("/") else f"{root_url}/"
        self._names = frozenset(names)
        published = self.root.startswith("http") and not is_blob(self.root)
        self._generator = _generator(folder) if published else None
        if self._generator is not None:
            self.style = self._generator.style
        elif is_blob(self.root):
            self.style = Style.GITLAB if "/-/blob/" in self.root else Style.GITHUB
        else:
            self.style = Style.DOCUSAURUS

    def url(self, name: str) -> str:
        """Where readers find a file: `"guide/start.md"` -> `"https://h/docs/guide/start.html"`."""
        path = PurePosixPath(name)
        if self._generator is None or path.suffix.lower() not in MARKDOWN_ENDINGS:
            return self.below(name)
        if path.stem.lower() in _INDEX:
            above = path.parent.as_posix()
            return self.root + ("" if above == "." else f"{quoted(above)}/")
        return self.root + quoted(path.with_suffix("").as_posix()) + self._generator.ending

    def below(self, name: str) -> str:
        """The url of a file or folder if nothing generated pages from it."""
        return self.root + quoted(name)

    def linked(self, url: str) -> str:
        """The url of the file that a link found under `PLACE` means, the link itself where that leads elsewhere."""
        if not url.startswith(PLACE):
            return url
        name = os.fsdecode(unquote_to_bytes(url.removeprefix(PLACE).partition("?")[0]))
        return self.url(name) if name in self._names else ""


def _generator(folder: Path) -> _Generator | None:
    """The one that is configured in a folder or the one above; None where none is found."""
    for place in (folder, folder.parent):
        for name, generator in _GENERATORS.items():
            if (place / name).exists():
                return generator
    return None
