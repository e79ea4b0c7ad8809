"""Put the built documentation into what is packed: `footnote demo` crawls it.

`make docs` writes it to `build/site`. The wheel holds it as `bot/site`, the source archive where it was. Without it the
package is complete but for the demo, which then says how to get it. Builds nothing itself: an installation from a
checkout must not need Sphinx.

It also makes the README fit for an index page, where relative links lead nowhere, and names the project's addresses.
The repository is known to whoever publishes: CI says it as `GITHUB_SERVER_URL` and `GITHUB_REPOSITORY`. Where nobody
says it, relative links become plain text.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

SITE = "build/site"
PLACES = {"wheel": "bot/site", "sdist": SITE}
RELATIVE_LINK = re.compile(r"\[([^]]+)\]\((?!https?://|#)([^)\s]+)\)")


class SiteHook(BuildHookInterface[Any]):
    """Add the folder of the documentation where `make docs` has built it."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the folder to pack; an editable install finds it in the checkout."""
        if version != "editable" and (Path(self.root) / SITE / "index.html").is_file():
            build_data["force_include"][SITE] = PLACES[self.target_name]


class IndexPageHook(MetadataHookInterface):
    """Set the README as the index page shows it, and the project's addresses."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in `readme` and `urls`, which pyproject.toml calls dynamic."""
        environment = os.environ  # noqa: TID251 - a build has no settings
        server, repository = environment.get("GITHUB_SERVER_URL", ""), environment.get("GITHUB_REPOSITORY", "")
        home = f"{server}/{repository}" if server and repository else ""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": make_links_absolute(text, home)}
        if home:
            metadata["urls"] = {
                "Source": home,
                "Documentation": f"{home}/tree/main/docs",
                "Changes": f"{home}/blob/main/CHANGELOG.md",
                "Issues": f"{home}/issues",
            }


def make_links_absolute(markdown: str, home: str) -> str:
    """Return markdown whose relative links lead to files of the repository `home`; "" leaves their words alone."""
    return RELATIVE_LINK.sub(lambda link: f"[{link[1]}]({home}/blob/main/{link[2]})" if home else link[1], markdown)
