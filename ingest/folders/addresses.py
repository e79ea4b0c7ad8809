"""The url of each file of a folder: where its site serves it, where it can be read on the web, or the file itself.

    git host                guide/start.md      the file's name
    a generator's project   guide/start/        as its configuration and the page's front matter say
    neither                 guide/start.md

`ingest.folders.generators` knows the rules of the sites. Looks at no content but front matter.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from core.domain import Source
from core.errors import SiteUnreachable, UrlRefused
from core.net.urls import check_url
from ingest.documents.slugs import SlugStyle
from ingest.folders.checkout import is_blob
from ingest.folders.files import read_head
from ingest.folders.generators.configs import read_front
from ingest.folders.generators.port import NO_PAGE, Front, is_markdown
from ingest.folders.generators.registry import FoundProject, find_project
from ingest.folders.partials import Partials

PLACE = "http://folder.invalid/"
"""The files of a folder are parsed under this url, so that their relative links show which file is meant."""


_PLACEHOLDERS = ("your-docusaurus-site", "your-domain", "localhost", "127.0.0.1", "yoursite", "mysite.")
"""Hosts that templates of generators name."""


def folder_of(source: Source) -> Path:
    """Return the folder that a source is read from. Raises `SiteUnreachable` where it is missing or leads elsewhere."""
    parts = urlsplit(source.served_at)
    path = Path(os.fsdecode(unquote_to_bytes(parts.path)))
    if parts.scheme != "file" or not path.is_absolute() or not path.is_dir():
        raise SiteUnreachable(f"The folder {path} is not there, so nothing of {source.name} was read.")
    if os.path.realpath(path) != str(path):
        raise SiteUnreachable(f"The folder {path} now leads to another: add the source again if that is meant.")
    return path


def file_url(folder: Path) -> str:
    """Return the url of a folder: `Path("/a/my docs")` -> `"file:///a/my%20docs/"`."""
    return f"file://{quote_path(folder.as_posix())}/"


def quote_path(name: str) -> str:
    """Return a path as it is written in a url; bytes that are not UTF-8 are kept."""
    return quote(os.fsencode(name), safe="/~!$&'()*+,;=:@")


def find_site_url(folder: Path) -> str:
    """Return where the site publishes a folder, ending in "/", as its configuration says; "" where it does not."""
    found = find_project(folder)
    url = found.project.site_url if found is not None else ""
    if found is None or not url.startswith("http") or any(name in url for name in _PLACEHOLDERS):
        return ""
    try:
        return urljoin(
            check_url(f"{url.rstrip('/')}/", ports=None, allow_private=True), quote_path(_folder_route(found, folder))
        )
    except UrlRefused:
        return ""


def _folder_route(found: FoundProject, folder: Path) -> str:
    """Return the route of a folder, "" where it holds all pages of the site, or more."""
    name = os.path.relpath(folder / "index.md", found.folder)
    route = found.project.route(name, {}) if folder != found.folder else None
    return "" if route is None or route == NO_PAGE or not route else f"{route.strip('/')}/"


class Addresses:
    """Maps the files in a source's folder to urls, and back. `style`: the program that makes the ids of headings.

    `fixed`: urls of files that are known without a rule.
    """

    def __init__(
        self, root_url: str, folder: Path, names: Collection[str], *, fixed: Mapping[str, str] | None = None
    ) -> None:
        self.root = root_url if root_url.endswith("/") else f"{root_url}/"
        self._folder = folder
        self._names = frozenset(names)
        self._published = self.root.startswith("http") and not is_blob(self.root)
        self._found = find_project(folder)
        self._above = _folder_route(self._found, folder) if self._found is not None else ""
        self.partials = Partials(folder, names)
        self._urls: dict[str, str] = dict(fixed or {})
        if self._found is not None and self._published:
            self.style = self._found.project.style
            self.root += self._base_path()
        elif is_blob(self.root):
            self.style = SlugStyle.GITLAB if "/-/blob/" in self.root else SlugStyle.GITHUB
        else:
            self.style = SlugStyle.DOCUSAURUS
        self._site = self.root.removesuffix(quote_path(self._above)) if self._above else self.root

    def _base_path(self) -> str:
        """Return the path of the site on its host, where only the host was named and the configuration says more."""
        assert self._found is not None
        configured, here = urlsplit(self._found.project.site_url), urlsplit(self.root)
        same_host = not configured.netloc or configured.netloc == here.netloc
        is_whole = same_host and here.path == "/" and self._found.folder.is_relative_to(self._folder)
        return f"{configured.path.strip('/')}/" if is_whole and configured.path.strip("/") else ""

    def url(self, name: str) -> str:
        """Return the url where readers find a file: `"guide/start.md"` -> `"https://h/docs/guide/start.html"`."""
        if name not in self._urls:
            route = self._route(name) if self._published else None
            self._urls[name] = self.below(name) if route is None or route == NO_PAGE else self._routed(route)
        return self._urls[name]

    def is_part(self, name: str) -> bool:
        """Return whether a file is no page of its own: a partial, a sidebar, a table of contents."""
        return self._route(name) == NO_PAGE or self.partials.is_part(name)

    def _route(self, name: str) -> str | None:
        if self._found is None:
            return None
        project = self._found.project
        front: Front = read_front(read_head(self._folder, name)) if project.uses_front and is_markdown(name) else {}
        return project.route(os.path.relpath(self._folder / name, self._found.folder).replace(os.sep, "/"), front)

    def _routed(self, route: str) -> str:
        if not self._above or route.startswith(self._above):
            return self.root + quote_path(route.removeprefix(self._above))
        if route.rstrip("/") == self._above.rstrip("/"):
            return self.root if route.endswith("/") else self.root.rstrip("/")
        return self._site + quote_path(route)

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
