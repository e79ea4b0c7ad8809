"""Documenter (Julia) and ExDoc."""

from ingest.html.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    furniture="docs-sourcelink fancy_toc col-sidebar",
)
