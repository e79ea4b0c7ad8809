"""Put the built documentation into what is packed: `footnote demo` crawls it.

`make docs` writes it to `build/site`. The wheel holds it as `bot/site`, the source archive where it was. Without it the
package is complete but for the demo, which then says how to get it. Builds nothing itself: an installation from a
checkout must not need Sphinx.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SITE = "build/site"
PLACES = {"wheel": "bot/site", "sdist": SITE}


class SiteHook(BuildHookInterface[Any]):
    """Add the folder of the documentation where `make docs` has built it."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the folder to pack; an editable install finds it in the checkout."""
        if version != "editable" and (Path(self.root) / SITE / "index.html").is_file():
            build_data["force_include"][SITE] = PLACES[self.target_name]
