"""All generators, and how the project of a folder is found: in the folder, above it up to the checkout, or right below.

A new generator is a module next to this one, and its line in `DETECTORS`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.folders.checkout import checkout_of
from ingest.folders.generators import (
    docusaurus,
    hugo,
    jekyll,
    mdbook,
    mintlify,
    mkdocs,
    nextra,
    sphinx,
    starlight,
    vitepress,
    wiki,
)
from ingest.folders.generators.port import Project

DETECTORS: tuple[Callable[[Path], Project | None], ...] = (
    wiki.detect,
    mkdocs.detect,
    docusaurus.detect,
    vitepress.detect,
    starlight.detect,
    nextra.detect,
    mintlify.detect,
    mdbook.detect,
    hugo.detect,
    sphinx.detect,
    jekyll.detect,
)

_BELOW = (
    *(
        "docs",
        "doc",
        "website",
        "site",
        "documentation",
        "www",
        "web",
        "book",
        "docs-site",
        "docs/source",
        "doc/source",
    ),
    *("docs/website", "docs/site", "apps/docs", "packages/docs"),
)
_MOST_ABOVE, _MOST_ABOVE_FREE = 6, 3
"""Folders above that are looked into: in a checkout at most, and outside of one."""


@dataclass(frozen=True, slots=True)
class FoundProject:
    """A site's project, and the folder of its configuration."""

    project: Project
    folder: Path


def find_project(folder: Path) -> FoundProject | None:
    """Return the project that makes a site of a folder; None where there is no configuration."""
    for place in _places(folder):
        for detect in DETECTORS:
            project = detect(place)
            if project is not None and _makes(project, place, folder):
                return FoundProject(project, place)
    return None


def _makes(project: Project, place: Path, folder: Path) -> bool:
    """Return whether a project makes pages of a folder: one above it may be about other folders."""
    name = os.path.relpath(folder / "page.md", place).replace(os.sep, "/")
    return place.is_relative_to(folder) or project.route(name, {}) is not None


def _places(folder: Path) -> Iterator[Path]:
    """Yield where a configuration may be: here, above (in a checkout, up to its root), then in usual folders below."""
    yield folder
    checkout = checkout_of(folder)
    above = [place for place in folder.parents if checkout is None or place.is_relative_to(checkout)]
    yield from above[: _MOST_ABOVE_FREE if checkout is None else _MOST_ABOVE]
    yield from (folder / name for name in _BELOW if (folder / name).is_dir())
    if checkout is not None and checkout != folder:
        yield from (checkout / name for name in _BELOW if (checkout / name).is_dir())
