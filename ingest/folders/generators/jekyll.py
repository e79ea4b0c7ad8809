"""Jekyll: `url`, `baseurl`, `permalink`, collections and posts of _config.yml; `permalink` of pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import ClassVar

from ingest.documents.slugs import SlugStyle
from ingest.folders.generators.configs import find_first, read_config, table_at, text_at
from ingest.folders.generators.port import NO_PAGE, Front, below, is_markdown, page_route

FILES = ("_config.yml", "_config.yaml", "_config.toml")
_POST = re.compile(r"(?:(?P<above>.*)/)?_posts/(?:.*/)?(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})-(?P<title>.+)\Z")
_STYLES = {
    "pretty": "/:categories/:year/:month/:day/:title/",
    "date": "/:categories/:year/:month/:day/:title.html",
    "ordinal": "/:categories/:year/:y_day/:title.html",
    "none": "/:categories/:title.html",
}
_TOKEN = re.compile(r":(\w+)")
_INDEXES = frozenset({"index", "readme"})


class Jekyll:
    """The site of a _config.yml."""

    name: ClassVar[str] = "Jekyll"
    style: ClassVar[SlugStyle] = SlugStyle.DOCUSAURUS
    uses_front: ClassVar[bool] = True

    def __init__(self, config: Path) -> None:
        options = read_config(config)
        base = text_at(options, "baseurl").strip("/")
        url = text_at(options, "url")
        self.site_url = f"{url.rstrip('/')}/{base}" if url else base
        self._permalink = text_at(options, "permalink") or "date"
        if self._permalink == "pretty" or self._permalink.endswith("/"):
            self._ending = "/"
        else:  # a pattern of one's own without an ending gives pages none
            self._ending = ".html" if self._permalink in _STYLES or "html" in self._permalink else ""
        self._defaults = list(_defaults(options.get("defaults")))
        self._collections = table_at(options, "collections")
        self._folder = text_at(options, "collections_dir").strip("/")

    def route(self, name: str, front: Front) -> str | None:
        """Return the route of a page, a post, or a document of a collection that is published."""
        if name.startswith("../") or not is_markdown(name):
            return None if name.startswith(("../", "_")) else name
        stem = PurePosixPath(name).with_suffix("").as_posix()
        usual = next((link for scope, link in reversed(self._defaults) if below(scope, name) is not None), "")
        own = front.get("permalink") or usual
        if own and own not in _STYLES:
            return _tidy(_TOKEN.sub(lambda token: _page_value(token[1], stem), own))
        if (post := _POST.match(stem)) is not None:
            return self._post(post, front)
        return self._document(name, stem)

    def _document(self, name: str, stem: str) -> str:
        inside = stem.removeprefix(f"{self._folder}/") if self._folder else stem
        collection, _, path = inside.partition("/")
        if collection.startswith("_"):
            options = table_at(self._collections, collection[1:])
            if text_at(options, "output") != "True" or not path:
                return NO_PAGE
            pattern = text_at(options, "permalink") or f"/:collection/:path{self._ending}"
            values = {
                "collection": collection[1:],
                "path": path,
                "name": path.rsplit("/", 1)[-1],
                "output_ext": ".html",
            }
            values["title"] = values["name"]
            return _tidy(_TOKEN.sub(lambda token: values.get(token[1], ""), pattern)).removesuffix("index.html")
        if any(part.startswith("_") for part in stem.split("/")):
            return NO_PAGE
        return page_route(name, self._ending, _INDEXES)

    def _post(self, post: re.Match[str], front: Front) -> str:
        pattern = _STYLES.get(front.get("permalink", "") or self._permalink, self._permalink)
        categories = front.get("category", "") or front.get("categories", "") or post["above"] or ""
        title = front.get("slug") or post["title"]
        values = post.groupdict() | {"title": title, "slug": title, "categories": "/".join(categories.lower().split())}
        values |= {"i_month": str(int(post["month"])), "i_day": str(int(post["day"])), "short_year": post["year"][2:]}
        return _tidy(_TOKEN.sub(lambda token: values.get(token[1]) or "", pattern))


def _defaults(options: object) -> Iterator[tuple[str, str]]:
    """Yield (folder, permalink) of the defaults that set one."""
    for each in options if isinstance(options, list) else ():
        permalink = text_at({"each": each}, "each", "values", "permalink")
        if permalink:
            yield text_at({"each": each}, "each", "scope", "path").strip("/") or ".", permalink


def _page_value(name: str, stem: str) -> str:
    values = {"path": stem.rpartition("/")[0], "basename": stem.rpartition("/")[2], "title": stem.rpartition("/")[2]}
    return values.get(name, ".html" if name == "output_ext" else "")


def _tidy(route: str) -> str:
    return re.sub(r"/{2,}", "/", route).lstrip("/")


def detect(folder: Path) -> Jekyll | None:
    """Return the site that is configured in a folder."""
    config = find_first(folder, FILES)
    return Jekyll(config) if config is not None else None
