"""The real Chromium that tests and benches of pages run."""

from __future__ import annotations

from shutil import which

BROWSER = next(filter(None, map(which, ("chromium", "chromium-browser", "google-chrome"))), "")
"""Its path; empty: there is none, and what needs one is skipped and says so."""
